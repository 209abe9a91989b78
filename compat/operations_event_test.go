package compat

import (
	"net/http"
	"slices"
	"testing"
	"time"

	trail "github.com/scaleway/scaleway-sdk-go/api/audit_trail/v1alpha1"
	iam "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
	"github.com/scaleway/scaleway-sdk-go/scw"
)

// events lists the events that a request selects.
func (me *actor) events(request trail.ListEventsRequest) []*trail.Event {
	me.t.Helper()
	return must(me.trail.ListEvents(&request))(me.t).Events
}

// TestEvent: one change, one event, with everything that an auditor asks for.
func TestEvent(t *testing.T) {
	me := newOwner(t)
	app := must(me.iam.CreateApplication(&iam.CreateApplicationRequest{Name: "worker"}))(t)
	events := me.events(trail.ListEventsRequest{ResourceID: &app.ID})
	equal(t, "events", len(events), 1)
	got := events[0]
	want := &trail.Event{
		ID: got.ID, RecordedAt: got.RecordedAt, Locality: region.String(), Principal: &trail.EventPrincipal{ID: me.id}, OrganizationID: me.organization,
		SourceIP: got.SourceIP, UserAgent: got.UserAgent, ProductName: "iam", ServiceName: "scaleway.iam.v1alpha1.Api", MethodName: "CreateApplication",
		Resources: []*trail.Resource{{
			ID: app.ID, Type: trail.ResourceTypeIamApplication, Name: new("worker"), CreatedAt: app.CreatedAt, UpdatedAt: app.UpdatedAt, Action: new(trail.Action("created")),
		}},
		RequestID: got.RequestID, StatusCode: 200,
		RequestBody: &scw.JSONObject{"name": "worker", "organization_id": me.organization, "description": "", "tags": []any{}},
	}
	equal(t, "event", got, want)
	equal(t, "in another region, where nothing happens", len(me.events(trail.ListEventsRequest{ResourceID: &app.ID, Region: scw.RegionNlAms})), 0)
	wantNewTime(t, got.RecordedAt)
	equal(t, "address", got.SourceIP.String(), "127.0.0.1")
	if got.UserAgent == nil || !slices.Contains([]string{(*got.UserAgent)[:16]}, "scaleway-sdk-go/") {
		t.Errorf("user agent is %v", got.UserAgent)
	}
}

// TestEventOnTheWire: the members that clients read through, and the request's id.
func TestEventOnTheWire(t *testing.T) {
	raw := newOwner(t).raw()
	created := raw.call(http.MethodPost, "/iam/v1alpha1/groups", map[string]any{"name": "wire"})
	created.wantStatus(http.StatusOK)
	group := created.object().text(t, "id")
	deleted := raw.call(http.MethodDelete, "/iam/v1alpha1/groups/"+group, nil)
	deleted.wantStatus(http.StatusNoContent)
	list := raw.get("/audit-trail/v1alpha1/regions/fr-par/events?resource_id=" + group).object()
	list.wantKeys(t, "list on its last page", "events")
	event := list.item(t, "events") // the newest
	event.wantKeys(t, "event", `id recorded_at locality principal organization_id project_id source_ip user_agent product_name service_name
		method_name resources request_id request_body status_code`)
	event.wantMembers(t, "event", map[string]string{
		"method_name": `"DeleteGroup"`, "request_id": `"` + deleted.response.Header.Get("X-Request-Id") + `"`,
		"project_id": "null", "request_body": `{"group_id":"` + group + `"}`,
	})
	event.item(t, "resources").wantKeys(t, "resource", "id type created_at updated_at deleted_at name action")
	event.item(t, "resources").wantTimes(t, "deleted_at")
}

// TestEventFilters: each filter alone, on a story of six events.
func TestEventFilters(t *testing.T) {
	me := newOwner(t)
	app := me.newApplication("worker")
	project := me.newProject("shop")
	key := must(me.iam.CreateSSHKey(&iam.CreateSSHKeyRequest{Name: "laptop", PublicKey: ed25519Key, ProjectID: project.ID}))(t)
	wantDenied(t, failure(app.iam.CreateGroup(&iam.CreateGroupRequest{Name: "mine"})), "group", "create")
	began := time.Now().Add(-time.Minute)
	all := []string{"CreateGroup", "CreateSSHKey", "CreateProject", "CreateAPIKey", "CreateApplication", "CreateOrganization"}
	for name, test := range map[string]struct {
		request trail.ListEventsRequest
		want    []string
	}{
		"all, newest first":  {trail.ListEventsRequest{}, all},
		"oldest first":       {trail.ListEventsRequest{OrderBy: trail.ListEventsRequestOrderByRecordedAtAsc}, reversed(all)},
		"of a project":       {trail.ListEventsRequest{ProjectID: &project.ID}, []string{"CreateSSHKey", "CreateProject"}},
		"of a resource":      {trail.ListEventsRequest{ResourceID: &key.ID}, []string{"CreateSSHKey"}},
		"of a resource type": {trail.ListEventsRequest{ResourceType: trail.ResourceTypeIamAPIKey}, []string{"CreateAPIKey", "CreateOrganization"}},
		"of a method":        {trail.ListEventsRequest{MethodName: new("CreateProject")}, []string{"CreateProject"}},
		"refused":            {trail.ListEventsRequest{Status: new(uint32(403))}, []string{"CreateGroup"}},
		"done":               {trail.ListEventsRequest{Status: new(uint32(200))}, all[1:]},
		"of a product":       {trail.ListEventsRequest{ProductName: new("account")}, []string{"CreateProject"}},
		"of a service":       {trail.ListEventsRequest{ServiceName: new("scaleway.account.v3.ProjectApi")}, []string{"CreateProject"}},
		"by a principal":     {trail.ListEventsRequest{PrincipalID: &app.id}, []string{"CreateGroup"}},
		"from an address":    {trail.ListEventsRequest{SourceIP: new("127.0.0.1")}, all},
		"from another":       {trail.ListEventsRequest{SourceIP: new("192.0.2.1")}, []string{}},
		"before it began":    {trail.ListEventsRequest{RecordedBefore: &began}, []string{}},
		"after it began":     {trail.ListEventsRequest{RecordedAfter: &began}, all},
	} {
		t.Run(name, func(t *testing.T) {
			equal(t, "methods", each(me.events(test.request), func(e *trail.Event) string { return e.MethodName }), test.want)
		})
	}
}

func reversed(list []string) []string {
	list = slices.Clone(list)
	slices.Reverse(list)
	return list
}

// TestEventPages: following the token shows every event once; a token is good for its own
// filters only.
func TestEventPages(t *testing.T) {
	me := newOwner(t)
	for range 7 {
		me.newProject("p")
	}
	whole := me.events(trail.ListEventsRequest{})
	var paged []*trail.Event
	request := trail.ListEventsRequest{PageSize: new(uint32(3))}
	for pages := 1; ; pages++ {
		page := must(me.trail.ListEvents(&request))(t)
		paged = append(paged, page.Events...)
		if page.NextPageToken == nil {
			equal(t, "pages", pages, 3)
			break
		}
		equal(t, "events on a page that is not the last", len(page.Events), 3)
		request.PageToken = page.NextPageToken
	}
	equal(t, "all pages", paged, whole)
	request.MethodName = new("CreateProject")
	wantInvalid(t, failure(me.trail.ListEvents(&request)), "page_token constraint")
	wantInvalid(t, failure(newOwner(t).trail.ListEvents(&trail.ListEventsRequest{PageToken: request.PageToken})), "page_token constraint")
}

// TestNoSecretInEvents: a password that was sent is in no event.
func TestNoSecretInEvents(t *testing.T) {
	me := newOwner(t)
	user := must(me.iam.CreateUser(&iam.CreateUserRequest{Member: &iam.CreateUserRequestMember{Email: "a@example.com", Username: "ada", Password: "vivid-lantern-1"}}))(t)
	must(me.iam.UpdateUserPassword(&iam.UpdateUserPasswordRequest{UserID: user.ID, Password: "vivid-lantern-2"}))(t)
	me.signIn(must(me.iam.CreateApplication(&iam.CreateApplicationRequest{Name: "worker"}))(t).ID)
	answer := me.raw().get("/audit-trail/v1alpha1/regions/fr-par/events")
	for _, secret := range []string{"vivid-lantern", me.secretKey, "secret_key"} {
		answer.wantWithout(secret)
	}
}

func TestProducts(t *testing.T) {
	me := newOwner(t)
	answer := must(me.trail.ListProducts(&trail.ListProductsRequest{}))(t)
	equal(t, "total_count", int(answer.TotalCount), len(answer.Products))
	equal(t, "names", each(answer.Products, func(p *trail.Product) string { return p.Name }), []string{"account", "audit-trail", "bailiwick", "iam"})
	service := answer.Products[3].Services[0]
	equal(t, "service", service.Name, "scaleway.iam.v1alpha1.Api")
	if !slices.Contains(service.Methods, "CreatePolicy") || slices.Contains(service.Methods, "ListPolicies") {
		t.Errorf("methods are %v, want those that change something", service.Methods)
	}
}
