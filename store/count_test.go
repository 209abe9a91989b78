package store_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"bailiwick/iam"
	"bailiwick/store"
)

// TestNumbersStayTrue adds, removes and rolls back at random, and compares the numbers that
// are kept, and what each Each gives, with the lists.
func TestNumbersStayTrue(t *testing.T) {
	const seed = 7
	t.Logf("seed %d", seed)
	onEngines(t, func(t *testing.T, s *store.Store) {
		organizations(t, s)
		random := rand.New(rand.NewPCG(seed, seed))
		for range 60 {
			err := try(t, s, func(tx *store.Tx) error {
				for range random.IntN(20) {
					if err := randomStep(tx, random); err != nil && !errors.Is(err, store.ErrNotFound) {
						return err
					}
				}
				if random.IntN(3) == 0 {
					return errStop
				}
				return nil
			})
			if err != nil && !errors.Is(err, errStop) && !errors.Is(err, store.ErrDuplicate) {
				t.Fatal(err)
			}
		}
		compareNumbers(t, s)
	})
}

// randomStep adds or removes one of a few objects of one of the organizations.
func randomStep(tx *store.Tx, random *rand.Rand) error {
	org := []iam.OrganizationID{mine, theirs}[random.IntN(2)]
	n := string(org[:8]) + fmt.Sprint(random.IntN(12))
	steps := []func() error{
		func() error { return tx.InsertProject(iam.Project{OrganizationID: org, ID: iam.ProjectID(n)}) },
		func() error { return tx.DeleteProject(org, iam.ProjectID(n)) },
		func() error { return tx.InsertUser(iam.User{OrganizationID: org, ID: iam.UserID(n), Username: n}, "") },
		func() error { return tx.DeleteUser(org, iam.UserID(n)) },
		func() error {
			return tx.InsertApplication(iam.Application{OrganizationID: org, ID: iam.ApplicationID(n)})
		},
		func() error { return tx.DeleteApplication(org, iam.ApplicationID(n)) },
		func() error { return tx.InsertGroup(iam.Group{OrganizationID: org, ID: iam.GroupID(n), Name: n}) },
		func() error { return tx.DeleteGroup(org, iam.GroupID(n)) },
		func() error {
			return tx.InsertPolicy(iam.Policy{OrganizationID: org, ID: iam.PolicyID(n)}, []iam.Rule{{ID: "1"}, {ID: "2"}})
		},
		func() error { return tx.DeletePolicy(org, iam.PolicyID(n)) },
		func() error {
			return tx.InsertAPIKey(iam.APIKey{OrganizationID: org, AccessKey: iam.AccessKey(n)}, store.Secret{Hash: []byte(n)})
		},
		func() error { return tx.DeleteAPIKey(org, iam.AccessKey(n)) },
		func() error { return tx.InsertSSHKey(iam.SSHKey{OrganizationID: org, ID: iam.SSHKeyID(n)}) },
		func() error { return tx.DeleteSSHKey(org, iam.SSHKeyID(n)) },
	}
	i := random.IntN(len(steps))
	if i%2 == 0 && random.IntN(2) == 0 {
		if err := steps[i+1](); err != nil && !errors.Is(err, store.ErrNotFound) { // make room first
			return err
		}
	}
	return steps[i]()
}

// compareNumbers compares the three ways to know what there is.
func compareNumbers(t *testing.T, s *store.Store) {
	t.Helper()
	view(t, s, func(tx *store.Tx) error {
		each := map[string][]string{}
		note := func(kind string, org iam.OrganizationID, id string) error {
			each[kind+" "+string(org)] = append(each[kind+" "+string(org)], id)
			return nil
		}
		err := errors.Join(
			tx.EachProject(func(p iam.Project) error { return note("project", p.OrganizationID, string(p.ID)) }),
			tx.EachUser(func(u iam.User) error { return note("user", u.OrganizationID, string(u.ID)) }),
			tx.EachApplication(func(a iam.Application) error { return note("application", a.OrganizationID, string(a.ID)) }),
			tx.EachGroup(func(g iam.Group) error { return note("group", g.OrganizationID, string(g.ID)) }),
			tx.EachPolicy(func(p iam.Policy, rules []iam.Rule) error {
				same(t, "rules", rules, []iam.Rule{{ID: "1"}, {ID: "2"}})
				return note("policy", p.OrganizationID, string(p.ID))
			}),
			tx.EachAPIKey(func(k store.HashedKey) error {
				same(t, "hash", k.Hash, []byte(k.AccessKey))
				return note("api key", k.OrganizationID, string(k.AccessKey))
			}),
			tx.EachOrganization(func(o iam.Organization) error { return note("organization", "", string(o.ID)) }),
		)
		if err != nil {
			return err
		}
		same(t, "organizations", len(each["organization "]), 2)
		for _, org := range []iam.OrganizationID{mine, theirs} {
			for _, l := range numberedLists(tx, org) {
				ids, total, err := l.list()
				if err != nil {
					return err
				}
				count, err := l.count(org)
				if err != nil {
					return err
				}
				if len(ids) == 0 || count != len(ids) || total != len(ids) {
					t.Errorf("%s: %d listed, total %d, count %d", l.kind, len(ids), total, count)
				}
				if l.kind != "ssh key" {
					found := each[l.kind+" "+string(org)]
					slices.Sort(found)
					slices.Sort(ids)
					same(t, "each "+l.kind, found, ids)
				}
			}
		}
		return nil
	})
}

type numberedList struct {
	kind  string
	list  func() ([]string, int, error)
	count func(iam.OrganizationID) (int, error)
}

func numberedLists(tx *store.Tx, org iam.OrganizationID) []numberedList {
	order, page := iam.Order{Field: "created_at"}, iam.Page{Number: 1, Size: 1000}
	return []numberedList{
		{"project", ids(func() ([]iam.Project, int, error) {
			return tx.Projects(iam.ProjectFilter{OrganizationID: org, Order: order, Page: page})
		}, func(p iam.Project) string { return string(p.ID) }), tx.CountProjects},
		{"user", ids(func() ([]iam.User, int, error) {
			return tx.Users(iam.UserFilter{OrganizationID: org, Order: order, Page: page})
		}, func(u iam.User) string { return string(u.ID) }), tx.CountUsers},
		{"application", ids(func() ([]iam.Application, int, error) {
			return tx.Applications(iam.ApplicationFilter{OrganizationID: org, Order: order, Page: page})
		}, func(a iam.Application) string { return string(a.ID) }), tx.CountApplications},
		{"group", ids(func() ([]iam.Group, int, error) {
			return tx.Groups(iam.GroupFilter{OrganizationID: org, Order: order, Page: page})
		}, func(g iam.Group) string { return string(g.ID) }), tx.CountGroups},
		{"policy", ids(func() ([]iam.Policy, int, error) {
			return tx.Policies(iam.PolicyFilter{OrganizationID: org, Order: order, Page: page})
		}, func(p iam.Policy) string { return string(p.ID) }), tx.CountPolicies},
		{"api key", ids(func() ([]iam.APIKey, int, error) {
			return tx.APIKeys(iam.APIKeyFilter{OrganizationID: org, Order: order, Page: page})
		}, func(k iam.APIKey) string { return string(k.AccessKey) }), tx.CountAPIKeys},
		{"ssh key", ids(func() ([]iam.SSHKey, int, error) {
			return tx.SSHKeys(iam.SSHKeyFilter{OrganizationID: org, Order: order, Page: page})
		}, func(k iam.SSHKey) string { return string(k.ID) }), tx.CountSSHKeys},
	}
}

// ids makes a list of ids out of a list of objects.
func ids[T any](list func() ([]T, int, error), id func(T) string) func() ([]string, int, error) {
	return func() ([]string, int, error) {
		objects, total, err := list()
		var out []string
		for _, o := range objects {
			out = append(out, id(o))
		}
		return out, total, err
	}
}

// TestNumbersInsideATransaction: a quota is asked in the transaction that just added.
func TestNumbersInsideATransaction(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		organizations(t, s)
		for n := range 3 {
			update(t, s, func(tx *store.Tx) error {
				for i := range 4 {
					count, err := tx.CountProjects(mine)
					same(t, "number", count, n*3+i)
					if i == 3 {
						return err
					}
					must(t, errors.Join(err, tx.InsertProject(iam.Project{ID: iam.ProjectID(id("a", n*10+i)), OrganizationID: mine})))
				}
				return nil
			})
		}
	})
}
