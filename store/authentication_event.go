package store

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"bailiwick/iam"
)

const authenticationEventColumns = `organization_id, sequence, id, recorded_at, user_id, username, source_ip, user_agent, request_id, failure, method, mfa`

func scanAuthenticationEvent(row scanner) (iam.AuthenticationEvent, error) {
	return scanAuthenticationEventAnd(row)
}

// scanAuthenticationEventAnd reads an attempt and the columns behind it.
func scanAuthenticationEventAnd(row scanner, more ...any) (e iam.AuthenticationEvent, err error) {
	err = row.Scan(append([]any{&e.OrganizationID, &e.Sequence, &e.ID, instant{&e.RecordedAt}, &e.UserID, &e.Username, &e.SourceIP, &e.UserAgent,
		&e.RequestID, &e.Failure, &e.Method, &e.MFA}, more...)...)
	return e, err
}

// AppendAuthenticationEvent gives an attempt to log in the next place in the chain of its
// organization and stores it, as AppendEvent does.
func (t *Tx) AppendAuthenticationEvent(e iam.AuthenticationEvent) error {
	chain := chainOf{e.OrganizationID, iam.ChainAuthentications}
	h, err := t.next(chain)
	if err != nil {
		return err
	}
	e.Sequence, e.RecordedAt = h.sequence, instantOf(h.recorded)
	entry := iam.AuthenticationEntry{AuthenticationEvent: e, Proof: iam.Proof{Actor: newPersonal(), Content: newPersonal()}}
	h.hash = entry.ChainHash(h.hash)
	if err := t.later("authentication_events ("+authenticationEventColumns+", actor_salt, content_salt, hash)",
		string(e.OrganizationID), e.Sequence, e.ID, h.recorded, string(e.UserID), e.Username, e.SourceIP, e.UserAgent, e.RequestID,
		string(e.Failure), string(e.Method), string(e.MFA), entry.Actor.Salt, entry.Content.Salt, h.hash.String()); err != nil {
		return err
	}
	t.advance(chain, h)
	return nil
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

// LoginAt returns with what a user proved itself in the good login of a moment: that which opened the
// session made then. Both are empty if none is known, as for a session that was made with another one.
func (t *Tx) LoginAt(organization iam.OrganizationID, user iam.UserID, at time.Time) (method iam.LoginMethod, mfa iam.MFAType, err error) {
	err = t.row(`SELECT method, mfa FROM authentication_events WHERE organization_id = $1 AND recorded_at = $2 AND user_id = $3 AND failure = ''
		ORDER BY sequence DESC LIMIT 1`, string(organization), micros(at), string(user)).Scan(&method, &mfa)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return method, mfa, err
}

// LoginAddresses returns the addresses of a user's last n good logins, newest first.
func (t *Tx) LoginAddresses(organization iam.OrganizationID, user iam.UserID, n int) ([]string, error) {
	return collect(t, func(row scanner) (address string, err error) {
		err = row.Scan(&address)
		return address, err
	}, `SELECT source_ip FROM authentication_events WHERE organization_id = $1 AND user_id = $2 AND failure = ''
		ORDER BY sequence DESC LIMIT $3`, string(organization), string(user), n)
}
