package authority_test

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bailiwick/authority"
	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
	"bailiwick/store"
)

// After any sequence of operations, the snapshot that grew change by change decides like one
// that is built from the database, on this node, on one that only follows, and after a
// restart; and the audit trail, folded, is the state.
func TestSnapshotEqualsTheDatabase(t *testing.T) {
	t.Parallel() // it is long
	kit.Engines(t, func(t *testing.T, database string) {
		const seed1, seed2 = 11, 2026
		t.Logf("seed %d, %d", seed1, seed2)
		k := kit.New(t, kit.Options{Database: database})
		follower, err := node(t, database, 0)
		done(t, err)
		c := &chaos{t: t, rand: rand.New(rand.NewPCG(seed1, seed2)), r: k.AsOwner(t), secret: map[iam.AccessKey]string{}}
		for range 2 {
			c.alive.projects = append(c.alive.projects, c.r.MustCreateProject(c.name()).ID)
			c.alive.users = append(c.alive.users, c.r.MustCreateUser(c.name()).ID)
			c.alive.applications = append(c.alive.applications, c.r.MustCreateApplication(c.name()).ID)
			c.alive.groups = append(c.alive.groups, c.r.MustCreateGroup(c.name()).ID)
		}
		c.alive.policies = append(c.alive.policies, c.r.MustCreatePolicy(c.name(), iam.Principal{}).ID)
		c.forget()
		everybody := []iam.Principal{k.First.Owner.ID.Principal()}
		everywhere := []iam.ProjectID{k.First.DefaultProject.ID}
		for range 6 {
			for range 40 {
				c.step()
			}
			everybody = append(everybody, principals(c.alive)...)
			everywhere = append(everywhere, c.alive.projects...)
			sampleOf, sampleIn := sample(c, everybody, 12), sample(c, everywhere, 5)
			grown := decisions(c, k.AsOperator(t), k.Authority, sampleOf, sampleIn)
			built, err := node(t, database, 0)
			done(t, err)
			same(t, "built anew", grown, decisions(c, k.AsOperator(t), built, sampleOf, sampleIn))
			done(t, follower.Follow(t.Context()))
			same(t, "followed", grown, decisions(c, k.AsOperator(t), follower, sampleOf, sampleIn))
			for _, verdict := range []string{": true ", ": false "} {
				if !slices.ContainsFunc(grown, func(line string) bool { return strings.Contains(line, verdict) }) {
					t.Errorf("no decision%s", verdict)
				}
			}
			k.CheckFold(t)
		}
	})
}

func principals(w living) (all []iam.Principal) {
	for _, id := range w.users {
		all = append(all, id.Principal())
	}
	for _, id := range w.applications {
		all = append(all, id.Principal())
	}
	return all
}

func sample[T any](c *chaos, list []T, n int) (chosen []T) {
	for range n {
		chosen = append(chosen, pick(c, list))
	}
	return chosen
}

// A second node sees what the first does, without being asked.
func TestFollowUntil(t *testing.T) {
	kit.Engines(t, func(t *testing.T, database string) {
		k := kit.New(t, kit.Options{Database: database})
		owner := k.AsOwner(t)
		other, err := node(t, database, 0)
		done(t, err)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); other.FollowUntil(ctx, time.Millisecond) }()
		defer func() { stop(); <-ended }()
		follows := func(what string, reached func() bool) {
			t.Helper()
			for range 300_000 {
				if reached() {
					return
				}
				if err := other.Ready(t.Context()); err != nil { // a look at the database: gives way without a sleep
					continue
				}
			}
			t.Errorf("the other node does not see: %s", what)
		}
		ci := owner.MustHire("ci")
		secret := owner.MustCreateAPIKey(ci.Caller.Principal)
		follows("a new key", func() bool { return authenticate(t, other, secret.SecretKey) == nil })
		p := owner.MustCreatePolicy("p", ci.Caller.Principal, kit.Everywhere(owner.Organization(), "ProjectReadOnly"))
		there := ci.On(other)
		may := func() bool { _, err := there.GetProject(k.First.DefaultProject.ID); return err == nil }
		follows("a grant", may)
		done(t, owner.DeletePolicy(p.ID))
		follows("a revocation", func() bool { return !may() })
		done(t, owner.DeleteAPIKey(secret.AccessKey))
		follows("a deleted key", func() bool { return authenticate(t, other, secret.SecretKey) != nil })
		follows("the revision", func() bool { return other.Revision() == k.Authority.Revision() })
	})
}

// A database that is restored from an older copy takes back what came after, on a running
// node, too.
func TestDatabaseWentBack(t *testing.T) {
	k := kit.New(t, kit.Options{Database: filepath.Join(t.TempDir(), "bailiwick.db")})
	k.NoFold("rows and revisions are taken back, events are not")
	owner := k.AsOwner(t)
	ci := owner.MustHire("ci")
	before := k.Authority.Revision()
	p := owner.MustCreatePolicy("p", ci.Caller.Principal, kit.Everywhere(owner.Organization(), "ProjectManager"))
	must[iam.Project](t)(ci.GetProject(k.First.DefaultProject.ID))
	must[iam.Policy](t)(owner.GetPolicy(p.ID))

	db, err := sql.Open("sqlite", k.Database+"?_pragma=busy_timeout(10000)")
	done(t, err)
	for _, statement := range []string{
		"DELETE FROM rules WHERE policy_id = '" + string(p.ID) + "'", "DELETE FROM policies WHERE id = '" + string(p.ID) + "'",
	} {
		_, err = db.ExecContext(t.Context(), statement)
		done(t, err)
	}
	for _, statement := range []string{"DELETE FROM changes WHERE revision > $1", "UPDATE revision SET value = $1"} {
		_, err = db.ExecContext(t.Context(), statement, before)
		done(t, err)
	}
	done(t, db.Close())

	if err := refused[iam.Project](t)(ci.CreateProject(iam.NewProject{Name: "x"})); iam.KindOf(err) != iam.KindUnavailable {
		t.Errorf("a mutation on a snapshot from the future: %v", err)
	}
	done(t, k.Authority.Follow(t.Context()))
	if got := k.Authority.Revision(); got != before {
		t.Errorf("revision %d, the database is at %d", got, before)
	}
	fails(t, "what came after", denied("project", "read"), refused[iam.Project](t)(ci.GetProject(k.First.DefaultProject.ID)))
	// The revision of what was taken back is given again: nothing may remember the first one.
	must[iam.Project](t)(owner.CreateProject(iam.NewProject{Name: "goes on"}))
	same(t, "revision", before+1, k.Authority.Revision())
	fails(t, "what was read before", iam.NotFound("policy", string(p.ID)), refused[iam.Policy](t)(owner.GetPolicy(p.ID)))
	if answer := must[authority.Answer](t)(k.AsOperator(t).Evaluate(ask(ci.Caller.Principal, "account:project:create", "account:project", ""))); answer.Allowed {
		t.Errorf("a decision from the future: %+v", answer)
	}
}

// The change log keeps an hour. A node that looked within it follows; one that did not builds its
// state anew, and both know what happened.
func TestPrunedChangeLog(t *testing.T) {
	kit.Engines(t, func(t *testing.T, database string) {
		now := &clock{}
		k := kit.New(t, kit.Options{Database: database, Clock: now.Now})
		fresh, err := node(t, database, 0)
		done(t, err)
		stale, err := node(t, database, 0)
		done(t, err)
		owner := k.AsOwner(t)
		prune := func() { t.Helper(); done(t, k.Authority.PruneChanges(kit.Context(t))) }
		kept := func(after int64) (n int, err error) {
			changes, err := k.Store.Read(t.Context()).Changes(after, k.Authority.Revision())
			return len(changes), err
		}
		before := stale.Revision()
		first := owner.MustCreateAPIKey(owner.MustCreateApplication("one").ID.Principal())
		prune() // notes the moment
		done(t, fresh.Follow(t.Context()))
		second := owner.MustCreateAPIKey(owner.MustCreateApplication("two").ID.Principal())
		now.Advance(time.Hour - time.Second)
		prune()
		if n, err := kept(before); n != 4 || err != nil {
			t.Errorf("within the hour %d changes are left, %v", n, err)
		}
		now.Advance(time.Second)
		prune()
		if _, err := kept(before); !errors.Is(err, store.ErrPruned) {
			t.Errorf("after the hour: %v", err)
		}
		if n, err := kept(fresh.Revision()); n != 2 || err != nil {
			t.Errorf("of those that were new %d are left, %v", n, err)
		}
		for name, a := range map[string]*authority.Authority{"fresh": fresh, "stale": stale} {
			done(t, a.Follow(t.Context()))
			same(t, name+" node's revision", k.Authority.Revision(), a.Revision())
			for _, key := range []authority.CreatedAPIKey{first, second} {
				if _, err := a.Authenticate(t.Context(), authority.Credential{Kind: authority.SecretKey, Value: key.SecretKey}); err != nil {
					t.Errorf("%s node does not know a key: %v", name, err)
				}
			}
		}
		now.Advance(time.Hour)
		prune()
		if _, err := kept(fresh.Revision() - 1); !errors.Is(err, store.ErrPruned) {
			t.Errorf("an hour later: %v", err)
		}
		done(t, owner.DeleteAPIKey(first.AccessKey)) // a node with a pruned log behind it goes on
		done(t, stale.Follow(t.Context()))
		if _, err := stale.Authenticate(t.Context(), authority.Credential{Kind: authority.SecretKey, Value: first.SecretKey}); err == nil {
			t.Error("a deleted key is still known")
		}
	})
}
