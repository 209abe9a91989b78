package store_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"bailiwick/iam"
	"bailiwick/store"
)

func passkey(organization iam.OrganizationID, n int, key string) store.Passkey {
	return store.Passkey{
		Passkey: iam.Passkey{ID: iam.PasskeyID(id("f", n)), OrganizationID: organization, UserID: ann, Name: "phone", CreatedAt: minute(n)},
		KeyID:   []byte(key), Record: []byte(`{"sign_count":1}`),
	}
}

func TestPasskeys(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		insertAnn(t, s)
		// The longest id that an authenticator may choose must fit into the index.
		long := string(make([]byte, 1023))
		one, two, foreign := passkey(mine, 1, "one"), passkey(mine, 2, long), passkey(theirs, 3, "three")
		foreign.ID = one.ID
		update(t, s, func(tx *store.Tx) error {
			return errors.Join(tx.InsertPasskey(two), tx.InsertPasskey(one), tx.InsertPasskey(foreign))
		})
		fails(t, "a key of another organization", try(t, s, func(tx *store.Tx) error { return tx.InsertPasskey(passkey(mine, 4, "three")) }), store.ErrDuplicate)
		byKey := func(key string) (store.Passkey, error) {
			return got(t, s, func(tx *store.Tx) (store.Passkey, error) { return tx.PasskeyByKey([]byte(key)) })
		}
		for key, want := range map[string]store.Passkey{"one": one, long: two, "three": foreign} {
			read, err := byKey(key)
			must(t, err)
			same(t, "by key", read, want)
		}
		_, err := byKey("four")
		fails(t, "no such key", err, store.ErrNotFound)
		read, err := got(t, s, func(tx *store.Tx) (store.Passkey, error) { return tx.Passkey(theirs, one.ID) })
		must(t, err)
		same(t, "theirs with my id", read, foreign)

		one.Name, one.Record, one.LastLoginAt = "key", []byte(`{"sign_count":2}`), minute(9)
		update(t, s, func(tx *store.Tx) error { return tx.UpdatePasskey(one) })
		of, err := got(t, s, func(tx *store.Tx) ([]store.Passkey, error) { return tx.PasskeysOf(mine, ann) })
		must(t, err)
		same(t, "of ann", of, []store.Passkey{one, two})
		f := iam.PasskeyFilter{OrganizationID: mine, UserID: ann, Order: iam.Order{Field: "created_at", Descending: true}, Page: iam.Page{Number: 1, Size: 1}}
		total := 0
		page, err := got(t, s, func(tx *store.Tx) (page []iam.Passkey, err error) {
			page, total, err = tx.Passkeys(f)
			return page, err
		})
		must(t, err)
		same(t, "page", page, []iam.Passkey{two.Passkey})
		same(t, "number", total, 2)

		fails(t, "their id", try(t, s, func(tx *store.Tx) error { return tx.DeletePasskey(mine, iam.PasskeyID(id("f", 3))) }), store.ErrNotFound)
		update(t, s, func(tx *store.Tx) error { return tx.DeletePasskey(mine, one.ID) })
		fails(t, "changed when gone", try(t, s, func(tx *store.Tx) error { return tx.UpdatePasskey(one) }), store.ErrNotFound)
		update(t, s, func(tx *store.Tx) error { return tx.DeleteCredential(mine, ann) })
		of, err = got(t, s, func(tx *store.Tx) ([]store.Passkey, error) { return tx.PasskeysOf(mine, ann) })
		must(t, err)
		same(t, "after the credentials are deleted", of, nil)
		_, err = byKey("three")
		must(t, err)
	})
}

func TestChallengesAreSpentOnce(t *testing.T) {
	onTickingEngines(t, func(t *testing.T, s *store.Store, clock *atomic.Int64) {
		spend := func(challenge string) (first bool) {
			must(t, s.Record(t.Context(), func(tx *store.Tx) (err error) {
				first, err = tx.SpendChallenge([]byte(challenge), minute(5))
				return err
			}))
			return first
		}
		var firsts atomic.Int64
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if spend("one") {
					firsts.Add(1)
				}
			})
		}
		wg.Wait()
		same(t, "first of eight at once", firsts.Load(), int64(1))
		same(t, "another", spend("two"), true)
		clock.Store(4)
		same(t, "before it expires", spend("one"), false)
		clock.Store(5)
		same(t, "forgotten when it has expired", spend("one"), true)
	})
}
