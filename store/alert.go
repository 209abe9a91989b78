package store

import (
	"encoding/json"
	"time"

	"bailiwick/iam"
)

// EventSequence returns the sequence of an organization's newest event; 0 if it has none.
func (t *Tx) EventSequence(organization iam.OrganizationID) (n int64, err error) {
	err = t.row("SELECT event_sequence FROM organizations WHERE id = $1", string(organization)).Scan(&n)
	return n, absent(err)
}

// EnabledAlertRules returns the preconfigured rules that are enabled in a region of an
// organization, each with the sequence behind which it looks at events.
func (t *Tx) EnabledAlertRules(organization iam.OrganizationID, region string) (map[iam.AlertRuleID]int64, error) {
	type rule struct {
		id    iam.AlertRuleID
		since int64
	}
	rules, err := collect(t, func(row scanner) (r rule, err error) { err = row.Scan(&r.id, &r.since); return r, err },
		"SELECT id, since FROM alert_rules WHERE organization_id = $1 AND region = $2", string(organization), region)
	enabled := make(map[iam.AlertRuleID]int64, len(rules))
	for _, r := range rules {
		enabled[r.id] = r.since
	}
	return enabled, err
}

// EnableAlertRule enables a preconfigured rule that is not.
func (t *Tx) EnableAlertRule(organization iam.OrganizationID, region string, id iam.AlertRuleID, since int64) error {
	_, err := t.exec("INSERT INTO alert_rules (organization_id, region, id, since) VALUES ($1, $2, $3, $4)",
		string(organization), region, string(id), since)
	return err
}

// DisableAlertRule disables a preconfigured rule, enabled or not.
func (t *Tx) DisableAlertRule(organization iam.OrganizationID, region string, id iam.AlertRuleID) error {
	_, err := t.exec("DELETE FROM alert_rules WHERE organization_id = $1 AND region = $2 AND id = $3", string(organization), region, string(id))
	return err
}

const customAlertRuleColumns = `organization_id, id, region, name, description, enabled, since, query, window_us, occurrences, severity, created_at, updated_at`

func scanCustomAlertRule(row scanner) (r iam.CustomAlertRule, err error) {
	err = row.Scan(&r.OrganizationID, &r.ID, &r.Region, &r.Name, &r.Description, &r.Enabled, &r.Since, &r.Query, duration{&r.Window},
		&r.Occurrences, &r.Severity, instant{&r.CreatedAt}, instant{&r.UpdatedAt})
	return r, err
}

// InsertCustomAlertRule stores a new rule.
func (t *Tx) InsertCustomAlertRule(r iam.CustomAlertRule) error {
	_, err := t.exec("INSERT INTO custom_alert_rules ("+customAlertRuleColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
		string(r.OrganizationID), string(r.ID), r.Region, r.Name, r.Description, r.Enabled, r.Since, r.Query, r.Window.Microseconds(),
		r.Occurrences, string(r.Severity), micros(r.CreatedAt), micros(r.UpdatedAt))
	return err
}

// UpdateCustomAlertRule stores what of a rule can change: its labels, and whether it is enabled.
func (t *Tx) UpdateCustomAlertRule(r iam.CustomAlertRule) error {
	return touched(t.exec(`UPDATE custom_alert_rules SET name = $3, description = $4, enabled = $5, since = $6, updated_at = $7
		WHERE organization_id = $1 AND id = $2`,
		string(r.OrganizationID), string(r.ID), r.Name, r.Description, r.Enabled, r.Since, micros(r.UpdatedAt)))
}

// DeleteCustomAlertRule deletes a rule that exists.
func (t *Tx) DeleteCustomAlertRule(organization iam.OrganizationID, id iam.AlertRuleID) error {
	return touched(t.exec("DELETE FROM custom_alert_rules WHERE organization_id = $1 AND id = $2", string(organization), string(id)))
}

// CustomAlertRule returns a rule in a region of an organization, or ErrNotFound.
func (t *Tx) CustomAlertRule(organization iam.OrganizationID, region string, id iam.AlertRuleID) (iam.CustomAlertRule, error) {
	return one(t.row("SELECT "+customAlertRuleColumns+" FROM custom_alert_rules WHERE organization_id = $1 AND id = $2 AND region = $3",
		string(organization), string(id), region), scanCustomAlertRule)
}

// CustomAlertRules returns a page of the rules of a region of an organization, the oldest
// first, and their number.
func (t *Tx) CustomAlertRules(f iam.AlertRuleFilter) ([]iam.CustomAlertRule, int, error) {
	w := inOrganization(f.OrganizationID)
	w.where("region = ?", f.Region)
	w.whereBool("enabled = ?", f.Enabled)
	return list(t, listQuery{
		table: "custom_alert_rules", columns: customAlertRuleColumns, filter: w, key: "id", order: iam.Order{Field: "created_at"}, page: f.Page,
		orders: map[string]string{"created_at": "created_at"},
	}, scanCustomAlertRule)
}

// CountCustomAlertRules returns how many rules an organization has, in all regions.
func (t *Tx) CountCustomAlertRules(organization iam.OrganizationID) (n int, err error) {
	err = t.row("SELECT COUNT(*) FROM custom_alert_rules WHERE organization_id = $1", string(organization)).Scan(&n)
	return n, err
}

// AlertsDue returns the organizations whose enabled rules have not looked at their newest event.
func (t *Tx) AlertsDue() ([]iam.OrganizationID, error) {
	return collect(t, func(row scanner) (id iam.OrganizationID, err error) { err = row.Scan(&id); return id, err },
		`SELECT alert_cursors.organization_id FROM alert_cursors JOIN organizations ON organizations.id = alert_cursors.organization_id
		WHERE organizations.event_sequence > alert_cursors.sequence
		OR organizations.authentication_sequence > alert_cursors.authentication_sequence ORDER BY alert_cursors.organization_id`)
}

// AlertCursor is up to which events and attempts to log in the rules of an organization have looked.
type AlertCursor struct{ Events, Authentications int64 }

// HoldAlertCursor returns how far the rules of an organization have looked, and keeps other nodes
// from reading on until the transaction ends. ErrNotFound if no rule is enabled.
func (t *Tx) HoldAlertCursor(organization iam.OrganizationID) (c AlertCursor, err error) {
	err = t.row("UPDATE alert_cursors SET sequence = sequence WHERE organization_id = $1 RETURNING sequence, authentication_sequence",
		string(organization)).Scan(&c.Events, &c.Authentications)
	return c, absent(err)
}

// SetAlertCursor stores how far the rules of an organization have looked.
func (t *Tx) SetAlertCursor(organization iam.OrganizationID, c AlertCursor) error {
	_, err := t.exec(`INSERT INTO alert_cursors (organization_id, sequence, authentication_sequence) VALUES ($1, $2, $3)
		ON CONFLICT (organization_id) DO UPDATE SET sequence = excluded.sequence, authentication_sequence = excluded.authentication_sequence`,
		string(organization), c.Events, c.Authentications)
	return err
}

// DeleteAlertCursor says that no rule of an organization is enabled.
func (t *Tx) DeleteAlertCursor(organization iam.OrganizationID) error {
	_, err := t.exec("DELETE FROM alert_cursors WHERE organization_id = $1", string(organization))
	return err
}

// AlertsEnabled reports whether an organization has an enabled rule, in any region.
func (t *Tx) AlertsEnabled(organization iam.OrganizationID) (bool, error) {
	var n int
	err := t.row(`SELECT (SELECT COUNT(*) FROM alert_rules WHERE organization_id = $1) +
		(SELECT COUNT(*) FROM custom_alert_rules WHERE organization_id = $1 AND enabled = $2)`, string(organization), true).Scan(&n)
	return n > 0, err
}

// AlertState returns what an enabled rule remembers; a new one nothing.
func (t *Tx) AlertState(organization iam.OrganizationID, rule iam.AlertRuleID) (s iam.AlertState, err error) {
	var matches string
	err = t.row("SELECT matches, fired_at FROM alert_states WHERE organization_id = $1 AND rule_id = $2", string(organization), string(rule)).
		Scan(&matches, instant{&s.FiredAt})
	if err = absent(err); err != nil {
		if err == ErrNotFound {
			err = nil
		}
		return s, err
	}
	var times []int64
	err = json.Unmarshal([]byte(matches), &times)
	for _, at := range times {
		s.Matches = append(s.Matches, time.UnixMicro(at).UTC())
	}
	return s, err
}

// SetAlertState stores what an enabled rule remembers.
func (t *Tx) SetAlertState(organization iam.OrganizationID, rule iam.AlertRuleID, s iam.AlertState) error {
	times := make([]int64, len(s.Matches))
	for i, at := range s.Matches {
		times[i] = micros(at)
	}
	matches, err := json.Marshal(times)
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO alert_states (organization_id, rule_id, matches, fired_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (organization_id, rule_id) DO UPDATE SET matches = excluded.matches, fired_at = excluded.fired_at`,
		string(organization), string(rule), string(matches), micros(s.FiredAt))
	return err
}

// DeleteAlertState forgets what a rule remembers.
func (t *Tx) DeleteAlertState(organization iam.OrganizationID, rule iam.AlertRuleID) error {
	_, err := t.exec("DELETE FROM alert_states WHERE organization_id = $1 AND rule_id = $2", string(organization), string(rule))
	return err
}
