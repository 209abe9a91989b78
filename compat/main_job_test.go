package compat

import (
	"testing"

	account "github.com/scaleway/scaleway-sdk-go/api/account/v3"
	trail "github.com/scaleway/scaleway-sdk-go/api/audit_trail/v1alpha1"
	iam "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
	"github.com/scaleway/scaleway-sdk-go/scw"
)

// mainJob is the cast of the main job: a shop with a checkout service that may read what
// lies in the shop's project, and groups from its own host only.
type mainJob struct {
	owner   *actor
	shop    *account.Project
	group   *iam.Group
	policy  *iam.Policy
	service *actor          // the checkout service with its key
	gate    *actor          // a service that asks the decision point
	asks    []decisionPoint // everybody who may ask
}

// TestMainJob: an owner makes a project, an application, a group, a policy with rules and
// a condition, and an API key; the key is then allowed exactly what the policy grants,
// wherever a service asks, and as soon as the call that changed it is answered.
func TestMainJob(t *testing.T) {
	job := newMainJob(t)
	job.wantNothing("before the policy")

	job.policy = must(job.owner.iam.CreatePolicy(&iam.CreatePolicyRequest{Name: "checkout", GroupID: &job.group.ID, Rules: job.rules()}))(t)
	job.wantGranted("with the policy")

	must(job.owner.iam.RemoveGroupMember(&iam.RemoveGroupMemberRequest{GroupID: job.group.ID, ApplicationID: &job.service.id}))(t)
	job.wantNothing("out of the group")
	must(job.owner.iam.AddGroupMember(&iam.AddGroupMemberRequest{GroupID: job.group.ID, ApplicationID: &job.service.id}))(t)
	job.wantGranted("back in the group")
	must(job.owner.iam.SetRules(&iam.SetRulesRequest{PolicyID: job.policy.ID}))(t)
	job.wantNothing("without rules")
	must(job.owner.iam.SetRules(&iam.SetRulesRequest{PolicyID: job.policy.ID, Rules: job.rules()}))(t)
	job.wantGranted("with its rules again")
	must(job.owner.iam.UpdatePolicy(&iam.UpdatePolicyRequest{PolicyID: job.policy.ID, NoPrincipal: new(true)}))(t)
	job.wantNothing("without a principal")
	must(job.owner.iam.UpdatePolicy(&iam.UpdatePolicyRequest{PolicyID: job.policy.ID, ApplicationID: &job.service.id}))(t)
	job.wantGranted("as principal itself")
	check(t, job.owner.iam.DeletePolicy(&iam.DeletePolicyRequest{PolicyID: job.policy.ID}))
	job.wantNothing("without the policy")

	check(t, job.owner.iam.DeleteAPIKey(&iam.DeleteAPIKeyRequest{AccessKey: job.service.accessKey}))
	wantUnauthenticated(t, failure(job.service.iam.ListGroups(&iam.ListGroupsRequest{})), "not_found")
	job.wantStory()
}

// newMainJob starts a server of its own and makes everything but the policy. The owner
// signs in from the environment.
func newMainJob(t *testing.T) *mainJob {
	s := startFor(t)
	owner := ownerFromEnv(t, s)
	job := &mainJob{owner: owner, shop: owner.newProject("shop"), service: owner.newApplication("checkout")}
	job.group = must(owner.iam.CreateGroup(&iam.CreateGroupRequest{Name: "shop services"}))(t)
	must(owner.iam.AddGroupMember(&iam.AddGroupMemberRequest{GroupID: job.group.ID, ApplicationID: &job.service.id}))(t)
	must(owner.iam.CreateSSHKey(&iam.CreateSSHKeyRequest{Name: "till", PublicKey: ed25519Key, ProjectID: job.shop.ID}))(t)
	job.gate = owner.newApplication("gate")
	owner.grant(job.gate, "DecisionPointAccess")
	job.asks = []decisionPoint{{operator(t, s)}, {job.gate.raw()}}
	return job
}

// rules are the rules of the policy.
func (job *mainJob) rules() []*iam.RuleSpecs {
	return []*iam.RuleSpecs{
		{PermissionSetNames: &[]string{"ObjectStorageReadOnly", "SSHKeysReadOnly"}, ProjectIDs: &[]string{job.shop.ID}},
		{
			PermissionSetNames: &[]string{"IAMGroupReadOnly"}, OrganizationID: &job.owner.organization,
			Condition: `inIpRange(request.ip, "127.0.0.0/8") && request.user_agent.startsWith("scaleway-sdk-go/")`,
		},
	}
}

// listKeys lists the SSH keys of a project, as the service.
func (job *mainJob) listKeys(project string) error {
	return failure(job.service.iam.ListSSHKeys(&iam.ListSSHKeysRequest{ProjectID: &project}))
}

// wantGranted requires that the service may do what the policy grants, and nothing else,
// on the API and for everybody who asks the decision point.
func (job *mainJob) wantGranted(when string) {
	t := job.owner.t
	t.Helper()
	t.Log(when)
	check(t, job.listKeys(job.shop.ID))
	check(t, failure(job.service.iam.ListGroups(&iam.ListGroupsRequest{})))
	check(t, failure(job.service.iam.GetGroup(&iam.GetGroupRequest{GroupID: job.group.ID})))
	// The same key from another program does not meet the condition.
	browser := newActor(t, job.owner.server, job.owner.organization, job.service.id, job.service.accessKey, job.service.secretKey, scw.WithDefaultUserAgent("curl/8"))
	wantDenied(t, failure(browser.iam.ListGroups(&iam.ListGroupsRequest{})), "group", "list")
	job.wantRefusals()
	for _, point := range job.asks {
		point.want(job, true)
	}
}

// wantNothing requires that the service may do nothing at all.
func (job *mainJob) wantNothing(when string) {
	t := job.owner.t
	t.Helper()
	t.Log(when)
	wantDenied(t, job.listKeys(job.shop.ID), "ssh_key", "list")
	wantDenied(t, failure(job.service.iam.ListGroups(&iam.ListGroupsRequest{})), "group", "list")
	job.wantRefusals()
	for _, point := range job.asks {
		point.want(job, false)
	}
}

// wantRefusals requires refusals that hold with and without the policy.
func (job *mainJob) wantRefusals() {
	t := job.owner.t
	t.Helper()
	wantDenied(t, job.listKeys(job.owner.organization), "ssh_key", "list") // the default project
	wantDenied(t, failure(job.service.iam.ListSSHKeys(&iam.ListSSHKeysRequest{})), "ssh_key", "list")
	wantDenied(t, failure(job.service.iam.CreateSSHKey(&iam.CreateSSHKeyRequest{PublicKey: ed25519Key, ProjectID: job.shop.ID})), "ssh_key", "create")
	wantDenied(t, failure(job.service.iam.CreateGroup(&iam.CreateGroupRequest{Name: "more"})), "group", "create")
	wantDenied(t, failure(job.service.iam.ListUsers(&iam.ListUsersRequest{})), "user", "list")
	wantDenied(t, failure(job.service.projects.ListProjects(&account.ProjectAPIListProjectsRequest{})), "project", "list")
}

// wantStory requires the audit trail of the whole job, at once: what the owner did in its
// order, and what the service tried.
func (job *mainJob) wantStory() {
	t := job.owner.t
	t.Helper()
	list := func(principal string, status uint32) []string {
		events := job.owner.events(trail.ListEventsRequest{
			PrincipalID: &principal, Status: &status, OrderBy: trail.ListEventsRequestOrderByRecordedAtAsc, PageSize: new(uint32(1000)),
		})
		return each(events, func(e *trail.Event) string { return e.MethodName })
	}
	equal(t, "what the owner did", list(job.owner.id, 200), []string{
		"CreateProject", "CreateApplication", "CreateAPIKey", "CreateGroup", "AddGroupMember", "CreateSSHKey",
		"CreateApplication", "CreateAPIKey", "CreatePolicy",
		"CreatePolicy", "RemoveGroupMember", "AddGroupMember", "SetRules", "SetRules", "UpdatePolicy", "UpdatePolicy", "DeletePolicy",
		"DeleteAPIKey",
	})
	equal(t, "what the owner was refused", list(job.owner.id, 403), []string{})
	equal(t, "what the service did", list(job.service.id, 200), []string{})
	var tries []string
	for range 9 { // the times that it was watched
		tries = append(tries, "CreateSSHKey", "CreateGroup")
	}
	equal(t, "what the service was refused", list(job.service.id, 403), tries)
}
