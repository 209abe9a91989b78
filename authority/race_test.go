package authority_test

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"bailiwick/authority"
	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
)

// Of many who take the last place under a limit at once, one gets it.
func TestQuotaRace(t *testing.T) {
	kit.Engines(t, func(t *testing.T, database string) {
		k := kit.New(t, kit.Options{Database: database, Quotas: map[string]int{"iam_applications": 3}})
		owner := k.AsOwner(t)
		owner.MustCreateApplication("one")
		owner.MustCreateApplication("two")
		before := len(events(t, owner))
		var created, exceeded atomic.Int64
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				switch _, err := owner.CreateApplication(iam.NewApplication{Name: "x"}); {
				case err == nil:
					created.Add(1)
				case iam.KindOf(err) == iam.KindQuotasExceeded:
					exceeded.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		_, total, err := owner.ListApplications(iam.ApplicationFilter{Order: byCreation(), Page: page()})
		if err != nil || created.Load() != 1 || exceeded.Load() != 99 || total != 3 || len(events(t, owner)) != before+1 {
			t.Errorf("%d created, %d refused, %d applications, %d events, %v", created.Load(), exceeded.Load(), total, len(events(t, owner))-before, err)
		}
	})
}

// Names that must be unique stay so when many take one at once.
func TestUniqueNameRace(t *testing.T) {
	kit.Engines(t, func(t *testing.T, database string) {
		owner := kit.New(t, kit.Options{Database: database}).AsOwner(t)
		var groups, users atomic.Int64
		var wg sync.WaitGroup
		count := func(n *atomic.Int64, err error) {
			if err == nil {
				n.Add(1)
			} else if iam.KindOf(err) != iam.KindAlreadyExists {
				t.Error(err)
			}
		}
		for range 20 {
			wg.Go(func() { _, err := owner.CreateGroup(iam.NewGroup{Name: "ops"}); count(&groups, err) })
			wg.Go(func() {
				_, err := owner.CreateUser(iam.NewMember{Username: "ann", Email: "a@example.com"})
				count(&users, err)
			})
		}
		wg.Wait()
		if groups.Load() != 1 || users.Load() != 1 {
			t.Errorf("%d groups and %d users of one name", groups.Load(), users.Load())
		}
	})
}

// Writers that set the rules of one policy at once: every read, and every decision, is one
// whole set, never a mixture.
func TestRulesRace(t *testing.T) {
	kit.Engines(t, func(t *testing.T, database string) {
		k := kit.New(t, kit.Options{Database: database})
		owner := k.AsOwner(t)
		ci := owner.MustHire("ci")
		shop, store := owner.MustCreateProject("shop").ID, owner.MustCreateProject("store").ID
		sets := [][]iam.RuleSpec{
			{kit.InProject(shop, "SSHKeysReadOnly"), kit.InProject(store, "SSHKeysReadOnly")},
			{kit.InProject(shop, "InstancesReadOnly"), kit.InProject(store, "InstancesReadOnly"), kit.InProject(shop, "InstancesFullAccess")},
		}
		names := func(rules []iam.Rule) (all []string) {
			for _, r := range rules {
				all = append(all, r.PermissionSetNames...)
			}
			return all
		}
		whole := [][]string{{"SSHKeysReadOnly", "SSHKeysReadOnly"}, {"InstancesReadOnly", "InstancesReadOnly", "InstancesFullAccess"}}
		checks := []authority.PermissionCheck{
			{Permission: "iam:ssh_key:list", ProjectID: shop}, {Permission: "iam:ssh_key:list", ProjectID: store},
			{Permission: "compute:servers:start", ProjectID: shop}, {Permission: "compute:servers:list", ProjectID: store},
		}
		p := owner.MustCreatePolicy("p", ci.Caller.Principal, sets[0]...)
		var writers, readers sync.WaitGroup
		stop := make(chan struct{})
		readers.Go(func() {
			for reads := 0; ; reads++ {
				select {
				case <-stop:
					return
				default:
				}
				rules, total, err := owner.ListRules(p.ID, page())
				if err != nil || total != len(rules) || !slices.ContainsFunc(whole, func(w []string) bool { return slices.Equal(w, names(rules)) }) {
					t.Errorf("read %d: %v, %v", reads, names(rules), err)
					return
				}
			}
		})
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				got, err := ci.CheckPermissions(checks) // one call decides in one state
				if err != nil || !slices.Equal(got, []bool{true, true, false, false}) && !slices.Equal(got, []bool{false, false, true, true}) {
					t.Errorf("decisions %v, %v", got, err)
					return
				}
			}
		})
		for w := range 2 {
			writers.Go(func() {
				for range 100 {
					if _, err := owner.SetRules(p.ID, sets[w]); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		writers.Wait()
		close(stop)
		readers.Wait()
		got := must[iam.Policy](t)(owner.GetPolicy(p.ID))
		if rules := readRules(t, owner, p.ID); got.NbRules != len(rules) {
			t.Errorf("the policy counts %d rules of %d", got.NbRules, len(rules))
		}
	})
}

// After the answer to "delete this key" nothing that the key authenticated commits: neither
// on the node that deleted it nor on another one that has not heard of it yet.
func TestDeletedKeyCommitsNothing(t *testing.T) {
	kit.Engines(t, func(t *testing.T, database string) {
		k := kit.New(t, kit.Options{Database: database})
		owner := k.AsOwner(t)
		stale, err := node(t, database, 0)
		done(t, err)
		manager := owner.MustHire("manager", kit.Everywhere(owner.Organization(), "IAMManager"))
		done(t, stale.Follow(t.Context()))
		// A second key of the same application does what the first is caught at.
		secret := owner.MustCreateAPIKey(manager.Caller.Principal).SecretKey
		done(t, stale.Follow(t.Context()))
		thief := k.AsHolder(t, secret)

		var wg sync.WaitGroup
		var revision atomic.Int64 // of the deletion, once it is answered
		var committed atomic.Int64
		for worker := range 16 {
			runner := thief
			if worker%2 == 1 {
				runner = thief.On(stale)
			}
			wg.Go(func() {
				for i := 0; ; i++ {
					deleted := revision.Load() != 0
					_, err := runner.CreateAPIKey(iam.NewAPIKey{Bearer: thief.Caller.Principal})
					switch {
					case err == nil && deleted:
						t.Errorf("worker %d made a key with a key that had been deleted", worker)
						return
					case err == nil:
						committed.Add(1)
					case iam.KindOf(err) == iam.KindDeniedAuthentication:
						return
					default:
						t.Errorf("worker %d: %v", worker, err)
						return
					}
				}
			})
		}
		for committed.Load() < 20 {
			if t.Failed() {
				break
			}
			_, err := owner.GetOrganization(owner.Organization()) // give way to the workers
			done(t, err)
		}
		done(t, owner.DeleteAPIKey(thief.Caller.AccessKey))
		revision.Store(k.Authority.Revision())
		wg.Wait()
		afterwards(t, owner, thief.Caller.AccessKey)
	})
}

// afterwards checks, in the audit trail, that nothing of the deleted key's principal follows
// its deletion.
func afterwards(t *testing.T, owner *kit.Runner, key iam.AccessKey) {
	t.Helper()
	deleted := false
	for _, e := range events(t, owner) {
		if deleted && e.Principal != owner.Caller.Principal {
			t.Errorf("after the deletion: %s", summary(e))
		}
		deleted = deleted || e.Method == "DeleteAPIKey" && e.Resources[0].ID == string(key)
	}
	if !deleted {
		t.Error("the deletion is not in the audit trail")
	}
}
