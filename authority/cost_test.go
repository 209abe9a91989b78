package authority_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bailiwick/authority"
	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
	"bailiwick/identity"
)

// work is what a step of a login costs: hashes of passwords, and transactions that wait for the disk.
type work struct{ Hashes, Commits int }

// commits counts the transactions in the write-ahead log of a SQLite database: a frame whose header
// names the size of the database ends one (https://www.sqlite.org/fileformat2.html#walformat). The
// salts in its header say to which round of the log a frame belongs.
func commits(t testing.TB, database string) (n int) {
	t.Helper()
	log := must[[]byte](t)(os.ReadFile(database + "-wal"))
	if len(log) < 32 {
		return 0
	}
	size, salts := 24+int(binary.BigEndian.Uint32(log[8:])), string(log[16:24])
	for frames := log[32:]; len(frames) >= size && string(frames[8:16]) == salts; frames = frames[size:] {
		if binary.BigEndian.Uint32(frames[4:]) != 0 {
			n++
		}
	}
	return n
}

// cost counts the work of one call. A hash is known by the 19 MiB that it takes.
func cost(t testing.TB, k *kit.Kit, call func()) work {
	t.Helper()
	var before, after runtime.MemStats
	first := commits(t, k.Database)
	runtime.ReadMemStats(&before)
	call()
	runtime.ReadMemStats(&after)
	return work{int(after.TotalAlloc-before.TotalAlloc) / (19 << 20), commits(t, k.Database) - first}
}

// Nobody learns with a clock who has an account: what is refused costs what a wrong password costs,
// and what is mailed to nobody costs what a letter does. Work is counted, not timed.
func TestRefusalsCostTheSame(t *testing.T) {
	k := kit.New(t, kit.Options{PasswordCost: identity.DefaultPasswordCost()})
	owner := k.AsOwner(t)
	v := visitor{k, t}
	ann := hireAnn(t, k)
	org := string(ann.OrganizationID)
	locked := must[iam.User](t)(owner.CreateUser(iam.NewMember{Username: "locked", Email: "locked@example.com", Password: annsPassword}))
	must[iam.User](t)(owner.LockUser(locked.ID))
	must[iam.User](t)(owner.CreateUser(iam.NewMember{Username: "keyless", Email: "keyless@example.com"}))
	guess := func(p authority.PasswordLogin) func() {
		p.Password = "a guess"
		return func() {
			if _, err := k.Authority.LoginWithPassword(kit.Context(t), v.call(), p); iam.KindOf(err) != iam.KindDeniedAuthentication {
				t.Errorf("%+v: %v", p, err)
			}
		}
	}
	code := func(p authority.PasswordLogin) func() {
		return func() {
			must[authority.Login](t)(k.Authority.StartMagicCode(kit.Context(t), v.call(), authority.MagicCodeStart{PasswordLogin: p}))
		}
	}
	reset := func(email string) func() {
		return func() { done(t, k.Authority.StartPasswordReset(kit.Context(t), v.call(), email)) }
	}
	nowhere := "00000000-0000-4000-8000-000000000000"
	got, want := map[string]work{}, map[string]work{}
	for name, c := range map[string]struct {
		call func()
		want work
	}{
		"password, wrong":                   {guess(authority.PasswordLogin{Organization: org, Username: "ann"}), work{1, 2}},
		"password, unknown user":            {guess(authority.PasswordLogin{Organization: org, Username: "nobody"}), work{1, 2}},
		"password, unknown organization":    {guess(authority.PasswordLogin{Organization: nowhere, Username: "ann"}), work{1, 2}},
		"password, unknown alias":           {guess(authority.PasswordLogin{Organization: "nowhere", Username: "ann"}), work{1, 2}},
		"password, locked":                  {guess(authority.PasswordLogin{Organization: org, Username: "locked"}), work{1, 2}},
		"password, none":                    {guess(authority.PasswordLogin{Organization: org, Username: "keyless"}), work{1, 2}},
		"password, owner":                   {guess(authority.PasswordLogin{Email: kit.OwnerEmail}), work{1, 2}},
		"password, unknown address":         {guess(authority.PasswordLogin{Email: "nobody@example.com"}), work{1, 2}},
		"password, address and elsewhere":   {guess(authority.PasswordLogin{Email: kit.OwnerEmail, Organization: nowhere}), work{1, 2}},
		"mailed code":                       {code(authority.PasswordLogin{Organization: org, Username: "ann"}), work{0, 1}},
		"mailed code, unknown user":         {code(authority.PasswordLogin{Organization: org, Username: "nobody"}), work{0, 1}},
		"mailed code, unknown organization": {code(authority.PasswordLogin{Organization: nowhere, Username: "ann"}), work{0, 1}},
		"mailed code, locked":               {code(authority.PasswordLogin{Organization: org, Username: "locked"}), work{0, 1}},
		"mailed code, unknown address":      {code(authority.PasswordLogin{Email: "nobody@example.com"}), work{0, 1}},
		"reset":                             {reset(kit.OwnerEmail), work{0, 1}},
		"reset, unknown address":            {reset("nobody@example.com"), work{0, 1}},
	} {
		got[name], want[name] = cost(t, k, c.call), c.want
	}
	if !cmp.Equal(got, want) {
		t.Errorf("work (-want +got):\n%s", cmp.Diff(want, got))
	}
	if events := must[[]iam.AuthenticationEvent](t)(k.Store.Read(kit.Context(t)).AuthenticationEvents(iam.AuthenticationEventFilter{OrganizationID: ann.OrganizationID, Size: 100})); len(events) != 4 {
		t.Errorf("%d authentication events: %s", len(events), fmt.Sprint(events))
	}
}
