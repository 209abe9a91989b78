package authority_test

import (
	"context"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"bailiwick/authority"
	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
)

// role is what somebody is in the organization of the matrix of people.
type role string

const (
	member   role = "member"
	owner    role = "owner"
	guest    role = "guest"
	stranger role = "stranger" // has signed up, and nothing more
)

// guard is somebody with every credential that there is for its role, and with logins that have begun.
// It has a place in one organization, and what it proves itself with at home: for a guest the
// organization of its account, for others the same one.
type guard struct {
	t        *testing.T
	k        *kit.Kit
	clock    *clock
	provider *kit.Provider
	role     role
	address  string
	manager  *kit.Runner // owner of the place, with an API key
	account  *kit.Runner // who changes what it proves itself with, with an API key
	place    iam.User
	home     iam.User
	peer     *kit.Runner // of another organization: for connections, and for invitations of an owner

	access     iam.AccessKey
	secret     string
	atHome     authority.OpenedSession
	session    authority.OpenedSession
	renewed    authority.OpenedSession // for its renew token
	byKey      authority.OpenedSession // made with the key
	totp       string
	recovery   []string
	used       int  // recovery codes, beyond those of the start
	lost       bool // the passkey
	device     *kit.Device
	passkey    iam.PasskeyID
	begun      []string // logins that owe the second factor
	mailed     string   // a login that owes a mailed code
	letters    map[iam.LetterKind]string
	invited    iam.UserID // of the owner, at the peer
	policy     iam.PolicyID
	project    iam.ProjectID
	answer     authority.OIDCAnswer // of the provider, to a login under way
	connection string
}

func (g *guard) visit() iam.Call { return visitor{g.k, g.t}.call() }

// names is how it logs in: a member by organization and username, an owner by address, and a guest by
// both.
func (g *guard) names() (p authority.PasswordLogin) {
	switch g.role {
	case member:
		p.Organization, p.Username = string(g.place.OrganizationID), "ann"
	case guest:
		p.Organization, p.Email = string(g.place.OrganizationID), g.address
	default:
		p.Email = g.address
	}
	return p
}

func (g *guard) login(a *authority.Authority) (authority.Login, error) {
	p := g.names()
	p.Password = annsPassword
	return a.LoginWithPassword(kit.Context(g.t), g.visit(), p)
}

func (g *guard) totpNow() string {
	return must[string](g.t)(totp.GenerateCode(g.totp, g.clock.Now()))
}

// as is whoever has a session.
func (g *guard) as(s iam.Session) *kit.Runner {
	return g.k.As(g.t, iam.Caller{Organization: s.OrganizationID, Principal: s.UserID.Principal(), Session: s.ID})
}

// self is the person at home, with an API key.
func (g *guard) self() *kit.Runner {
	if g.role == member {
		return g.k.AsHolder(g.t, g.secret)
	}
	return g.account
}

func (g *guard) hire() iam.User {
	return must[iam.User](g.t)(g.manager.CreateUser(iam.NewMember{Username: "ann", Email: g.address, Password: annsPassword}))
}

// found makes an organization whose owner has annsPassword.
func (g *guard) found(name string) (*kit.Runner, iam.User) {
	made := must[authority.CreatedOrganization](g.t)(g.k.AsOperator(g.t).CreateOrganization(
		iam.NewOrganization{Name: name, OwnerEmail: g.address, OwnerPassword: annsPassword}))
	return g.k.AsHolder(g.t, made.APIKey.SecretKey), made.Owner
}

// invite makes it a guest of an organization.
func (g *guard) invite(by *kit.Runner) iam.User {
	invited := must[iam.User](g.t)(by.InviteGuest(iam.NewGuest{Email: g.address}))
	return must[iam.User](g.t)(g.account.AcceptInvitation(authority.InvitationAnswer{ID: invited.ID}))
}

// newGuard begins somebody of a role.
func newGuard(t *testing.T, k *kit.Kit, c *clock, p *kit.Provider, who role, name string) *guard {
	t.Helper()
	g := &guard{t: t, k: k, clock: c, provider: p, role: who, address: "ann@" + name + ".example", peer: tenant(t, k, name+"-peer"), letters: map[iam.LetterKind]string{}}
	p.Is(name, g.address)
	switch who {
	case member:
		g.manager = tenant(t, k, name)
		g.place = g.hire()
		g.home, g.account = g.place, g.manager
	case owner:
		g.manager, g.place = g.found(name)
		g.home, g.account = g.place, g.manager
	case guest:
		g.manager = tenant(t, k, name)
		g.account, g.home = g.found(name + "-home")
		g.place = g.invite(g.manager)
	case stranger:
		g.signUp()
		g.read()
		return g
	}
	for _, r := range []*kit.Runner{g.manager, g.account} { // refusals are many, and the budget is not the subject
		must[iam.SecuritySettings](t)(r.UpdateOrganizationSecuritySettings(r.Organization(), iam.SecuritySettingsUpdate{LoginAttemptsBeforeLock: new(50)}))
	}
	key, secret := k.NewUserKey(t, g.place)
	g.access, g.secret = key.AccessKey, secret
	g.project = g.manager.MustCreateProject("p").ID
	if who != owner { // who has all rights by owning
		g.policy = g.manager.MustCreatePolicy("p", g.place.ID.Principal(), kit.InProject(g.project, "SSHKeysFullAccess")).ID
	}
	g.enrol()
	g.begin()
	c.Advance(time.Minute) // another one-time password is due
	return g
}

// enrol sets both second factors up, and opens the sessions.
func (g *guard) enrol() {
	t, ctx, a := g.t, kit.Context(g.t), g.k.Authority
	first := g.names()
	if first.Password = annsPassword; g.role == guest {
		first.Organization = "" // at home
	}
	g.atHome = must[authority.Login](t)(a.LoginWithPassword(ctx, g.visit(), first)).OpenedSession
	self := g.as(g.atHome.Session)
	g.totp = must[string](t)(a.CreateUserMFAOTP(ctx, self.Call("CreateUserMFAOTP"), g.home.ID))
	g.recovery = must[[]string](t)(a.ValidateUserMFAOTP(ctx, self.Call("ValidateUserMFAOTP"), g.home.ID, g.totpNow()))
	device, passkey := register(t, a, self)
	g.device, g.passkey = device, passkey.ID
	for i, opened := range []*authority.OpenedSession{&g.session, &g.renewed} {
		half := must[authority.Login](t)(g.login(a))
		*opened = must[authority.Login](t)(a.LoginWithRecoveryCode(ctx, g.visit(), half.LoginID, g.recovery[i])).OpenedSession
	}
	g.byKey = must[authority.OpenedSession](t)(a.CreateSession(ctx, g.k.AsHolder(t, g.secret).Call("CreateJWT"), g.place.ID, ""))
	if g.role != guest {
		g.connection = must[string](t)(a.OfferConnection(ctx, self.Call("InitiateUserConnection"), g.home.ID))
	}
}

// begin begins one of every kind of login, and reads the letters.
func (g *guard) begin() {
	t, ctx, a := g.t, kit.Context(g.t), g.k.Authority
	for range 3 {
		g.begun = append(g.begun, must[authority.Login](t)(g.login(a)).LoginID)
	}
	g.mailed = must[authority.Login](t)(a.StartMagicCode(ctx, g.visit(), authority.MagicCodeStart{PasswordLogin: g.names()})).LoginID
	if g.role == owner {
		done(t, a.StartPasswordReset(ctx, g.visit(), g.address))
		g.invited = must[iam.User](t)(g.peer.InviteGuest(iam.NewGuest{Email: g.address})).ID
	}
	must[authority.Login](t)(g.provide(a, g.ask(a))) // notes who it is at the provider
	g.answer = g.ask(a)
	g.read()
}

// ask begins a login at the provider, and returns its answer.
func (g *guard) ask(a *authority.Authority) authority.OIDCAnswer {
	start := authority.OIDCStart{Provider: "acme", Organization: g.names().Organization}
	return g.provider.Visit("acme", must[authority.OIDCQuestion](g.t)(a.StartOIDCLogin(kit.Context(g.t), start)))
}

func (g *guard) provide(a *authority.Authority, answer authority.OIDCAnswer) (authority.Login, error) {
	login, _, err := a.LoginWithOIDC(kit.Context(g.t), g.visit(), answer)
	return login, err
}

func (g *guard) signUp() {
	must[iam.SignUpInvitation](g.t)(g.k.Authority.InviteToSignUp(kit.Context(g.t), g.k.AsOperator(g.t).Call("InviteToSignUp"), g.address))
	done(g.t, g.k.Authority.SignUp(kit.Context(g.t), g.visit(), iam.NewSignUp{Email: g.address, Password: annsPassword, Name: "anns"}))
}

// read takes the secrets out of its letters, the newest of a kind.
func (g *guard) read() {
	done(g.t, g.k.Authority.Deliver(kit.Context(g.t), func(_ context.Context, l iam.Letter) error {
		if l.Address == g.address {
			g.letters[l.Kind] = l.Secret
		}
		return nil
	}))
}
