package store

import (
	"database/sql"
	"errors"
	"fmt"

	"bailiwick/iam"
)

// counter names a number of rows that an organization has in a table. Every list shows its
// total and every creation asks its quota; counting 100,000 rows anew each time would cost
// more than the page itself, so the transactions that add and remove rows keep the number.
type counter struct {
	organization iam.OrganizationID
	table        string
}

// count notes that this transaction adds rows, or removes them when n is negative. The
// number is written before the commit.
func (t *Tx) count(organization iam.OrganizationID, table string, n int) {
	if t.notes.counts == nil {
		t.notes.counts = make(map[counter]int)
	}
	if n != 0 {
		t.notes.counts[counter{organization, table}] += n
	}
}

// insert runs a statement that adds rows to a counted table.
func (t *Tx) insert(organization iam.OrganizationID, table string, text constant, args ...any) error {
	n, err := t.exec(text, args...)
	t.count(organization, table, int(n))
	return err
}

// remove runs a statement that removes a row that exists from a counted table.
func (t *Tx) remove(organization iam.OrganizationID, table string, text constant, args ...any) error {
	n, err := t.exec(text, args...)
	t.count(organization, table, -int(n))
	return touched(n, err)
}

// counted returns the number of rows, with those of this transaction.
func (t *Tx) counted(organization iam.OrganizationID, table string) (n int, err error) {
	err = t.row("SELECT value FROM counts WHERE organization_id = $1 AND name = $2", string(organization), table).Scan(&n)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("count %s: %w", table, err)
	}
	if table == countedLogs {
		logged, err := t.logged(organization)
		if err != nil {
			return 0, err
		}
		n += logged
	}
	for noted := &t.notes; noted != nil; noted = noted.outer {
		n += noted.counts[counter{organization, table}]
	}
	return n, nil
}

// countedLogs are the entries of the IAM log. Every event adds to their number, so that is written with
// the end of the chain of events; counts has those of before, and what retention removed.
const countedLogs = "logs"

func (t *Tx) logged(organization iam.OrganizationID) (int, error) {
	n, err := one(t.row("SELECT event_logs FROM organizations WHERE id = $1", string(organization)), scanNumber)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return 0, fmt.Errorf("count logs: %w", err)
	}
	return int(n), nil
}

func (t *Tx) countStatements() (all []statement) {
	for c, n := range t.notes.counts {
		all = append(all, statement{text: `INSERT INTO counts (organization_id, name, value) VALUES ($1, $2, $3)
			ON CONFLICT (organization_id, name) DO UPDATE SET value = counts.value + excluded.value`,
			args: []any{string(c.organization), c.table, n}})
	}
	return all
}
