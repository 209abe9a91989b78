package store_test

import (
	"errors"
	"testing"

	"bailiwick/iam"
	"bailiwick/store"
)

func TestConnections(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		insertAnn(t, s)
		me, you := iam.Account{OrganizationID: mine, UserID: ann}, iam.Account{OrganizationID: theirs, UserID: iam.UserID(id("b", 2))}
		colleague := iam.Account{OrganizationID: mine, UserID: iam.UserID(id("b", 3))}
		of := func(a iam.Account) []iam.Connection {
			t.Helper()
			all, err := got(t, s, func(tx *store.Tx) ([]iam.Connection, error) { return tx.Connections(a) })
			must(t, err)
			return all
		}
		to := func(accounts ...iam.Account) (all []iam.Connection) {
			for _, a := range accounts {
				all = append(all, iam.Connection{Account: a, CreatedAt: start})
			}
			return all
		}
		update(t, s, func(tx *store.Tx) error { return errors.Join(tx.Connect(me, you), tx.Connect(colleague, me)) })
		fails(t, "twice", try(t, s, func(tx *store.Tx) error { return tx.Connect(you, me) }), store.ErrDuplicate)
		same(t, "mine", of(me), to(you, colleague))
		same(t, "yours", of(you), to(me))
		same(t, "of an account that mixes two", of(iam.Account{OrganizationID: theirs, UserID: ann}), nil)
		update(t, s, func(tx *store.Tx) error { return tx.Disconnect(you, me) })
		same(t, "yours after the end", of(you), nil)
		same(t, "mine after the end", of(me), to(colleague))
		fails(t, "ended twice", try(t, s, func(tx *store.Tx) error { return tx.Disconnect(me, you) }), store.ErrNotFound)

		offer := store.ConnectionOffer{Account: me, Hash: []byte("one"), ExpiresAt: minute(1)}
		update(t, s, func(tx *store.Tx) error { return tx.PutConnectionOffer(offer) })
		find := func(o iam.OrganizationID, hash string) (store.ConnectionOffer, error) {
			return got(t, s, func(tx *store.Tx) (store.ConnectionOffer, error) { return tx.ConnectionOffer(o, []byte(hash)) })
		}
		read, err := find(mine, "one")
		must(t, err)
		same(t, "offer", read, offer)
		_, err = find(theirs, "one")
		fails(t, "in another organization", err, store.ErrNotFound)
		next := offer
		next.Hash, next.ExpiresAt = []byte("two"), minute(2)
		update(t, s, func(tx *store.Tx) error { return tx.PutConnectionOffer(next) })
		_, err = find(mine, "one")
		fails(t, "one that was replaced", err, store.ErrNotFound)
		update(t, s, func(tx *store.Tx) error { return tx.TakeConnectionOffer(next) })
		fails(t, "taken twice", try(t, s, func(tx *store.Tx) error { return tx.TakeConnectionOffer(next) }), store.ErrNotFound)

		update(t, s, func(tx *store.Tx) error { return errors.Join(tx.Connect(me, you), tx.PutConnectionOffer(offer)) })
		update(t, s, func(tx *store.Tx) error { return tx.DisconnectAll(me) })
		same(t, "theirs after mine is deleted", append(of(you), of(colleague)...), nil)
		_, err = find(mine, "one")
		fails(t, "the offer of a deleted one", err, store.ErrNotFound)
	})
}
