package compat

import (
	"net/http"
	"strings"
	"testing"

	account "github.com/scaleway/scaleway-sdk-go/api/account/v3"
	trail "github.com/scaleway/scaleway-sdk-go/api/audit_trail/v1alpha1"
	iam "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
)

// reads are the calls that read one object, with the name by which not_found calls it.
func reads() map[string]struct {
	resource string
	read     func(me *actor, id string) error
} {
	return map[string]struct {
		resource string
		read     func(me *actor, id string) error
	}{
		"user": {"user", func(me *actor, id string) error { return failure(me.iam.GetUser(&iam.GetUserRequest{UserID: id})) }},
		"application": {"application", func(me *actor, id string) error {
			return failure(me.iam.GetApplication(&iam.GetApplicationRequest{ApplicationID: id}))
		}},
		"group": {"group", func(me *actor, id string) error { return failure(me.iam.GetGroup(&iam.GetGroupRequest{GroupID: id})) }},
		"policy": {"policy", func(me *actor, id string) error {
			return failure(me.iam.GetPolicy(&iam.GetPolicyRequest{PolicyID: id}))
		}},
		"rules": {"policy", func(me *actor, id string) error {
			return failure(me.iam.ListRules(&iam.ListRulesRequest{PolicyID: id}))
		}},
		"SSH key": {"ssh_key", func(me *actor, id string) error {
			return failure(me.iam.GetSSHKey(&iam.GetSSHKeyRequest{SSHKeyID: id}))
		}},
		"API key": {"access_key", func(me *actor, id string) error {
			return failure(me.iam.GetAPIKey(&iam.GetAPIKeyRequest{AccessKey: id}))
		}},
		"project": {"project_id", func(me *actor, id string) error {
			return failure(me.projects.GetProject(&account.ProjectAPIGetProjectRequest{ProjectID: id}))
		}},
		"log": {"log", func(me *actor, id string) error { return failure(me.iam.GetLog(&iam.GetLogRequest{LogID: id})) }},
	}
}

// TestOtherTenant: what belongs to another organization answers, byte for byte, like what
// was never there.
func TestOtherTenant(t *testing.T) {
	me, stranger := newOwner(t), newOwner(t)
	app := stranger.newApplication("secret")
	theirs := map[string]string{
		"/iam/v1alpha1/users/":        stranger.id,
		"/iam/v1alpha1/applications/": app.id,
		"/iam/v1alpha1/groups/":       must(stranger.iam.CreateGroup(&iam.CreateGroupRequest{}))(t).ID,
		"/iam/v1alpha1/policies/":     stranger.grant(app, "IAMReadOnly").ID,
		"/iam/v1alpha1/ssh-keys/":     must(stranger.iam.CreateSSHKey(&iam.CreateSSHKeyRequest{PublicKey: ed25519Key}))(t).ID,
		"/iam/v1alpha1/api-keys/":     app.accessKey,
		"/account/v3/projects/":       stranger.newProject("secret").ID,
	}
	for path, id := range theirs {
		for _, method := range []string{http.MethodGet, http.MethodPatch, http.MethodDelete} {
			t.Run(method+" "+path, func(t *testing.T) {
				nothing := strings.Repeat("0", 8) + id[8:] // another id of the same form
				if strings.HasPrefix(id, "SCW") {
					nothing = "SCW" + strings.Repeat("0", 17)
				}
				var body any
				if method == http.MethodPatch {
					body = map[string]any{}
				}
				real, none := me.raw().call(method, path+id, body), me.raw().call(method, path+nothing, body)
				real.wantStatus(http.StatusNotFound)
				none.wantStatus(http.StatusNotFound)
				equal(t, "bodies", strings.ReplaceAll(string(real.body), id, nothing), string(none.body))
			})
		}
	}
	mine := must(me.iam.CreateGroup(&iam.CreateGroupRequest{Name: "mine"}))(t)
	wantNotFound(t, failure(me.iam.AddGroupMember(&iam.AddGroupMemberRequest{GroupID: mine.ID, ApplicationID: &app.id})), "application", app.id)
	wantDenied(t, failure(me.iam.ListGroups(&iam.ListGroupsRequest{OrganizationID: stranger.organization})), "group", "list")
	wantDenied(t, failure(me.trail.ListEvents(&trail.ListEventsRequest{OrganizationID: stranger.organization})), "event", "list")
	equal(t, "keys of a stranger", must(me.iam.ListAPIKeys(&iam.ListAPIKeysRequest{AccessKeys: []string{app.accessKey}}))(t).TotalCount, uint32(0))
}

func TestNotFound(t *testing.T) {
	me := newOwner(t)
	for name, test := range reads() {
		t.Run(name, func(t *testing.T) {
			id := nobody
			if test.resource == "access_key" {
				id = "SCWXXXXXXXXXXXXXXXXX"
			}
			wantNotFound(t, test.read(me, id), test.resource, id)
		})
	}
	answer := me.raw().call(http.MethodGet, "/iam/v1alpha1/groups/"+nobody, nil)
	answer.wantStatus(http.StatusNotFound)
	equal(t, "body", string(answer.body), `{"message":"resource is not found","resource":"group","resource_id":"`+nobody+`","type":"not_found"}`)
}

// TestDenied: an application without a policy may do nothing at all, and learns of nothing
// whether it exists.
func TestDenied(t *testing.T) {
	me := newOwner(t)
	app := me.newApplication("worker")
	group := must(me.iam.CreateGroup(&iam.CreateGroupRequest{Name: "team"}))(t).ID
	for name, test := range map[string]struct {
		err              error
		resource, action string
	}{
		"list users":                {failure(app.iam.ListUsers(&iam.ListUsersRequest{})), "user", "list"},
		"read a user":               {failure(app.iam.GetUser(&iam.GetUserRequest{UserID: me.id})), "user", "read"},
		"read its own key":          {failure(app.iam.GetAPIKey(&iam.GetAPIKeyRequest{AccessKey: app.accessKey})), "api_key", "read"},
		"read a group":              {failure(app.iam.GetGroup(&iam.GetGroupRequest{GroupID: group})), "group", "read"},
		"read no group":             {failure(app.iam.GetGroup(&iam.GetGroupRequest{GroupID: nobody})), "group", "read"},
		"join a group":              {failure(app.iam.AddGroupMember(&iam.AddGroupMemberRequest{GroupID: group, ApplicationID: &app.id})), "group", "write_members"},
		"grant itself":              {failure(app.iam.CreatePolicy(&iam.CreatePolicyRequest{ApplicationID: &app.id})), "policy", "create"},
		"make a key for itself":     {failure(app.iam.CreateAPIKey(&iam.CreateAPIKeyRequest{ApplicationID: &app.id})), "api_key", "create"},
		"list projects":             {failure(app.projects.ListProjects(&account.ProjectAPIListProjectsRequest{})), "project", "list"},
		"list events":               {failure(app.trail.ListEvents(&trail.ListEventsRequest{})), "event", "list"},
		"list products":             {failure(app.trail.ListProducts(&trail.ListProductsRequest{})), "product", "list"},
		"list permission sets":      {failure(app.iam.ListPermissionSets(&iam.ListPermissionSetsRequest{})), "permission_set", "list"},
		"change an input it cannot": {failure(app.iam.CreateGroup(&iam.CreateGroupRequest{Name: "  not a name  "})), "group", "create"},
	} {
		t.Run(name, func(t *testing.T) { wantDenied(t, test.err, test.resource, test.action) })
	}
	answer := app.raw().call(http.MethodGet, "/iam/v1alpha1/api-keys/"+app.accessKey, nil)
	answer.wantStatus(http.StatusForbidden)
	equal(t, "body", string(answer.body), `{"details":[{"action":"read","resource":"api_key"}],"message":"insufficient permissions","type":"permissions_denied"}`)
}

func TestInvalidArguments(t *testing.T) {
	me := newOwner(t)
	long := strings.Repeat("x", 201)
	tags := strings.Split("a b c d e f g h i j k", " ")
	for name, test := range map[string]struct {
		err  error
		want []string
	}{
		"a name with a space before": {failure(me.iam.CreateApplication(&iam.CreateApplicationRequest{Name: " x"})), []string{"name format"}},
		"a name that is too long":    {failure(me.iam.CreateGroup(&iam.CreateGroupRequest{Name: long})), []string{"name constraint"}},
		"all faults at once":         {failure(me.iam.CreateGroup(&iam.CreateGroupRequest{Name: "!", Description: long, Tags: tags})), []string{"name format", "description constraint", "tags constraint"}},
		"a project's name":           {failure(me.projects.CreateProject(&account.ProjectAPICreateProjectRequest{Name: "a/b"})), []string{"name format"}},
		"an id that is none":         {failure(me.iam.GetGroup(&iam.GetGroupRequest{GroupID: "team"})), []string{"group_id format"}},
		"an upper-case order":        {failure(me.iam.ListGroups(&iam.ListGroupsRequest{OrderBy: "NAME_ASC"})), []string{"order_by constraint"}},
		"a user without a form":      {failure(me.iam.CreateUser(&iam.CreateUserRequest{})), []string{"type required"}},
		"a member without a name": {failure(me.iam.CreateUser(&iam.CreateUserRequest{Member: &iam.CreateUserRequestMember{Email: "nobody"}})),
			[]string{"member.username required", "member.email format"}},
		"a status out of range": {failure(me.trail.ListEvents(&trail.ListEventsRequest{Status: new(uint32(100))})), []string{"status constraint"}},
	} {
		t.Run(name, func(t *testing.T) { wantInvalid(t, test.err, test.want...) })
	}
}

// TestBodies: one reading of a body, or none.
func TestBodies(t *testing.T) {
	me := newOwner(t)
	for name, test := range map[string]struct {
		body        string
		contentType string
		status      int
	}{
		"a name given twice":   {`{"name":"a","name":"b"}`, "application/json", http.StatusBadRequest},
		"bytes behind the end": {`{"name":"a"}{}`, "application/json", http.StatusBadRequest},
		"not an object":        {`[]`, "application/json", http.StatusBadRequest},
		"not JSON":             {`name=a`, "application/json", http.StatusBadRequest},
		"a wrong type":         {`{"name":1}`, "application/json", http.StatusBadRequest},
		"a form":               {`{"name":"a"}`, "application/x-www-form-urlencoded", http.StatusUnsupportedMediaType},
		"too large":            {`{"name":"` + strings.Repeat("a", 1<<20) + `"}`, "application/json", http.StatusRequestEntityTooLarge},
		"as JavaScript sends":  {`{"name":"a","something_new":{}}`, "application/json; charset=utf-8", http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			me.raw().send(http.MethodPost, "/iam/v1alpha1/groups", test.contentType, test.body).wantStatus(test.status)
		})
	}
}
