package authority_test

import (
	"testing"

	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
)

func TestProjects(t *testing.T) {
	k := start(t)
	owner := k.AsOwner(t)
	p := must[iam.Project](t)(owner.CreateProject(iam.NewProject{Name: "shop", Description: "sells"}))
	same(t, "created", iam.Project{
		ID: p.ID, OrganizationID: owner.Organization(), Name: "shop", Description: "sells", CreatedAt: p.CreatedAt, UpdatedAt: p.CreatedAt,
	}, p)
	same(t, "read back", p, must[iam.Project](t)(owner.GetProject(p.ID)))

	changed := must[iam.Project](t)(owner.UpdateProject(p.ID, iam.ProjectUpdate{Name: new("store")}))
	want := p
	want.Name, want.UpdatedAt = "store", changed.UpdatedAt
	same(t, "changed", want, changed)
	same(t, "read back", want, must[iam.Project](t)(owner.GetProject(p.ID)))
	if !changed.UpdatedAt.After(p.UpdatedAt) {
		t.Error("a change does not move updated_at")
	}

	done(t, owner.DeleteProject(p.ID))
	fails(t, "deleted", iam.NotFound("project_id", string(p.ID)), refused[iam.Project](t)(owner.GetProject(p.ID)))
	fails(t, "deleted twice", iam.NotFound("project_id", string(p.ID)), owner.DeleteProject(p.ID))
}

func TestProjectErrors(t *testing.T) {
	k := start(t)
	owner, weak := k.AsOwner(t), k.AsOwner(t).MustHire("weak")
	length := "value length must be between 0 and 200 runes, inclusive"
	long := make([]byte, 201)
	for i := range long {
		long[i] = 'x'
	}
	both := &iam.Error{Kind: iam.KindInvalidArguments, Arguments: []iam.Argument{
		{Name: "name", Reason: iam.ReasonRequired, Help: "value is required"}, {Name: "description", Reason: iam.ReasonConstraint, Help: length},
	}}
	fails(t, "no name, long description", both, refused[iam.Project](t)(owner.CreateProject(iam.NewProject{Description: string(long)})))
	fails(t, "long description", invalid("description", iam.ReasonConstraint, length),
		refused[iam.Project](t)(owner.UpdateProject(k.First.DefaultProject.ID, iam.ProjectUpdate{Description: new(string(long))})))
	fails(t, "unknown", iam.NotFound("project_id", nowhere), refused[iam.Project](t)(owner.UpdateProject(nowhere, iam.ProjectUpdate{})))
	fails(t, "default", iam.Precondition(iam.PreconditionProtected, "the default project cannot be deleted"), owner.DeleteProject(k.First.DefaultProject.ID))
	fails(t, "another organization", denied("project", "create"), refused[iam.Project](t)(owner.CreateProject(iam.NewProject{OrganizationID: nowhere, Name: "x"})))

	fails(t, "weak creates, badly", denied("project", "create"), refused[iam.Project](t)(weak.CreateProject(iam.NewProject{})))
	fails(t, "weak reads", denied("project", "read"), refused[iam.Project](t)(weak.GetProject(k.First.DefaultProject.ID)))
	fails(t, "weak reads nowhere", denied("project", "read"), refused[iam.Project](t)(weak.GetProject(nowhere)))
	fails(t, "weak changes", denied("project", "write"), refused[iam.Project](t)(weak.UpdateProject(nowhere, iam.ProjectUpdate{})))
	fails(t, "weak deletes", denied("project", "delete"), weak.DeleteProject(k.First.DefaultProject.ID))
	fails(t, "weak lists", denied("project", "list"), refusedList[iam.Project](t)(weak.ListProjects(iam.ProjectFilter{Order: byCreation(), Page: page()})))
}

// Deleting a project takes its SSH keys and its place in scopes along. A rule that is left
// without a project grants nothing: above all it does not become one of the organization.
func TestDeletedProjectLeavesRulesWithoutEffect(t *testing.T) {
	k := start(t)
	owner := k.AsOwner(t)
	gone, stays := owner.MustCreateProject("gone"), owner.MustCreateProject("stays")
	ssh := owner.MustCreateSSHKey(gone.ID, "laptop")
	app := owner.MustCreateApplication("ci")
	policy := owner.MustCreatePolicy("ci", app.ID.Principal(),
		kit.If("request.ip == '192.0.2.1'", kit.InProject(gone.ID, "SSHKeysFullAccess")),
		iam.RuleSpec{PermissionSetNames: []string{"SSHKeysReadOnly"}, Scope: iam.Scope{ProjectIDs: []iam.ProjectID{gone.ID, stays.ID}}})
	rules, _, err := owner.ListRules(policy.ID, page())
	done(t, err)
	ci := k.AsHolder(t, owner.MustCreateAPIKey(app.ID.Principal()).SecretKey)
	done(t, refusedList[iam.SSHKey](t)(ci.ListSSHKeys(iam.SSHKeyFilter{ProjectID: gone.ID, Order: byCreation(), Page: page()})))

	done(t, owner.DeleteProject(gone.ID))
	rules[0].Scope.ProjectIDs, rules[1].Scope.ProjectIDs = nil, []iam.ProjectID{stays.ID}
	left, _, err := owner.ListRules(policy.ID, page())
	done(t, err)
	same(t, "rules", rules, left)
	got := must[iam.Policy](t)(owner.GetPolicy(policy.ID))
	policy.NbScopes, policy.UpdatedAt = 1, got.UpdatedAt
	same(t, "policy", policy, got)
	fails(t, "its SSH key", iam.NotFound("ssh_key", string(ssh.ID)), refused[iam.SSHKey](t)(owner.GetSSHKey(ssh.ID)))
	for what, id := range map[string]iam.ProjectID{"the deleted project": gone.ID, "the organization": "", "the default project": k.First.DefaultProject.ID} {
		fails(t, what, denied("ssh_key", "list"), refusedList[iam.SSHKey](t)(ci.ListSSHKeys(iam.SSHKeyFilter{ProjectID: id, Order: byCreation(), Page: page()})))
	}
	fails(t, "create in the project that stays", denied("ssh_key", "create"),
		refused[iam.SSHKey](t)(ci.CreateSSHKey(iam.NewSSHKey{ProjectID: stays.ID, PublicKey: kit.PublicKey})))
	done(t, refusedList[iam.SSHKey](t)(ci.ListSSHKeys(iam.SSHKeyFilter{ProjectID: stays.ID, Order: byCreation(), Page: page()})))
}

// What lives in a project: rights on one project say nothing of others, and its own deleted
// key is "not found" to who may touch keys there.
func TestSSHKeys(t *testing.T) {
	k := start(t)
	owner := k.AsOwner(t)
	shop, other := owner.MustCreateProject("shop"), owner.MustCreateProject("other")
	clerk := owner.MustHire("clerk", kit.InProject(shop.ID, "SSHKeysFullAccess"))
	foreign := owner.MustCreateSSHKey(other.ID, "foreign")

	key := must[iam.SSHKey](t)(clerk.CreateSSHKey(iam.NewSSHKey{ProjectID: shop.ID, Name: "laptop", PublicKey: kit.PublicKey + " ann@home"}))
	same(t, "created", iam.SSHKey{
		ID: key.ID, OrganizationID: owner.Organization(), ProjectID: shop.ID, Name: "laptop", PublicKey: kit.PublicKey,
		Fingerprint: "256 MD5:c5:b5:17:e4:b6:3f:aa:7f:2d:e6:d2:7f:a5:53:d5:41 (ssh-ed25519)", CreatedAt: key.CreatedAt, UpdatedAt: key.CreatedAt,
	}, key)
	changed := must[iam.SSHKey](t)(clerk.UpdateSSHKey(key.ID, iam.SSHKeyUpdate{Name: new("desk"), Disabled: new(true)}))
	key.Name, key.Disabled, key.UpdatedAt = "desk", true, changed.UpdatedAt
	same(t, "changed", key, changed)
	same(t, "read back", key, must[iam.SSHKey](t)(clerk.GetSSHKey(key.ID)))

	fails(t, "read elsewhere", denied("ssh_key", "read"), refused[iam.SSHKey](t)(clerk.GetSSHKey(foreign.ID)))
	fails(t, "change elsewhere", denied("ssh_key", "write"), refused[iam.SSHKey](t)(clerk.UpdateSSHKey(foreign.ID, iam.SSHKeyUpdate{})))
	fails(t, "create elsewhere", denied("ssh_key", "create"), refused[iam.SSHKey](t)(clerk.CreateSSHKey(iam.NewSSHKey{ProjectID: other.ID, PublicKey: kit.PublicKey})))
	fails(t, "create nowhere", iam.NotFound("project_id", nowhere), refused[iam.SSHKey](t)(clerk.CreateSSHKey(iam.NewSSHKey{ProjectID: nowhere, PublicKey: kit.PublicKey})))
	fails(t, "list all", denied("ssh_key", "list"), refusedList[iam.SSHKey](t)(clerk.ListSSHKeys(iam.SSHKeyFilter{Order: byCreation(), Page: page()})))
	err := refused[iam.SSHKey](t)(clerk.CreateSSHKey(iam.NewSSHKey{ProjectID: shop.ID, PublicKey: "ssh-ed25519 AAAA"}))
	if iam.KindOf(err) != iam.KindInvalidArguments {
		t.Errorf("not a key: %v", err)
	}
	done(t, clerk.DeleteSSHKey(key.ID))
	fails(t, "deleted", iam.NotFound("ssh_key", string(key.ID)), refused[iam.SSHKey](t)(clerk.GetSSHKey(key.ID)))
	fails(t, "deleted twice", iam.NotFound("ssh_key", string(key.ID)), clerk.DeleteSSHKey(key.ID))
	same(t, "the other key", foreign, must[iam.SSHKey](t)(owner.GetSSHKey(foreign.ID)))
}

// Limits hold at the edge, per organization, and for copies.
func TestQuotas(t *testing.T) {
	k := kit.New(t, kit.Options{Quotas: map[string]int{
		"account_projects": 2, "iam_users": 2, "iam_applications": 1, "iam_groups": 4, "iam_policies": 4, "iam_api_keys": 2, "iam_ssh_keys": 1,
	}})
	owner := k.AsOwner(t)
	app := owner.MustCreateApplication("a")
	policy := owner.MustCreatePolicy("p", iam.Principal{})
	owner.MustCreateProject("p")
	owner.MustCreateUser("ann")
	owner.MustCreateGroup("g")
	owner.MustCreateAPIKey(app.ID.Principal())
	owner.MustCreateSSHKey(k.First.DefaultProject.ID, "k")
	for quota, err := range map[string]error{
		"account_projects": refused[iam.Project](t)(owner.CreateProject(iam.NewProject{Name: "x"})),
		"iam_users":        refused[iam.User](t)(owner.CreateUser(iam.NewMember{Username: "bob", Email: "bob@example.com"})),
		"iam_applications": refused[iam.Application](t)(owner.CreateApplication(iam.NewApplication{Name: "x"})),
		"iam_groups":       refused[iam.Group](t)(owner.CreateGroup(iam.NewGroup{Name: "x"})),
		"iam_policies":     refused[iam.Policy](t)(owner.ClonePolicy(policy.ID)),
		"iam_ssh_keys":     refused[iam.SSHKey](t)(owner.CreateSSHKey(iam.NewSSHKey{ProjectID: k.First.DefaultProject.ID, PublicKey: kit.PublicKey})),
	} {
		q := must[iam.Quota](t)(owner.GetQuotum("", quota))
		fails(t, quota, &iam.Error{
			Kind: iam.KindQuotasExceeded, Quota: iam.Quota{Name: quota, Limit: q.Limit, Current: q.Limit}, ResourceID: string(owner.Organization()),
		}, err)
	}
	tenant(t, k, "acme").MustCreateApplication("its own limit")
	done(t, owner.DeleteApplication(app.ID))
	owner.MustCreateApplication("room again")

	fails(t, "unknown quota", iam.NotFound("quotum", "no_quota"), refused[iam.Quota](t)(owner.GetQuotum("", "no_quota")))
	quotas, total, err := owner.ListQuota("", []string{"iam_users", "account_projects"}, iam.Order{Field: "name", Descending: true}, iam.Page{Number: 1, Size: 1})
	if err != nil || total != 2 || quotas[0].Name != "iam_users" || quotas[0].Limit != 2 || quotas[0].Unlimited {
		t.Errorf("quotas: %+v of %d, %v", quotas, total, err)
	}
	free := start(t).AsOwner(t)
	if q := must[iam.Quota](t)(free.GetQuotum("", "iam_users")); !q.Unlimited {
		t.Errorf("without a limit: %+v", q)
	}
}
