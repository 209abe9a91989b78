package authority_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"bailiwick/authority"
	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
	"bailiwick/store"
)

// life is a bearer with a grant in an organization of its own, and everything that can
// happen to it.
type life struct {
	t        *testing.T
	k        *kit.Kit
	clock    *clock
	owner    *kit.Runner
	bearer   iam.Principal
	secret   string
	acts     *kit.Runner // as the bearer was authenticated at the start
	group    iam.GroupID // empty: the grant is the bearer's own
	policy   iam.PolicyID
	project  iam.ProjectID
	wholeOrg bool // the grant's scope
}

// verdicts are the answers to one bearer, by every way in.
type verdicts struct {
	Authenticate string // the secret key
	Mutate       string // a change by a call that came in before
	Read         string // a read by such a call
	Check        string // CheckPermissions by such a call
	ByKey        string // Evaluate, asked about the key
	ByID         string // Evaluate, asked about the bearer
	Self         string // a user reads itself; empty for applications
}

const (
	yes        = "yes"
	no         = "no"
	refusedKey = "not authenticated: not_found"
	expired    = "not authenticated: expired"
)

// verdict gives all ways in to the bearer's rights one verdict.
func verdict(authenticate, rights, byID, self string) verdicts {
	return verdicts{authenticate, rights, rights, rights, map[bool]string{true: yes, false: no}[rights == yes], byID, self}
}

// transition is something that happens to a bearer, and what it must mean.
type transition struct {
	what    string
	applies func(*life) bool
	happens func(*life) error
	want    func(*life) verdicts
}

func always(*life) bool              { return true }
func isUser(l *life) bool            { return l.bearer.Type == iam.TypeUser }
func isApplication(l *life) bool     { return !isUser(l) }
func byGroup(l *life) bool           { return l.group != "" }
func alive(*life) verdicts           { return verdict(yes, yes, yes, yes) }
func gone(*life) verdicts            { return verdict(refusedKey, refusedKey, no, refusedKey) }
func keyGone(*life) verdicts         { return verdict(refusedKey, refusedKey, yes, refusedKey) }
func keyExpired(*life) verdicts      { return verdict(expired, expired, yes, expired) }
func powerless(*life) verdicts       { return verdict(yes, no, no, yes) }
func locked(*life) verdicts          { return verdict(yes, no, no, no) }
func last[T any](_ T, e error) error { return e }

// projectGone is powerless; but who may make keys in all projects is told that this one is
// not there.
func projectGone(l *life) verdicts {
	v := powerless(l)
	if l.wholeOrg {
		v.Mutate = "not_found"
	}
	return v
}

func (l *life) rules() []iam.RuleSpec {
	rule := kit.InProject(l.project, "SSHKeysFullAccess")
	if l.wholeOrg {
		rule = kit.Everywhere(l.owner.Organization(), "SSHKeysFullAccess")
	}
	return []iam.RuleSpec{rule}
}

func (l *life) attach(p iam.Principal) error {
	return last(l.owner.UpdatePolicy(l.policy, iam.PolicyUpdate{Principal: &p}))
}

func (l *life) lock() error   { return last(l.owner.LockUser(iam.UserID(l.bearer.ID))) }
func (l *life) unlock() error { return last(l.owner.UnlockUser(iam.UserID(l.bearer.ID))) }

func (l *life) target() iam.Principal {
	if l.group != "" {
		return l.group.Principal()
	}
	return l.bearer
}

func transitions() []transition {
	return []transition{
		{"nothing", always, func(*life) error { return nil }, alive},
		{"user deleted", isUser, func(l *life) error { return l.owner.DeleteUser(iam.UserID(l.bearer.ID)) }, gone},
		{"user locked", isUser, (*life).lock, locked},
		{"user locked, unlocked", isUser, func(l *life) error { done(l.t, l.lock()); return l.unlock() }, alive},
		{"application deleted", isApplication, func(l *life) error { return l.owner.DeleteApplication(iam.ApplicationID(l.bearer.ID)) }, gone},
		{"key deleted", always, func(l *life) error { return l.owner.DeleteAPIKey(l.acts.Caller.AccessKey) }, keyGone},
		{"key expired", always, func(l *life) error { defer l.clock.Advance(time.Hour); return l.expireIn(time.Hour) }, keyExpired},
		{"key about to expire", always, func(l *life) error { defer l.clock.Advance(time.Hour - time.Microsecond); return l.expireIn(time.Hour) }, alive},
		{"key expired, extended", always, func(l *life) error {
			done(l.t, l.expireIn(time.Hour))
			l.clock.Advance(time.Hour)
			return l.expireIn(time.Hour)
		}, alive},
		{"policy deleted", always, func(l *life) error { return l.owner.DeletePolicy(l.policy) }, powerless},
		{"policy detached", always, func(l *life) error { return l.attach(iam.Principal{}) }, powerless},
		{"policy attached to another", always, func(l *life) error { return l.attach(l.owner.Caller.Principal) }, powerless},
		{"policy detached, attached", always, func(l *life) error { done(l.t, l.attach(iam.Principal{})); return l.attach(l.target()) }, alive},
		{"rules emptied", always, func(l *life) error { return last(l.owner.SetRules(l.policy, nil)) }, powerless},
		{"rules emptied, set", always, func(l *life) error {
			done(l.t, last(l.owner.SetRules(l.policy, nil)))
			return last(l.owner.SetRules(l.policy, l.rules()))
		}, alive},
		{"rules with a condition that fails", always, func(l *life) error {
			return last(l.owner.SetRules(l.policy, []iam.RuleSpec{kit.If(`request.ip == "203.0.113.9"`, l.rules()[0])}))
		}, powerless},
		{"group deleted", byGroup, func(l *life) error { return l.owner.DeleteGroup(l.group) }, powerless},
		{"group left", byGroup, func(l *life) error { return last(l.owner.RemoveGroupMember(l.group, l.bearer)) }, powerless},
		{"group emptied", byGroup, func(l *life) error { return last(l.owner.SetGroupMembers(l.group, iam.Members{})) }, powerless},
		{"group left, joined", byGroup, func(l *life) error {
			done(l.t, last(l.owner.RemoveGroupMember(l.group, l.bearer)))
			return last(l.owner.AddGroupMember(l.group, l.bearer))
		}, alive},
		{"project deleted", always, func(l *life) error { return l.owner.DeleteProject(l.project) }, projectGone},
		{"organization closed", always, func(l *life) error { return last(l.k.AsOperator(l.t).CloseOrganization(l.owner.Organization())) }, gone},
	}
}

func (l *life) expireIn(d time.Duration) error {
	return last(l.owner.UpdateAPIKey(l.acts.Caller.AccessKey, iam.APIKeyUpdate{ExpiresAt: new(l.clock.Now().Add(d))}))
}

// begin makes a bearer with a grant.
func begin(t *testing.T, k *kit.Kit, c *clock, bearer iam.PrincipalType, group, wholeOrg bool, name string) *life {
	l := &life{t: t, k: k, clock: c, wholeOrg: wholeOrg, owner: tenant(t, k, name)}
	l.project = l.owner.MustCreateProject("p").ID
	if bearer == iam.TypeUser {
		u := l.owner.MustCreateUser("ann")
		l.bearer = u.ID.Principal()
		_, l.secret = k.NewUserKey(t, u)
	} else {
		l.bearer = l.owner.MustCreateApplication("ci").ID.Principal()
		l.secret = l.owner.MustCreateAPIKey(l.bearer).SecretKey
	}
	l.acts = k.AsHolder(t, l.secret)
	if group {
		l.group = l.owner.MustCreateGroup("g", l.bearer).ID
	}
	l.policy = l.owner.MustCreatePolicy("p", l.target(), l.rules()...).ID
	return l
}

// verdicts asks by every way in, on one node.
func (l *life) verdicts(a *authority.Authority) verdicts {
	l.t.Helper()
	acts, operator := l.acts.On(a), l.k.AsOperator(l.t).On(a)
	evaluate := func(kind, id string) string {
		q := ask(iam.Principal{Type: iam.PrincipalType(kind), ID: id}, "iam:ssh_key:create", "iam:ssh_key", l.project)
		q.Resource.OrganizationID, q.IP = l.owner.Organization(), l.acts.Client.IP
		return said(l.t, must[authority.Answer](l.t)(operator.Evaluate(q)).Allowed, nil)
	}
	checked, checkErr := acts.CheckPermissions([]authority.PermissionCheck{{Permission: "iam:ssh_key:create", ProjectID: l.project}})
	_, _, readErr := acts.ListSSHKeys(iam.SSHKeyFilter{ProjectID: l.project, Order: byCreation(), Page: page()})
	_, mutateErr := acts.CreateSSHKey(iam.NewSSHKey{ProjectID: l.project, PublicKey: kit.PublicKey})
	v := verdicts{
		Authenticate: said(l.t, true, authenticate(l.t, a, l.secret)), Mutate: said(l.t, true, mutateErr), Read: said(l.t, true, readErr),
		Check: said(l.t, checkErr == nil && checked[0], checkErr),
		ByKey: evaluate("api_key", string(l.acts.Caller.AccessKey)), ByID: evaluate(string(l.bearer.Type), l.bearer.ID),
	}
	if isUser(l) {
		v.Self = said(l.t, true, last(acts.GetUser(iam.UserID(l.bearer.ID))))
	}
	return v
}

// said puts an answer into a word.
func said(t testing.TB, allowed bool, err error) string {
	t.Helper()
	switch e, ok := errors.AsType[*iam.Error](err); {
	case err == nil && allowed:
		return yes
	case err == nil, ok && e.Kind == iam.KindPermissionsDenied:
		return no
	case ok && e.Kind == iam.KindDeniedAuthentication:
		return "not authenticated: " + e.AuthReason
	case ok:
		return e.Kind.String()
	}
	t.Errorf("an internal error: %v", err)
	return ""
}

// The matrix: whatever happens to a user, an application, a group, a policy, a key, a project
// or an organization, every way in answers accordingly, at once on the node where it
// happened, and on another one that shares the database: a mutation there even before it has
// heard of it, everything else once it has; and after a restart.
func TestLifecycle(t *testing.T) {
	t.Parallel() // it is long
	c := &clock{}
	k := kit.New(t, kit.Options{Clock: c.Now})
	second := must[*store.Store](t)(store.Open(t.Context(), store.Config{Database: k.Database, Clock: c.Now}))
	t.Cleanup(func() { done(t, second.Close()) })
	restart := func(t *testing.T) *authority.Authority {
		return must[*authority.Authority](t)(authority.New(t.Context(), authority.Config{
			Store: second, Catalog: k.Catalog, Keyring: k.Keyring, Clock: c.Now,
		}))
	}
	other := restart(t)
	number := 0
	for _, bearer := range []iam.PrincipalType{iam.TypeUser, iam.TypeApplication} {
		for _, group := range []bool{false, true} {
			for _, wholeOrg := range []bool{false, true} {
				for _, tr := range transitions() {
					form := life{bearer: iam.Principal{Type: bearer}}
					if group {
						form.group = nowhere
					}
					if !tr.applies(&form) {
						continue
					}
					number++
					t.Run(fmt.Sprintf("%s, by group %v, whole organization %v, %s", bearer, group, wholeOrg, tr.what), func(t *testing.T) {
						l := begin(t, k, c, bearer, group, wholeOrg, fmt.Sprint("org", number))
						done(t, other.Follow(t.Context()))
						start := alive(l)
						want := tr.want(l)
						if !isUser(l) {
							start.Self, want.Self = "", ""
						}
						same(t, "before", start, l.verdicts(k.Authority))
						same(t, "before, on another node", start, l.verdicts(other))
						done(t, tr.happens(l))
						_, err := l.acts.On(other).CreateSSHKey(iam.NewSSHKey{ProjectID: l.project, PublicKey: kit.PublicKey})
						same(t, "a change on a node that has not heard of it", want.Mutate, said(t, true, err))
						same(t, "at once", want, l.verdicts(k.Authority))
						done(t, other.Follow(t.Context()))
						same(t, "on another node", want, l.verdicts(other))
						same(t, "after a restart", want, l.verdicts(restart(t)))
					})
				}
			}
		}
	}
}
