package compat

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	account "github.com/scaleway/scaleway-sdk-go/api/account/v3"
	iam "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
	"github.com/scaleway/scaleway-sdk-go/scw"
)

// many is the number of objects that are paged through: two full pages and a part of one.
const many = 45

// paged is one list call of the SDK, with the way to fill it.
type paged struct {
	path string // with the name of the list in the answer
	list string
	make func(me *actor, i int) string // makes an object and returns its id
	read func(me *actor, page *int32, size *uint32, opts ...scw.RequestOption) (ids []string, total int, err error)
}

func pagedLists() map[string]paged {
	return map[string]paged{
		"projects": {"/account/v3/projects", "projects",
			func(me *actor, i int) string { return me.newProject(fmt.Sprint("p", i)).ID },
			func(me *actor, page *int32, size *uint32, opts ...scw.RequestOption) ([]string, int, error) {
				r, err := me.projects.ListProjects(&account.ProjectAPIListProjectsRequest{Page: page, PageSize: size}, opts...)
				return idsOf(r, err, func() ([]*account.Project, int) { return r.Projects, int(r.TotalCount) }, func(p *account.Project) string { return p.ID })
			}},
		"users": {"/iam/v1alpha1/users", "users",
			func(me *actor, i int) string { return me.newMember(fmt.Sprint("user", i)).ID },
			func(me *actor, page *int32, size *uint32, opts ...scw.RequestOption) ([]string, int, error) {
				r, err := me.iam.ListUsers(&iam.ListUsersRequest{Page: page, PageSize: size}, opts...)
				return idsOf(r, err, func() ([]*iam.User, int) { return r.Users, int(r.TotalCount) }, func(u *iam.User) string { return u.ID })
			}},
		"applications": {"/iam/v1alpha1/applications", "applications",
			func(me *actor, i int) string {
				return must(me.iam.CreateApplication(&iam.CreateApplicationRequest{Name: fmt.Sprint("a", i)}))(me.t).ID
			},
			func(me *actor, page *int32, size *uint32, opts ...scw.RequestOption) ([]string, int, error) {
				r, err := me.iam.ListApplications(&iam.ListApplicationsRequest{Page: page, PageSize: size}, opts...)
				return idsOf(r, err, func() ([]*iam.Application, int) { return r.Applications, int(r.TotalCount) }, func(a *iam.Application) string { return a.ID })
			}},
		"groups": {"/iam/v1alpha1/groups", "groups",
			func(me *actor, i int) string {
				return must(me.iam.CreateGroup(&iam.CreateGroupRequest{Name: fmt.Sprint("g", i)}))(me.t).ID
			},
			func(me *actor, page *int32, size *uint32, opts ...scw.RequestOption) ([]string, int, error) {
				r, err := me.iam.ListGroups(&iam.ListGroupsRequest{Page: page, PageSize: size}, opts...)
				return idsOf(r, err, func() ([]*iam.Group, int) { return r.Groups, int(r.TotalCount) }, func(g *iam.Group) string { return g.ID })
			}},
		"policies": {"/iam/v1alpha1/policies?order_by=created_at_asc", "policies",
			func(me *actor, i int) string {
				return must(me.iam.CreatePolicy(&iam.CreatePolicyRequest{Name: "same", NoPrincipal: new(true)}))(me.t).ID // ties in the order
			},
			func(me *actor, page *int32, size *uint32, opts ...scw.RequestOption) ([]string, int, error) {
				r, err := me.iam.ListPolicies(&iam.ListPoliciesRequest{OrderBy: "created_at_asc", Page: page, PageSize: size}, opts...)
				return idsOf(r, err, func() ([]*iam.Policy, int) { return r.Policies, int(r.TotalCount) }, func(p *iam.Policy) string { return p.ID })
			}},
		"API keys": {"/iam/v1alpha1/api-keys", "api_keys",
			func(me *actor, i int) string {
				return must(me.iam.CreateAPIKey(&iam.CreateAPIKeyRequest{UserID: &me.id}))(me.t).AccessKey
			},
			func(me *actor, page *int32, size *uint32, opts ...scw.RequestOption) ([]string, int, error) {
				r, err := me.iam.ListAPIKeys(&iam.ListAPIKeysRequest{Page: page, PageSize: size}, opts...)
				return idsOf(r, err, func() ([]*iam.APIKey, int) { return r.APIKeys, int(r.TotalCount) }, accessKeyOf)
			}},
		"SSH keys": {"/iam/v1alpha1/ssh-keys", "ssh_keys",
			func(me *actor, i int) string {
				return must(me.iam.CreateSSHKey(&iam.CreateSSHKeyRequest{PublicKey: ed25519Key}))(me.t).ID
			},
			func(me *actor, page *int32, size *uint32, opts ...scw.RequestOption) ([]string, int, error) {
				r, err := me.iam.ListSSHKeys(&iam.ListSSHKeysRequest{Page: page, PageSize: size}, opts...)
				return idsOf(r, err, func() ([]*iam.SSHKey, int) { return r.SSHKeys, int(r.TotalCount) }, func(k *iam.SSHKey) string { return k.ID })
			}},
	}
}

// idsOf reduces an answer to the ids and the total of its list.
func idsOf[Response, Item any](_ Response, err error, open func() ([]Item, int), id func(Item) string) ([]string, int, error) {
	if err != nil {
		return nil, 0, err
	}
	items, total := open()
	return each(items, id), total, nil
}

// TestPages: the pages of every list, put together, are what there is, each once and in
// order, whatever their size.
func TestPages(t *testing.T) {
	for name, list := range pagedLists() {
		t.Run(name, func(t *testing.T) {
			me := newOwner(t)
			want := must(whole(list.read(me, nil, new(uint32(100)))))(t) // what an organization begins with
			for i := range many {
				want = append(want, list.make(me, i))
			}
			equal(t, "with pages of the default size", must(whole(list.read(me, nil, nil, scw.WithAllPages())))(t), want)
			for _, size := range []uint32{1, 7, uint32(len(want)) - 1, uint32(len(want)), 100} {
				equal(t, fmt.Sprint("with pages of ", size), must(whole(list.read(me, nil, &size, scw.WithAllPages())))(t), want)
			}
			last, total, err := list.read(me, new(int32(3)), new(uint32(20)))
			check(t, err)
			equal(t, "page 3 of 20 each", last, want[40:])
			equal(t, "total on page 3", total, len(want))
			beyond, total, err := list.read(me, new(int32(4)), new(uint32(20)))
			check(t, err)
			equal(t, "page 4 and its total", []any{len(beyond), total}, []any{0, len(want)})
			for _, refused := range []string{"page=0", "page=-1", "page=10001", "page=x", "page_size=0", "page_size=101", "page_size=-1"} {
				list.wantRefused(me, refused)
			}
		})
	}
}

// whole requires that an answer holds everything that its total counts.
func whole(ids []string, total int, err error) ([]string, error) {
	if err == nil && total != len(ids) {
		err = fmt.Errorf("total_count is %d for %d items", total, len(ids))
	}
	return ids, err
}

// wantRefused requires that a list refuses a query.
func (p paged) wantRefused(me *actor, query string) {
	me.t.Helper()
	separator := "?"
	if slices.Contains([]byte(p.path), '?') {
		separator = "&"
	}
	me.raw().call(http.MethodGet, p.path+separator+query, nil).wantStatus(http.StatusBadRequest)
}

// TestDefaultPageSizes: 20 for IAM; projects come at least 42 at once.
func TestDefaultPageSizes(t *testing.T) {
	me := newOwner(t)
	for i := range many {
		me.newProject(fmt.Sprint("p", i))
	}
	projects := must(me.projects.ListProjects(&account.ProjectAPIListProjectsRequest{}))(t)
	equal(t, "projects on the first page", len(projects.Projects), many+1)
	sets := must(me.iam.ListPermissionSets(&iam.ListPermissionSetsRequest{}))(t)
	equal(t, "permission sets on the first page", len(sets.PermissionSets), 20)
}

// TestRulePages: the rules of one policy page like a list.
func TestRulePages(t *testing.T) {
	me := newOwner(t)
	policy := must(me.iam.CreatePolicy(&iam.CreatePolicyRequest{NoPrincipal: new(true)}))(t)
	var specs []*iam.RuleSpecs
	for i := range many {
		specs = append(specs, &iam.RuleSpecs{PermissionSetNames: &[]string{"IAMReadOnly"}, OrganizationID: &me.organization, Condition: fmt.Sprint(i, " == ", i)})
	}
	id := func(r *iam.Rule) string { return r.ID }
	want := each(must(me.iam.SetRules(&iam.SetRulesRequest{PolicyID: policy.ID, Rules: specs}))(t).Rules, id)
	all := must(me.iam.ListRules(&iam.ListRulesRequest{PolicyID: policy.ID}, scw.WithAllPages()))(t)
	equal(t, "all pages", each(all.Rules, id), want)
	first := must(me.iam.ListRules(&iam.ListRulesRequest{PolicyID: policy.ID}))(t)
	equal(t, "first page", each(first.Rules, id), want[:20])
	equal(t, "total_count", int(first.TotalCount), many)
}

// TestQueries: what the clients send without meaning it is no filter, and what cannot be
// meant is refused.
func TestQueries(t *testing.T) {
	me := newOwner(t)
	me.newApplication("worker")
	for _, query := range []string{"", "?", "?organization_id=", "?name=", "?order_by=", "?page=", "?no_such_filter=x", "?application_ids="} {
		me.raw().get("/iam/v1alpha1/applications"+query).object().wantMembers(t, query, map[string]string{"total_count": "1"})
	}
	me.raw().get("/iam/v1alpha1/api-keys?bearer_type=unknown_bearer_type").object().wantMembers(t, "unknown_bearer_type", map[string]string{"total_count": "2"})
	for _, query := range []string{"?order_by=size", "?application_ids[]=x", "?application_ids=x", "?editable=maybe", "?name=a&name=b", "?name=%zz"} {
		me.raw().call(http.MethodGet, "/iam/v1alpha1/applications"+query, nil).wantStatus(http.StatusBadRequest)
	}
}
