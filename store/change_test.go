package store_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"bailiwick/iam"
	"bailiwick/store"
)

// changes returns the changes of one or more revisions, sorted.
func changes(t testing.TB, s *store.Store, after, upTo int64) []store.Change {
	t.Helper()
	found, err := got(t, s, func(tx *store.Tx) ([]store.Change, error) {
		found, err := tx.Changes(after, upTo)
		slices.SortFunc(found, func(a, b store.Change) int {
			return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID), cmp.Compare(a.OrganizationID, b.OrganizationID))
		})
		return found, err
	})
	must(t, err)
	return found
}

func TestChangesOfEveryMutation(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		user, other := iam.UserID(id("b", 1)), iam.UserID(id("b", 2))
		application, project, policy := iam.ApplicationID(id("d", 1)), iam.ProjectID(id("a", 1)), iam.PolicyID(id("f", 1))
		group, second := iam.GroupID(id("e", 1)), iam.GroupID(id("e", 2))
		const key = iam.AccessKey("SCW00000000000000001")
		changed := func(kind store.Kind, id string) store.Change {
			return store.Change{OrganizationID: mine, Kind: kind, ID: id}
		}
		both := iam.Members{UserIDs: []iam.UserID{user, other}, ApplicationIDs: []iam.ApplicationID{application}}
		steps := []struct {
			name string
			step func(*store.Tx) error
			want []store.Change
		}{
			{"InsertOrganization", func(tx *store.Tx) error { return tx.InsertOrganization(organization(mine, "a")) }, []store.Change{changed(store.KindOrganization, string(mine))}},
			{"UpdateOrganization", func(tx *store.Tx) error { return tx.UpdateOrganization(organization(mine, "b")) }, []store.Change{changed(store.KindOrganization, string(mine))}},
			{"InsertProject", func(tx *store.Tx) error { return tx.InsertProject(iam.Project{OrganizationID: mine, ID: project}) }, []store.Change{changed(store.KindProject, string(project))}},
			{"UpdateProject: labels decide nothing", func(tx *store.Tx) error { return tx.UpdateProject(iam.Project{OrganizationID: mine, ID: project}) }, nil},
			{"InsertUser", func(tx *store.Tx) error { return tx.InsertUser(iam.User{OrganizationID: mine, ID: user}, "") }, []store.Change{changed(store.KindUser, string(user))}},
			{"InsertUser, another", func(tx *store.Tx) error {
				return tx.InsertUser(iam.User{OrganizationID: mine, ID: other, Username: "x"}, "")
			}, []store.Change{changed(store.KindUser, string(other))}},
			{"UpdateUser", func(tx *store.Tx) error { return tx.UpdateUser(iam.User{OrganizationID: mine, ID: user, Locked: true}) }, []store.Change{changed(store.KindUser, string(user))}},
			{"SetUserPassword", func(tx *store.Tx) error { return tx.SetUserPassword(mine, user, "hash") }, nil},
			{"InsertApplication", func(tx *store.Tx) error {
				return tx.InsertApplication(iam.Application{OrganizationID: mine, ID: application})
			}, []store.Change{changed(store.KindApplication, string(application))}},
			{"UpdateApplication: tags are attributes", func(tx *store.Tx) error {
				return tx.UpdateApplication(iam.Application{OrganizationID: mine, ID: application})
			}, []store.Change{changed(store.KindApplication, string(application))}},
			{"InsertGroup", func(tx *store.Tx) error { return tx.InsertGroup(iam.Group{OrganizationID: mine, ID: group}) }, []store.Change{changed(store.KindGroup, string(group))}},
			{"InsertGroup, another", func(tx *store.Tx) error {
				return tx.InsertGroup(iam.Group{OrganizationID: mine, ID: second, Name: "x"})
			}, []store.Change{changed(store.KindGroup, string(second))}},
			{"UpdateGroup: labels decide nothing", func(tx *store.Tx) error { return tx.UpdateGroup(iam.Group{OrganizationID: mine, ID: group}) }, nil},
			{"AddMembers", func(tx *store.Tx) error { return tx.AddMembers(mine, group, both) }, []store.Change{changed(store.KindGroup, string(group))}},
			{"RemoveMember", func(tx *store.Tx) error { return tx.RemoveMember(mine, group, user.Principal()) }, []store.Change{changed(store.KindGroup, string(group))}},
			{"SetMembers", func(tx *store.Tx) error {
				return tx.SetMembers(iam.Group{OrganizationID: mine, ID: second, UserIDs: []iam.UserID{user}})
			}, []store.Change{changed(store.KindGroup, string(second))}},
			{"SetMembers of both", func(tx *store.Tx) error {
				return errors.Join(tx.SetMembers(iam.Group{OrganizationID: mine, ID: group, UserIDs: both.UserIDs, ApplicationIDs: both.ApplicationIDs}),
					tx.SetMembers(iam.Group{OrganizationID: mine, ID: group, UserIDs: both.UserIDs, ApplicationIDs: both.ApplicationIDs}))
			}, []store.Change{changed(store.KindGroup, string(group))}},
			{"InsertPolicy", func(tx *store.Tx) error { return tx.InsertPolicy(iam.Policy{OrganizationID: mine, ID: policy}, nil) }, []store.Change{changed(store.KindPolicy, string(policy))}},
			{"UpdatePolicy", func(tx *store.Tx) error { return tx.UpdatePolicy(iam.Policy{OrganizationID: mine, ID: policy}) }, []store.Change{changed(store.KindPolicy, string(policy))}},
			{"SetRules", func(tx *store.Tx) error { return tx.SetRules(iam.Policy{OrganizationID: mine, ID: policy}, nil) }, []store.Change{changed(store.KindPolicy, string(policy))}},
			{"InsertAPIKey", func(tx *store.Tx) error {
				return tx.InsertAPIKey(iam.APIKey{OrganizationID: mine, AccessKey: key}, store.Secret{})
			}, []store.Change{changed(store.KindAPIKey, string(key))}},
			{"UpdateAPIKey", func(tx *store.Tx) error { return tx.UpdateAPIKey(iam.APIKey{OrganizationID: mine, AccessKey: key}) }, []store.Change{changed(store.KindAPIKey, string(key))}},
			{"InsertSSHKey: decides nothing", func(tx *store.Tx) error { return tx.InsertSSHKey(iam.SSHKey{OrganizationID: mine, ID: "1"}) }, nil},
			{"UpdateSSHKey: decides nothing", func(tx *store.Tx) error { return tx.UpdateSSHKey(iam.SSHKey{OrganizationID: mine, ID: "1"}) }, nil},
			{"DeleteSSHKey: decides nothing", func(tx *store.Tx) error { return tx.DeleteSSHKey(mine, "1") }, nil},
			{"AppendEvent", func(tx *store.Tx) error { return tx.AppendEvent(iam.Event{OrganizationID: mine}) }, nil},
			{"SetFact", func(tx *store.Tx) error { return tx.SetFact("x", "y") }, nil},
			{"DeleteAPIKey", func(tx *store.Tx) error { return tx.DeleteAPIKey(mine, key) }, []store.Change{changed(store.KindAPIKey, string(key))}},
			{"DeletePolicy", func(tx *store.Tx) error { return tx.DeletePolicy(mine, policy) }, []store.Change{changed(store.KindPolicy, string(policy))}},
			{"DeleteUser leaves its groups", func(tx *store.Tx) error { return tx.DeleteUser(mine, user) },
				[]store.Change{changed(store.KindGroup, string(group)), changed(store.KindGroup, string(second)), changed(store.KindUser, string(user))}},
			{"DeleteApplication leaves its groups", func(tx *store.Tx) error { return tx.DeleteApplication(mine, application) },
				[]store.Change{changed(store.KindApplication, string(application)), changed(store.KindGroup, string(group))}},
			{"DeleteGroup", func(tx *store.Tx) error { return tx.DeleteGroup(mine, group) }, []store.Change{changed(store.KindGroup, string(group))}},
			{"DeleteProject", func(tx *store.Tx) error { return tx.DeleteProject(mine, project) }, []store.Change{changed(store.KindProject, string(project))}},
		}
		seen := map[store.Change]bool{}
		for i, step := range steps {
			revision := update(t, s, step.step)
			same(t, step.name+": revision", revision, int64(i+1))
			same(t, step.name, changes(t, s, revision-1, revision), step.want)
			for _, c := range step.want {
				seen[c] = true
			}
		}
		same(t, "all, each once", len(changes(t, s, 0, int64(len(steps)))), len(seen))
		same(t, "none", changes(t, s, int64(len(steps)), int64(len(steps))+10), nil)
	})
}

// TestFollowerMissesNothing is about the trap of a log that many write: a change that takes
// its number first and becomes visible second is passed by, for good, by a reader who only
// asks for higher numbers. Here the reader looks all the time while writers commit and roll
// back, and must have seen each change at the moment it passed its revision.
func TestFollowerMissesNothing(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		organizations(t, s)
		const writers, rounds = 8, 15
		var mu sync.Mutex
		committed := map[int64]string{} // by revision
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for r := range rounds {
					project := id("a", w*rounds+r)
					revision, err := s.Update(t.Context(), func(tx *store.Tx) error {
						if err := tx.InsertProject(iam.Project{ID: iam.ProjectID(project), OrganizationID: mine}); err != nil {
							return err
						}
						if r%5 == 4 {
							return errStop
						}
						return tx.AppendEvent(iam.Event{OrganizationID: mine, ID: project})
					})
					if r%5 == 4 {
						fails(t, "roll back", err, errStop)
						same(t, "revision of what was rolled back", revision, 0)
						continue
					}
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					committed[revision] = project
					mu.Unlock()
				}
			})
		}
		done := make(chan struct{})
		go func() { wg.Wait(); close(done) }()
		seen := map[string]bool{}
		last := int64(1) // after the organizations
		for stop := false; !stop; {
			select {
			case <-done:
				stop = true // and look a last time
			default:
			}
			last = follow(t, s, last, seen)
		}
		same(t, "the last revision", last, int64(1+writers*rounds*4/5))
		same(t, "committed", len(committed), writers*rounds*4/5)
		for revision, project := range committed {
			if !seen[project] {
				t.Errorf("the change of revision %d was missed", revision)
			}
		}
		same(t, "seen", len(seen), len(committed))
	})
}

// follow reads the changes after a revision, and checks that they are there to be read.
func follow(t *testing.T, s *store.Store, last int64, seen map[string]bool) (latest int64) {
	t.Helper()
	view(t, s, func(tx *store.Tx) (err error) {
		if latest, err = tx.Latest(); err != nil {
			return err
		}
		found, err := tx.Changes(last, latest)
		if err != nil {
			return err
		}
		if latest < last || int64(len(found)) != latest-last {
			return fmt.Errorf("%d changes from revision %d to %d", len(found), last, latest)
		}
		for _, c := range found {
			if _, err := tx.Project(mine, iam.ProjectID(c.ID)); err != nil {
				return fmt.Errorf("project of %v: %w", c, err)
			}
			seen[c.ID] = true
		}
		return nil
	})
	return latest
}

func TestPoliciesWithProject(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		organizations(t, s)
		a, b := iam.ProjectID(id("a", 1)), iam.ProjectID(id("a", 2))
		policy := func(org iam.OrganizationID, n int, scopes ...iam.Scope) iam.Policy {
			p := iam.Policy{ID: iam.PolicyID(id("f", n)), OrganizationID: org, Name: fmt.Sprint(n)}
			var rules []iam.Rule
			for i, scope := range scopes {
				rules = append(rules, iam.Rule{ID: iam.RuleID(id("1", 10*n+i)), PermissionSetNames: []string{string(a)}, Scope: scope})
			}
			p.CountRules(rules)
			update(t, s, func(tx *store.Tx) error { return tx.InsertPolicy(p, rules) })
			return p
		}
		projects := func(ids ...iam.ProjectID) iam.Scope { return iam.Scope{ProjectIDs: ids} }
		one := policy(mine, 1, projects(b, a))
		policy(mine, 2, projects(b))
		three := policy(mine, 3, projects(), projects(a), projects(a))
		policy(mine, 4, iam.Scope{OrganizationID: mine})
		policy(mine, 5)
		policy(theirs, 6, projects(a))
		find := func(project iam.ProjectID) []iam.Policy {
			found, err := got(t, s, func(tx *store.Tx) ([]iam.Policy, error) { return tx.PoliciesWithProject(mine, project) })
			must(t, err)
			return found
		}
		same(t, "of the project", find(a), []iam.Policy{one, three})
		for _, pattern := range []iam.ProjectID{"%", "_", "a0000000-0000-4000-8000-00000000000_", `a%`, `\`, `"`, "", "A0000000-0000-4000-8000-000000000001"} {
			same(t, "of the pattern "+string(pattern), find(pattern), nil)
		}
	})
}
