package authority_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pquerna/otp/totp"

	"bailiwick/authority"
	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
	"bailiwick/store"
)

// thing is something on which a way in rests. What happens takes things away, and a way in is open
// as long as nothing is missing that it needs: that is the whole model.
type thing string

const (
	theUser      thing = "the user"
	theName      thing = "the username"
	theKey       thing = "the key"
	theToken     thing = "the session token's hour"
	theSession   thing = "the session"
	thePassword  thing = "the password"
	theMethod    thing = "logging in with passwords"
	theMail      thing = "logging in with mailed codes"
	theBeginning thing = "the logins under way"
	theApp       thing = "the authenticator app"
	thePasskey   thing = "the passkey"
	theOffer     thing = "the offered connection"
)

// guard is a member with every credential that there is, and with logins that have begun.
type guard struct {
	t     *testing.T
	k     *kit.Kit
	clock *clock
	owner *kit.Runner
	ann   iam.User
	peer  *kit.Runner // of another organization, for connections

	access     iam.AccessKey
	secret     string
	session    authority.OpenedSession
	renewed    authority.OpenedSession // for its renew token
	byKey      authority.OpenedSession // made with the key
	totp       string
	recovery   []string
	device     *kit.Device
	passkey    iam.PasskeyID
	begun      []string // logins that owe the second factor
	mailed     string   // a login that owes a mailed code
	code       string
	connection string
}

func (g *guard) visit() iam.Call { return visitor{g.k, g.t}.call() }

func (g *guard) login(a *authority.Authority, username string) (authority.Login, error) {
	return a.LoginWithPassword(kit.Context(g.t), g.visit(), authority.PasswordLogin{
		Organization: string(g.owner.Organization()), Username: username, Password: annsPassword,
	})
}

func (g *guard) totpNow() string {
	return must[string](g.t)(totp.GenerateCode(g.totp, g.clock.Now()))
}

// as is the member by a session.
func (g *guard) as(s iam.Session) *kit.Runner {
	return g.k.As(g.t, iam.Caller{Organization: g.ann.OrganizationID, Principal: g.ann.ID.Principal(), Session: s.ID})
}

func (g *guard) hire() iam.User {
	return must[iam.User](g.t)(g.owner.CreateUser(iam.NewMember{Username: "ann", Email: "ann@example.com", Password: annsPassword}))
}

func newGuard(t *testing.T, k *kit.Kit, c *clock, name string) *guard {
	t.Helper()
	ctx := kit.Context(t)
	g := &guard{t: t, k: k, clock: c, owner: tenant(t, k, name), peer: tenant(t, k, name+"-peer")}
	a := k.Authority
	g.ann = g.hire()
	key, secret := k.NewUserKey(t, g.ann)
	g.access, g.secret = key.AccessKey, secret
	g.session = must[authority.Login](t)(g.login(a, "ann")).OpenedSession
	self := g.as(g.session.Session)
	g.totp = must[string](t)(a.CreateUserMFAOTP(ctx, self.Call("CreateUserMFAOTP"), g.ann.ID))
	g.recovery = must[[]string](t)(a.ValidateUserMFAOTP(ctx, self.Call("ValidateUserMFAOTP"), g.ann.ID, g.totpNow()))
	device, passkey := register(t, a, self)
	g.device, g.passkey = device, passkey.ID
	full := must[authority.Login](t)(g.login(a, "ann"))
	g.renewed = must[authority.Login](t)(a.LoginWithRecoveryCode(ctx, g.visit(), full.LoginID, g.recovery[0])).OpenedSession
	g.byKey = must[authority.OpenedSession](t)(a.CreateSession(ctx, k.AsHolder(t, secret).Call("CreateJWT"), g.ann.ID, ""))
	for range 3 {
		g.begun = append(g.begun, must[authority.Login](t)(g.login(a, "ann")).LoginID)
	}
	g.mailed = must[authority.Login](t)(a.StartMagicCode(ctx, g.visit(), authority.MagicCodeStart{
		PasswordLogin: authority.PasswordLogin{Organization: string(g.owner.Organization()), Username: "ann"}})).LoginID
	done(t, a.Deliver(ctx, func(_ context.Context, l iam.Letter) error {
		if l.Kind == iam.LetterMagicCode {
			g.code = l.Secret
		}
		return nil
	}))
	g.connection = must[string](t)(a.OfferConnection(ctx, self.Call("InitiateUserConnection"), g.ann.ID))
	c.Advance(time.Minute) // another one-time password is due
	return g
}

// way is one way in: what it needs, and whether it is open.
type way struct {
	needs []thing
	open  func(g *guard, a *authority.Authority) error
}

// bySession reads the user itself with a session token.
func bySession(s func(*guard) authority.OpenedSession) func(*guard, *authority.Authority) error {
	return func(g *guard, a *authority.Authority) error {
		caller, err := a.Authenticate(kit.Context(g.t), authority.Credential{Kind: authority.SessionToken, Value: s(g).Token})
		if err != nil {
			return err
		}
		return last(g.k.As(g.t, caller).On(a).GetUser(g.ann.ID))
	}
}

func byPasskey(login func(*guard) string) func(*guard, *authority.Authority) error {
	return func(g *guard, a *authority.Authority) error {
		q, err := a.StartPasskeyLogin(kit.Context(g.t), login(g))
		if err != nil {
			return err
		}
		return last(a.LoginWithPasskey(kit.Context(g.t), g.visit(), authority.PasskeyLogin{
			LoginID: login(g), CeremonyID: q.CeremonyID, Credential: []byte(g.device.Assert(q.Options))}))
	}
}

// ways are all ways in of a member; the ones that use something up rest on one of their own.
func ways() map[string]way {
	first := func(g *guard) authority.OpenedSession { return g.session }
	return map[string]way{
		"secret key": {[]thing{theUser, theKey}, func(g *guard, a *authority.Authority) error {
			caller, err := a.Authenticate(kit.Context(g.t), authority.Credential{Kind: authority.SecretKey, Value: g.secret})
			if err != nil {
				return err
			}
			return last(g.k.As(g.t, caller).On(a).GetUser(g.ann.ID))
		}},
		"session token":      {[]thing{theUser, theSession, theToken}, bySession(first)},
		"session of the key": {[]thing{theUser, theSession, theToken, theKey}, bySession(func(g *guard) authority.OpenedSession { return g.byKey })},
		"page": {[]thing{theUser, theSession}, func(g *guard, a *authority.Authority) error {
			return last(a.OpenPage(kit.Context(g.t), a.PageCookie(g.session.Session)))
		}},
		"new key": {[]thing{theUser, theSession, theToken}, func(g *guard, a *authority.Authority) error {
			caller, err := a.Authenticate(kit.Context(g.t), authority.Credential{Kind: authority.SessionToken, Value: g.session.Token})
			if err != nil {
				return err
			}
			return last(g.k.As(g.t, caller).On(a).CreateAPIKey(iam.NewAPIKey{Bearer: g.ann.ID.Principal()}))
		}},
		"renew token of the key's session": {[]thing{theUser, theSession, theKey}, func(g *guard, a *authority.Authority) error {
			return last(a.RenewSession(kit.Context(g.t), g.visit(), g.byKey.RenewToken))
		}},
		"renew token": {[]thing{theUser, theSession}, func(g *guard, a *authority.Authority) error {
			return last(a.RenewSession(kit.Context(g.t), g.visit(), g.renewed.RenewToken))
		}},
		"password": {[]thing{theUser, theName, thePassword, theMethod}, func(g *guard, a *authority.Authority) error { return last(g.login(a, "ann")) }},
		"one-time password as step": {[]thing{theUser, theMethod, theBeginning, theApp}, func(g *guard, a *authority.Authority) error {
			return last(a.LoginWithTOTP(kit.Context(g.t), g.visit(), g.begun[0], g.totpNow()))
		}},
		"recovery code as step": {[]thing{theUser, theMethod, theBeginning, theApp}, func(g *guard, a *authority.Authority) error {
			return last(a.LoginWithRecoveryCode(kit.Context(g.t), g.visit(), g.begun[1], g.recovery[1]))
		}},
		"passkey as step": {[]thing{theUser, theMethod, theBeginning, thePasskey}, byPasskey(func(g *guard) string { return g.begun[2] })},
		"passkey alone":   {[]thing{theUser, theMethod, thePasskey}, byPasskey(func(*guard) string { return "" })},
		"mailed code": {[]thing{theUser, theMail, theBeginning}, func(g *guard, a *authority.Authority) error {
			return last(a.LoginWithMagicCode(kit.Context(g.t), g.visit(), g.mailed, g.code))
		}},
		"connection": {[]thing{theUser, theOffer}, func(g *guard, a *authority.Authority) error {
			return a.JoinConnection(kit.Context(g.t), g.peer.Call("JoinUserConnection"), iam.UserID(g.peer.Caller.Principal.ID), g.connection)
		}},
	}
}

// happening is something that happens to the member, and what it takes away. opens are ways that are
// open all the same: those of who comes after under the same name.
type happening struct {
	takes []thing
	opens []string
	do    func(*guard) error
}

// access is everything that a change of what proves the member ends.
var access = []thing{theSession, theBeginning}

func happenings() map[string]happening {
	methods := func(u iam.LoginMethodsUpdate) func(*guard) error {
		return func(g *guard) error { return last(g.owner.UpdateOrganizationLoginMethods(g.owner.Organization(), u)) }
	}
	wait := func(d time.Duration) func(*guard) error {
		return func(g *guard) error { g.clock.Advance(d); return nil }
	}
	return map[string]happening{
		"nothing": {do: wait(0)},
		"deleted": {takes: []thing{theUser}, do: func(g *guard) error { return g.owner.DeleteUser(g.ann.ID) }},
		"deleted, recreated": {takes: []thing{theUser}, opens: []string{"password"}, do: func(g *guard) error {
			done(g.t, g.owner.DeleteUser(g.ann.ID))
			g.hire()
			return nil
		}},
		"locked": {takes: []thing{theUser}, do: func(g *guard) error { return last(g.owner.LockUser(g.ann.ID)) }},
		"locked, unlocked": {takes: access, do: func(g *guard) error {
			must[iam.User](g.t)(g.owner.LockUser(g.ann.ID))
			return last(g.owner.UnlockUser(g.ann.ID))
		}},
		"renamed":          {takes: []thing{theName}, do: func(g *guard) error { return last(g.owner.UpdateUserUsername(g.ann.ID, "anna")) }},
		"another password": {takes: slices.Concat(access, []thing{thePassword}), do: func(g *guard) error { return last(g.owner.UpdateUserPassword(g.ann.ID, "quiet-harbor-walnut-19")) }},
		"key deleted":      {takes: []thing{theKey}, do: func(g *guard) error { return g.owner.DeleteAPIKey(g.access) }},
		"key expired": {takes: []thing{theKey}, do: func(g *guard) error {
			must[iam.APIKey](g.t)(g.owner.UpdateAPIKey(g.access, iam.APIKeyUpdate{ExpiresAt: new(g.clock.Now().Add(time.Minute))}))
			g.clock.Advance(time.Minute)
			return nil
		}},
		"key expired later": {takes: []thing{theKey, theOffer, theBeginning}, do: func(g *guard) error {
			must[iam.APIKey](g.t)(g.owner.UpdateAPIKey(g.access, iam.APIKeyUpdate{ExpiresAt: new(g.clock.Now().Add(30 * time.Minute))}))
			g.byKey = must[authority.OpenedSession](g.t)(g.k.Authority.CreateSession(kit.Context(g.t), g.k.AsHolder(g.t, g.secret).Call("CreateJWT"), g.ann.ID, ""))
			g.clock.Advance(30 * time.Minute)
			return nil
		}},
		"app removed": {takes: slices.Concat(access, []thing{theApp}), do: func(g *guard) error {
			return g.k.Authority.DeleteUserMFAOTP(kit.Context(g.t), g.owner.Call("DeleteUserMFAOTP"), g.ann.ID)
		}},
		"passkey removed": {takes: slices.Concat(access, []thing{thePasskey}), do: func(g *guard) error {
			return g.k.Authority.DeletePasskey(kit.Context(g.t), g.owner.Call("DeleteWebAuthnAuthenticator"), g.passkey)
		}},
		"passwords off":    {takes: []thing{theMethod}, do: methods(iam.LoginMethodsUpdate{Password: new(false)})},
		"mailed codes off": {takes: []thing{theMail}, do: methods(iam.LoginMethodsUpdate{MagicCode: new(false)})},
		"passwords off, on": {do: func(g *guard) error {
			done(g.t, methods(iam.LoginMethodsUpdate{Password: new(false)})(g))
			return methods(iam.LoginMethodsUpdate{Password: new(true)})(g)
		}},
		"ten minutes":         {takes: []thing{theBeginning, theOffer}, do: wait(10 * time.Minute)},
		"an hour":             {takes: []thing{theBeginning, theOffer, theToken}, do: wait(time.Hour)},
		"the longest session": {takes: []thing{theBeginning, theOffer, theToken, theSession}, do: wait(iam.DefaultSecuritySettings().MaxLoginSessionDuration)},
		"organization closed": {takes: []thing{theUser}, do: func(g *guard) error { return last(g.k.AsOperator(g.t).CloseOrganization(g.owner.Organization())) }},
	}
}

// What a thief has begun with an old password, or reads in an old mailbox, ends with it.
func TestWhatThievesHaveBegun(t *testing.T) {
	k := kit.New(t, kit.Options{})
	v, ctx := visitor{k, t}, kit.Context(t)
	owner, ann := k.AsOwner(t), hireAnn(t, k)
	must[iam.SecuritySettings](t)(owner.UpdateOrganizationSecuritySettings(owner.Organization(), iam.SecuritySettingsUpdate{EnforcePasswordRenewal: new(true)}))
	begun := must[authority.Login](t)(v.enter(annsPassword))
	same(t, "what is owed", []iam.LoginStep{iam.StepNewPassword}, begun.Next)
	must[iam.User](t)(owner.UpdateUserPassword(ann.ID, "quiet-harbor-walnut-19"))
	if _, err := k.Authority.LoginWithNewPassword(ctx, v.call(), begun.LoginID, "amber-violet-canyon-58"); iam.KindOf(err) != iam.KindDeniedAuthentication {
		t.Errorf("the thief replaces the password that replaced the stolen one: %v", err)
	}
	again := must[authority.Login](t)(v.enter("quiet-harbor-walnut-19"))
	must[authority.Login](t)(k.Authority.LoginWithNewPassword(ctx, v.call(), again.LoginID, "amber-violet-canyon-58"))

	done(t, k.Authority.StartPasswordReset(ctx, v.call(), kit.OwnerEmail))
	link := ""
	done(t, k.Authority.Deliver(ctx, func(_ context.Context, l iam.Letter) error {
		if l.Kind == iam.LetterPasswordReset {
			link = l.Secret
		}
		return nil
	}))
	must[iam.User](t)(owner.UpdateUser(k.First.Owner.ID, iam.UserUpdate{Email: new("elsewhere@example.com")}))
	if err := k.Authority.ResetPassword(ctx, v.call(), link, "amber-violet-canyon-58"); link == "" || iam.KindOf(err) != iam.KindDeniedAuthentication {
		t.Errorf("a link %q in the mailbox that was left: %v", link, err)
	}
}

// The matrix of people: whatever happens to a member, its key, its session, its password, a factor, a
// login method or its organization, every way in is open or closed as the model says, on the node where
// it happened and on another one.
func TestLifecycleOfLogins(t *testing.T) {
	t.Parallel() // it is long
	c := &clock{}
	k := kit.New(t, kit.Options{Clock: c.Now})
	second := must[*store.Store](t)(store.Open(t.Context(), store.Config{Database: k.Database, Clock: c.Now}))
	t.Cleanup(func() { done(t, second.Close()) })
	other := must[*authority.Authority](t)(authority.New(t.Context(), authority.Config{
		Store: second, Catalog: k.Catalog, Keyring: k.Keyring, Clock: c.Now, Passkeys: k.Passkeys,
	}))
	nodes := map[string]*authority.Authority{"here": k.Authority, "on another node": other}
	number := 0
	for what, h := range happenings() {
		for where, a := range nodes {
			number++
			name := "org" + string(rune('a'+number/26)) + string(rune('a'+number%26))
			t.Run(what+", "+where, func(t *testing.T) {
				g := newGuard(t, k, c, name)
				done(t, h.do(g))
				done(t, other.Follow(kit.Context(t)))
				got, want := map[string]bool{}, map[string]bool{}
				for _, name := range slices.Sorted(maps.Keys(ways())) { // a renew token comes after the session token that it replaces
					w := ways()[name]
					want[name] = slices.Contains(h.opens, name) || !slices.ContainsFunc(w.needs, func(n thing) bool { return slices.Contains(h.takes, n) })
					err := w.open(g, a)
					got[name] = err == nil
					if kind := iam.KindOf(err); err != nil && kind != iam.KindDeniedAuthentication && kind != iam.KindPermissionsDenied && name != "connection" {
						t.Errorf("%s: %v", name, err)
					}
				}
				if !cmp.Equal(got, want) {
					t.Errorf("open (-want +got):\n%s", cmp.Diff(want, got))
				}
			})
		}
	}
}
