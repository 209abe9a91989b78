package authority_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
)

// person is a user who connects its accounts.
type person struct {
	*kit.Runner
	k *kit.Kit
	t testing.TB
}

func (p person) id() iam.UserID { return iam.UserID(p.Caller.Principal.ID) }

func (p person) offer() string {
	p.t.Helper()
	return must[string](p.t)(p.k.Authority.OfferConnection(kit.Context(p.t), p.Call("InitiateUserConnection"), p.id()))
}

func (p person) join(token string) error {
	return p.k.Authority.JoinConnection(kit.Context(p.t), p.Call("JoinUserConnection"), p.id(), token)
}

func (p person) leave(other person) error {
	return p.k.Authority.RemoveConnection(kit.Context(p.t), p.Call("RemoveUserConnection"), p.id(), other.id())
}

func (p person) sees() []iam.ConnectedAccount {
	p.t.Helper()
	return must[[]iam.ConnectedAccount](p.t)(p.k.Authority.ListConnections(kit.Context(p.t), p.Call("GetUserConnections"), p.id()))
}

// Two accounts of one person in two organizations: what each sees of the other, what stands in
// both trails, and that it gives no right.
func TestConnections(t *testing.T) {
	kit.Engines(t, func(t *testing.T, database string) {
		k := kit.New(t, kit.Options{Database: database})
		acme := tenant(t, k, "acme")
		ann := person{k.AsUser(t, k.AsOwner(t).MustCreateUser("ann")), k, t}
		anna := person{k.AsUser(t, acme.MustCreateUser("anna")), k, t}
		same(t, "none", nil, ann.sees())
		token := ann.offer()
		var joined atomic.Int64
		ours := newEvents(t, k.AsOwner(t), func() {
			theirs := newEvents(t, acme, func() {
				var wg sync.WaitGroup
				for range 8 {
					wg.Go(func() {
						if anna.join(token) == nil {
							joined.Add(1)
						}
					})
				}
				wg.Wait()
			})
			same(t, "their events", []string{"JoinUserConnection 200 updated iam_user/" + string(anna.id())}, summaries(theirs))
		})
		same(t, "joined of eight at once", 1, joined.Load())
		same(t, "our events", []string{"JoinUserConnection 200 updated iam_user/" + string(ann.id())}, summaries(ours))
		if e := ours[0]; e.SourceIP != "" || e.UserAgent != "" || e.Principal != ann.Caller.Principal || strings.Contains(string(e.Body), token) {
			t.Errorf("our event shows what is theirs: %+v", e)
		}
		see := func(of person, organization, username string) []iam.ConnectedAccount {
			return []iam.ConnectedAccount{{
				Connection:       iam.Connection{Account: iam.Account{OrganizationID: of.Organization(), UserID: of.id()}, CreatedAt: ann.sees()[0].CreatedAt},
				OrganizationName: organization, Username: username, Type: iam.UserMember,
			}}
		}
		same(t, "ann sees", see(anna, "acme", "anna"), ann.sees())
		same(t, "anna sees", see(ann, "default", "ann"), anna.sees())
		fails(t, "no right", iam.NotFound("user", string(anna.id())), refused[iam.User](t)(k.AsOwner(t).GetUser(anna.id())))
		fails(t, "no right of its own", denied("user", "read"), refused[iam.User](t)(ann.GetUser(anna.id())))
		fails(t, "again", iam.AlreadyExists("connection", "", "the two accounts are connected already"), anna.join(ann.offer()))

		done(t, ann.leave(anna))
		same(t, "after the end", 0, len(ann.sees())+len(anna.sees()))
		fails(t, "ended twice", iam.NotFound("connection", string(ann.id())), anna.leave(ann))
		done(t, ann.join(anna.offer()))
		done(t, acme.DeleteUser(anna.id()))
		same(t, "after the other is deleted", nil, ann.sees())
	})
}

// Whatever is wrong with a token is a typed error and connects nobody.
func TestConnectionsRefused(t *testing.T) {
	c := &clock{}
	k := kit.New(t, kit.Options{Clock: c.Now})
	owner, acme := k.AsOwner(t), tenant(t, k, "acme")
	ann, anna := person{k.AsUser(t, owner.MustCreateUser("ann")), k, t}, person{k.AsUser(t, acme.MustCreateUser("anna")), k, t}
	bob := person{k.AsUser(t, owner.MustCreateUser("bob")), k, t}
	unusable := invalid("token", iam.ReasonConstraint, "value is not a token that waits to be used")
	first := ann.offer()
	token := ann.offer()
	organization, secret, _ := strings.Cut(token, ".")
	for name, wrong := range map[string]string{
		"empty": "", "no secret": organization + ".", "no organization": secret, "another organization": string(acme.Organization()) + "." + secret,
		"in capitals": strings.ToUpper(organization) + "." + secret, "shortened": token[:len(token)-1], "extended": token + "A", "replaced": first,
		"unknown": organization + "." + strings.Repeat("A", 43), "huge": organization + "." + strings.Repeat("A", 1<<16),
	} {
		fails(t, name, unusable, anna.join(wrong))
	}
	fails(t, "own", invalid("token", iam.ReasonConstraint, "value is this user's own token; it is for another account"), ann.join(token))
	for who, r := range map[string]person{"the owner": {owner, k, t}, "bob": bob} {
		on := func(what string, err error) {
			t.Helper()
			if iam.KindOf(err) != iam.KindPermissionsDenied {
				t.Errorf("%s %s: %v", who, what, err)
			}
		}
		_, err := k.Authority.ListConnections(kit.Context(t), r.Call("GetUserConnections"), ann.id())
		on("sees ann's", err)
		_, err = k.Authority.OfferConnection(kit.Context(t), r.Call("InitiateUserConnection"), ann.id())
		on("offers for ann", err)
		on("joins for ann", k.Authority.JoinConnection(kit.Context(t), r.Call("JoinUserConnection"), ann.id(), anna.offer()))
		on("ends ann's", k.Authority.RemoveConnection(kit.Context(t), r.Call("RemoveUserConnection"), ann.id(), anna.id()))
	}
	must[iam.User](t)(owner.LockUser(ann.id()))
	fails(t, "of a locked user", unusable, anna.join(token))
	must[iam.User](t)(owner.UnlockUser(ann.id()))
	c.Advance(10*time.Minute - time.Microsecond)
	done(t, anna.join(token))
	fails(t, "used", unusable, bob.join(token))
	done(t, anna.leave(ann))

	token = ann.offer()
	c.Advance(10 * time.Minute)
	fails(t, "too late", &iam.Error{Kind: iam.KindExpired, Resource: "connection"}, anna.join(token))
	token = ann.offer()
	must[iam.Organization](t)(k.AsOperator(t).CloseOrganization(owner.Organization()))
	fails(t, "of a closed organization", unusable, anna.join(token))
	same(t, "connected", nil, anna.sees())
}

// An account has a bounded number of connections; those of a closed organization are shown so.
func TestTooManyConnections(t *testing.T) {
	k := start(t)
	acme := tenant(t, k, "acme")
	ann := person{k.AsUser(t, k.AsOwner(t).MustCreateUser("ann")), k, t}
	others := make([]person, iam.MaxConnections+1)
	for i := range others {
		others[i] = person{k.AsUser(t, acme.MustCreateUser("u"+strings.Repeat("x", i+1))), k, t}
	}
	for _, other := range others[1:] {
		done(t, other.join(ann.offer()))
	}
	full := &iam.Error{Kind: iam.KindQuotasExceeded, Quota: iam.Quota{Name: "connections", Limit: 50, Current: 50}}
	fails(t, "one more joins", full, others[0].join(ann.offer()))
	fails(t, "ann joins one more", full, ann.join(others[0].offer()))
	must[iam.Organization](t)(k.AsOperator(t).CloseOrganization(acme.Organization()))
	for _, c := range ann.sees() {
		if !c.Locked {
			t.Errorf("%s: its organization is closed, and it is not shown", c.Username)
		}
	}
}
