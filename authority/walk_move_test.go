package authority_test

import (
	"context"
	"fmt"
	"time"

	"github.com/pquerna/otp/totp"

	"bailiwick/authority"
	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
)

// names is how the user logs in, and whether for the organization that it visits.
func (w *walk) names() (p authority.PasswordLogin, away bool) {
	if !w.isOwner() {
		return authority.PasswordLogin{Organization: string(w.owner.Organization()), Username: "ann"}, false
	}
	p.Email = w.email
	if away = w.visit.is() && w.draw(2, "away") == 0; away {
		p.Organization = string(w.visit.owner.Organization())
	}
	return p, away
}

func (w *walk) begins(m iam.LoginMethod, away bool) *attemptedLogin {
	return &attemptedLogin{method: m, owes: w.owing(), away: away, until: w.clock.Now().Add(10 * time.Minute)}
}

// enter gives the password, the right one or several wrong ones.
func (w *walk) enter() {
	if guesses := w.draw(14, "guesses") - 7; guesses > 0 {
		for range guesses {
			w.guess("a guess of somebody", false)
		}
	}
	w.guess(w.password, w.draw(6, "right") > 0)
}

func (w *walk) guess(password string, right bool) {
	p, away := w.names()
	if p.Password = password; !right {
		p.Password += "!"
	}
	login, err := w.node().LoginWithPassword(kit.Context(w.t), w.call(), p)
	good := w.attempt() && right && !w.locked && w.offered(iam.LoginPassword)
	if !good {
		w.wrong()
	}
	l := w.begins(iam.LoginPassword, away)
	l.odd = !w.hasFactor() && (w.used-1 >= 6 || w.used-1 >= 3 && !w.known)
	w.finish("password", good, true, true, l, login, err)
}

// oneTime gives a one-time password or a recovery code.
func (w *walk) oneTime() {
	l, code, right := w.take(iam.StepTOTP), "000000", w.draw(3, "right") > 0
	prove := w.node().LoginWithTOTP
	switch {
	case right && w.secret != "" && len(w.recovery) > 0 && w.draw(3, "recovery") == 0:
		prove, code = w.node().LoginWithRecoveryCode, w.recovery[0]
	case right && w.secret != "":
		code = must[string](w.t)(totp.GenerateCode(w.secret, w.clock.Now()))
		right = code != w.lastTOTP // each is good once
	default:
		right = false
	}
	login, err := prove(kit.Context(w.t), w.call(), l.id, code)
	known := w.begun(l)
	allowed := known && w.attempt()
	good := allowed && right && w.alive(l)
	switch {
	case good && len(code) == 6:
		w.lastTOTP = code
	case good:
		w.recovery = w.recovery[1:]
	}
	open := *l
	l.factor = true
	if known && !good {
		w.wrong()
	}
	w.finish("one-time password or recovery code", good, known, true, l, login, err)
	if err != nil && w.begun(&open) && !good {
		w.logins = append(w.logins, &open) // a wrong guess does not end the login
	}
}

// touch proves a passkey, as step or alone.
func (w *walk) touch() {
	if w.device == nil {
		return
	}
	l := w.begins(iam.LoginPasskey, false)
	if w.draw(2, "step") == 0 {
		if l = w.take(iam.StepPasskey); !w.begun(l) {
			return
		}
	}
	a := w.node()
	q := must[authority.PasskeyQuestion](w.t)(a.StartPasskeyLogin(kit.Context(w.t), l.id))
	login, err := w.node().LoginWithPasskey(kit.Context(w.t), w.call(), authority.PasskeyLogin{LoginID: l.id, CeremonyID: q.CeremonyID, Credential: []byte(w.device.Assert(q.Options))})
	allowed := w.attempt()
	good := allowed && !w.locked && w.alive(l)
	if !good {
		w.wrong()
	}
	l.factor = true
	w.finish("passkey", good, true, true, l, login, err)
}

// letter returns the secret of a letter to the user, if one of a kind waits.
func (w *walk) letter(kind iam.LetterKind) (secret string) {
	done(w.t, w.k.Authority.Deliver(kit.Context(w.t), func(_ context.Context, letter iam.Letter) error {
		if letter.Kind == kind && letter.Address == w.email {
			secret = letter.Secret
		}
		return nil
	}))
	return secret
}

// mail begins a login with a mailed code, or asks for the code that one owes, or gives it.
func (w *walk) mail() {
	ctx := kit.Context(w.t)
	l := w.take(iam.StepMagicCode)
	switch {
	case l.method == "":
		p, away := w.names()
		begun := must[authority.Login](w.t)(w.node().StartMagicCode(ctx, w.call(), authority.MagicCodeStart{PasswordLogin: p}))
		code := w.letter(iam.LetterMagicCode)
		w.did("a code by mail: %v", code != "")
		if code != "" && (w.locked || !w.offered(iam.LoginMagicCode)) {
			w.fail("a code is mailed to who may not log in with it")
		}
		if l = w.begins(iam.LoginMagicCode, away); code != "" {
			l.id, l.code, l.next = begun.LoginID, code, []iam.LoginStep{iam.StepMagicCode}
			w.logins = append(w.logins, l)
		}
	case l.code == "": // a password that looked like a thief's
		_, err := w.node().StartMagicCode(ctx, w.call(), authority.MagicCodeStart{LoginID: l.id})
		if (err == nil) != w.begun(l) {
			w.fail("asking for the code that is owed: %v", err)
		}
		l.code = w.letter(iam.LetterMagicCode)
		w.did("the code that is owed by mail: %v", l.code != "")
		if l.code != "" {
			w.logins = append(w.logins, l)
		}
	default:
		w.code(l)
	}
	w.events()
}

// code gives a mailed code, a right one or a wrong one.
func (w *walk) code(l *attemptedLogin) {
	code, right := l.code, w.draw(4, "right") > 0
	if !right {
		code = "000000"
		if l.code == code {
			code = "000001"
		}
	}
	login, err := w.node().LoginWithMagicCode(kit.Context(w.t), w.call(), l.id, code)
	known := w.begun(l)
	allowed := known && w.attempt()
	good := allowed && right && w.alive(l)
	open := *l
	l.mailed = true
	if l.method == iam.LoginMagicCode {
		l.owes = w.owing()
	}
	if known && !good {
		w.wrong()
	}
	w.finish("mailed code", good, known, true, l, login, err)
	if err != nil && !good && w.begun(&open) {
		w.logins = append(w.logins, &open)
	}
}

// newPassword is one that was never used before.
func (w *walk) newPassword() string {
	w.passwords++ // a drawn number would come again: small ones are drawn most
	return fmt.Sprintf("amber-violet-canyon-%d", w.passwords)
}

// replace gives a new password where one is owed.
func (w *walk) replace() {
	l := w.take(iam.StepNewPassword)
	password := w.newPassword()
	login, err := w.node().LoginWithNewPassword(kit.Context(w.t), w.call(), l.id, password)
	known, good := w.begun(l), w.alive(l)
	if good {
		w.end()
		w.password, w.replaceable, w.newGrace, l.renewed = password, false, time.Time{}, true
	}
	w.finish("new password", good, known, false, l, login, err)
}

// reset asks for the link of a forgotten password, and follows it, or another one.
func (w *walk) reset() {
	ctx := kit.Context(w.t)
	done(w.t, w.node().StartPasswordReset(ctx, w.call(), w.email))
	link := w.letter(iam.LetterPasswordReset)
	if link != "" && !w.isOwner() {
		w.fail("a member is mailed the link of a reset")
	}
	right := link != "" && w.draw(3, "right") > 0
	if !right {
		link = string(w.ann.OrganizationID) + ".nobody"
	}
	password := w.newPassword()
	err := w.node().ResetPassword(ctx, w.call(), link, password)
	w.did("a reset: right %v, %v", right, err)
	if (err == nil) != right {
		w.fail("the reset")
	}
	if right {
		w.end()
		w.password, w.newGrace = password, time.Time{}
		if again := w.node().ResetPassword(ctx, w.call(), link, w.newPassword()); iam.KindOf(again) != iam.KindDeniedAuthentication {
			w.fail("the link again: %v", again)
		}
	}
	if n := w.events(); n != 0 {
		w.fail("%d events: nobody has logged in", n)
	}
}

// provide logs in at the provider, with an answer of the user or of somebody else.
func (w *walk) provide() {
	ctx := kit.Context(w.t)
	p, away := w.names()
	who := w.email
	right := w.draw(4, "right") > 0
	if !right {
		who = "eve@example.com"
	}
	w.idp.Is(who, who)
	question := must[authority.OIDCQuestion](w.t)(w.node().StartOIDCLogin(ctx, authority.OIDCStart{Provider: "acme", Organization: p.Organization}))
	answer := w.idp.Visit("acme", question)
	login, _, err := w.node().LoginWithOIDC(ctx, w.call(), answer)
	l := w.begins(iam.LoginOAuth2, away)
	good := right && !w.locked && w.offered(iam.LoginOAuth2)
	w.finish("provider", good, right, false, l, login, err)
	if _, _, err := w.node().LoginWithOIDC(ctx, w.call(), answer); iam.KindOf(err) != iam.KindDeniedAuthentication {
		w.fail("the answer of the provider again: %v", err)
	}
	if n := w.events(); n != 0 { // its code is unknown there, so it is nobody's
		w.fail("%d events of an answer that was used", n)
	}
}

// self does something with a session: sets up a factor, or renews.
func (w *walk) self() {
	if len(w.sessions) == 0 {
		return
	}
	ctx, a := kit.Context(w.t), w.k.Authority
	s := w.sessions[len(w.sessions)-1]
	me := w.k.As(w.t, iam.Caller{Organization: w.ann.OrganizationID, Principal: w.ann.ID.Principal(), Session: s.Session.ID})
	switch n := w.draw(4, "what"); {
	case n%3 == 0 && w.secret == "":
		w.secret = must[string](w.t)(a.CreateUserMFAOTP(ctx, me.Call("CreateUserMFAOTP"), w.ann.ID))
		w.lastTOTP = must[string](w.t)(totp.GenerateCode(w.secret, w.clock.Now()))
		w.recovery = must[[]string](w.t)(a.ValidateUserMFAOTP(ctx, me.Call("ValidateUserMFAOTP"), w.ann.ID, w.lastTOTP))
		w.end(s)
		w.did("sets one-time passwords up")
	case n == 1 && w.device == nil:
		device, passkey := register(w.t, a, me)
		w.device, w.passkey = device, passkey.ID
		w.end(s)
		w.did("registers a passkey")
	case n == 2:
		w.password, w.replaceable, w.newGrace = w.newPassword(), false, time.Time{}
		must[iam.User](w.t)(me.UpdateUserPassword(w.ann.ID, w.password))
		w.end(s)
		w.did("changes its password")
	default:
		renewed, err := w.node().RenewSession(ctx, w.call(), s.RenewToken)
		w.did("renews: %v", err)
		if err != nil {
			w.fail("a session that lives is not renewed: %v", err)
		}
		w.sessions[len(w.sessions)-1] = renewed
	}
	w.visit.settle(w, 0)
}

// manage is something that the manager does.
func (w *walk) manage() {
	moves := []func(){w.settings, w.removeFactor}
	if !w.isOwner() {
		moves = append(moves, w.manageMember, w.manageMember)
	}
	moves[w.draw(len(moves), "what")]()
	w.events()
}

func (w *walk) manageMember() {
	switch w.draw(4, "member") {
	case 0:
		must[iam.User](w.t)(w.owner.LockUser(w.ann.ID))
		w.lock(true)
		w.did("the manager locks")
	case 1, 2:
		must[iam.User](w.t)(w.owner.UnlockUser(w.ann.ID))
		if w.locked {
			w.lock(false)
		}
		w.used, w.mfaGrace, w.newGrace = 0, time.Time{}, time.Time{}
		w.did("the manager unlocks")
	case 3:
		w.password, w.replaceable, w.newGrace = w.newPassword(), true, time.Time{}
		must[iam.User](w.t)(w.owner.UpdateUserPassword(w.ann.ID, w.password))
		w.end()
		w.did("the manager gives another password")
	}
}

func (w *walk) settings() {
	org := w.owner.Organization()
	switch w.draw(3, "settings") {
	case 0:
		for _, m := range []iam.LoginMethod{iam.LoginPassword, iam.LoginMagicCode, iam.LoginOAuth2} {
			w.methods[m] = w.draw(4, string(m)) > 0
		}
		passwords, codes, providers := w.methods[iam.LoginPassword], w.methods[iam.LoginMagicCode], w.methods[iam.LoginOAuth2]
		if !passwords && !codes && !providers {
			w.methods[iam.LoginMagicCode], codes = true, true // one stays on
		}
		must[iam.Organization](w.t)(w.owner.UpdateOrganizationLoginMethods(org, iam.LoginMethodsUpdate{Password: &passwords, MagicCode: &codes, OAuth2: &providers}))
	case 1:
		w.renewal = !w.renewal
		must[iam.SecuritySettings](w.t)(w.owner.UpdateOrganizationSecuritySettings(org, iam.SecuritySettingsUpdate{EnforcePasswordRenewal: &w.renewal}))
	case 2:
		w.demand(!w.demanded)
	}
	w.did("methods %v, renewal %v, second factor %v", w.methods, w.renewal, w.demanded)
}

// demand sets whether the organization wants a second factor.
func (w *walk) demand(demanded bool) {
	w.demanded = demanded
	must[iam.SecuritySettings](w.t)(w.k.Authority.UpdateLoginPolicy(kit.Context(w.t), w.owner.Call("UpdateOrganizationSecuritySettings"), iam.LoginPolicyUpdate{MFARequired: &demanded}))
}

func (w *walk) removeFactor() {
	ctx, a := kit.Context(w.t), w.k.Authority
	switch {
	case w.secret != "" && w.draw(2, "app") == 0:
		done(w.t, a.DeleteUserMFAOTP(ctx, w.owner.Call("DeleteUserMFAOTP"), w.ann.ID))
		w.secret, w.recovery = "", nil
	case w.device != nil:
		done(w.t, a.DeletePasskey(ctx, w.owner.Call("DeleteWebAuthnAuthenticator"), w.passkey))
		w.device = nil
	default:
		return
	}
	if w.end(); !w.hasFactor() {
		w.mfaGrace = time.Time{}
	}
	w.did("a factor is removed")
	w.visit.settle(w, 0)
}

func (w *walk) wait() {
	d := []time.Duration{30 * time.Second, 70 * time.Minute, 5 * time.Minute, 11 * time.Minute}[w.draw(4, "time")]
	w.clock.Advance(d)
	w.did("%v pass", d)
}
