package authority_test

import (
	"time"

	"bailiwick/authority"
	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
)

// visit is what an owner's account is in another organization. The methods of a nil visit say that it
// is nothing there.
type visit struct {
	owner    *kit.Runner
	guest    iam.User // zero: none
	active   bool     // it has accepted
	locked   bool
	demanded bool // a second factor
	grace    time.Time
	sessions []authority.OpenedSession
	over     []authority.OpenedSession
	counted  int
}

func (v *visit) is() bool { return v != nil && v.active }

func (v *visit) open() []authority.OpenedSession {
	if v == nil {
		return nil
	}
	return v.sessions
}

func (v *visit) gone() []authority.OpenedSession {
	if v == nil {
		return nil
	}
	return v.over
}

// leave ends the sessions there.
func (v *visit) leave(*walk) {
	if v != nil {
		v.over, v.sessions = append(v.over, v.sessions...), nil
	}
}

// refused is how many events the refusal of a guest leaves there.
func (v *visit) refused() int {
	if v.is() {
		return 1
	}
	return 0
}

// settle compares the events there.
func (v *visit) settle(w *walk, want int) {
	if v == nil {
		return
	}
	all := w.eventsIn(v.owner.Organization())
	if all-v.counted != want {
		w.fail("%d events in the organization that is visited, want %d", all-v.counted, want)
	}
	v.counted = all
}

// arrives reports whether a login that owes nothing more may end where it shall; one that goes on may.
func (w *walk) arrives(l *attemptedLogin, login authority.Login) bool {
	owes := w.hasFactor() && !l.factor || l.odd && !l.mailed || l.owes && !l.renewed
	return owes || w.visit.admits(w)
}

// admits reports whether a guest may come, and begins the period that it meets.
func (v *visit) admits(w *walk) bool {
	if !v.active || v.locked {
		return false
	}
	if v.demanded && !w.hasFactor() {
		if v.grace.IsZero() {
			v.grace = w.clock.Now()
		}
		if !w.clock.Now().Before(v.grace.Add(grace)) {
			v.locked = true
			v.leave(w)
			return false
		}
	}
	return true
}

// signUp makes an owner in the way that strangers become one, with some mistakes.
func (w *walk) signUp(name string) {
	ctx, a := kit.Context(w.t), w.node()
	w.clock.Advance(10 * time.Minute) // letters are bounded for each network
	done(w.t, a.SignUp(ctx, w.call(), iam.NewSignUp{Email: w.email, Password: annsPassword, Name: name}))
	link := w.letter(iam.LetterConfirmAddress)
	confirm := func(link, password string) (authority.CreatedOrganization, error) {
		return w.node().ConfirmSignUp(ctx, w.call(), link, password)
	}
	for _, wrong := range [][2]string{{link + "x", annsPassword}, {link, "a guess of somebody"}, {"", annsPassword}} {
		if _, err := confirm(wrong[0], wrong[1]); err == nil || err.Error() != refusal {
			w.fail("a sign-up with %q: %v", wrong, err)
		}
	}
	made := must[authority.CreatedOrganization](w.t)(confirm(link, annsPassword))
	if _, err := confirm(link, annsPassword); err == nil || err.Error() != refusal {
		w.fail("a sign-up twice: %v", err)
	}
	w.ann = made.Owner
	_, secret := w.k.NewUserKey(w.t, w.ann)
	w.owner = w.k.AsHolder(w.t, secret)
	w.visit = &visit{owner: tenant(w.t, w.k, name+"-visited")}
	must[iam.SecuritySettings](w.t)(w.visit.owner.UpdateOrganizationSecuritySettings(w.visit.owner.Organization(), iam.SecuritySettingsUpdate{GracePeriodDuration: new(grace)}))
}

// elsewhere is something between an owner's account and the organization that it visits.
func (w *walk) elsewhere() {
	v := w.visit
	if v == nil {
		return
	}
	switch n := w.draw(6, "elsewhere"); {
	case v.guest.ID == "":
		v.guest = must[iam.User](w.t)(v.owner.InviteGuest(iam.NewGuest{Email: w.email}))
		w.did("is invited")
	case !v.active:
		must[iam.User](w.t)(w.owner.AcceptInvitation(authority.InvitationAnswer{ID: v.guest.ID}))
		v.active = true
		w.did("accepts")
	case n < 2:
		w.switches()
	case n == 2:
		who := v.owner // a locked guest can do nothing, not even leave
		if !v.locked {
			who = w.k.AsUser(w.t, v.guest)
		}
		done(w.t, who.DeleteUser(v.guest.ID))
		v.leave(w)
		v.guest, v.active, v.locked, v.grace = iam.User{}, false, false, time.Time{}
		w.did("leaves")
	case n == 3:
		v.locked = !v.locked
		if v.locked {
			must[iam.User](w.t)(v.owner.LockUser(v.guest.ID))
			v.leave(w)
		} else {
			must[iam.User](w.t)(v.owner.UnlockUser(v.guest.ID))
			v.grace = time.Time{}
		}
		w.did("the guest is locked: %v", v.locked)
	default:
		v.demanded = !v.demanded
		must[iam.SecuritySettings](w.t)(w.k.Authority.UpdateLoginPolicy(kit.Context(w.t), v.owner.Call("UpdateOrganizationSecuritySettings"), iam.LoginPolicyUpdate{MFARequired: &v.demanded}))
		w.did("the organization that is visited wants a second factor: %v", v.demanded)
	}
	v.settle(w, 0)
}

// switches takes a session of the account to the organization that it visits.
func (w *walk) switches() {
	if len(w.sessions) == 0 {
		return
	}
	v, s := w.visit, w.sessions[len(w.sessions)-1]
	me := w.k.As(w.t, iam.Caller{Organization: w.ann.OrganizationID, Principal: w.ann.ID.Principal(), Session: s.Session.ID})
	a := w.node()
	done(w.t, a.Follow(kit.Context(w.t)))
	opened, err := a.SwitchOrganization(kit.Context(w.t), me.Call("SwitchOrganization"), v.owner.Organization())
	good := v.admits(w)
	w.did("switches: %v", err)
	if (err == nil) != good || err != nil && iam.KindOf(err) != iam.KindNotFound {
		w.fail("a switch, right %v: %v", good, err)
	}
	if good {
		v.sessions = append(v.sessions, opened)
	}
	v.settle(w, 1)
}
