package authority_test

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"bailiwick/authority"
	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
)

// attemptedLogin is a login under way, as the model sees it.
type attemptedLogin struct {
	id, code string
	method   iam.LoginMethod
	next     []iam.LoginStep
	factor   bool // a second factor was proven
	odd      bool // its password looked like a thief's
	mailed   bool // a mailed code was proven
	owes     bool // a new password, when it was begun
	renewed  bool // the password was replaced
	ended    bool // by a change of what proves the user; it may still be tried
	away     bool // its session shall be in the organization that the account visits
	until    time.Time
}

// walk is a member or an owner who logs in by all paths at random, on two nodes, while its manager and
// time go on. The model is what the user has and what it has proven. An owner is also a guest in a
// second organization, at times.
type walk struct {
	t     *testing.T
	r     *rapid.T
	k     *kit.Kit
	nodes []*authority.Authority
	clock *clock
	idp   *kit.Provider
	owner *kit.Runner // manages the organization; an owner itself, with an API key
	ann   iam.User
	email string
	last  string // what was done last

	password    string
	passwords   int  // given so far
	replaceable bool // somebody else gave the password
	secret      string
	recovery    []string
	lastTOTP    string
	device      *kit.Device
	passkey     iam.PasskeyID
	locked      bool
	methods     map[iam.LoginMethod]bool // that are on
	renewal     bool
	demanded    bool // a second factor
	mfaGrace    time.Time
	newGrace    time.Time // of the password
	used        int       // attempts since the last session
	usedAt      time.Time
	known       bool // it has logged in from this network before
	logins      []*attemptedLogin
	sessions    []authority.OpenedSession
	over        []authority.OpenedSession // those that have ended
	visit       *visit                    // nil for members, who go nowhere
	counted     int                       // authentication events so far
	seen        map[string]int            // what all walks came to
}

// budget is how many guesses the organization allows, and grace how long it waits.
const (
	budget = 8
	grace  = time.Hour
)

func (w *walk) isOwner() bool { return w.visit != nil }

// draw is a number below n.
func (w *walk) draw(n int, what string) int { return rapid.IntRange(0, n-1).Draw(w.r, what) }

func (w *walk) node() *authority.Authority { return w.nodes[w.draw(len(w.nodes), "node")] }

func (w *walk) call() iam.Call { return visitor{w.k, w.t}.call() }

func (w *walk) fail(format string, values ...any) {
	w.r.Helper()
	w.r.Fatalf("%s, after %s", fmt.Sprintf(format, values...), w.last)
}

func (w *walk) saw(what string, happened bool) {
	if happened {
		w.seen[what]++
	}
}

func (w *walk) did(format string, values ...any) {
	w.last = fmt.Sprintf(format, values...)
	w.r.Log(w.last)
}

// eventsIn is how many authentication events an organization has.
func (w *walk) eventsIn(o iam.OrganizationID) int {
	all := must[[]iam.AuthenticationEvent](w.t)(w.k.Store.Read(kit.Context(w.t)).AuthenticationEvents(iam.AuthenticationEventFilter{OrganizationID: o, Size: 1000}))
	return len(all)
}

// events is how many authentication events there are more than at the last look.
func (w *walk) events() int {
	all := w.eventsIn(w.ann.OrganizationID)
	more := all - w.counted
	w.counted = all
	return more
}

// refusal is the text of the one refusal.
const refusal = "the credentials are wrong, or this user may not log in"

// finish compares the outcome of a proof to the model. good says that the proof was right and everything
// behind it allows to go on; known that the attempt is somebody's, so that it must leave its event; counted
// that an attempt was taken for it; l is the login that it belongs to.
func (w *walk) finish(what string, good, known, counted bool, l *attemptedLogin, login authority.Login, err error) {
	w.r.Helper()
	if good && w.overdue(l) {
		good, known = false, true
		w.lock(true)
		w.saw("a period that has passed", true)
	}
	away := 0
	if good && l.away && !w.arrives(l, login) {
		w.saw("a guest who is not let in", true)
		good, known, away = false, false, w.visit.refused()
	}
	events := w.events()
	w.did("%s: right %v, session %v, next %v, %d events, %v", what, good, login.Token != "", login.Next, events, err)
	if err != nil {
		said, ok := errors.AsType[*iam.Error](err)
		if !ok || said.Message != refusal || said.Kind != iam.KindDeniedAuthentication || login.Token != "" || login.LoginID != "" {
			w.fail("another refusal: %v, %+v", err, login)
		}
		if good {
			w.fail("what is right is refused")
		}
		if known && events != 1 || !known && events != 0 {
			w.fail("%d events of a refusal", events)
		}
		w.visit.settle(w, away)
		return
	}
	if !good {
		w.fail("what is wrong is accepted")
	}
	w.goesOn(l, login, counted, events)
}

// goesOn is finish for a proof that was accepted.
func (w *walk) goesOn(l *attemptedLogin, login authority.Login, counted bool, events int) {
	if login.Token == "" {
		if counted { // what was right is no guess
			w.used = max(0, w.used-1)
		}
		if events != 0 || len(login.Next) == 0 {
			w.fail("%d events of a login that goes on", events)
		}
		next := *l
		next.id, next.next, next.code = login.LoginID, login.Next, ""
		w.logins = append(w.logins, &next)
		w.visit.settle(w, 0)
		return
	}
	if events != 1 {
		w.fail("%d events of a session", events)
	}
	if w.hasFactor() && !l.factor || w.locked || l.owes && !l.renewed || l.odd && !l.mailed || !w.offered(l.method) {
		w.fail("a session below the level that is required: %+v", *l)
	}
	w.saw(fmt.Sprintf("a session by %s", l.method), true)
	w.saw("a session with a second factor", l.factor)
	w.saw("a session after a suspicion", l.odd)
	w.saw("a session with a new password", l.renewed)
	w.saw("a session as guest", l.away)
	w.used, w.known = 0, true
	if !l.away {
		w.sessions = append(w.sessions, login.OpenedSession)
		w.visit.settle(w, 0)
		return
	}
	w.visit.sessions = append(w.visit.sessions, login.OpenedSession)
	w.visit.settle(w, 1)
}

// overdue reports whether a member has let a period pass, and begins the periods that it meets.
func (w *walk) overdue(l *attemptedLogin) bool {
	now := w.clock.Now()
	for _, demand := range []struct {
		owed  bool
		start *time.Time
	}{{w.demanded && !w.hasFactor(), &w.mfaGrace}, {w.owing(), &w.newGrace}} {
		if !demand.owed {
			continue
		}
		if demand.start.IsZero() {
			*demand.start = now
		}
		if !w.isOwner() && !now.Before(demand.start.Add(grace)) {
			return true
		}
	}
	return false
}

// owing reports whether who logs in now has to replace its password.
func (w *walk) owing() bool { return w.renewal && w.replaceable && !w.isOwner() }

func (w *walk) hasFactor() bool { return w.secret != "" || w.device != nil }

// attempt takes an attempt from the budget, as every proof does before it is looked at. An owner gets
// one back every half minute.
func (w *walk) attempt() (allowed bool) {
	left := w.used
	if w.isOwner() {
		left = max(0, left-int(w.clock.Now().Sub(w.usedAt)/(30*time.Second)))
	}
	if allowed = left < budget; allowed {
		w.used, w.usedAt = left+1, w.clock.Now()
	}
	return allowed
}

// wrong is what follows a refusal: the lock, once the budget of a member is used up.
func (w *walk) wrong() {
	if w.used >= budget && !w.locked && !w.isOwner() {
		w.saw("a budget that is used up", true)
		w.lock(true)
	}
}

func (w *walk) lock(locked bool) {
	w.locked = locked
	if w.end(); !locked {
		w.used, w.mfaGrace, w.newGrace = 0, time.Time{}, time.Time{}
	}
}

// end is what a change of what proves the user ends: also at the places of its account.
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
	w.visit.leave(w)
}

// take takes a login under way that owes a step, the newest first; or one that nobody has begun.
func (w *walk) take(step iam.LoginStep) *attemptedLogin {
	for i, l := range slices.Backward(w.logins) {
		if slices.Contains(l.next, step) {
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
	if m == iam.LoginPasskey {
		m = iam.LoginPassword
	}
	return w.isOwner() || w.methods[m]
}

// check is what holds after every step, also for what is not asked to log in.
func (w *walk) check() {
	ctx := kit.Context(w.t)
	for _, node := range w.nodes {
		done(w.t, node.Follow(ctx))
	}
	refusedBy := func(s authority.OpenedSession) error {
		_, err := w.node().Authenticate(ctx, authority.Credential{Kind: authority.SessionToken, Value: s.Token})
		return err
	}
	for _, s := range slices.Concat(w.sessions, w.visit.open()) {
		err := refusedBy(s)
		if reason, ok := errors.AsType[*iam.Error](err); err != nil && !(ok && reason.AuthReason == iam.AuthExpired) {
			w.fail("a session that nothing has ended is refused: %v", err)
		}
	}
	for _, s := range slices.Concat(w.over, w.visit.gone()) {
		if refusedBy(s) == nil {
			w.fail("a session that has ended goes on")
		}
	}
	if u := must[iam.User](w.t)(w.owner.GetUser(w.ann.ID)); u.Locked != w.locked {
		w.fail("locked %v, the model says %v", u.Locked, w.locked)
	}
}

// Members and owners log in by all paths at random, right and wrong, on two nodes, while managers lock,
// unlock, take factors away and change the rules, and an owner signs up, is invited elsewhere, goes there
// and leaves. There is never a session below the level that is required, a guess beyond the budget, a
// refusal that differs from the others, or an attempt without its one event.
func TestWalk(t *testing.T) {
	t.Parallel()                                                                            // it is long
	for name, value := range map[string]string{"rapid.checks": "40", "rapid.steps": "80"} { // fewer and longer walks
		if f := flag.Lookup(name); f.Value.String() == f.DefValue {
			done(t, f.Value.Set(value))
		}
	}
	c := &clock{}
	p := kit.NewProvider(t, "", c.Now)
	k := kit.New(t, kit.Options{Clock: c.Now, SignUp: iam.SignUpOpen, Providers: []authority.Provider{p.At(kit.PublicURL, "acme")}})
	nodes := []*authority.Authority{k.Authority, k.Node(t)}
	var number atomic.Int64
	seen := map[string]int{}
	rapid.Check(t, func(r *rapid.T) {
		w := &walk{t: t, seen: seen, r: r, k: k, nodes: nodes, clock: c, idp: p, password: annsPassword, methods: map[iam.LoginMethod]bool{iam.LoginPassword: true, iam.LoginMagicCode: true, iam.LoginOAuth2: true}}
		n := number.Add(1)
		name := fmt.Sprintf("walk%d", n)
		w.email = "ann@" + name + ".example"
		if rapid.Bool().Draw(r, "owner") {
			w.signUp(name)
		} else {
			w.owner, w.replaceable = tenant(t, k, name), true
			w.ann = must[iam.User](t)(w.owner.CreateUser(iam.NewMember{Username: "ann", Email: w.email, Password: annsPassword}))
			w.demand(rapid.Bool().Draw(r, "demanded"))
		}
		must[iam.SecuritySettings](t)(w.owner.UpdateOrganizationSecuritySettings(w.owner.Organization(), iam.SecuritySettingsUpdate{LoginAttemptsBeforeLock: new(budget), GracePeriodDuration: new(grace)}))
		again := func(name string, move func(), times int) map[string]func(*rapid.T) {
			moves := map[string]func(*rapid.T){}
			for i := range times {
				moves[fmt.Sprint(name, i)] = func(r *rapid.T) { w.r = r; move() }
			}
			return moves
		}
		moves := map[string]func(*rapid.T){"": func(r *rapid.T) { w.r = r; w.check() }}
		for _, m := range []struct {
			name  string
			move  func()
			times int
		}{
			{"password", w.enter, 3}, {"one-time", w.oneTime, 2}, {"passkey", w.touch, 1}, {"code", w.mail, 2}, {"new password", w.replace, 1},
			{"self", w.self, 2}, {"provider", w.provide, 1}, {"reset", w.reset, 1}, {"manager", w.manage, 2}, {"time", w.wait, 2}, {"elsewhere", w.elsewhere, 2},
		} {
			for key, move := range again(m.name, m.move, m.times) {
				moves[key] = move
			}
		}
		r.Repeat(moves)
	})
	t.Logf("%v", seen)
}
