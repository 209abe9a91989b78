package store_test

import (
	"testing"
	"time"

	"bailiwick/iam"
	"bailiwick/store"
)

func TestSignUps(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		read := func(token string) (store.SignUp, error) {
			return got(t, s, func(tx *store.Tx) (store.SignUp, error) { return tx.SignUp([]byte(token)) })
		}
		zoe := store.SignUp{ID: []byte("one"), Email: "Zoe@example.com", Name: "n", FirstName: "f", LastName: "l", Locale: "fr_FR", PasswordHash: "hash", ExpiresAt: minute(5)}
		again, old := zoe, zoe
		again.ID, again.Email = []byte("two"), "zoe@example.com"
		old.ID, old.Email, old.ExpiresAt = []byte("old"), "old@example.com", start
		for _, s1 := range []store.SignUp{old, zoe, again} {
			update(t, s, func(tx *store.Tx) error { return tx.InsertSignUp(s1) })
		}
		found, err := read("one")
		must(t, err)
		same(t, "sign-up", found, zoe)
		_, err = read("old")
		fails(t, "an expired one, after the next", err, store.ErrNotFound)
		invited := func(email string) bool {
			t.Helper()
			ok, err := got(t, s, func(tx *store.Tx) (bool, error) { return tx.InvitedToSignUp(email) })
			must(t, err)
			return ok
		}
		update(t, s, func(tx *store.Tx) error {
			return tx.PutSignUpInvitation(iam.SignUpInvitation{Email: "ZOE@example.com", ExpiresAt: minute(1)})
		})
		same(t, "invited", []bool{invited("zoe@EXAMPLE.com"), invited("bob@example.com")}, []bool{true, false})
		update(t, s, func(tx *store.Tx) error { return tx.TakeSignUp(zoe) })
		_, err = read("two")
		fails(t, "the other of the same address", err, store.ErrNotFound)
		fails(t, "taken twice", try(t, s, func(tx *store.Tx) error { return tx.TakeSignUp(zoe) }), store.ErrNotFound)
		same(t, "invited after it was taken", invited("zoe@example.com"), false)
	})
}

// The budget of letters fills up again with time, and places do not share it.
func TestLetterBudget(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		b := store.Budget{Attempts: 2, Refill: time.Minute}
		for i, step := range []struct {
			at    int
			place string
			want  bool
		}{{0, "a", true}, {0, "a", true}, {0, "a", false}, {0, "b", true}, {1, "a", true}, {1, "a", false}, {60, "a", true}, {60, "a", true}, {60, "a", false}, {3000, "b", true}} {
			update(t, s, func(tx *store.Tx) error {
				tx.Now = minute(step.at)
				ok, err := tx.TakeLetter(step.place, b)
				if ok != step.want {
					t.Errorf("step %d: %v", i, ok)
				}
				return err
			})
		}
	})
}
