package authority_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"bailiwick/authority"
	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
)

const annsPassword = "vivid-lantern-orbit-47"

// visitor is somebody who logs in to a kit's organization as ann.
type visitor struct {
	*kit.Kit
	t *testing.T
}

func (v visitor) call() iam.Call {
	return iam.Call{Operation: iam.Operation{Name: "LoginPassword"}, Client: v.AsOwner(v.t).From("10.0.0.1", "visitor/1").Call("GetUser").Client}
}

func (v visitor) enter(password string) (authority.Login, error) {
	return v.Authority.LoginWithPassword(kit.Context(v.t), v.call(), authority.PasswordLogin{
		Organization: string(v.First.Organization.ID), Username: "ann", Password: password,
	})
}

func (v visitor) knows(token string) bool {
	_, err := v.Authority.Authenticate(kit.Context(v.t), authority.Credential{Kind: authority.SessionToken, Value: token})
	return err == nil
}

func hireAnn(t *testing.T, k *kit.Kit) iam.User {
	t.Helper()
	return must[iam.User](t)(k.AsOwner(t).CreateUser(iam.NewMember{Username: "ann", Email: "ann@example.com", Password: annsPassword}))
}

// On both engines, and from two nodes at once, a one-time password is good once and a budget
// is one budget.
func TestLoginOnTwoNodes(t *testing.T) {
	kit.Engines(t, func(t *testing.T, database string) {
		k := kit.New(t, kit.Options{Database: database})
		ann := hireAnn(t, k)
		v := visitor{k, t}
		other, err := node(t, database, 0)
		done(t, err)
		nodes := []*authority.Authority{k.Authority, other}

		first := must[authority.Login](t)(v.enter(annsPassword))
		self := k.As(t, iam.Caller{Organization: ann.OrganizationID, Principal: ann.ID.Principal(), Session: first.Session.ID})
		secret := must[string](t)(k.Authority.CreateUserMFAOTP(kit.Context(t), self.Call("CreateUserMFAOTP"), ann.ID))
		validate := must[string](t)(totp.GenerateCode(secret, time.Now().Add(-30*time.Second)))
		must[[]string](t)(k.Authority.ValidateUserMFAOTP(kit.Context(t), self.Call("ValidateUserMFAOTP"), ann.ID, validate))
		done(t, other.Follow(kit.Context(t)))
		if _, err := other.Authenticate(kit.Context(t), authority.Credential{Kind: authority.SessionToken, Value: first.Token}); err != nil {
			t.Errorf("the session on the other node: %v", err)
		}

		code := must[string](t)(totp.GenerateCode(secret, time.Now()))
		var entered atomic.Int64
		var wg sync.WaitGroup
		for i := range 4 {
			began := must[authority.Login](t)(v.enter(annsPassword))
			wg.Go(func() {
				if _, err := nodes[i%2].LoginWithTOTP(kit.Context(t), v.call(), began.LoginID, code); err == nil {
					entered.Add(1)
				}
			})
		}
		wg.Wait()
		same(t, "sessions of one code", 1, entered.Load())

		for range 30 {
			wg.Go(func() {
				_, err := nodes[time.Now().UnixNano()%2].LoginWithPassword(kit.Context(t), v.call(), authority.PasswordLogin{
					Organization: string(ann.OrganizationID), Username: "ann", Password: "a guess",
				})
				if iam.KindOf(err) != iam.KindDeniedAuthentication {
					t.Errorf("a guess: %v", err)
				}
			})
		}
		wg.Wait()
		done(t, k.Authority.Follow(kit.Context(t)))
		if u := must[iam.User](t)(k.AsOwner(t).GetUser(ann.ID)); !u.Locked {
			t.Error("the member is not locked")
		}
		locks, _, err := k.AsOwner(t).ListSystemEvents(iam.SystemEventFilter{Size: 10}, "")
		done(t, err)
		if len(locks) != 1 || locks[0].Name != "LockMember" || locks[0].Resources[0].ID != string(ann.ID) {
			t.Errorf("system events of the lock: %+v", locks)
		}
		if v.knows(first.Token) {
			t.Error("the session of a locked member goes on")
		}
	})
}

// Sessions follow the clock: the token of an hour, the longest session of the organization (also
// when it is made shorter), and keys that are a month old.
func TestSessionsInTime(t *testing.T) {
	c := &clock{}
	k := kit.New(t, kit.Options{Clock: c.Now})
	hireAnn(t, k)
	v := visitor{k, t}
	login := must[authority.Login](t)(v.enter(annsPassword))
	renew := func() error {
		opened, err := k.Authority.RenewSession(kit.Context(t), v.call(), login.RenewToken)
		if err == nil {
			login.OpenedSession = opened
		}
		return err
	}
	c.Advance(time.Hour - time.Second)
	if !v.knows(login.Token) {
		t.Error("refused before its hour is over")
	}
	c.Advance(time.Second)
	if v.knows(login.Token) {
		t.Error("a token lives longer than an hour")
	}
	for range 40 { // days: the signing key changes on the way
		done(t, renew())
		if !v.knows(login.Token) {
			t.Fatalf("a renewed token is refused at %v", c.Now())
		}
		c.Advance(18 * time.Hour)
	}
	keys := must[[]byte](t)(k.Authority.JWKS(kit.Context(t)))
	must[iam.SecuritySettings](t)(k.AsOwner(t).UpdateOrganizationSecuritySettings(k.First.Organization.ID, iam.SecuritySettingsUpdate{MaxLoginSessionDuration: new(29 * 24 * time.Hour)}))
	fails(t, "a session that is too old now", iam.AuthenticationDenied("jwt", iam.AuthExpired), renew())
	c.Advance(30 * 24 * time.Hour)
	again := must[authority.Login](t)(v.enter(annsPassword))
	if !v.knows(again.Token) || string(keys) == string(must[[]byte](t)(k.Authority.JWKS(kit.Context(t)))) {
		t.Error("the signing key does not change")
	}
}

// Whatever happens to the user, the key or the organization, the session is over at once.
func TestSessionEnds(t *testing.T) {
	for name, end := range map[string]func(k *kit.Kit, owner *kit.Runner, ann iam.User, key iam.AccessKey) error{
		"locked": func(_ *kit.Kit, owner *kit.Runner, ann iam.User, _ iam.AccessKey) error {
			_, err := owner.LockUser(ann.ID)
			return err
		},
		"deleted": func(_ *kit.Kit, owner *kit.Runner, ann iam.User, _ iam.AccessKey) error {
			return owner.DeleteUser(ann.ID)
		},
		"key deleted": func(_ *kit.Kit, owner *kit.Runner, _ iam.User, key iam.AccessKey) error {
			return owner.DeleteAPIKey(key)
		},
		"new password": func(_ *kit.Kit, owner *kit.Runner, ann iam.User, _ iam.AccessKey) error {
			_, err := owner.UpdateUserPassword(ann.ID, "quiet-harbor-walnut-19")
			return err
		},
		"organization closed": func(k *kit.Kit, owner *kit.Runner, _ iam.User, _ iam.AccessKey) error {
			_, err := k.AsOperator(t).CloseOrganization(owner.Organization())
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			k := start(t)
			owner, ann := k.AsOwner(t), hireAnn(t, k)
			key, secret := k.NewUserKey(t, ann)
			holder := k.AsHolder(t, secret)
			opened := must[authority.OpenedSession](t)(k.Authority.CreateSession(kit.Context(t), holder.Call("CreateJWT"), ann.ID, ""))
			v := visitor{k, t}
			if !v.knows(opened.Token) {
				t.Fatal("the session does not begin")
			}
			done(t, end(k, owner, ann, key.AccessKey))
			if v.knows(opened.Token) {
				t.Error("the token is still good")
			}
			if _, err := k.Authority.RenewSession(kit.Context(t), v.call(), opened.RenewToken); iam.KindOf(err) != iam.KindDeniedAuthentication {
				t.Errorf("the renew token: %v", err)
			}
		})
	}
}

// Who lets a grace period pass is locked; unlocking starts it anew. After a long absence the
// password must be replaced, with a code by mail.
func TestGraceInTime(t *testing.T) {
	c := &clock{}
	k := kit.New(t, kit.Options{Clock: c.Now})
	owner, ann := k.AsOwner(t), hireAnn(t, k)
	v := visitor{k, t}
	policy := func(u iam.LoginPolicyUpdate) {
		t.Helper()
		must[iam.SecuritySettings](t)(k.Authority.UpdateLoginPolicy(kit.Context(t), owner.Call("UpdateOrganizationSecuritySettings"), u))
	}
	policy(iam.LoginPolicyUpdate{MFARequired: new(true)})
	c.Advance(30 * 24 * time.Hour)
	must[authority.Login](t)(v.enter(annsPassword)) // the period begins now
	c.Advance(3*24*time.Hour - time.Second)
	must[authority.Login](t)(v.enter(annsPassword))
	c.Advance(time.Second)
	if _, err := v.enter(annsPassword); iam.KindOf(err) != iam.KindDeniedAuthentication || !must[iam.User](t)(owner.GetUser(ann.ID)).Locked {
		t.Errorf("after the period: %v", err)
	}
	must[iam.User](t)(owner.UnlockUser(ann.ID))
	must[authority.Login](t)(v.enter(annsPassword))

	policy(iam.LoginPolicyUpdate{MFARequired: new(false), PasswordInactivity: new(10 * 24 * time.Hour)})
	must[authority.Login](t)(v.enter(annsPassword))
	c.Advance(11 * 24 * time.Hour)
	same(t, "steps after an absence", []iam.LoginStep{iam.StepMagicCode}, must[authority.Login](t)(v.enter(annsPassword)).Next)
}

// An owner logs in to the organization that it names, also if more organizations than a login
// looks through have an owner with the address.
func TestOwnerOfOneOfMany(t *testing.T) {
	k := kit.New(t, kit.Options{})
	operator := k.AsOperator(t)
	const email, password = "many@example.com", "vivid-lantern-meadow"
	for range 101 {
		must[authority.CreatedOrganization](t)(operator.CreateOrganization(iam.NewOrganization{Name: "one", OwnerEmail: email}))
	}
	created := must[authority.CreatedOrganization](t)(operator.CreateOrganization(iam.NewOrganization{Name: "named", OwnerEmail: email, OwnerPassword: password}))
	got, err := k.Authority.LoginWithPassword(kit.Context(t), visitor{k, t}.call(), authority.PasswordLogin{
		Organization: string(created.Organization.ID), Email: email, Password: password,
	})
	if err != nil || got.Session.UserID != created.Owner.ID {
		t.Errorf("logged in as %+v, %v", got.Session, err)
	}
}
