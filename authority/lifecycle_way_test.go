package authority_test

import (
	"errors"

	"bailiwick/authority"
	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
)

// thing is something on which a way in rests. What happens takes things away, and a way in is open
// as long as nothing is missing that it needs: that is the whole model.
type thing string

const (
	theUser      thing = "the user"
	theName      thing = "what it logs in as"
	theAddress   thing = "the address that the provider knows"
	theSubject   thing = "the subject at the provider"
	theKey       thing = "the key"
	theToken     thing = "the session token's hour"
	theLength    thing = "the longest session"
	theSession   thing = "the session"
	theOther     thing = "another session"
	theKeySeat   thing = "the session of the key"
	theHome      thing = "the session at home"
	thePassword  thing = "the password"
	theMethod    thing = "logging in with passwords"
	theMail      thing = "logging in with mailed codes"
	theProvider  thing = "logging in at a provider"
	theBeginning thing = "the logins under way"
	theMinutes   thing = "the ten minutes of a login"
	theAnswer    thing = "the answer of the provider"
	theApp       thing = "the authenticator app"
	thePasskey   thing = "the passkey"
	theLink      thing = "the link of a reset"
	theLetter    thing = "the invitation"
	thePolicy    thing = "the policy"
	theProject   thing = "the project"
	thePeer      thing = "the other side of the connection"
	theSignUp    thing = "the link of a sign-up"
	theWeek      thing = "the invitation to sign up"
)

// way is one way in: what it needs, who has none and why, and whether it is open.
type way struct {
	name  string
	needs []thing
	more  map[role][]thing // that a role needs besides
	none  map[role]string
	// reads: it changes nothing, so that a node answers it from what it has heard.
	reads bool
	open  func(g *guard, a *authority.Authority) error
}

// errNo is a decision that says no.
func errNo() error { return &iam.Error{Kind: iam.KindPermissionsDenied} }

func (g *guard) bySession(a *authority.Authority, s authority.OpenedSession) (*kit.Runner, error) {
	return g.by(a, authority.Credential{Kind: authority.SessionToken, Value: s.Token})
}

func (g *guard) by(a *authority.Authority, c authority.Credential) (*kit.Runner, error) {
	caller, err := a.Authenticate(kit.Context(g.t), c)
	return g.k.As(g.t, caller).On(a), err
}

// then goes on as whom a credential has proven.
func then(who *kit.Runner, err error, act func(*kit.Runner) error) error {
	if err != nil {
		return err
	}
	return act(who)
}

func (g *guard) reads(who *kit.Runner, err error) error {
	return then(who, err, func(r *kit.Runner) error { return last(r.GetUser(g.place.ID)) })
}

func (g *guard) checks(who *kit.Runner, err error) error {
	return then(who, err, func(r *kit.Runner) error {
		allowed, err := r.CheckPermissions([]authority.PermissionCheck{{Permission: "iam:ssh_key:create", ProjectID: g.project}})
		if err == nil && !allowed[0] {
			err = errNo()
		}
		return err
	})
}

// evaluates asks the decision point about a subject.
func (g *guard) evaluates(a *authority.Authority, kind, id string) error {
	q := ask(iam.Principal{Type: iam.PrincipalType(kind), ID: id}, "iam:ssh_key:create", "iam:ssh_key", g.project)
	q.Resource.OrganizationID = g.place.OrganizationID
	answer, err := g.k.AsOperator(g.t).On(a).Evaluate(q)
	if err == nil && !answer.Allowed {
		err = errNo()
	}
	return err
}

func (g *guard) touches(a *authority.Authority, login string) (authority.Login, error) {
	q, err := a.StartPasskeyLogin(kit.Context(g.t), login)
	if err != nil {
		return authority.Login{}, err
	}
	return a.LoginWithPasskey(kit.Context(g.t), g.visit(), authority.PasskeyLogin{
		LoginID: login, CeremonyID: q.CeremonyID, Credential: []byte(g.device.Assert(q.Options))})
}

// whole takes a login on to its session, with a second factor that is left.
func (g *guard) whole(a *authority.Authority, login authority.Login, err error) error {
	for err == nil && login.Token == "" {
		if g.lost {
			g.used++
			login, err = a.LoginWithRecoveryCode(kit.Context(g.t), g.visit(), login.LoginID, g.recovery[2+g.used])
		} else {
			login, err = g.touches(a, login.LoginID)
		}
	}
	return err
}

func (g *guard) key(a *authority.Authority) (*kit.Runner, error) {
	return g.by(a, authority.Credential{Kind: authority.SecretKey, Value: g.secret})
}

func (g *guard) page(a *authority.Authority) (*kit.Runner, error) {
	p, err := a.OpenPage(kit.Context(g.t), a.PageCookie(g.session.Session))
	return g.k.As(g.t, p.Caller).On(a), err
}

// signsUp signs up with the operator's invitation, and gets a link.
func (g *guard) signsUp(a *authority.Authority) error {
	links := g.letters[iam.LetterConfirmAddress]
	err := a.SignUp(kit.Context(g.t), g.visit(), iam.NewSignUp{Email: g.address, Password: annsPassword, Name: "again"})
	g.read()
	if err == nil && g.letters[iam.LetterConfirmAddress] == links {
		err = errNo()
	}
	g.letters[iam.LetterConfirmAddress] = links
	return err
}

func (g *guard) confirms(a *authority.Authority, link string) error {
	return last(a.ConfirmSignUp(kit.Context(g.t), g.visit(), link, annsPassword))
}

// only are the reasons of all roles but some.
func only(reason string, but ...role) map[role]string {
	none := map[role]string{member: reason, owner: reason, guest: reason, stranger: reason}
	for _, r := range but {
		delete(none, r)
	}
	return none
}

// ways are all ways in; a login is one only to its session. The ones that use something up rest on one of their own; the last one ends all
// sessions.
func ways() []way {
	people := only("a stranger has no user yet", member, owner, guest)
	token := []thing{theUser, theSession, theToken}
	byPage := []thing{theUser, theSession, theLength}
	granted := map[role][]thing{member: {thePolicy}, guest: {thePolicy}}
	step := []thing{theUser, theMethod, theBeginning, theMinutes}
	return []way{
		{name: "secret key", needs: []thing{theUser, theKey}, none: people, reads: true, open: func(g *guard, a *authority.Authority) error {
			return g.reads(g.key(a))
		}},
		{name: "session token", needs: token, none: people, reads: true, open: func(g *guard, a *authority.Authority) error {
			return g.reads(g.bySession(a, g.session))
		}},
		{name: "session of the key", needs: []thing{theUser, theKeySeat, theToken, theKey}, none: people, reads: true, open: func(g *guard, a *authority.Authority) error {
			return g.reads(g.bySession(a, g.byKey))
		}},
		{name: "page", needs: byPage, none: people, reads: true, open: func(g *guard, a *authority.Authority) error { return g.reads(g.page(a)) }},
		{name: "form of a page", needs: byPage, none: people, open: func(g *guard, a *authority.Authority) error {
			who, err := g.page(a)
			return then(who, err, func(r *kit.Runner) error {
				return last(a.CreateSession(kit.Context(g.t), r.Call("CreateJWT"), g.place.ID, ""))
			})
		}},
		{name: "check with a session", needs: append(token, theProject), more: granted, none: people, reads: true, open: func(g *guard, a *authority.Authority) error {
			return g.checks(g.bySession(a, g.session))
		}},
		{name: "check with a key", needs: []thing{theUser, theKey, theProject}, more: granted, none: people, reads: true, open: func(g *guard, a *authority.Authority) error {
			return g.checks(g.key(a))
		}},
		{name: "decision on the user", needs: []thing{theUser, theProject}, more: granted, none: people, reads: true, open: func(g *guard, a *authority.Authority) error {
			return g.evaluates(a, "user", string(g.place.ID))
		}},
		{name: "decision on the key", needs: []thing{theUser, theKey, theProject}, more: granted, none: people, reads: true, open: func(g *guard, a *authority.Authority) error {
			return g.evaluates(a, "api_key", string(g.access))
		}},
		{name: "new key", needs: token, none: people, open: func(g *guard, a *authority.Authority) error {
			who, err := g.bySession(a, g.session)
			return then(who, err, func(r *kit.Runner) error { return last(r.CreateAPIKey(iam.NewAPIKey{Bearer: g.place.ID.Principal()})) })
		}},
		{name: "renew token", needs: []thing{theUser, theOther, theLength}, none: people, open: func(g *guard, a *authority.Authority) error {
			return last(a.RenewSession(kit.Context(g.t), g.visit(), g.renewed.RenewToken))
		}},
		{name: "renew token of the key's session", needs: []thing{theUser, theKeySeat, theLength, theKey}, none: people, open: func(g *guard, a *authority.Authority) error {
			return last(a.RenewSession(kit.Context(g.t), g.visit(), g.byKey.RenewToken))
		}},
		{name: "password", needs: []thing{theUser, theName, thePassword, theMethod}, none: people, open: func(g *guard, a *authority.Authority) error {
			login, err := g.login(a)
			return g.whole(a, login, err)
		}},
		{name: "one-time password as step", needs: append(step, theApp), none: people, open: func(g *guard, a *authority.Authority) error {
			return last(a.LoginWithTOTP(kit.Context(g.t), g.visit(), g.begun[0], g.totpNow()))
		}},
		{name: "recovery code as step", needs: append(step, theApp), none: people, open: func(g *guard, a *authority.Authority) error {
			return last(a.LoginWithRecoveryCode(kit.Context(g.t), g.visit(), g.begun[1], g.recovery[2]))
		}},
		{name: "passkey as step", needs: append(step, thePasskey), none: people, open: func(g *guard, a *authority.Authority) error { return last(g.touches(a, g.begun[2])) }},
		{name: "passkey alone", needs: []thing{theUser, theMethod, thePasskey}, none: only("a passkey names no organization: it opens the account's own", member, owner), open: func(g *guard, a *authority.Authority) error {
			return last(g.touches(a, ""))
		}},
		{name: "mailed code", needs: []thing{theUser, theMail, theBeginning, theMinutes}, none: people, open: func(g *guard, a *authority.Authority) error {
			login, err := a.LoginWithMagicCode(kit.Context(g.t), g.visit(), g.mailed, g.letters[iam.LetterMagicCode])
			return g.whole(a, login, err)
		}},
		{name: "provider", needs: []thing{theUser, theAddress, theSubject, theProvider}, none: people, open: func(g *guard, a *authority.Authority) error {
			login, err := g.provide(a, g.ask(a))
			return g.whole(a, login, err)
		}},
		{name: "answer of a provider", needs: []thing{theUser, theAddress, theSubject, theProvider, theAnswer}, none: people, open: func(g *guard, a *authority.Authority) error {
			login, err := g.provide(a, g.answer)
			return g.whole(a, login, err)
		}},
		{name: "connection", needs: []thing{theUser, theMinutes, thePeer}, none: only("it belongs to the account", member, owner), open: func(g *guard, a *authority.Authority) error {
			return a.JoinConnection(kit.Context(g.t), g.peer.Call("JoinUserConnection"), iam.UserID(g.peer.Caller.Principal.ID), g.connection)
		}},
		{name: "invitation", needs: append(token, theLetter), none: only("only the owner of an organization has an account", owner), open: func(g *guard, a *authority.Authority) error {
			who, err := g.bySession(a, g.session)
			return then(who, err, func(r *kit.Runner) error {
				return last(r.AcceptInvitation(authority.InvitationAnswer{Token: g.letters[iam.LetterInvitation]}))
			})
		}},
		{name: "switch", needs: []thing{theUser, theHome, theToken}, none: only("it has a place in one organization", guest), open: func(g *guard, a *authority.Authority) error {
			who, err := g.bySession(a, g.atHome)
			return then(who, err, func(r *kit.Runner) error {
				return last(a.SwitchOrganization(kit.Context(g.t), r.Call("SwitchOrganization"), g.place.OrganizationID))
			})
		}},
		{name: "invitation to sign up", needs: []thing{theWeek}, none: only("it has signed up", stranger), open: (*guard).signsUp},
		{name: "link of a sign-up", needs: []thing{theSignUp}, none: only("it has signed up", stranger), open: func(g *guard, a *authority.Authority) error {
			return g.confirms(a, g.letters[iam.LetterConfirmAddress])
		}},
		{name: "link of a reset", needs: []thing{theUser, theLink}, none: only("only the password of an owner is reset by mail", owner), open: func(g *guard, a *authority.Authority) error {
			return a.ResetPassword(kit.Context(g.t), g.visit(), g.letters[iam.LetterPasswordReset], "amber-violet-canyon-58")
		}},
	}
}

// isRefusal reports whether an error says no, and not that something is broken.
func isRefusal(err error) bool {
	switch iam.KindOf(err) {
	case iam.KindDeniedAuthentication, iam.KindPermissionsDenied, iam.KindNotFound, iam.KindInvalidArguments, iam.KindExpired:
		_, ok := errors.AsType[*iam.Error](err)
		return ok
	}
	return false
}
