package authority

import (
	"context"
	"encoding/base64"
	"errors"
	"time"

	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/store"
)

// The delivery of letters: how long a node has for one, and how long the outbox keeps one that
// cannot be delivered and has no secret that expires.
const (
	letterHold = 2 * time.Minute
	letterLife = 3 * 24 * time.Hour
)

// ErrUndeliverable says that a letter can never be delivered.
var ErrUndeliverable = errors.New("the letter can never be delivered")

func letterContext(l iam.Letter) string { return "letter/" + string(l.OrganizationID) + "/" + l.ID }

// post puts a letter to a user into the outbox, in the transaction that it tells of: what is
// rolled back is not told, and what is committed is.
func (a *Authority) post(tx *store.Tx, u iam.User, client iam.Client, kind iam.LetterKind, secret string, life time.Duration) error {
	if u.Email == "" {
		return nil
	}
	return a.mail(tx, letterTo(u, kind), client, secret, life)
}

// letterTo is a letter to a user.
func letterTo(u iam.User, kind iam.LetterKind) iam.Letter {
	return iam.Letter{OrganizationID: u.OrganizationID, Kind: kind, Name: u.FirstName, Address: u.Email, Locale: u.Locale}
}

// mail is post for a letter whose reader and words are given.
func (a *Authority) mail(tx *store.Tx, l iam.Letter, client iam.Client, secret string, life time.Duration) error {
	l.ID, l.UserAgent, l.CreatedAt, l.ExpiresAt = identity.NewID(), client.UserAgent, tx.Now, tx.Now.Add(life)
	if client.IP.IsValid() {
		l.SourceIP = client.IP.String()
	}
	if secret != "" {
		l.Secret = base64.StdEncoding.EncodeToString(a.keyring.Seal([]byte(secret), letterContext(l)))
	}
	return tx.InsertLetter(l)
}

// Deliver gives letters that are due to send, one by one, until there is none or the context
// ends. A letter that send could not deliver comes again later, unless the error is
// ErrUndeliverable or the letter has expired.
func (a *Authority) Deliver(ctx context.Context, send func(context.Context, iam.Letter) error) error {
	for {
		l, tries, err := a.holdLetter(ctx)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		outcome := a.deliver(ctx, l, send)
		if outcome != nil {
			a.log.Warn("a letter is not delivered", "kind", string(l.Kind), "organization_id", l.OrganizationID, "letter_id", l.ID, "tries", tries, "error", outcome)
		}
		err = a.store.Record(context.WithoutCancel(ctx), func(tx *store.Tx) error {
			next := tx.Now.Add(time.Duration(tries) * 10 * time.Second)
			if outcome == nil && l.OrganizationID != "" { // nobody's letters, of sign-ups, are in nobody's trail
				return errors.Join(tx.DeleteLetter(l), recordSystem(tx, delivered(l)))
			}
			if outcome == nil || errors.Is(outcome, ErrUndeliverable) || !next.Before(l.ExpiresAt) {
				return tx.DeleteLetter(l)
			}
			return tx.DeferLetter(l, next)
		})
		if err != nil {
			return err
		}
	}
}

// delivered is the system event of a letter. It does not say to whom: codes and links are
// asked for by address, and the trail outlives the account.
func delivered(l iam.Letter) iam.SystemEvent {
	return iam.SystemEvent{OrganizationID: l.OrganizationID, Kind: iam.SystemEventNotification, Source: "mail", Name: string(l.Kind), Product: "iam"}
}

func (a *Authority) holdLetter(ctx context.Context) (l iam.Letter, tries int, err error) {
	err = a.store.Record(ctx, func(tx *store.Tx) error {
		l, tries, err = tx.HoldLetter(letterHold)
		return err
	})
	return l, tries, err
}

// deliver opens a letter and sends it.
func (a *Authority) deliver(ctx context.Context, l iam.Letter, send func(context.Context, iam.Letter) error) error {
	if !a.now().Before(l.ExpiresAt) {
		return errors.Join(ErrUndeliverable, errors.New("it has expired"))
	}
	if l.Secret != "" {
		sealed, err := base64.StdEncoding.DecodeString(l.Secret)
		if err != nil {
			return errors.Join(ErrUndeliverable, err)
		}
		secret, err := a.keyring.Open(sealed, letterContext(l))
		if err != nil {
			return errors.Join(ErrUndeliverable, err)
		}
		l.Secret = string(secret)
	}
	return send(ctx, l)
}
