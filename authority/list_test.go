package authority_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	kit "bailiwick/bailiwicktest"
	"bailiwick/catalog"
	"bailiwick/iam"
)

// lister lists something by order and page, and says what it got as ids.
type lister func(order iam.Order, page iam.Page) ([]string, int, error)

// ids makes a lister's answer.
func ids[T any](name func(T) string) func([]T, int, error) ([]string, int, error) {
	return func(items []T, total int, err error) ([]string, int, error) {
		var all []string
		for _, item := range items {
			all = append(all, name(item))
		}
		return all, total, err
	}
}

// Orders, directions and pages of every list reach the store.
func TestListsOrderAndPage(t *testing.T) {
	c := &clock{}
	k := kit.New(t, kit.Options{Clock: c.Now})
	owner := k.AsOwner(t)
	for _, name := range []string{"beta", "Alpha", "gamma"} {
		c.Advance(time.Second)
		owner.MustCreateProject(name)
		owner.MustCreateUser(name)
		owner.MustCreateGroup(name)
		owner.MustCreatePolicy(name, iam.Principal{})
		owner.MustCreateAPIKey(owner.MustCreateApplication(name).ID.Principal())
		owner.MustCreateSSHKey(k.First.DefaultProject.ID, name)
	}
	for what, l := range map[string]struct {
		orders []string
		list   lister
	}{
		"projects": {[]string{"created_at", "name"}, func(o iam.Order, p iam.Page) ([]string, int, error) {
			return ids(func(p iam.Project) string { return p.Name })(owner.ListProjects(iam.ProjectFilter{Order: o, Page: p}))
		}},
		"users": {[]string{"created_at", "updated_at", "email", "last_login", "username"}, func(o iam.Order, p iam.Page) ([]string, int, error) {
			return ids(func(u iam.User) string { return u.Username })(owner.ListUsers(iam.UserFilter{Order: o, Page: p}))
		}},
		"applications": {[]string{"created_at", "updated_at", "name"}, func(o iam.Order, p iam.Page) ([]string, int, error) {
			return ids(func(a iam.Application) string { return a.Name })(owner.ListApplications(iam.ApplicationFilter{Order: o, Page: p}))
		}},
		"groups": {[]string{"created_at", "updated_at", "name"}, func(o iam.Order, p iam.Page) ([]string, int, error) {
			return ids(func(g iam.Group) string { return g.Name })(owner.ListGroups(iam.GroupFilter{Order: o, Page: p}))
		}},
		"policies": {[]string{"created_at", "policy_name"}, func(o iam.Order, p iam.Page) ([]string, int, error) {
			return ids(func(p iam.Policy) string { return p.Name })(owner.ListPolicies(iam.PolicyFilter{Order: o, Page: p}))
		}},
		"keys": {[]string{"created_at", "updated_at", "expires_at", "access_key"}, func(o iam.Order, p iam.Page) ([]string, int, error) {
			return ids(func(k iam.APIKey) string { return string(k.AccessKey) })(owner.ListAPIKeys(iam.APIKeyFilter{Order: o, Page: p}))
		}},
		"SSH keys": {[]string{"created_at", "updated_at", "name"}, func(o iam.Order, p iam.Page) ([]string, int, error) {
			return ids(func(k iam.SSHKey) string { return k.Name })(owner.ListSSHKeys(iam.SSHKeyFilter{Order: o, Page: p}))
		}},
		"logs": {[]string{"created_at"}, func(o iam.Order, p iam.Page) ([]string, int, error) {
			return ids(func(l iam.Log) string { return string(l.ID) })(owner.ListLogs(iam.LogFilter{Order: o, Page: p}))
		}},
		"permission sets": {[]string{"name"}, func(o iam.Order, p iam.Page) ([]string, int, error) {
			return ids(func(s *catalog.Set) string { return s.Name })(owner.ListPermissionSets("", o, p))
		}},
		"quotas": {[]string{"name"}, func(o iam.Order, p iam.Page) ([]string, int, error) {
			return ids(func(q iam.Quota) string { return q.Name })(owner.ListQuota("", nil, o, p))
		}},
	} {
		for _, field := range l.orders {
			t.Run(what+" by "+field, func(t *testing.T) { listsWell(t, l.list, field) })
		}
	}
}

// listsWell checks that a list reads the same whole or by pages, and backwards downwards.
func listsWell(t *testing.T, list lister, field string) {
	up := iam.Order{Field: field}
	var all []string
	var total int
	for number := 1; ; number++ {
		items, n, err := list(up, iam.Page{Number: number, Size: 2})
		done(t, err)
		if total = n; len(items) == 0 {
			break
		}
		all = append(all, items...)
	}
	if len(all) != total || total < 3 {
		t.Fatalf("%d of %d items in pages: %v", len(all), total, all)
	}
	down, _, err := list(iam.Order{Field: field, Descending: true}, iam.Page{Number: 1, Size: min(total, 100)})
	done(t, err)
	slices.Reverse(all)
	same(t, "descending", all[:min(total, 100)], down)
	beyond, n, err := list(up, iam.Page{Number: 9999, Size: 100})
	if err != nil || n != total || len(beyond) != 0 {
		t.Errorf("behind the end: %v of %d, %v", beyond, n, err)
	}
}

func TestFilters(t *testing.T) {
	k := start(t)
	owner := k.AsOwner(t)
	ann, ci := owner.MustCreateUser("ann"), owner.MustCreateApplication("ci")
	g := owner.MustCreateGroup("ops", ann.ID.Principal(), ci.ID.Principal())
	must[iam.Application](t)(owner.UpdateApplication(ci.ID, iam.ApplicationUpdate{Tags: &[]string{"env=prod"}}))
	p := owner.MustCreatePolicy("p", g.ID.Principal())
	shop := owner.MustCreateProject("shop")
	key, ssh := owner.MustCreateAPIKey(ci.ID.Principal()), owner.MustCreateSSHKey(shop.ID, "laptop")
	o, all := byCreation(), page()
	one := func(what string, want string) func([]string, int, error) {
		return func(got []string, total int, err error) {
			t.Helper()
			if err != nil || fmt.Sprint(got) != "["+want+"]" || total != len(got) {
				t.Errorf("%s: %v of %d, %v; want %s", what, got, total, err, want)
			}
		}
	}
	one("project by name", "shop")(ids(func(p iam.Project) string { return p.Name })(owner.ListProjects(iam.ProjectFilter{Name: "shop", Order: o, Page: all})))
	one("project by id", "shop")(ids(func(p iam.Project) string { return p.Name })(owner.ListProjects(iam.ProjectFilter{ProjectIDs: []iam.ProjectID{shop.ID, nowhere}, Order: o, Page: all})))
	one("user by id", "ann")(ids(func(u iam.User) string { return u.Username })(owner.ListUsers(iam.UserFilter{UserIDs: []iam.UserID{ann.ID}, Order: o, Page: all})))
	one("user by type", "ann")(ids(func(u iam.User) string { return u.Username })(owner.ListUsers(iam.UserFilter{Type: iam.UserMember, Order: o, Page: all})))
	one("application by tag", "ci")(ids(func(a iam.Application) string { return a.Name })(owner.ListApplications(iam.ApplicationFilter{Tag: "prod", Order: o, Page: all})))
	one("group by user", "ops")(ids(func(g iam.Group) string { return g.Name })(owner.ListGroups(iam.GroupFilter{UserIDs: []iam.UserID{ann.ID}, Order: o, Page: all})))
	one("policy by group", "p")(ids(func(p iam.Policy) string { return p.Name })(owner.ListPolicies(iam.PolicyFilter{GroupIDs: []iam.GroupID{g.ID}, Order: o, Page: all})))
	one("policy by id", string(p.ID))(ids(func(p iam.Policy) string { return string(p.ID) })(owner.ListPolicies(iam.PolicyFilter{PolicyIDs: []iam.PolicyID{p.ID}, Order: o, Page: all})))
	one("key by bearer", string(key.AccessKey))(ids(func(k iam.APIKey) string { return string(k.AccessKey) })(owner.ListAPIKeys(iam.APIKeyFilter{BearerID: string(ci.ID), Order: o, Page: all})))
	one("SSH key by project", string(ssh.ID))(ids(func(k iam.SSHKey) string { return string(k.ID) })(owner.ListSSHKeys(iam.SSHKeyFilter{ProjectID: shop.ID, Order: o, Page: all})))
	one("log by resource", "created updated")(ids(func(l iam.Log) string { return string(l.Action) })(owner.ListLogs(iam.LogFilter{Search: string(ci.ID), Order: o, Page: all})))
	logs, _, err := owner.ListLogs(iam.LogFilter{Action: iam.ActionCreated, ResourceType: "group", Order: o, Page: all})
	done(t, err)
	l := must[iam.Log](t)(owner.GetLog(logs[0].ID))
	same(t, "log", iam.Log{
		ID: l.ID, OrganizationID: owner.Organization(), CreatedAt: l.CreatedAt, IP: "192.0.2.1", UserAgent: "runner/1.0", Action: iam.ActionCreated,
		BearerID: string(k.First.Owner.ID), ResourceType: "group", ResourceID: string(g.ID),
	}, l)
	fails(t, "no such log", iam.NotFound("log", nowhere), refused[iam.Log](t)(owner.GetLog(nowhere)))
}
