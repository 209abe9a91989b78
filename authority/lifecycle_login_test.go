package authority_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bailiwick/authority"
	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
)

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

// Going to another organization is a login there, with what opened the session at home.
func TestSwitchIsOfItsLogin(t *testing.T) {
	c := &clock{}
	p := kit.NewProvider(t, "", c.Now)
	k := kit.New(t, kit.Options{Clock: c.Now, Providers: []authority.Provider{p.At(kit.PublicURL, "acme")}})
	g, ctx, a := newGuard(t, k, c, p, guest, "org"), kit.Context(t), k.Authority
	home := must[authority.Login](t)(a.LoginWithPassword(ctx, g.visit(), authority.PasswordLogin{Email: g.address, Password: annsPassword}))
	home = must[authority.Login](t)(a.LoginWithTOTP(ctx, g.visit(), home.LoginID, g.totpNow()))
	c.Advance(time.Minute)
	must[authority.Login](t)(g.touches(a, "")) // another one, later
	c.Advance(time.Minute)
	must[authority.OpenedSession](t)(a.SwitchOrganization(ctx, g.as(home.Session).Call("SwitchOrganization"), g.place.OrganizationID))
	all := must[[]iam.AuthenticationEvent](t)(k.Store.Read(ctx).AuthenticationEvents(iam.AuthenticationEventFilter{OrganizationID: g.place.OrganizationID, Size: 1}))
	e := all[0]
	same(t, "who, and with what", []string{string(g.place.ID), "password", "totp", ""}, []string{string(e.UserID), string(e.Method), string(e.MFA), string(e.Failure)})
}

// The matrix of people: whatever happens to a member, an owner, a guest or somebody who has signed up,
// to its key, its session, its password, a factor, a login method or an organization, every way in is
// open or closed as the model says. What only reads is asked on the node where it happened and on
// another one, once that has heard of it; what changes something on one of the two by turns, on the
// other one before it has heard of it.
func TestLifecycleOfLogins(t *testing.T) {
	t.Parallel() // it is long
	c := &clock{}
	p := kit.NewProvider(t, "", c.Now)
	k := kit.New(t, kit.Options{Clock: c.Now, SignUp: iam.SignUpInvite, Providers: []authority.Provider{p.At(kit.PublicURL, "acme")}})
	other := k.Node(t)
	number := 0
	for _, who := range []role{member, owner, guest, stranger} {
		for _, what := range slices.Sorted(maps.Keys(happenings())) {
			h := happenings()[what]
			if _, none := h.none[who]; none {
				continue
			}
			number++
			t.Run(fmt.Sprintf("%s, %s", who, what), func(t *testing.T) {
				g := newGuard(t, k, c, p, who, fmt.Sprintf("org-%d", number))
				done(t, other.Follow(kit.Context(t)))
				done(t, h.do(g))
				nodes := []*authority.Authority{k.Authority, other}
				if number%2 == 0 {
					slices.Reverse(nodes)
				}
				if got, want := g.opened(nodes, h); !cmp.Equal(got, want) {
					t.Errorf("open (-want +got):\n%s", cmp.Diff(want, got))
				}
			})
		}
	}
}

// No cell of the matrix vanishes unseen: each is either asked or has its reason.
func TestLifecycleIsWhole(t *testing.T) {
	asked, reasons := 0, map[string]int{}
	for _, who := range []role{member, owner, guest, stranger} {
		for _, h := range happenings() {
			for _, w := range ways() {
				reason, none := h.none[who]
				if !none {
					reason, none = w.none[who]
				}
				switch {
				case !none:
					asked++
				default:
					reasons[reason]++
				}
			}
		}
	}
	same(t, "cells that are asked", 2742, asked)
	same(t, "cells that cannot be, by reason", map[string]int{
		ofOwner: 130, ofAccounts: 26, ofNobody: 1092,
		"a stranger has no user yet":                                  171,
		"it has signed up":                                            490,
		"it has no invitation":                                        156,
		"it has all rights by owning":                                 52,
		"it is at home there":                                         52,
		"it belongs to the account":                                   53,
		"it has a place in one organization":                          93,
		"a passkey names no organization: it opens the account's own": 53,
		"only the owner of an organization has an account":            97,
		"only the password of an owner is reset by mail":              97,
	}, reasons)
}

// opened asks by every way in, what changes something on the first node, and says what the model
// expects.
func (g *guard) opened(nodes []*authority.Authority, h happening) (got, want map[string]bool) {
	g.t.Helper()
	got, want = map[string]bool{}, map[string]bool{}
	takes := h.takes
	if but, ok := h.but[g.role]; ok {
		takes = but
	}
	try := func(w way, where string, a *authority.Authority) {
		name := w.name + where
		want[name] = slices.Contains(h.opens[g.role], w.name) ||
			!slices.ContainsFunc(slices.Concat(w.needs, w.more[g.role]), func(n thing) bool { return slices.Contains(takes, n) })
		err := w.open(g, a)
		if got[name] = err == nil; err != nil && !isRefusal(err) {
			g.t.Errorf("%s: %v", name, err)
		}
	}
	all := slices.DeleteFunc(ways(), func(w way) bool { _, none := w.none[g.role]; return none })
	final := all[len(all)-1]
	for _, w := range all[:len(all)-1] {
		if !w.reads {
			try(w, "", nodes[0])
		}
	}
	for i, a := range nodes {
		done(g.t, a.Follow(kit.Context(g.t)))
		for _, w := range all {
			if w.reads {
				try(w, fmt.Sprintf(", node %d", i), a)
			}
		}
	}
	if !final.reads { // it ends all sessions
		try(final, "", nodes[0])
	}
	return got, want
}
