package authority_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"bailiwick/authority"
	kit "bailiwick/bailiwicktest"
	"bailiwick/catalog"
	"bailiwick/iam"
)

// world is one id of each kind of object.
type world struct {
	organization iam.OrganizationID
	project      iam.ProjectID
	user         iam.UserID
	application  iam.ApplicationID
	group        iam.GroupID
	policy       iam.PolicyID
	key          iam.AccessKey
	ssh          iam.SSHKeyID
	log          iam.LogID
}

// unknown is the world of nobody.
func unknown() world {
	return world{nowhere, nowhere, nowhere, nowhere, nowhere, nowhere, noKey, nowhere, nowhere}
}

// populate makes one object of each kind.
func populate(t testing.TB, r *kit.Runner) world {
	t.Helper()
	w := world{organization: r.Organization(), project: r.MustCreateProject("p").ID, user: r.MustCreateUser("member").ID, application: r.MustCreateApplication("a").ID}
	w.group = r.MustCreateGroup("g", w.user.Principal(), w.application.Principal()).ID
	w.policy = r.MustCreatePolicy("p", w.group.Principal(), kit.InProject(w.project, "SSHKeysReadOnly")).ID
	w.key, w.ssh = r.MustCreateAPIKey(w.application.Principal()).AccessKey, r.MustCreateSSHKey(w.project, "k").ID
	logs, _, err := r.ListLogs(iam.LogFilter{Order: byCreation(), Page: page()})
	done(t, err)
	w.log = logs[0].ID
	return w
}

// calls are all ways to name somebody else's object: as the object of a call, as another
// object in it, and as a filter.
func calls(own world) map[string]func(*kit.Runner, world) (any, error) {
	name, o, all := "renamed", byCreation(), page()
	members := func(w world) iam.Members {
		return iam.Members{UserIDs: []iam.UserID{w.user}, ApplicationIDs: []iam.ApplicationID{w.application}}
	}
	return map[string]func(*kit.Runner, world) (any, error){
		"GetProject": func(r *kit.Runner, w world) (any, error) { return r.GetProject(w.project) },
		"UpdateProject": func(r *kit.Runner, w world) (any, error) {
			return r.UpdateProject(w.project, iam.ProjectUpdate{Name: &name})
		},
		"DeleteProject": func(r *kit.Runner, w world) (any, error) { return nil, r.DeleteProject(w.project) },
		"GetUser":       func(r *kit.Runner, w world) (any, error) { return r.GetUser(w.user) },
		"UpdateUser": func(r *kit.Runner, w world) (any, error) {
			return r.UpdateUser(w.user, iam.UserUpdate{FirstName: &name})
		},
		"UpdateUserUsername": func(r *kit.Runner, w world) (any, error) { return r.UpdateUserUsername(w.user, name) },
		"UpdateUserPassword": func(r *kit.Runner, w world) (any, error) {
			return r.UpdateUserPassword(w.user, "quiet-harbor-walnut-19")
		},
		"LockUser":       func(r *kit.Runner, w world) (any, error) { return r.LockUser(w.user) },
		"UnlockUser":     func(r *kit.Runner, w world) (any, error) { return r.UnlockUser(w.user) },
		"DeleteUser":     func(r *kit.Runner, w world) (any, error) { return nil, r.DeleteUser(w.user) },
		"GetApplication": func(r *kit.Runner, w world) (any, error) { return r.GetApplication(w.application) },
		"UpdateApplication": func(r *kit.Runner, w world) (any, error) {
			return r.UpdateApplication(w.application, iam.ApplicationUpdate{Name: &name})
		},
		"DeleteApplication": func(r *kit.Runner, w world) (any, error) { return nil, r.DeleteApplication(w.application) },
		"GetGroup":          func(r *kit.Runner, w world) (any, error) { return r.GetGroup(w.group) },
		"UpdateGroup":       func(r *kit.Runner, w world) (any, error) { return r.UpdateGroup(w.group, iam.GroupUpdate{Name: &name}) },
		"DeleteGroup":       func(r *kit.Runner, w world) (any, error) { return nil, r.DeleteGroup(w.group) },
		"SetGroupMembers":   func(r *kit.Runner, w world) (any, error) { return r.SetGroupMembers(w.group, iam.Members{}) },
		"AddGroupMember":    func(r *kit.Runner, w world) (any, error) { return r.AddGroupMember(w.group, own.user.Principal()) },
		"AddGroupMembers":   func(r *kit.Runner, w world) (any, error) { return r.AddGroupMembers(w.group, members(own)) },
		"RemoveGroupMember": func(r *kit.Runner, w world) (any, error) { return r.RemoveGroupMember(w.group, w.user.Principal()) },
		"GetPolicy":         func(r *kit.Runner, w world) (any, error) { return r.GetPolicy(w.policy) },
		"UpdatePolicy": func(r *kit.Runner, w world) (any, error) {
			return r.UpdatePolicy(w.policy, iam.PolicyUpdate{Name: &name})
		},
		"DeletePolicy": func(r *kit.Runner, w world) (any, error) { return nil, r.DeletePolicy(w.policy) },
		"ClonePolicy":  func(r *kit.Runner, w world) (any, error) { return r.ClonePolicy(w.policy) },
		"ListPrincipalPermissionSets": func(r *kit.Runner, w world) (any, error) {
			return list(r.ListPrincipalPermissionSets(string(w.user), all))
		},
		"ListRules": func(r *kit.Runner, w world) (any, error) { return list(r.ListRules(w.policy, all)) },
		"SetRules":  func(r *kit.Runner, w world) (any, error) { return r.SetRules(w.policy, nil) },
		"GetAPIKey": func(r *kit.Runner, w world) (any, error) { return r.GetAPIKey(w.key) },
		"UpdateAPIKey": func(r *kit.Runner, w world) (any, error) {
			return r.UpdateAPIKey(w.key, iam.APIKeyUpdate{Description: &name})
		},
		"DeleteAPIKey":         func(r *kit.Runner, w world) (any, error) { return nil, r.DeleteAPIKey(w.key) },
		"GetSSHKey":            func(r *kit.Runner, w world) (any, error) { return r.GetSSHKey(w.ssh) },
		"UpdateSSHKey":         func(r *kit.Runner, w world) (any, error) { return r.UpdateSSHKey(w.ssh, iam.SSHKeyUpdate{Name: &name}) },
		"DeleteSSHKey":         func(r *kit.Runner, w world) (any, error) { return nil, r.DeleteSSHKey(w.ssh) },
		"GetLog":               func(r *kit.Runner, w world) (any, error) { return r.GetLog(w.log) },
		"GetOrganization":      func(r *kit.Runner, w world) (any, error) { return r.GetOrganization(w.organization) },
		"SetOrganizationAlias": func(r *kit.Runner, w world) (any, error) { return r.SetOrganizationAlias(w.organization, "alias") },
		"UpdateOrganizationLoginMethods": func(r *kit.Runner, w world) (any, error) {
			return r.UpdateOrganizationLoginMethods(w.organization, iam.LoginMethodsUpdate{OAuth2: new(false)})
		},
		"GetOrganizationSecuritySettings": func(r *kit.Runner, w world) (any, error) { return r.GetOrganizationSecuritySettings(w.organization) },
		"UpdateOrganizationSecuritySettings": func(r *kit.Runner, w world) (any, error) {
			return r.UpdateOrganizationSecuritySettings(w.organization, iam.SecuritySettingsUpdate{MaxAPIKeyDuration: new(time.Hour)})
		},

		"our group, their user": func(r *kit.Runner, w world) (any, error) { return r.AddGroupMember(own.group, w.user.Principal()) },
		"our group, their application": func(r *kit.Runner, w world) (any, error) {
			return r.AddGroupMember(own.group, w.application.Principal())
		},
		"our group, their members":       func(r *kit.Runner, w world) (any, error) { return r.AddGroupMembers(own.group, members(w)) },
		"our group set to their members": func(r *kit.Runner, w world) (any, error) { return r.SetGroupMembers(own.group, members(w)) },
		"our group, remove theirs":       func(r *kit.Runner, w world) (any, error) { return r.RemoveGroupMember(own.group, w.user.Principal()) },
		"our policy, their group": func(r *kit.Runner, w world) (any, error) {
			p := w.group.Principal()
			return r.UpdatePolicy(own.policy, iam.PolicyUpdate{Principal: &p})
		},
		"new policy, their user": func(r *kit.Runner, w world) (any, error) {
			return r.CreatePolicy(iam.NewPolicy{Name: "x", Principal: w.user.Principal()})
		},
		"our rules, their project": func(r *kit.Runner, w world) (any, error) {
			return r.SetRules(own.policy, []iam.RuleSpec{kit.InProject(w.project, "SSHKeysReadOnly")})
		},
		"our rules, their organization": func(r *kit.Runner, w world) (any, error) {
			return r.SetRules(own.policy, []iam.RuleSpec{kit.Everywhere(w.organization, "IAMReadOnly")})
		},
		"key of their application": func(r *kit.Runner, w world) (any, error) {
			return r.CreateAPIKey(iam.NewAPIKey{Bearer: w.application.Principal()})
		},
		"key of their user": func(r *kit.Runner, w world) (any, error) {
			return r.CreateAPIKey(iam.NewAPIKey{Bearer: w.user.Principal()})
		},
		"key with their project": func(r *kit.Runner, w world) (any, error) {
			return r.CreateAPIKey(iam.NewAPIKey{Bearer: own.application.Principal(), DefaultProjectID: w.project})
		},
		"our key, their project": func(r *kit.Runner, w world) (any, error) {
			return r.UpdateAPIKey(own.key, iam.APIKeyUpdate{DefaultProjectID: &w.project})
		},
		"SSH key in their project": func(r *kit.Runner, w world) (any, error) {
			return r.CreateSSHKey(iam.NewSSHKey{ProjectID: w.project, PublicKey: kit.PublicKey})
		},

		"CreateProject there": func(r *kit.Runner, w world) (any, error) {
			return r.CreateProject(iam.NewProject{OrganizationID: w.organization, Name: "x"})
		},
		"CreateUser there": func(r *kit.Runner, w world) (any, error) {
			return r.CreateUser(iam.NewMember{OrganizationID: w.organization, Username: "xx", Email: "x@example.com"})
		},
		"CreateApplication there": func(r *kit.Runner, w world) (any, error) {
			return r.CreateApplication(iam.NewApplication{OrganizationID: w.organization, Name: "x"})
		},
		"CreateGroup there": func(r *kit.Runner, w world) (any, error) {
			return r.CreateGroup(iam.NewGroup{OrganizationID: w.organization, Name: "x"})
		},
		"CreatePolicy there": func(r *kit.Runner, w world) (any, error) {
			return r.CreatePolicy(iam.NewPolicy{OrganizationID: w.organization, Name: "x"})
		},
		"ListProjects there": func(r *kit.Runner, w world) (any, error) {
			return list(r.ListProjects(iam.ProjectFilter{OrganizationID: w.organization, Order: o, Page: all}))
		},
		"ListUsers there": func(r *kit.Runner, w world) (any, error) {
			return list(r.ListUsers(iam.UserFilter{OrganizationID: w.organization, Order: o, Page: all}))
		},
		"ListApplications there": func(r *kit.Runner, w world) (any, error) {
			return list(r.ListApplications(iam.ApplicationFilter{OrganizationID: w.organization, Order: o, Page: all}))
		},
		"ListGroups there": func(r *kit.Runner, w world) (any, error) {
			return list(r.ListGroups(iam.GroupFilter{OrganizationID: w.organization, Order: o, Page: all}))
		},
		"ListPolicies there": func(r *kit.Runner, w world) (any, error) {
			return list(r.ListPolicies(iam.PolicyFilter{OrganizationID: w.organization, Order: o, Page: all}))
		},
		"ListAPIKeys there": func(r *kit.Runner, w world) (any, error) {
			return list(r.ListAPIKeys(iam.APIKeyFilter{OrganizationID: w.organization, Order: o, Page: all}))
		},
		"ListSSHKeys there": func(r *kit.Runner, w world) (any, error) {
			return list(r.ListSSHKeys(iam.SSHKeyFilter{OrganizationID: w.organization, Order: o, Page: all}))
		},
		"ListLogs there": func(r *kit.Runner, w world) (any, error) {
			return list(r.ListLogs(iam.LogFilter{OrganizationID: w.organization, Order: o, Page: all}))
		},
		"ListQuota there": func(r *kit.Runner, w world) (any, error) { return list(r.ListQuota(w.organization, nil, o, all)) },
		"GetQuotum there": func(r *kit.Runner, w world) (any, error) { return r.GetQuotum(w.organization, "iam_users") },
		"ListPermissionSets there": func(r *kit.Runner, w world) (any, error) {
			sets, _, err := r.ListPermissionSets(w.organization, o, all)
			return []*catalog.Set(sets), err
		},
		"ListEvents there": func(r *kit.Runner, w world) (any, error) {
			list, _, err := r.ListEvents(iam.EventFilter{OrganizationID: w.organization, Size: 10}, "")
			return list, err
		},
		"ListSSHKeys of their project": func(r *kit.Runner, w world) (any, error) {
			return list(r.ListSSHKeys(iam.SSHKeyFilter{ProjectID: w.project, Order: o, Page: all}))
		},
		"filter by their projects": func(r *kit.Runner, w world) (any, error) {
			return list(r.ListProjects(iam.ProjectFilter{ProjectIDs: []iam.ProjectID{w.project}, Order: o, Page: all}))
		},
		"filter by their users": func(r *kit.Runner, w world) (any, error) {
			return list(r.ListUsers(iam.UserFilter{UserIDs: []iam.UserID{w.user}, Order: o, Page: all}))
		},
		"filter by their applications": func(r *kit.Runner, w world) (any, error) {
			return list(r.ListApplications(iam.ApplicationFilter{ApplicationIDs: []iam.ApplicationID{w.application}, Order: o, Page: all}))
		},
		"filter by their members": func(r *kit.Runner, w world) (any, error) {
			return list(r.ListGroups(iam.GroupFilter{UserIDs: []iam.UserID{w.user}, Order: o, Page: all}))
		},
		"filter by their principals": func(r *kit.Runner, w world) (any, error) {
			return list(r.ListPolicies(iam.PolicyFilter{GroupIDs: []iam.GroupID{w.group}, Order: o, Page: all}))
		},
		"filter by their keys": func(r *kit.Runner, w world) (any, error) {
			return list(r.ListAPIKeys(iam.APIKeyFilter{AccessKeys: []iam.AccessKey{w.key}, Order: o, Page: all}))
		},
		"filter by their bearer": func(r *kit.Runner, w world) (any, error) {
			return list(r.ListAPIKeys(iam.APIKeyFilter{BearerID: string(w.application), Order: o, Page: all}))
		},
		"search their log": func(r *kit.Runner, w world) (any, error) {
			return list(r.ListLogs(iam.LogFilter{Search: string(w.user), Order: o, Page: all}))
		},
		"events of their resource": func(r *kit.Runner, w world) (any, error) {
			list, _, err := r.ListEvents(iam.EventFilter{ResourceID: string(w.organization), Status: 200, Size: 10}, "")
			return list, err
		},
		"CheckPermissions there": func(r *kit.Runner, w world) (any, error) {
			return r.CheckPermissions([]authority.PermissionCheck{{Permission: "iam:user:read", OrganizationID: w.organization}, {Permission: "compute:servers:start", ProjectID: w.project}})
		},
	}
}

// list keeps the number of a list beside its items.
func list[T any](items []T, total int, err error) (any, error) {
	return fmt.Sprintf("%d: %v", total, items), err
}

// Tenants never see each other: whatever is asked about another organization's objects is
// answered exactly like the same question about ids that nobody has.
func TestTenantsNeverSeeEachOther(t *testing.T) {
	k := start(t)
	owner, stranger := k.AsOwner(t), tenant(t, k, "acme")
	own, theirs := populate(t, owner), populate(t, stranger)
	before := len(events(t, stranger))
	for who, r := range map[string]*kit.Runner{
		"owner": owner, "weak": owner.MustHire("weak"), "user": k.AsUser(t, owner.MustCreateUser("ann")),
		"manager": owner.MustHire("manager", kit.Everywhere(own.organization, "IAMManager", "OrganizationManager"), kit.Everywhere(own.organization, "AllProductsFullAccess", "SSHKeysFullAccess")),
		"clerk":   owner.MustHire("clerk", kit.InProject(own.project, "SSHKeysFullAccess")),
	} {
		for what, call := range calls(own) {
			got, gotErr := call(r, theirs)
			want, wantErr := call(r, unknown())
			if a, b := blind(t, gotErr, theirs), blind(t, wantErr, unknown()); !reflect.DeepEqual(a, b) {
				t.Errorf("%s, %s: theirs: %+v, nobody's: %+v", who, what, a, b)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s, %s: theirs: %v, nobody's: %v", who, what, got, want)
			}
		}
	}
	if left := events(t, stranger)[before:]; len(left) != 0 {
		t.Errorf("events in the other organization: %v", summaries(left))
	}
}

// blind returns an error with the ids that were asked for replaced, which must be all that
// tells two answers apart.
func blind(t testing.TB, err error, asked world) any {
	t.Helper()
	e, ok := errors.AsType[*iam.Error](err)
	if err != nil && !ok {
		t.Errorf("an internal error: %v", err)
	}
	if !ok {
		return err
	}
	blinded := *e
	v := reflect.ValueOf(asked)
	for i := range v.NumField() {
		if blinded.ResourceID == v.Field(i).String() {
			blinded.ResourceID = "asked"
		}
	}
	return blinded
}
