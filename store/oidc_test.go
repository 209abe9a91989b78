package store_test

import (
	"testing"

	"bailiwick/iam"
	"bailiwick/store"
)

// Each subject of a provider is one user of an organization, and each user one subject.
func TestOIDCSubjects(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		insertAnn(t, s)
		const bob = iam.UserID("b0000000-0000-4000-8000-000000000002")
		subject := func(organization iam.OrganizationID, user iam.UserID, issuer, subject string) store.OIDCSubject {
			return store.OIDCSubject{OrganizationID: organization, UserID: user, Issuer: issuer, Subject: subject}
		}
		put := func(o store.OIDCSubject) error {
			return try(t, s, func(tx *store.Tx) error { return tx.InsertOIDCSubject(o) })
		}
		anns, bobs := subject(mine, ann, "https://a.example", "1"), subject(mine, bob, "https://a.example", "2")
		for _, o := range []store.OIDCSubject{anns, bobs, subject(mine, ann, "https://b.example", "1"), subject(theirs, ann, "https://a.example", "1")} {
			must(t, put(o))
		}
		fails(t, "the user as another", put(subject(mine, ann, "https://a.example", "3")), store.ErrDuplicate)
		fails(t, "another as the subject", put(subject(mine, iam.UserID(id("b", 9)), "https://a.example", "1")), store.ErrDuplicate)
		find := func(q store.OIDCSubject) []store.OIDCSubject {
			t.Helper()
			found, err := got(t, s, func(tx *store.Tx) ([]store.OIDCSubject, error) { return tx.OIDCSubjects(q) })
			must(t, err)
			return found
		}
		same(t, "ann as bob's subject", find(subject(mine, ann, "https://a.example", "2")), []store.OIDCSubject{anns, bobs})
		same(t, "ann", find(anns), []store.OIDCSubject{anns})
		update(t, s, func(tx *store.Tx) error { return tx.DeleteOIDCSubjects(mine, ann) })
		same(t, "forgotten", find(anns), nil)
		same(t, "bob", find(bobs), []store.OIDCSubject{bobs})
		same(t, "theirs", len(find(subject(theirs, ann, "https://a.example", "1"))), 1)

		users, err := got(t, s, func(tx *store.Tx) ([]iam.User, error) { return tx.UsersByEmail(mine, "aNN@example.COM", 2) })
		must(t, err)
		if len(users) != 1 || users[0].ID != ann {
			t.Errorf("users of the address: %+v", users)
		}
	})
}
