package authority_test

import (
	"testing"
	"time"

	"bailiwick/authority"
	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
)

// What conditions see of IAM's own resources: an object has id, name and locality; one that
// shall be made has a name and no id; a list has no resource at all.
func TestConditionsOnOurOwnResources(t *testing.T) {
	k := start(t)
	owner := k.AsOwner(t)
	org := owner.Organization()
	dev, prod := owner.MustCreateGroup("dev-a"), owner.MustCreateGroup("prod-a")
	ci := owner.MustHire("ci")
	for condition, want := range map[string]struct{ get, getOther, update, remove, create, createOther, list bool }{
		`resource.name.startsWith("dev-")`:                                 {get: true, update: true, remove: true, create: true},
		`resource.name.startsWith("dev-") || !has(resource.id)`:            {get: true, update: true, remove: true, create: true, createOther: true, list: true},
		`resource.id == "` + string(dev.ID) + `"`:                          {get: true, update: true, remove: true},
		`!has(resource.id)`:                                                {create: true, createOther: true, list: true},
		`has(resource.name)`:                                               {get: true, getOther: true, update: true, remove: true, create: true, createOther: true},
		`resource.locality == "global"`:                                    {get: true, getOther: true, update: true, remove: true, create: true, createOther: true},
		`resource.locality == "fr-par"`:                                    {},
		`request.ip == "192.0.2.1"`:                                        {true, true, true, true, true, true, true},
		`inIpRange(request.ip, "10.0.0.0/8")`:                              {},
		`request.user_agent.startsWith("runner/")`:                         {true, true, true, true, true, true, true},
		`request.time < timestamp("2020-01-01T00:00:00Z")`:                 {},
		`request.time > timestamp("2020-01-01T00:00:00Z")`:                 {true, true, true, true, true, true, true},
		`resource.name == "dev-a" && request.ip == "192.0.2.1"`:            {get: true, update: true, remove: true},
		`1 / (request.ip == "192.0.2.1" ? 0 : 1) == 1 || has(resource.id)`: {get: true, getOther: true, update: true, remove: true},
	} {
		t.Run(condition, func(t *testing.T) {
			owner, ci := owner.In(t), ci.In(t)
			p := owner.MustCreatePolicy("p", ci.Caller.Principal, kit.If(condition, kit.Everywhere(org, "IAMGroupManager")))
			defer func() { done(t, owner.DeletePolicy(p.ID)) }()
			g := owner.MustCreateGroup("dev-b-" + string(p.ID))
			if condition == `resource.id == "`+string(dev.ID)+`"` || condition == `resource.name == "dev-a" && request.ip == "192.0.2.1"` {
				done(t, owner.DeleteGroup(g.ID))
				g = dev
			}
			try := func(what string, want bool, action string, err error) {
				t.Helper()
				if want {
					if err != nil {
						t.Errorf("%s: %v", what, err)
					}
					return
				}
				fails(t, what, denied("group", action), err)
			}
			_, err := ci.GetGroup(g.ID)
			try("get", want.get, "read", err)
			_, err = ci.GetGroup(prod.ID)
			try("get other", want.getOther, "read", err)
			_, err = ci.UpdateGroup(g.ID, iam.GroupUpdate{Description: new("x")})
			try("update", want.update, "write", err)
			_, err = ci.CreateGroup(iam.NewGroup{Name: "dev-" + string(p.ID)})
			try("create", want.create, "create", err)
			_, err = ci.CreateGroup(iam.NewGroup{Name: "prod-" + string(p.ID)})
			try("create other", want.createOther, "create", err)
			_, _, err = ci.ListGroups(iam.GroupFilter{Order: byCreation(), Page: page()})
			try("list", want.list, "list", err)
			if g.ID != dev.ID {
				try("delete", want.remove, "delete", ci.DeleteGroup(g.ID))
			}
		})
	}
}

// A header that is left out is absent, not empty: a condition that only excludes agents must
// not be met by sending none.
func TestAbsentUserAgent(t *testing.T) {
	k := start(t)
	owner := k.AsOwner(t)
	ci := owner.MustHire("ci", kit.If(`!request.user_agent.contains("curl")`, kit.Everywhere(owner.Organization(), "ProjectReadOnly")))
	for agent, want := range map[string]bool{"terraform/1": true, "curl/8": false, "": false} {
		_, err := ci.From("192.0.2.1", agent).GetProject(k.First.DefaultProject.ID)
		if (err == nil) != want {
			t.Errorf("agent %q: %v", agent, err)
		}
	}
}

// A rename is judged against the old and the new name: a grant on some names takes nothing
// out of them and nothing into them.
func TestRenameNeedsBothNames(t *testing.T) {
	k := start(t)
	owner := k.AsOwner(t)
	org := owner.Organization()
	ci := owner.MustHire("ci", kit.If(`resource.name.startsWith("dev-")`, kit.Everywhere(org, "IAMManager", "ProjectManager")),
		kit.If(`resource.name.startsWith("dev-")`, kit.Everywhere(org, "SSHKeysFullAccess")))
	app, group, policy := owner.MustCreateApplication("dev-a"), owner.MustCreateGroup("dev-a"), owner.MustCreatePolicy("dev-a", iam.Principal{})
	user, project := owner.MustCreateUser("dev-a"), owner.MustCreateProject("dev-a")
	ssh := owner.MustCreateSSHKey(project.ID, "dev-a")
	key := must[createdKey](t)(owner.CreateAPIKey(iam.NewAPIKey{Bearer: app.ID.Principal(), Description: "dev-a"}))
	for what, rename := range map[string]func(r *kit.Runner, name string) error{
		"project": func(r *kit.Runner, name string) error {
			return refused[iam.Project](t)(r.UpdateProject(project.ID, iam.ProjectUpdate{Name: &name}))
		},
		"application": func(r *kit.Runner, name string) error {
			return refused[iam.Application](t)(r.UpdateApplication(app.ID, iam.ApplicationUpdate{Name: &name}))
		},
		"group": func(r *kit.Runner, name string) error {
			return refused[iam.Group](t)(r.UpdateGroup(group.ID, iam.GroupUpdate{Name: &name}))
		},
		"policy": func(r *kit.Runner, name string) error {
			return refused[iam.Policy](t)(r.UpdatePolicy(policy.ID, iam.PolicyUpdate{Name: &name}))
		},
		"user": func(r *kit.Runner, name string) error {
			return refused[iam.User](t)(r.UpdateUserUsername(user.ID, name))
		},
		"SSH key": func(r *kit.Runner, name string) error {
			return refused[iam.SSHKey](t)(r.UpdateSSHKey(ssh.ID, iam.SSHKeyUpdate{Name: &name}))
		},
		"API key": func(r *kit.Runner, name string) error {
			return refused[iam.APIKey](t)(r.UpdateAPIKey(key.AccessKey, iam.APIKeyUpdate{Description: &name}))
		},
	} {
		if err := rename(ci, "dev-b"); err != nil {
			t.Errorf("%s within the names: %v", what, err)
		}
		if err := rename(ci, "prod-b"); iam.KindOf(err) != iam.KindPermissionsDenied {
			t.Errorf("%s out of the names: %v", what, err)
		}
		done(t, rename(owner, "prod-c"))
		if err := rename(ci, "dev-c"); iam.KindOf(err) != iam.KindPermissionsDenied {
			t.Errorf("%s into the names: %v", what, err)
		}
	}
}

func TestCheckPermissions(t *testing.T) {
	k := start(t)
	owner, stranger := k.AsOwner(t), tenant(t, k, "acme")
	org, project, theirs := owner.Organization(), k.First.DefaultProject.ID, stranger.MustCreateProject("p").ID
	user, locked := k.AsUser(t, owner.MustCreateUser("ann")), owner.MustCreateUser("bob")
	lockedRunner := k.AsUser(t, locked)
	owner.MustCreatePolicy("bob", locked.ID.Principal(), kit.Everywhere(org, "ProjectManager"))
	must[iam.User](t)(owner.LockUser(locked.ID))
	app := owner.MustHire("app")
	shop := owner.MustCreateProject("shop").ID
	clerk := owner.MustHire("clerk", kit.InProject(shop, "InstancesFullAccess"), kit.If(`request.ip == "10.0.0.1"`, kit.Everywhere(org, "ProjectManager")))

	type row struct {
		permission string
		org        iam.OrganizationID
		project    iam.ProjectID
	}
	rows := []row{
		{"account:project:read", org, ""}, {"account:organization:read", org, ""}, {"account:project:create", org, ""},
		{"account:jwt:create", org, ""}, {"iam:user:read", org, ""}, {"compute:servers:start", "", shop},
		{"compute:servers:start", "", project}, {"compute:servers:start", org, ""}, {"account:project:read", "", nowhere},
		{"account:project:read", "", theirs}, {"account:project:read", stranger.Organization(), ""}, {"account:project:read", nowhere, ""},
		{"account:project:read", "", ""},
	}
	var checks []authority.PermissionCheck
	for _, r := range rows {
		checks = append(checks, authority.PermissionCheck{Permission: r.permission, OrganizationID: r.org, ProjectID: r.project})
	}
	const y, n = true, false
	for _, c := range []struct {
		who  string
		r    *kit.Runner
		want []bool
	}{
		{"owner", owner, []bool{y, y, y, n, y, y, y, y, n, n, n, n, y}},
		{"user without policies", user, []bool{y, y, n, n, n, n, n, n, n, n, n, n, y}},
		{"application without policies", app, []bool{n, n, n, n, n, n, n, n, n, n, n, n, n}},
		{"locked user", lockedRunner, []bool{n, n, n, n, n, n, n, n, n, n, n, n, n}},
		{"clerk", clerk, []bool{n, n, n, n, n, y, n, n, n, n, n, n, n}},
		{"clerk at 10.0.0.1", clerk.From("10.0.0.1", "x"), []bool{y, n, y, n, n, y, n, n, n, n, n, n, y}},
	} {
		same(t, c.who, c.want, must[[]bool](t)(c.r.CheckPermissions(checks)))
	}
	same(t, "no question", []bool{}, must[[]bool](t)(app.CheckPermissions(nil)))
	unknown := &iam.Error{Kind: iam.KindInvalidArguments, Arguments: []iam.Argument{
		{Name: "permissions[1]", Reason: iam.ReasonUnknown, Help: "unknown permission"}, {Name: "permissions[2]", Reason: iam.ReasonUnknown, Help: "unknown permission"},
	}}
	fails(t, "unknown", unknown, refused[[]bool](t)(app.CheckPermissions([]authority.PermissionCheck{
		{Permission: "iam:user:read"}, {Permission: "iam:user:fly"}, {Permission: "IAM:user:read"},
	})))
	fails(t, "too many", invalid("permissions", iam.ReasonConstraint, "value must contain no more than 1000 item(s)"),
		refused[[]bool](t)(app.CheckPermissions(make([]authority.PermissionCheck, 1001))))
}

// A grant that is tied to a time ends when the time comes, without anybody doing anything.
func TestTimeBoundGrant(t *testing.T) {
	c := &clock{}
	k := kit.New(t, kit.Options{Clock: c.Now})
	owner := k.AsOwner(t)
	until := c.Now().Add(time.Hour).Format(time.RFC3339)
	ci := owner.MustHire("ci", kit.If(`request.time < timestamp("`+until+`")`, kit.Everywhere(owner.Organization(), "ProjectManager")))
	must[iam.Project](t)(ci.CreateProject(iam.NewProject{Name: "in time"}))
	c.Advance(time.Hour - time.Microsecond)
	must[iam.Project](t)(ci.CreateProject(iam.NewProject{Name: "just in time"}))
	c.Advance(time.Microsecond)
	fails(t, "too late", denied("project", "create"), refused[iam.Project](t)(ci.CreateProject(iam.NewProject{Name: "late"})))
}
