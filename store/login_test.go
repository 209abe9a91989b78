package store_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bailiwick/iam"
	"bailiwick/store"
)

var ann = iam.UserID(id("b", 1))

// insertAnn stores the user ann of my organization, and a namesake of theirs.
func insertAnn(t *testing.T, s *store.Store) {
	t.Helper()
	organizations(t, s)
	u := iam.User{ID: ann, OrganizationID: mine, Type: iam.UserOwner, Username: "ann", Email: "Ann@Example.com", CreatedAt: start, UpdatedAt: start}
	foreign := u
	foreign.ID, foreign.OrganizationID, foreign.CreatedAt = iam.UserID(id("b", 2)), theirs, minute(1)
	update(t, s, func(tx *store.Tx) error { return errors.Join(tx.InsertUser(u, "hash"), tx.InsertUser(foreign, "")) })
}

func TestAttempts(t *testing.T) {
	onTickingEngines(t, func(t *testing.T, s *store.Store, clock *atomic.Int64) {
		take := func(organization iam.OrganizationID, network string, b store.Budget) (ok bool) {
			t.Helper()
			must(t, s.Record(t.Context(), func(tx *store.Tx) (err error) {
				ok, err = tx.TakeAttempt(organization, ann, network, b)
				return err
			}))
			return ok
		}
		left := func(want int) {
			t.Helper()
			n, err := got(t, s, func(tx *store.Tx) (int, error) {
				n, _, err := tx.Attempts(mine, ann, "")
				return n, err
			})
			must(t, err)
			same(t, "attempts used", n, want)
		}
		b := store.Budget{Attempts: 3}
		var allowed atomic.Int64
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if take(mine, "", b) {
					allowed.Add(1)
				}
			})
		}
		wg.Wait()
		same(t, "allowed of twenty at once", allowed.Load(), int64(3))
		left(3)
		clock.Store(100_000)
		same(t, "without refill, much later", take(mine, "", b), false)
		same(t, "a larger budget", take(mine, "", store.Budget{Attempts: 4}), true)
		same(t, "theirs", take(theirs, "", b), true)
		must(t, s.Record(t.Context(), func(tx *store.Tx) error { return tx.GiveAttemptBack(mine, ann, "") }))
		left(3)
		must(t, s.Record(t.Context(), func(tx *store.Tx) error { return tx.ForgetAttempts(mine, ann, "") }))
		left(0)
		must(t, s.Record(t.Context(), func(tx *store.Tx) error { return tx.GiveAttemptBack(mine, ann, "") }))
		left(0)
		same(t, "forgotten", take(mine, "", b), true)

		filling := store.Budget{Attempts: 2, Refill: 2 * time.Minute}
		for i, want := range []bool{true, true, false, false} {
			if take(mine, "10.0.0.0/24", filling) != want {
				t.Errorf("attempt %d: want %v", i, want)
			}
		}
		same(t, "from another network", take(mine, "10.0.1.0/24", filling), true)
		clock.Add(2)
		for i, want := range []bool{true, false} {
			if take(mine, "10.0.0.0/24", filling) != want {
				t.Errorf("attempt %d after one came back: want %v", i, want)
			}
		}
		clock.Add(60)
		for i, want := range []bool{true, true, false} {
			if take(mine, "10.0.0.0/24", filling) != want {
				t.Errorf("attempt %d after all came back: want %v", i, want)
			}
		}
	})
}

func TestLogins(t *testing.T) {
	onTickingEngines(t, func(t *testing.T, s *store.Store, clock *atomic.Int64) {
		l := store.Login{
			OrganizationID: mine, ID: []byte("one"), UserID: ann, Method: iam.LoginPassword,
			Steps: []iam.LoginStep{iam.StepTOTP, iam.StepNewPassword}, ExpiresAt: minute(10),
		}
		must(t, s.Record(t.Context(), func(tx *store.Tx) error { return tx.InsertLogin(l) }))
		read, err := got(t, s, func(tx *store.Tx) (store.Login, error) { return tx.Login(mine, l.ID) })
		must(t, err)
		same(t, "login", read, l)
		for _, key := range []struct {
			organization iam.OrganizationID
			id           string
		}{{theirs, "one"}, {mine, "two"}, {mine, ""}} {
			_, err := got(t, s, func(tx *store.Tx) (store.Login, error) { return tx.Login(key.organization, []byte(key.id)) })
			fails(t, "another key", err, store.ErrNotFound)
		}
		clock.Store(20)
		second := l
		second.ID, second.ExpiresAt = []byte("two"), minute(30)
		must(t, s.Record(t.Context(), func(tx *store.Tx) error { return tx.InsertLogin(second) }))
		_, err = got(t, s, func(tx *store.Tx) (store.Login, error) { return tx.Login(mine, l.ID) })
		fails(t, "an expired one after the next has come", err, store.ErrNotFound)
		var taken atomic.Int64
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if s.Record(t.Context(), func(tx *store.Tx) error { return tx.TakeLogin(second) }) == nil {
					taken.Add(1)
				}
			})
		}
		wg.Wait()
		same(t, "taken by", taken.Load(), int64(1))
	})
}

func TestCredentials(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		insertAnn(t, s)
		read := func(organization iam.OrganizationID) store.Credential {
			t.Helper()
			c, err := got(t, s, func(tx *store.Tx) (store.Credential, error) { return tx.Credential(organization, ann) })
			must(t, err)
			return c
		}
		same(t, "none", read(mine), store.Credential{})
		c := store.Credential{TOTPSealed: "a", TOTPPending: "b", TOTPStep: 7, PasswordChangedAt: minute(1), PasswordRenewal: true, GraceStartedAt: minute(2), MFAGraceStartedAt: minute(3)}
		update(t, s, func(tx *store.Tx) error { return tx.PutCredential(mine, ann, store.Credential{}) },
			func(tx *store.Tx) error { return tx.PutCredential(mine, ann, c) },
			func(tx *store.Tx) error {
				return tx.SetRecoveryCodes(mine, ann, [][]byte{[]byte("one"), []byte("two")})
			})
		same(t, "mine", read(mine), c)
		same(t, "theirs", read(theirs), store.Credential{})
		take := func(what string, want bool, step func(*store.Tx) (bool, error)) {
			t.Helper()
			must(t, s.Record(t.Context(), func(tx *store.Tx) error {
				ok, err := step(tx)
				if ok != want {
					t.Errorf("%s: %v", what, ok)
				}
				return err
			}))
		}
		for _, step := range []struct {
			n    int64
			want bool
		}{{6, false}, {7, false}, {9, true}, {9, false}, {8, false}, {10, true}} {
			take("step", step.want, func(tx *store.Tx) (bool, error) { return tx.TakeTOTPStep(mine, ann, step.n) })
		}
		take("their code", false, func(tx *store.Tx) (bool, error) { return tx.TakeRecoveryCode(theirs, ann, []byte("one")) })
		take("a code", true, func(tx *store.Tx) (bool, error) { return tx.TakeRecoveryCode(mine, ann, []byte("one")) })
		take("a used code", false, func(tx *store.Tx) (bool, error) { return tx.TakeRecoveryCode(mine, ann, []byte("one")) })
		codes, err := got(t, s, func(tx *store.Tx) ([][]byte, error) { return tx.RecoveryCodes(mine, ann) })
		must(t, err)
		same(t, "codes left", codes, [][]byte{[]byte("two")})
		hash, err := got(t, s, func(tx *store.Tx) (string, error) { return tx.PasswordHash(mine, ann) })
		must(t, err)
		same(t, "password", hash, "hash")
		owners, err := got(t, s, func(tx *store.Tx) ([]iam.User, error) { return tx.OwnersByEmail("aNN@example.COM", 5) })
		must(t, err)
		if len(owners) != 2 || owners[0].ID != ann {
			t.Errorf("owners: %v", owners)
		}
		update(t, s, func(tx *store.Tx) error { return tx.DeleteCredential(mine, ann) })
		same(t, "deleted", read(mine), store.Credential{})
	})
}

func TestSessions(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		insertAnn(t, s)
		session := func(organization iam.OrganizationID, n int, key iam.AccessKey) iam.Session {
			return iam.Session{
				ID: iam.SessionID(id("e", n)), OrganizationID: organization, UserID: ann, IssuerID: ann, Referrer: "r", IP: "10.0.0.1", UserAgent: "a",
				AccessKey: key, CreatedAt: minute(n), UpdatedAt: minute(n), ExpiresAt: minute(n - 2),
			}
		}
		one, two, foreign := session(mine, 1, "SCW1"), session(mine, 3, ""), session(theirs, 2, "")
		revision := update(t, s, func(tx *store.Tx) error {
			return errors.Join(tx.InsertSession(one, []byte("1")), tx.InsertSession(two, []byte("2")), tx.InsertSession(foreign, []byte("3")))
		})
		same(t, "changes", len(changes(t, s, revision-1, revision)), 3)
		list := func(f iam.SessionFilter) []iam.Session {
			t.Helper()
			f.OrganizationID, f.Order, f.Page = mine, iam.Order{Field: "created_at"}, iam.Page{Number: 1, Size: 10}
			all, err := got(t, s, func(tx *store.Tx) ([]iam.Session, error) { all, _, err := tx.Sessions(f); return all, err })
			must(t, err)
			return all
		}
		same(t, "all", list(iam.SessionFilter{}), []iam.Session{one, two})
		same(t, "expired", list(iam.SessionFilter{Expired: pointer(true)}), []iam.Session{one})
		same(t, "not expired", list(iam.SessionFilter{Expired: pointer(false)}), []iam.Session{two})
		same(t, "of nobody", list(iam.SessionFilter{UserID: iam.UserID(id("b", 9))}), nil)
		by, err := got(t, s, func(tx *store.Tx) ([]iam.Session, error) { return tx.SessionsBy(mine, "SCW1") })
		must(t, err)
		same(t, "by a key", by, []iam.Session{one})
		two.UpdatedAt, two.ExpiresAt = minute(5), minute(65)
		update(t, s, func(tx *store.Tx) error { return tx.RenewSession(two, []byte("4")) })
		var hashes [2]string
		view(t, s, func(tx *store.Tx) error {
			current, former, err := tx.RenewHashes(mine, two.ID)
			hashes = [2]string{string(current), string(former)}
			return err
		})
		same(t, "hashes", hashes, [2]string{"4", "2"})
		fails(t, "theirs as mine", try(t, s, func(tx *store.Tx) error { return tx.DeleteSession(mine, foreign.ID) }), store.ErrNotFound)
		update(t, s, func(tx *store.Tx) error { return tx.DeleteSession(mine, one.ID) })
		of, err := got(t, s, func(tx *store.Tx) ([]iam.Session, error) { return tx.SessionsOf(mine, ann) })
		must(t, err)
		same(t, "left", of, []iam.Session{two})
	})
}

func TestAuthenticationEvents(t *testing.T) {
	onTickingEngines(t, func(t *testing.T, s *store.Store, clock *atomic.Int64) {
		var all []iam.AuthenticationEvent
		for i := range 6 {
			clock.Store(int64(i))
			e := iam.AuthenticationEvent{
				ID: id("0", i), OrganizationID: mine, UserID: ann, Username: "ann", SourceIP: "10.0.0.1", UserAgent: "a", RequestID: "r",
				Failure: []iam.LoginFailure{"", iam.FailedMFA}[i%2], Method: iam.LoginPassword, MFA: iam.MFATOTP,
			}
			foreign := e
			foreign.OrganizationID = theirs
			must(t, s.Record(t.Context(), func(tx *store.Tx) error {
				return errors.Join(tx.AppendAuthenticationEvent(e), tx.AppendAuthenticationEvent(foreign))
			}))
			e.Sequence, e.RecordedAt = int64(i+1), minute(i)
			all = append(all, e)
		}
		for name, test := range map[string]struct {
			filter iam.AuthenticationEventFilter
			want   []iam.AuthenticationEvent
		}{
			"forward":  {iam.AuthenticationEventFilter{Ascending: true, Size: 3}, all[:3]},
			"onward":   {iam.AuthenticationEventFilter{Ascending: true, Size: 9, Cursor: 3}, all[3:]},
			"backward": {iam.AuthenticationEventFilter{Size: 1}, all[5:]},
			"a time":   {iam.AuthenticationEventFilter{Ascending: true, Size: 9, After: minute(2), Before: minute(4)}, all[2:4]},
			"too late": {iam.AuthenticationEventFilter{Size: 9, After: minute(9)}, nil},
		} {
			test.filter.OrganizationID = mine
			list, err := got(t, s, func(tx *store.Tx) ([]iam.AuthenticationEvent, error) { return tx.AuthenticationEvents(test.filter) })
			must(t, err)
			same(t, name, list, test.want)
		}
		fails(t, "no such organization", s.Record(t.Context(), func(tx *store.Tx) error {
			return tx.AppendAuthenticationEvent(iam.AuthenticationEvent{OrganizationID: "nowhere"})
		}), store.ErrNotFound)
	})
}

func TestSigningKeys(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		keys := []store.SigningKey{{ID: "new", Sealed: []byte{1}, CreatedAt: minute(2)}, {ID: "old", Sealed: []byte{2}, CreatedAt: minute(1)}}
		update(t, s, func(tx *store.Tx) error {
			return errors.Join(tx.InsertSigningKey(keys[1]), tx.InsertSigningKey(keys[0]))
		})
		stored, err := got(t, s, (*store.Tx).SigningKeys)
		must(t, err)
		same(t, "keys", stored, keys)
		update(t, s, func(tx *store.Tx) error { return tx.DeleteSigningKey("old") })
		fails(t, "gone", try(t, s, func(tx *store.Tx) error { return tx.DeleteSigningKey("old") }), store.ErrNotFound)
	})
}
