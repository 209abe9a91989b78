package store_test

import (
	"testing"
	"time"

	"bailiwick/iam"
	"bailiwick/store"
)

func TestGuests(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		insertAnn(t, s)
		home := iam.Account{OrganizationID: mine, UserID: ann}
		pending := iam.Guest{
			OrganizationID: theirs, UserID: iam.UserID(id("b", 9)), Email: "Ann@Example.com", InvitedBy: iam.UserID(id("b", 8)).Principal(),
			CreatedAt: start, ExpiresAt: minute(5),
		}
		find := func(o iam.OrganizationID, hash string) (iam.Guest, error) {
			return got(t, s, func(tx *store.Tx) (iam.Guest, error) { return tx.GuestByToken(o, []byte(hash)) })
		}
		list := func(read func(*store.Tx) ([]iam.Guest, error)) []iam.Guest {
			t.Helper()
			all, err := got(t, s, read)
			must(t, err)
			return all
		}
		update(t, s, func(tx *store.Tx) error { return tx.PutGuest(pending, []byte("one")) })
		update(t, s, func(tx *store.Tx) error { return tx.PutGuest(pending, []byte("two")) })
		_, err := find(theirs, "one")
		fails(t, "a token that was replaced", err, store.ErrNotFound)
		_, err = find(mine, "two")
		fails(t, "a token in another organization", err, store.ErrNotFound)
		_, err = find(theirs, "")
		fails(t, "no token", err, store.ErrNotFound)
		read, err := find(theirs, "two")
		must(t, err)
		same(t, "by token", read, pending)
		to := func(tx *store.Tx) ([]iam.Guest, error) { return tx.InvitationsTo("aNN@example.COM", 5) }
		same(t, "to the address", list(to), []iam.Guest{pending})
		same(t, "expired", list(func(tx *store.Tx) ([]iam.Guest, error) { return tx.ExpiredInvitations(5) }), nil)
		invited := func(email string) bool {
			t.Helper()
			ok, err := got(t, s, func(tx *store.Tx) (bool, error) { return tx.InvitedToSignUp(email) })
			must(t, err)
			return ok
		}
		same(t, "may sign up", []bool{invited("ANN@example.com"), invited("bob@example.com")}, []bool{true, false})

		late := pending
		late.UserID, late.Email, late.ExpiresAt = iam.UserID(id("b", 7)), "late@example.com", start
		update(t, s, func(tx *store.Tx) error { return tx.PutGuest(late, []byte("late")) })
		same(t, "expired", list(func(tx *store.Tx) ([]iam.Guest, error) { return tx.ExpiredInvitations(5) }), []iam.Guest{late})
		same(t, "an expired one may not sign up", invited("late@example.com"), false)

		accepted := pending
		accepted.Home, accepted.ExpiresAt = home, time.Time{}
		update(t, s, func(tx *store.Tx) error { return tx.PutGuest(accepted, nil) })
		_, err = find(theirs, "two")
		fails(t, "a token that was used", err, store.ErrNotFound)
		same(t, "to the address once accepted", list(to), nil)
		same(t, "places", list(func(tx *store.Tx) ([]iam.Guest, error) { return tx.GuestsOf(home, 5) }), []iam.Guest{accepted})
		place := func(o iam.OrganizationID, of iam.Account) error {
			_, err := got(t, s, func(tx *store.Tx) (iam.Guest, error) { return tx.GuestOf(o, of) })
			return err
		}
		must(t, place(theirs, home))
		fails(t, "the place of nobody", place(theirs, iam.Account{}), store.ErrNotFound)
		fails(t, "in another organization", place(mine, home), store.ErrNotFound)
		twice := accepted
		twice.UserID = iam.UserID(id("b", 6))
		fails(t, "two places in one organization", try(t, s, func(tx *store.Tx) error { return tx.PutGuest(twice, nil) }), store.ErrDuplicate)
		update(t, s, func(tx *store.Tx) error { return tx.DeleteGuest(theirs, accepted.UserID) })
		fails(t, "deleted", place(theirs, home), store.ErrNotFound)
	})
}
