package authority_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bailiwick/authority"
	kit "bailiwick/bailiwicktest"
	"bailiwick/catalog"
	"bailiwick/iam"
	"bailiwick/store"
)

// register gives the runner's user a passkey.
func register(t testing.TB, a *authority.Authority, r *kit.Runner) (*kit.Device, iam.Passkey) {
	t.Helper()
	user := iam.UserID(r.Caller.Principal.ID)
	d := kit.NewDevice(t, user)
	begun := must[authority.PasskeyRegistration](t)(a.StartPasskeyRegistration(kit.Context(t), r.Call("StartUserWebAuthnRegistration"), user, ""))
	n := d.Attest(begun.Challenge)
	n.CeremonyID = begun.CeremonyID
	return d, must[iam.Passkey](t)(a.FinishPasskeyRegistration(kit.Context(t), r.Call("FinishUserWebAuthnRegistration"), user, n))
}

// touch begins to log in with a device on one node, and returns what ends it.
func touch(t testing.TB, a *authority.Authority, d *kit.Device, loginID string) authority.PasskeyLogin {
	t.Helper()
	q := must[authority.PasskeyQuestion](t)(a.StartPasskeyLogin(kit.Context(t), loginID))
	return authority.PasskeyLogin{LoginID: loginID, CeremonyID: q.CeremonyID, Credential: []byte(d.Assert(q.Options))}
}

// On both engines what one node has begun another one ends, and of many ends at once on two
// nodes one is taken: of a registration, of a login, and of a second step.
func TestPasskeysOnTwoNodes(t *testing.T) {
	kit.Engines(t, func(t *testing.T, database string) {
		k := kit.New(t, kit.Options{Database: database})
		ann := hireAnn(t, k)
		other := must[*authority.Authority](t)(authority.New(t.Context(), authority.Config{
			Store: open(t, database), Catalog: must[*catalog.Catalog](t)(catalog.Load()), Keyring: k.Keyring, Passkeys: k.Passkeys,
		}))
		nodes := []*authority.Authority{k.Authority, other}
		v := visitor{k, t}
		self := k.AsUser(t, ann)
		done(t, other.Follow(kit.Context(t)))

		once := func(what string, end func(*authority.Authority) error) {
			t.Helper()
			var ended atomic.Int64
			var wg sync.WaitGroup
			for i := range 8 {
				wg.Go(func() {
					if end(nodes[i%2]) == nil {
						ended.Add(1)
					}
				})
			}
			wg.Wait()
			same(t, what, 1, ended.Load())
		}
		d := kit.NewDevice(t, ann.ID)
		d.Key.Counter = 0 // it does not count
		begun := must[authority.PasskeyRegistration](t)(other.StartPasskeyRegistration(kit.Context(t), self.Call("StartUserWebAuthnRegistration"), ann.ID, kit.PublicURL))
		n := d.Attest(begun.Challenge)
		n.CeremonyID = begun.CeremonyID
		once("registrations", func(a *authority.Authority) error {
			_, err := a.FinishPasskeyRegistration(kit.Context(t), self.Call("FinishUserWebAuthnRegistration"), ann.ID, n)
			return err
		})
		d.Key.Counter = ^uint32(0)
		alone := touch(t, k.Authority, d, "")
		once("logins", func(a *authority.Authority) error {
			_, err := a.LoginWithPasskey(kit.Context(t), v.call(), alone)
			return err
		})
		must[iam.User](t)(k.AsOwner(t).UnlockUser(ann.ID)) // the others were attempts
		done(t, other.Follow(kit.Context(t)))
		d.Key.Counter = ^uint32(0)
		second := touch(t, other, d, must[authority.Login](t)(v.enter(annsPassword)).LoginID)
		once("second steps", func(a *authority.Authority) error {
			_, err := a.LoginWithPasskey(kit.Context(t), v.call(), second)
			return err
		})
	})
}

// Ceremonies expire, also those that a client keeps and comes back with.
func TestCeremoniesInTime(t *testing.T) {
	c := &clock{}
	k := kit.New(t, kit.Options{Clock: c.Now})
	ann := hireAnn(t, k)
	v, self := visitor{k, t}, k.AsUser(t, ann)
	d, _ := register(t, k.Authority, self)

	late := touch(t, k.Authority, d, "")
	begun := must[authority.PasskeyRegistration](t)(k.Authority.StartPasskeyRegistration(kit.Context(t), self.Call("StartUserWebAuthnRegistration"), ann.ID, ""))
	another := kit.NewDevice(t, ann.ID)
	n := another.Attest(begun.Challenge)
	n.CeremonyID = begun.CeremonyID
	c.Advance(5*time.Minute - time.Second)
	must[authority.Login](t)(k.Authority.LoginWithPasskey(kit.Context(t), v.call(), touch(t, k.Authority, d, "")))
	c.Advance(time.Second)
	if err := refused[authority.Login](t)(k.Authority.LoginWithPasskey(kit.Context(t), v.call(), late)); iam.KindOf(err) != iam.KindDeniedAuthentication {
		t.Errorf("a login that is too late: %v", err)
	}
	if err := refused[iam.Passkey](t)(k.Authority.FinishPasskeyRegistration(kit.Context(t), self.Call("FinishUserWebAuthnRegistration"), ann.ID, n)); iam.KindOf(err) != iam.KindExpired {
		t.Errorf("a registration that is too late: %v", err)
	}
	list := must[[]iam.AuthenticationEvent](t)(k.Store.Read(t.Context()).AuthenticationEvents(iam.AuthenticationEventFilter{OrganizationID: ann.OrganizationID, Size: 1}))
	same(t, "what the trail says", iam.FailedExpired, list[0].Failure)
}

// Nobody but the owner removes the owner's passkey, nobody names one of somebody else, and what
// is of another organization is not there. A user who is deleted leaves no passkey behind.
func TestWhosePasskeys(t *testing.T) {
	k := start(t)
	owner, ann := k.AsOwner(t), hireAnn(t, k)
	manager := owner.MustHire("manager", kit.Everywhere(owner.Organization(), "IAMManager", "IAMUserManager", "OrganizationManager"))
	self, stranger := k.AsUser(t, ann), tenant(t, k, "acme")
	_, owners := register(t, k.Authority, owner)
	device, anns := register(t, k.Authority, self)
	remove := func(r *kit.Runner, id iam.PasskeyID) error {
		return k.Authority.DeletePasskey(kit.Context(t), r.Call("DeleteWebAuthnAuthenticator"), id)
	}
	rename := func(r *kit.Runner, id iam.PasskeyID) error {
		return refused[iam.Passkey](t)(k.Authority.RenamePasskey(kit.Context(t), r.Call("UpdateWebAuthnAuthenticator"), id, new("x")))
	}
	list := func(r *kit.Runner, user iam.UserID) ([]iam.Passkey, int, error) {
		return k.Authority.ListPasskeys(kit.Context(t), r.Call("ListUserWebAuthnAuthenticators"), iam.PasskeyFilter{UserID: user, Order: byCreation(), Page: page()})
	}
	gone := func(id iam.PasskeyID) *iam.Error { return iam.NotFound("webauthn_authenticator", string(id)) }
	fails(t, "manager, owner's", denied("webauthn_authenticator", "delete"), remove(manager, owners.ID))
	fails(t, "member, owner's", denied("webauthn_authenticator", "delete"), remove(self, owners.ID))
	fails(t, "manager names", denied("webauthn_authenticator", "write"), rename(manager, anns.ID))
	fails(t, "owner names", denied("webauthn_authenticator", "write"), rename(owner, anns.ID))
	fails(t, "a stranger removes", gone(anns.ID), remove(stranger, anns.ID))
	fails(t, "a stranger names", gone(anns.ID), rename(stranger, anns.ID))
	fails(t, "a stranger lists", iam.NotFound("user", string(ann.ID)), refusedList[iam.Passkey](t)(list(stranger, ann.ID)))
	fails(t, "a member lists the owner's", denied("webauthn_authenticator", "list"), refusedList[iam.Passkey](t)(list(self, k.First.Owner.ID)))
	passkeys, total, err := list(manager, ann.ID)
	done(t, err)
	same(t, "ann's", []iam.Passkey{anns}, passkeys)
	same(t, "number", 1, total)

	left := newEvents(t, owner, func() { done(t, remove(manager, anns.ID)) })
	same(t, "events", []string{"DeleteWebAuthnAuthenticator 200 updated iam_user/" + string(ann.ID)}, summaries(left))
	same(t, "MFA", false, must[iam.User](t)(owner.GetUser(ann.ID)).MFA)

	done(t, owner.DeleteUser(ann.ID))
	bob := k.AsUser(t, owner.MustCreateUser("bob"))
	begun := must[authority.PasskeyRegistration](t)(k.Authority.StartPasskeyRegistration(kit.Context(t), bob.Call("StartUserWebAuthnRegistration"), iam.UserID(bob.Caller.Principal.ID), ""))
	n := device.Attest(begun.Challenge) // nobody's any more
	n.CeremonyID = begun.CeremonyID
	must[iam.Passkey](t)(k.Authority.FinishPasskeyRegistration(kit.Context(t), bob.Call("FinishUserWebAuthnRegistration"), iam.UserID(bob.Caller.Principal.ID), n))
}

// A user has a bounded number of passkeys.
func TestTooManyPasskeys(t *testing.T) {
	k := start(t)
	ann := hireAnn(t, k)
	self := k.AsUser(t, ann)
	must[int64](t)(k.Store.Update(t.Context(), func(tx *store.Tx) error {
		for i := range iam.MaxPasskeys - 1 {
			id := iam.PasskeyID(rune('a' + i))
			p := iam.Passkey{ID: id, OrganizationID: ann.OrganizationID, UserID: ann.ID, Name: "x"}
			if err := tx.InsertPasskey(store.Passkey{Passkey: p, KeyID: []byte(id), Record: []byte(`{"id":"eA=="}`)}); err != nil {
				return err
			}
		}
		return nil
	}))
	done(t, k.Authority.Follow(kit.Context(t)))
	register(t, k.Authority, self)
	err := refused[authority.PasskeyRegistration](t)(k.Authority.StartPasskeyRegistration(kit.Context(t), self.Call("StartUserWebAuthnRegistration"), ann.ID, ""))
	fails(t, "one more", &iam.Error{Kind: iam.KindQuotasExceeded, ResourceID: string(ann.ID), Quota: iam.Quota{Name: "webauthn_authenticators", Limit: 20, Current: 20}}, err)
}

// Without a public address there are no passkeys, and whoever has one as second factor is not
// let in without.
func TestWithoutPasskeys(t *testing.T) {
	k := kit.New(t, kit.Options{WithoutPasskeys: true})
	ann := hireAnn(t, k)
	self := k.AsUser(t, ann)
	off := func(what string, err error) {
		t.Helper()
		if iam.KindOf(err) != iam.KindPreconditionFailed {
			t.Errorf("%s: %v", what, err)
		}
	}
	off("registration", refused[authority.PasskeyRegistration](t)(k.Authority.StartPasskeyRegistration(kit.Context(t), self.Call("StartUserWebAuthnRegistration"), ann.ID, "")))
	off("start", refused[authority.PasskeyQuestion](t)(k.Authority.StartPasskeyLogin(kit.Context(t), "")))
	off("login", refused[authority.Login](t)(k.Authority.LoginWithPasskey(kit.Context(t), iam.Call{}, authority.PasskeyLogin{})))
	p := store.Passkey{Passkey: iam.Passkey{ID: "p", OrganizationID: ann.OrganizationID, UserID: ann.ID, Name: "x"}, KeyID: []byte("x"), Record: []byte("{}")}
	must[int64](t)(k.Store.Update(t.Context(), func(tx *store.Tx) error { return tx.InsertPasskey(p) }))
	done(t, k.Authority.Follow(kit.Context(t)))
	login := must[authority.Login](t)(visitor{k, t}.enter(annsPassword))
	same(t, "still asked for", []iam.LoginStep{iam.StepPasskey}, login.Next)
}
