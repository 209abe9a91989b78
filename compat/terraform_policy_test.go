package compat

import (
	"testing"

	iam "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
)

// readPolicy reads a policy as the provider does: the policy, then the first page of its
// rules. The order of rules, projects and tags is part of the state.
func (me *actor) readPolicy(id string) (kept, error) {
	p, err := me.iam.GetPolicy(&iam.GetPolicyRequest{PolicyID: id})
	if err != nil {
		return nil, err
	}
	rules, err := me.iam.ListRules(&iam.ListRulesRequest{PolicyID: id})
	if err != nil {
		return nil, err
	}
	principal := map[string]*string{"user_id": p.UserID, "group_id": p.GroupID, "application_id": p.ApplicationID}
	state := kept{"name": p.Name, "description": p.Description, "tags": p.Tags}
	for name, id := range principal {
		if id != nil {
			state["principal"] = name + " " + *id
		}
	}
	if p.NoPrincipal != nil {
		state["principal"] = "none"
	}
	state["rule"] = each(rules.Rules, func(r *iam.Rule) iam.RuleSpecs {
		return iam.RuleSpecs{PermissionSetNames: r.PermissionSetNames, Condition: r.Condition, ProjectIDs: r.ProjectIDs, OrganizationID: r.OrganizationID}
	})
	return state, nil
}

func TestTerraformPolicy(t *testing.T) {
	tf := terraform(t)
	one, two := tf.newProject("one").ID, tf.newProject("two").ID
	app := must(tf.iam.CreateApplication(&iam.CreateApplicationRequest{Name: "worker"}))(t).ID
	group := must(tf.iam.CreateGroup(&iam.CreateGroupRequest{Name: "team"}))(t).ID
	before := []iam.RuleSpecs{
		{PermissionSetNames: &[]string{"ObjectStorageReadOnly", "ContainerRegistryReadOnly"}, ProjectIDs: &[]string{two, one}, Condition: "request.user_agent == 'terraform-test'"},
		{PermissionSetNames: &[]string{"AllProductsFullAccess"}, OrganizationID: &tf.organization},
	}
	after := []iam.RuleSpecs{before[1], {PermissionSetNames: &[]string{"IAMManager"}, OrganizationID: &tf.organization, Condition: "1 == 1"}, before[0]}
	pointers := func(rules []iam.RuleSpecs) []*iam.RuleSpecs {
		return each(rules, func(r iam.RuleSpecs) *iam.RuleSpecs { return &r })
	}
	resource{
		name: "policy",
		create: func() (string, error) {
			p, err := tf.iam.CreatePolicy(&iam.CreatePolicyRequest{Name: "rules", OrganizationID: tf.organization, Description: "d", Tags: []string{"b", "a"}, ApplicationID: &app, Rules: pointers(before)})
			return pair(p, err, func(p *iam.Policy) string { return p.ID })
		},
		read: tf.readPolicy,
		update: func(id string) error { // the changed fields with the new principal only, then the rules
			must(tf.iam.UpdatePolicy(&iam.UpdatePolicyRequest{PolicyID: id, Tags: &[]string{"a"}, GroupID: &group}))(t)
			return failure(tf.iam.SetRules(&iam.SetRulesRequest{PolicyID: id, Rules: pointers(after)}))
		},
		remove: func(id string) error { return tf.iam.DeletePolicy(&iam.DeletePolicyRequest{PolicyID: id}) },
		first:  kept{"name": "rules", "description": "d", "tags": []string{"b", "a"}, "principal": "application_id " + app, "rule": before},
		second: kept{"name": "rules", "description": "d", "tags": []string{"a"}, "principal": "group_id " + group, "rule": after},
	}.replay(t)
}

// readGroup reads a group; the provider keeps its members as sets.
func (me *actor) readGroup(id string) (kept, error) {
	g, err := me.iam.GetGroup(&iam.GetGroupRequest{GroupID: id})
	if err != nil {
		return nil, err
	}
	return kept{"name": g.Name, "description": g.Description, "tags": g.Tags, "user_ids": g.UserIDs, "application_ids": g.ApplicationIDs}, nil
}

// TestTerraformGroup: members are set in a second call, and a group that loses its last
// members loses them one by one, because the provider never sends two empty lists.
func TestTerraformGroup(t *testing.T) {
	tf := terraform(t)
	user := tf.newMember("ada").ID
	app := must(tf.iam.CreateApplication(&iam.CreateApplicationRequest{Name: "worker"}))(t).ID
	resource{
		name: "group",
		create: func() (string, error) {
			g := must(tf.iam.CreateGroup(&iam.CreateGroupRequest{Name: "tf-group-happy-hopper", OrganizationID: tf.organization, Tags: []string{"t"}}))(t)
			return g.ID, failure(tf.iam.SetGroupMembers(&iam.SetGroupMembersRequest{GroupID: g.ID, UserIDs: []string{user}, ApplicationIDs: []string{app}}))
		},
		read: tf.readGroup,
		update: func(id string) error { // always all three labels
			must(tf.iam.GetGroup(&iam.GetGroupRequest{GroupID: id}))(t)
			must(tf.iam.UpdateGroup(&iam.UpdateGroupRequest{GroupID: id, Name: new("team"), Description: new("d"), Tags: &[]string{}}))(t)
			must(tf.iam.RemoveGroupMember(&iam.RemoveGroupMemberRequest{GroupID: id, ApplicationID: &app}))(t)
			return failure(tf.iam.RemoveGroupMember(&iam.RemoveGroupMemberRequest{GroupID: id, UserID: &user}))
		},
		remove: func(id string) error { return tf.iam.DeleteGroup(&iam.DeleteGroupRequest{GroupID: id}) },
		first:  kept{"name": "tf-group-happy-hopper", "description": "", "tags": []string{"t"}, "user_ids": []string{user}, "application_ids": []string{app}},
		second: kept{"name": "team", "description": "d", "tags": []string{}, "user_ids": []string{}, "application_ids": []string{}},
	}.replay(t)
}

// TestTerraformGroupMembership: with external_membership the group's resource leaves the
// members to resources of their own.
func TestTerraformGroupMembership(t *testing.T) {
	tf := terraform(t)
	user := tf.newMember("ada").ID
	app := must(tf.iam.CreateApplication(&iam.CreateApplicationRequest{Name: "worker"}))(t).ID
	group := must(tf.iam.CreateGroup(&iam.CreateGroupRequest{Name: "team"}))(t).ID
	must(tf.iam.AddGroupMember(&iam.AddGroupMemberRequest{GroupID: group, UserID: &user}))(t)
	must(tf.iam.AddGroupMember(&iam.AddGroupMemberRequest{GroupID: group, ApplicationID: &app}))(t)
	want := kept{"name": "team", "description": "", "tags": []string{}, "user_ids": []string{user}, "application_ids": []string{app}}
	equal(t, "read by each membership", must(tf.readGroup(group))(t), want)

	// An update of the group's labels must not touch what it does not manage.
	must(tf.iam.UpdateGroup(&iam.UpdateGroupRequest{GroupID: group, Name: new("team"), Description: new("d"), Tags: &[]string{}}))(t)
	want["description"] = "d"
	equal(t, "after an update of the group", must(tf.readGroup(group))(t), want)

	must(tf.iam.RemoveGroupMember(&iam.RemoveGroupMemberRequest{GroupID: group, UserID: &user}))(t)
	wantNotFound(t, failure(tf.iam.RemoveGroupMember(&iam.RemoveGroupMemberRequest{GroupID: group, UserID: &user})), "", user)
	want["user_ids"] = []string{}
	equal(t, "after a membership is destroyed", must(tf.readGroup(group))(t), want)
}
