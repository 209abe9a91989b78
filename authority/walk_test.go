package authority_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"bailiwick/authority"
	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
	"bailiwick/store"
)

// attemptedLogin is a login under way, as the model sees it.
type attemptedLogin struct {
	id, code string
	method   iam.LoginMethod
	next     []iam.LoginStep
	factor   bool // a second factor was proven
	owes     bool // a new password, when it was begun
	renewed  bool // the password was replaced
	ended    bool // by a change of what proves the member; it may still be tried
	until    time.Time
}

// walk is a member who logs in by all paths at random, while its manager changes the rules. The model
// is what the member has and what it has proven.
type walk struct {
	t     *testing.T
	k     *kit.Kit
	nodes []*authority.Authority
	clock *clock
	r     *rand.Rand
	owner *kit.Runner
	ann   iam.User
	steps []string

	password       string
	replaceable    bool // somebody else gave the password
	secret         string
	recovery       []string
	lastTOTP       string
	device         *kit.Device
	passkey        iam.PasskeyID
	locked         bool
	passwords      bool // methods that are on
	codes, renewal bool
	used           int // attempts since the last session
	logins         []*attemptedLogin
	sessions       []authority.OpenedSession
	over           []authority.OpenedSession
	counted        int // authentication events so far
}

func (w *walk) node() *authority.Authority { return w.nodes[w.r.IntN(len(w.nodes))] }

func (w *walk) fail(format string, values ...any) {
	w.t.Helper()
	w.t.Fatalf("%s\nafter:\n%s", fmt.Sprintf(format, values...), strings.Join(w.steps, "\n"))
}

// events is how many authentication events there are more than at the last look.
func (w *walk) events() int {
	all := must[[]iam.AuthenticationEvent](w.t)(w.k.Store.Read(kit.Context(w.t)).AuthenticationEvents(iam.AuthenticationEventFilter{OrganizationID: w.ann.OrganizationID, Size: 1000}))
	more := len(all) - w.counted
	w.counted = len(all)
	return more
}

// finish compares the outcome of a proof to the model. good says that the proof was right and everything
// behind it allows to go on; l is the login that it belongs to, nil if there is none.
func (w *walk) finish(what string, good, known bool, l *attemptedLogin, login authority.Login, err error) {
	w.t.Helper()
	events := w.events()
	w.steps = append(w.steps, fmt.Sprintf("%s: right %v, session %v, next %v, %d events, %v", what, good, login.Token != "", login.Next, events, err))
	if err != nil {
		if err.Error() != refusal || iam.KindOf(err) != iam.KindDeniedAuthentication || login.Token != "" || login.LoginID != "" {
			w.fail("another refusal: %v, %+v", err, login)
		}
		if good {
			w.fail("%s is refused", what)
		}
		if known && events != 1 || events > 1 {
			w.fail("%d events of a refusal", events)
		}
		return
	}
	if !good {
		w.fail("%s is accepted", what)
	}
	if login.Token == "" {
		if events != 0 || len(login.Next) == 0 {
			w.fail("%d events of a login that goes on", events)
		}
		w.logins = append(w.logins, &attemptedLogin{id: login.LoginID, method: l.method, next: login.Next, factor: l.factor, owes: l.owes, renewed: l.renewed, until: l.until})
		return
	}
	if events != 1 {
		w.fail("%d events of a session", events)
	}
	if w.hasFactor() && !l.factor || w.locked || l.owes && !l.renewed {
		w.fail("a session below the level that is required: %+v", *l)
	}
	w.used = 0
	w.sessions = append(w.sessions, login.OpenedSession)
}

// refusal is the text of the one refusal.
const refusal = "the credentials are wrong, or this user may not log in"

// owing reports whether who logs in now has to replace its password.
func (w *walk) owing() bool { return w.renewal && w.replaceable }

func (w *walk) hasFactor() bool { return w.secret != "" || w.device != nil }

func (w *walk) call() iam.Call { return visitor{w.k, w.t}.call() }

// attempt takes an attempt from the budget, as every proof does before it is looked at.
func (w *walk) attempt() (allowed bool) {
	if allowed = w.used < budget; allowed {
		w.used++
	}
	return allowed
}

// wrong is what follows a refusal: the lock, once the budget is used up.
func (w *walk) wrong() {
	if w.used >= budget && !w.locked {
		w.lock(true)
	}
}

func (w *walk) lock(locked bool) {
	w.locked = locked
	w.end()
	if !locked {
		w.used = 0
	}
}

// end is what a change of what proves the member ends.
func (w *walk) end(but ...authority.OpenedSession) {
	for _, l := range w.logins {
		l.ended = true
	}
	for _, s := range w.sessions {
		if !slices.ContainsFunc(but, func(b authority.OpenedSession) bool { return b.Token == s.Token }) {
			w.over = append(w.over, s)
		}
	}
	w.sessions = but
}

// budget is how many guesses the organization allows.
const budget = 5

// enter gives the password, a right one or a wrong one.
func (w *walk) enter() {
	password, right := w.password, w.r.IntN(4) > 0
	if !right {
		password = "a guess of somebody"
	}
	login, err := w.node().LoginWithPassword(kit.Context(w.t), w.call(), authority.PasswordLogin{
		Organization: string(w.owner.Organization()), Username: "ann", Password: password})
	good := w.attempt() && right && !w.locked && w.passwords
	if !good {
		w.wrong()
	}
	w.finish("password", good, true, &attemptedLogin{method: iam.LoginPassword, owes: w.owing(), until: w.clock.Now().Add(10 * time.Minute)}, login, err)
}

// take takes a login under way that owes a step, the newest first; or one that nobody has begun.
func (w *walk) take(step iam.LoginStep) *attemptedLogin {
	for i, l := range slices.Backward(w.logins) {
		if l.next[0].Takes(step) {
			w.logins = slices.Delete(w.logins, i, i+1)
			return l
		}
	}
	return &attemptedLogin{id: string(w.owner.Organization()) + ".nobody"}
}

// alive reports whether a login under way may go on.
func (w *walk) alive(l *attemptedLogin) bool { return w.begun(l) && w.offered(l.method) }

func (w *walk) begun(l *attemptedLogin) bool {
	return l.method != "" && !l.ended && !w.locked && w.clock.Now().Before(l.until)
}

func (w *walk) offered(m iam.LoginMethod) bool {
	if m == iam.LoginMagicCode {
		return w.codes
	}
	return w.passwords
}

// oneTime gives a one-time password or a recovery code.
func (w *walk) oneTime() {
	l, code, right := w.take(iam.StepTOTP), "000000", w.r.IntN(3) > 0
	prove := w.node().LoginWithTOTP
	switch {
	case right && w.secret != "" && len(w.recovery) > 0 && w.r.IntN(3) == 0:
		prove, code = w.node().LoginWithRecoveryCode, w.recovery[0]
	case right && w.secret != "":
		code = must[string](w.t)(totp.GenerateCode(w.secret, w.clock.Now()))
		right = code != w.lastTOTP // each is good once
	default:
		right = false
	}
	login, err := prove(kit.Context(w.t), w.call(), l.id, code)
	allowed := w.begun(l) && w.attempt()
	good := allowed && right && w.alive(l)
	switch {
	case good && len(code) == 6:
		w.lastTOTP = code
	case good:
		w.recovery = w.recovery[1:]
	case w.begun(l) && (!right || !allowed):
		w.wrong()
	}
	begun := w.begun(l)
	l.factor = true
	w.finish("one-time password or recovery code "+code, good, false, l, login, err)
	if err != nil && begun && !w.locked {
		l.factor = false
		w.logins = append(w.logins, l) // a wrong guess does not end the login
	}
}

// touch proves a passkey, as step or alone.
func (w *walk) touch() {
	if w.device == nil {
		return
	}
	l := &attemptedLogin{method: iam.LoginPasskey, owes: w.owing(), until: w.clock.Now().Add(10 * time.Minute)}
	if w.r.IntN(2) == 0 {
		if l = w.take(iam.StepPasskey); !w.begun(l) {
			return
		}
	}
	a := w.node()
	q := must[authority.PasskeyQuestion](w.t)(a.StartPasskeyLogin(kit.Context(w.t), l.id))
	login, err := w.node().LoginWithPasskey(kit.Context(w.t), w.call(), authority.PasskeyLogin{LoginID: l.id, CeremonyID: q.CeremonyID, Credential: []byte(w.device.Assert(q.Options))})
	allowed := w.attempt()
	good := allowed && w.alive(l)
	if !allowed || !good && l.id == "" {
		w.wrong()
	}
	l.factor = true
	w.finish("passkey", good, false, l, login, err)
}

// mail begins a login with a mailed code, or ends one.
func (w *walk) mail() {
	ctx := kit.Context(w.t)
	l := w.take(iam.StepMagicCode)
	if l.method == "" {
		begun := must[authority.Login](w.t)(w.node().StartMagicCode(ctx, w.call(), authority.MagicCodeStart{PasswordLogin: authority.PasswordLogin{Organization: string(w.owner.Organization()), Username: "ann"}}))
		code := ""
		done(w.t, w.k.Authority.Deliver(ctx, func(_ context.Context, letter iam.Letter) error {
			if letter.Kind == iam.LetterMagicCode && letter.OrganizationID == w.ann.OrganizationID {
				code = letter.Secret
			}
			return nil
		}))
		w.steps = append(w.steps, fmt.Sprintf("a code by mail: %v", code != ""))
		if code != "" && (w.locked || !w.codes) {
			w.fail("a code is mailed to who may not log in with it")
		}
		if code != "" {
			w.logins = append(w.logins, &attemptedLogin{id: begun.LoginID, code: code, method: iam.LoginMagicCode, next: []iam.LoginStep{iam.StepMagicCode}, until: w.clock.Now().Add(10 * time.Minute)})
		}
		return
	}
	if l.code == "" { // after a password that looked like a thief's
		return
	}
	login, err := w.node().LoginWithMagicCode(ctx, w.call(), l.id, l.code)
	begun := w.begun(l)
	allowed := begun && w.attempt()
	if begun && !allowed {
		w.wrong()
	}
	l.owes = w.owing()
	w.finish("mailed code", allowed && w.alive(l), false, l, login, err)
}

// replace gives a new password where one is owed.
func (w *walk) replace() {
	l := w.take(iam.StepNewPassword)
	password := fmt.Sprintf("amber-violet-canyon-%d", w.r.IntN(1<<30))
	login, err := w.node().LoginWithNewPassword(kit.Context(w.t), w.call(), l.id, password)
	good := w.alive(l)
	if good {
		w.end()
		w.password, w.replaceable, l.renewed = password, false, true
	}
	w.finish("new password", good, false, l, login, err)
}

// self does something with a session: sets up a factor, or renews.
func (w *walk) self() {
	if len(w.sessions) == 0 {
		return
	}
	ctx, a := kit.Context(w.t), w.k.Authority
	s := w.sessions[len(w.sessions)-1]
	me := w.k.As(w.t, iam.Caller{Organization: w.ann.OrganizationID, Principal: w.ann.ID.Principal(), Session: s.Session.ID})
	switch n := w.r.IntN(3); {
	case n == 0 && w.secret == "":
		w.secret = must[string](w.t)(a.CreateUserMFAOTP(ctx, me.Call("CreateUserMFAOTP"), w.ann.ID))
		w.lastTOTP = must[string](w.t)(totp.GenerateCode(w.secret, w.clock.Now()))
		w.recovery = must[[]string](w.t)(a.ValidateUserMFAOTP(ctx, me.Call("ValidateUserMFAOTP"), w.ann.ID, w.lastTOTP))
		w.end(s)
		w.steps = append(w.steps, "sets one-time passwords up")
	case n == 1 && w.device == nil:
		device, passkey := register(w.t, a, me)
		w.device, w.passkey = device, passkey.ID
		w.end(s)
		w.steps = append(w.steps, "registers a passkey")
	default:
		renewed, err := w.node().RenewSession(ctx, w.call(), s.RenewToken)
		w.steps = append(w.steps, fmt.Sprintf("renews: %v", err))
		if err != nil {
			w.fail("a session that lives is not renewed: %v", err)
		}
		w.sessions[len(w.sessions)-1] = renewed
	}
}

// manage is something that the manager does, or time.
func (w *walk) manage() {
	ctx, a := kit.Context(w.t), w.k.Authority
	what := ""
	switch w.r.IntN(9) {
	case 0:
		what = "locks"
		must[iam.User](w.t)(w.owner.LockUser(w.ann.ID))
		w.lock(true)
	case 1, 2:
		what = "unlocks"
		must[iam.User](w.t)(w.owner.UnlockUser(w.ann.ID))
		if w.locked {
			w.lock(false)
		}
		w.used = 0
	case 3:
		what = "gives another password"
		w.password, w.replaceable = fmt.Sprintf("quiet-harbor-walnut-%d", w.r.IntN(1<<30)), true
		must[iam.User](w.t)(w.owner.UpdateUserPassword(w.ann.ID, w.password))
		w.end()
	case 4:
		w.passwords, w.codes = w.r.IntN(4) > 0, w.r.IntN(2) == 0
		if !w.passwords {
			w.codes = true // one stays on
		}
		what = fmt.Sprintf("methods: passwords %v, codes %v", w.passwords, w.codes)
		must[iam.Organization](w.t)(w.owner.UpdateOrganizationLoginMethods(w.owner.Organization(), iam.LoginMethodsUpdate{Password: &w.passwords, MagicCode: &w.codes}))
	case 5:
		w.renewal = !w.renewal
		what = fmt.Sprintf("renewal %v", w.renewal)
		must[iam.SecuritySettings](w.t)(w.owner.UpdateOrganizationSecuritySettings(w.owner.Organization(), iam.SecuritySettingsUpdate{EnforcePasswordRenewal: &w.renewal}))
	case 6:
		if w.secret != "" && w.r.IntN(2) == 0 {
			what = "removes the one-time passwords"
			done(w.t, a.DeleteUserMFAOTP(ctx, w.owner.Call("DeleteUserMFAOTP"), w.ann.ID))
			w.secret, w.recovery = "", nil
			w.end()
		}
	case 7:
		if w.device != nil && w.r.IntN(2) == 0 {
			what = "removes the passkey"
			done(w.t, a.DeletePasskey(ctx, w.owner.Call("DeleteWebAuthnAuthenticator"), w.passkey))
			w.device = nil
			w.end()
		}
	case 8:
		d := []time.Duration{30 * time.Second, 5 * time.Minute, 11 * time.Minute}[w.r.IntN(3)]
		what = fmt.Sprintf("%v pass", d)
		w.clock.Advance(d)
	}
	if what != "" {
		w.steps = append(w.steps, "the manager "+what)
	}
	w.events()
}

// A member logs in by all paths at random, right and wrong, on two nodes, while its manager locks,
// unlocks, takes factors away and changes the rules. There is never a session below the level that is
// required, a guess beyond the budget, a refusal that differs from the others, or an attempt without
// its one event.
func TestWalk(t *testing.T) {
	t.Parallel() // it is long
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	c := &clock{}
	k := kit.New(t, kit.Options{Clock: c.Now})
	second := must[*store.Store](t)(store.Open(t.Context(), store.Config{Database: k.Database, Clock: c.Now}))
	t.Cleanup(func() { done(t, second.Close()) })
	other := must[*authority.Authority](t)(authority.New(t.Context(), authority.Config{
		Store: second, Catalog: k.Catalog, Keyring: k.Keyring, Clock: c.Now, Passkeys: k.Passkeys,
	}))
	for number := range 12 {
		w := &walk{
			t: t, k: k, nodes: []*authority.Authority{k.Authority, other}, clock: c, r: rand.New(rand.NewPCG(seed, uint64(number))),
			owner: tenant(t, k, fmt.Sprintf("walk%c", 'a'+number)), password: annsPassword, replaceable: true, passwords: true,
		}
		w.ann = must[iam.User](t)(w.owner.CreateUser(iam.NewMember{Username: "ann", Email: "ann@example.com", Password: annsPassword}))
		must[iam.SecuritySettings](t)(w.owner.UpdateOrganizationSecuritySettings(w.owner.Organization(), iam.SecuritySettingsUpdate{LoginAttemptsBeforeLock: new(budget)}))
		org := must[iam.Organization](t)(w.owner.GetOrganization(w.owner.Organization()))
		w.codes = org.LoginMagicCodeEnabled
		moves := []func(){w.enter, w.enter, w.enter, w.oneTime, w.oneTime, w.touch, w.mail, w.mail, w.replace, w.self, w.self, w.manage}
		for range 40 {
			moves[w.r.IntN(len(moves))]()
			done(t, k.Authority.Follow(kit.Context(t)))
			done(t, other.Follow(kit.Context(t)))
			for _, s := range w.sessions {
				_, err := w.node().Authenticate(kit.Context(t), authority.Credential{Kind: authority.SessionToken, Value: s.Token})
				if reason := (&iam.Error{}); err != nil && !(errors.As(err, &reason) && reason.AuthReason == iam.AuthExpired) {
					w.fail("a session that nothing has ended is refused: %v", err)
				}
			}
			for _, s := range w.over {
				if _, err := w.node().Authenticate(kit.Context(t), authority.Credential{Kind: authority.SessionToken, Value: s.Token}); err == nil {
					w.fail("a session that has ended goes on")
				}
			}
			if u := must[iam.User](t)(w.owner.GetUser(w.ann.ID)); u.Locked != w.locked {
				w.fail("locked %v, the model says %v", u.Locked, w.locked)
			}
		}
	}
}
