package store

import (
	"encoding/json"
	"fmt"
	"time"

	"bailiwick/iam"
)

const letterColumns = "organization_id, id, kind, name, address, locale, secret, source_ip, user_agent, created_at, expires_at, organization_name, person, details"

// details are what a letter tells, as they are stored.
type details struct{ alert **iam.Alert }

// Scan implements sql.Scanner.
func (d details) Scan(value any) error {
	text, ok := value.(string)
	if !ok {
		return fmt.Errorf("the details of a letter are stored as %T", value)
	}
	if text == "" {
		return nil
	}
	return json.Unmarshal([]byte(text), d.alert)
}

// InsertLetter puts a letter into the outbox. Its secret must be sealed.
func (t *Tx) InsertLetter(l iam.Letter) error {
	var told []byte
	if l.Alert != nil {
		var err error
		if told, err = json.Marshal(l.Alert); err != nil {
			return fmt.Errorf("encode the details of a letter: %w", err)
		}
	}
	_, err := t.exec("INSERT INTO outbox ("+letterColumns+", held_until, tries) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0, 0)",
		string(l.OrganizationID), l.ID, string(l.Kind), l.Name, l.Address, l.Locale, l.Secret, l.SourceIP, l.UserAgent,
		micros(l.CreatedAt), micros(l.ExpiresAt), l.Organization, l.Person, string(told))
	return err
}

// HoldLetter takes the next letter that is due out of all tenants' and holds it for a while, so
// that no other node delivers it, too. It returns how often that was tried before, or ErrNotFound.
func (t *Tx) HoldLetter(hold time.Duration) (l iam.Letter, tries int, err error) {
	// The condition stands twice: who waited for the row of another node must look at it again.
	row := t.row(`UPDATE outbox SET held_until = $2, tries = tries + 1 WHERE held_until <= $1 AND (organization_id, id) IN
		(SELECT organization_id, id FROM outbox WHERE held_until <= $1 ORDER BY held_until, created_at LIMIT 1)
		RETURNING `+letterColumns+", tries", micros(t.Now), micros(t.Now.Add(hold)))
	err = row.Scan(&l.OrganizationID, &l.ID, &l.Kind, &l.Name, &l.Address, &l.Locale, &l.Secret, &l.SourceIP, &l.UserAgent,
		instant{&l.CreatedAt}, instant{&l.ExpiresAt}, &l.Organization, &l.Person, details{&l.Alert}, &tries)
	return l, tries, absent(err)
}

// DeferLetter gives a letter that could not be delivered its next time.
func (t *Tx) DeferLetter(l iam.Letter, until time.Time) error {
	_, err := t.exec("UPDATE outbox SET held_until = $3 WHERE organization_id = $1 AND id = $2", string(l.OrganizationID), l.ID, micros(until))
	return err
}

// DeleteLetter takes a letter out of the outbox.
func (t *Tx) DeleteLetter(l iam.Letter) error {
	_, err := t.exec("DELETE FROM outbox WHERE organization_id = $1 AND id = $2", string(l.OrganizationID), l.ID)
	return err
}
