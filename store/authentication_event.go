package store

import (
	"fmt"

	"bailiwick/iam"
)

const authenticationEventColumns = `organization_id, sequence, id, recorded_at, user_id, username, source_ip, user_agent, request_id, failure, method, mfa`

func scanAuthenticationEvent(row scanner) (e iam.AuthenticationEvent, err error) {
	err = row.Scan(&e.OrganizationID, &e.Sequence, &e.ID, instant{&e.RecordedAt}, &e.UserID, &e.Username, &e.SourceIP, &e.UserAgent,
		&e.RequestID, &e.Failure, &e.Method, &e.MFA)
	return e, err
}

// AppendAuthenticationEvent gives an attempt to log in the next sequence number of its
// organization and stores it. Times go up with the sequence, as those of events do.
func (t *Tx) AppendAuthenticationEvent(e iam.AuthenticationEvent) error {
	recorded := micros(t.Now)
	next := t.row(`UPDATE organizations SET authentication_sequence = authentication_sequence + 1,
		authentication_recorded_at = CASE WHEN authentication_recorded_at > $2 THEN authentication_recorded_at ELSE $2 END
		WHERE id = $1 RETURNING authentication_sequence, authentication_recorded_at`, string(e.OrganizationID), recorded)
	if err := next.Scan(&e.Sequence, &recorded); err != nil {
		return fmt.Errorf("take the next authentication event: %w", absent(err))
	}
	_, err := t.exec("INSERT INTO authentication_events ("+authenticationEventColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
		string(e.OrganizationID), e.Sequence, e.ID, recorded, string(e.UserID), e.Username, e.SourceIP, e.UserAgent, e.RequestID,
		string(e.Failure), string(e.Method), string(e.MFA))
	return err
}

// AuthenticationEvents returns attempts to log in of an organization, at most f.Size of them, in
// the order of their sequence.
func (t *Tx) AuthenticationEvents(f iam.AuthenticationEventFilter) ([]iam.AuthenticationEvent, error) {
	w := inOrganization(f.OrganizationID)
	direction, cursor := "DESC", constant("sequence < ?")
	if f.Ascending {
		direction, cursor = "ASC", "sequence > ?"
	}
	if f.Cursor != 0 {
		w.where(cursor, f.Cursor)
	}
	// As of events: a range of time is a range of sequence.
	w.whereTime(`sequence >= (SELECT sequence FROM authentication_events WHERE organization_id = $1 AND recorded_at >= ?
		ORDER BY recorded_at, sequence LIMIT 1)`, f.After)
	w.whereTime(`sequence <= (SELECT sequence FROM authentication_events WHERE organization_id = $1 AND recorded_at < ?
		ORDER BY recorded_at DESC, sequence DESC LIMIT 1)`, f.Before)
	rows, err := t.queryBuilt(fmt.Sprintf("SELECT %s FROM authentication_events WHERE %s ORDER BY sequence %s LIMIT %s",
		authenticationEventColumns, w.text(), direction, w.place(f.Size)), w.args...)
	return gather(rows, err, scanAuthenticationEvent)
}

// LoginAddresses returns the addresses of a user's last n good logins, newest first.
func (t *Tx) LoginAddresses(organization iam.OrganizationID, user iam.UserID, n int) ([]string, error) {
	return collect(t, func(row scanner) (address string, err error) {
		err = row.Scan(&address)
		return address, err
	}, `SELECT source_ip FROM authentication_events WHERE organization_id = $1 AND user_id = $2 AND failure = ''
		ORDER BY sequence DESC LIMIT $3`, string(organization), string(user), n)
}
