package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// shape is a table of the schema and the columns of its key.
type shape struct{ name, key string }

// shapes are all tables that hold state, each after those that it refers to. A test compares
// them with the schema.
func shapes() []shape {
	return []shape{
		{"organizations", "id"},
		{"counts", "organization_id, name"},
		{"projects", "organization_id, id"},
		{"users", "organization_id, id"},
		{"applications", "organization_id, id"},
		{"groups", "organization_id, id"},
		{"group_members", "organization_id, group_id, member_type, member_id"},
		{"policies", "organization_id, id"},
		{"rules", "organization_id, policy_id, position"},
		{"api_keys", "organization_id, access_key"},
		{"ssh_keys", "organization_id, id"},
		{"permission_set_uses", "organization_id, principal_type, principal_id, permission_set"},
		{"resources", "organization_id, type, id"},
		{"events", "organization_id, sequence"},
		{"event_facets", "organization_id, facet, value, block"},
		{"audit_anchors", "organization_id, chain"},
		{"changes", "revision, organization_id, kind, id"},
		{"sessions", "organization_id, id"},
		{"credentials", "organization_id, user_id"},
		{"recovery_codes", "organization_id, user_id, hash"},
		{"login_attempts", "organization_id, user_id, network"},
		{"logins", "organization_id, id"},
		{"authentication_events", "organization_id, sequence"},
		{"system_events", "organization_id, sequence"},
		{"alert_rules", "organization_id, region, id"},
		{"custom_alert_rules", "organization_id, id"},
		{"alert_cursors", "organization_id"},
		{"alert_states", "organization_id, rule_id"},
		{"alert_deliveries", "organization_id"},
		{"webhooks", "organization_id, id"},
		{"export_jobs", "organization_id, id"},
		{"signing_keys", "id"},
		{"outbox", "organization_id, id"},
		{"passkeys", "organization_id, id"},
		{"spent_challenges", "challenge"},
		{"connections", "organization_id, user_id, other_user_id"},
		{"connection_offers", "organization_id, user_id"},
		{"sign_ups", "id"},
		{"sign_up_invitations", "email"},
		{"letter_budgets", "place"},
		{"guests", "organization_id, user_id"},
		{"oidc_subjects", "organization_id, user_id, issuer"},
		{"revision", "id"},
		{tableInstallation, "name"},
	}
}

const tableInstallation = "installation"

// Table is a table in a dump.
type Table struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
	Rows    int64    `json:"rows"`
}

// Contents says what a dump holds.
type Contents struct {
	Schema      int64   `json:"schema"` // version
	Revision    int64   `json:"revision"`
	Fingerprint string  `json:"master_key"` // fingerprint of the one that opens it
	Tables      []Table `json:"tables"`
}

// Rows is the number of all rows.
func (c Contents) Rows() (n int64) {
	for _, t := range c.Tables {
		n += t.Rows
	}
	return n
}

// Row is a row of a dump: the number of its table and a value for each column, which is
// a string, an int64, a bool, a []byte, or nil.
type Row struct {
	Table  int
	Values []any
}

// Dump gives everything that the database holds, as of one revision: first what there is, then
// the rows, table by table in the order of their keys. Two databases of the same schema that
// hold the same give the same, whatever their engines. It holds up nobody.
func (s *Store) Dump(ctx context.Context, begin func(Contents) error, row func(Row) error) error {
	return s.View(ctx, func(t *Tx) error {
		contents, err := s.contents(t)
		if err != nil {
			return err
		}
		if err := begin(contents); err != nil {
			return err
		}
		for i, shape := range shapes() {
			if err := t.dumpTable(contents.Tables[i].Columns, i, shape, row); err != nil {
				return fmt.Errorf("table %s: %w", shape.name, err)
			}
		}
		return nil
	})
}

func (s *Store) contents(t *Tx) (c Contents, err error) {
	if c.Schema, err = s.version(t.ctx); err != nil {
		return c, err
	}
	if c.Revision, err = t.Latest(); err != nil {
		return c, err
	}
	for _, fact := range []string{FactWrapper, FactKeyFingerprint} {
		if c.Fingerprint, err = t.Fact(fact); !errors.Is(err, ErrNotFound) {
			break
		}
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return c, err
	}
	for _, shape := range shapes() {
		table := Table{Name: shape.name}
		rows, err := t.queryBuilt("SELECT * FROM " + shape.name + " WHERE 1 = 0")
		if err != nil {
			return c, fmt.Errorf("table %s: %w", shape.name, err)
		}
		table.Columns, err = rows.Columns()
		if err := errors.Join(err, rows.Close()); err != nil {
			return c, fmt.Errorf("table %s: %w", shape.name, err)
		}
		if table.Rows, err = t.countRows(shape.name); err != nil {
			return c, err
		}
		c.Tables = append(c.Tables, table)
	}
	return c, nil
}

func (t *Tx) countRows(table string) (n int64, err error) {
	rows, err := t.queryBuilt("SELECT COUNT(*) FROM " + table)
	counts, err := gather(rows, err, func(row scanner) (n int64, err error) { return n, row.Scan(&n) })
	if err != nil {
		return 0, fmt.Errorf("table %s: %w", table, err)
	}
	return counts[0], nil
}

func (t *Tx) dumpTable(columns []string, number int, shape shape, yield func(Row) error) error {
	rows, err := t.queryBuilt("SELECT " + strings.Join(columns, ", ") + " FROM " + shape.name + " ORDER BY " + shape.key)
	if err != nil {
		return err
	}
	kinds, err := rows.ColumnTypes()
	if err != nil {
		return errors.Join(err, rows.Close())
	}
	return drain(rows, nil, func(row scanner) (Row, error) {
		values, targets := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := row.Scan(targets...); err != nil {
			return Row{}, err
		}
		return Row{number, values}, plain(values, kinds)
	}, yield)
}

// plain makes of the values of a row what every engine has.
func plain(values []any, kinds []*sql.ColumnType) error {
	for i, value := range values {
		switch v := value.(type) {
		case nil, string, bool, []byte:
		case int64:
			if kind := kinds[i].DatabaseTypeName(); kind == "BOOLEAN" || kind == "BOOL" {
				values[i] = v != 0
			}
		default:
			return fmt.Errorf("column %s holds a %T", kinds[i].Name(), value)
		}
	}
	return nil
}
