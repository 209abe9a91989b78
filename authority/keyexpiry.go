package authority

import (
	"context"
	"errors"
	"time"

	"bailiwick/iam"
	"bailiwick/store"
)

// maxTold bounds the keys of which one sweep tells.
const maxTold = 1000

// TellExpiringKeys puts letters into the outbox for API keys that expire within seven days, and
// again within one day: to the user whose key it is, and to the owner of the organization for keys
// of applications, because an application reads no mail and its manager is nobody in particular. Each
// letter is written once, on however many nodes. It returns how many keys it looked at.
func (a *Authority) TellExpiringKeys(ctx context.Context) (n int, err error) {
	// The shorter time first: of a key that was in neither, after a long stop, one letter is enough.
	for _, before := range []time.Duration{24 * time.Hour, 7 * 24 * time.Hour} {
		for n < maxTold {
			err := a.store.Record(ctx, func(tx *store.Tx) error {
				k, err := tx.HoldExpiringKey(before)
				if err != nil {
					return err
				}
				return a.tellExpiry(tx, k)
			})
			if errors.Is(err, store.ErrNotFound) {
				break
			}
			if err != nil {
				return n, err
			}
			n++
		}
	}
	return n, nil
}

// tellExpiry writes the letter of one key, if there is somebody to read it.
func (a *Authority) tellExpiry(tx *store.Tx, k iam.APIKey) error {
	org, err := tx.Organization(k.OrganizationID)
	if err != nil || org.Closed() {
		return err
	}
	reader, application := iam.UserID(k.Bearer.ID), ""
	if k.Bearer.Type != iam.TypeUser {
		app, err := tx.Application(k.OrganizationID, iam.ApplicationID(k.Bearer.ID))
		if err != nil {
			return err
		}
		reader, application = org.OwnerID, app.Name
	}
	u, err := tx.User(k.OrganizationID, reader)
	if err != nil || u.Email == "" {
		return err
	}
	l := letterTo(u, iam.LetterKeyExpiring)
	l.Organization, l.Person = org.Name, application
	return a.mail(tx, l, iam.Client{}, string(k.AccessKey)+" "+k.Description, k.ExpiresAt.Sub(tx.Now))
}
