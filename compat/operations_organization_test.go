package compat

import (
	"net/http"
	"testing"
	"time"

	account "github.com/scaleway/scaleway-sdk-go/api/account/v3"
	iam "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
	"github.com/scaleway/scaleway-sdk-go/scw"
)

func TestOrganization(t *testing.T) {
	me := newOwner(t)
	want := &iam.Organization{ID: me.organization, Name: "compat", LoginPasswordEnabled: true, LoginMagicCodeEnabled: true, LoginOauth2Enabled: true}
	get := func() *iam.Organization {
		t.Helper()
		return must(me.iam.GetOrganization(&iam.GetOrganizationRequest{}))(t) // the SDK fills its default organization in
	}
	equal(t, "new", get(), want)

	want.Alias = "a" + me.organization[:8]
	set := func(who *actor, alias string) (*iam.Organization, error) {
		return who.iam.SetOrganizationAlias(&iam.SetOrganizationAliasRequest{Alias: alias})
	}
	equal(t, "with an alias", must(set(me, want.Alias))(t), want)
	wantPrecondition(t, failure(set(me, "another")), "protected_resource")
	wantInvalid(t, failure(set(me, "No Spaces")), "alias format")
	wantConflict(t, failure(set(newOwner(t), want.Alias)), "organization")

	want.LoginMagicCodeEnabled, want.LoginOauth2Enabled = false, false
	off := &iam.UpdateOrganizationLoginMethodsRequest{LoginMagicCodeEnabled: new(false), LoginOauth2Enabled: new(false)}
	equal(t, "with a password only", must(me.iam.UpdateOrganizationLoginMethods(off))(t), want)
	wantPrecondition(t, failure(me.iam.UpdateOrganizationLoginMethods(&iam.UpdateOrganizationLoginMethodsRequest{LoginPasswordEnabled: new(false)})), "attribute_must_be_set")
	equal(t, "read back", get(), want)
	me.raw().get("/iam/v1alpha1/organizations/"+me.organization).object().wantKeys(t, "organization",
		"id name alias login_password_enabled login_magic_code_enabled login_oauth2_enabled login_saml_enabled")
	stranger := newOwner(t)
	wantNotFound(t, failure(stranger.iam.GetOrganization(&iam.GetOrganizationRequest{OrganizationID: me.organization})), "organization", me.organization)
}

func TestSecuritySettings(t *testing.T) {
	me := newOwner(t)
	days := func(n int64) *scw.Duration { return &scw.Duration{Seconds: n * 24 * 60 * 60} }
	want := &iam.OrganizationSecuritySettings{
		GracePeriodDuration: days(3), LoginAttemptsBeforeLocked: 10, MaxLoginSessionDuration: days(30), MaxAPIKeyExpirationDuration: days(0),
	}
	get := &iam.GetOrganizationSecuritySettingsRequest{}
	equal(t, "new", must(me.iam.GetOrganizationSecuritySettings(get))(t), want)
	me.raw().get("/iam/v1alpha1/organizations/"+me.organization+"/security-settings").object().wantMembers(t, "on the wire", map[string]string{
		"grace_period_duration": `"259200s"`, "max_api_key_expiration_duration": `"0s"`, "login_attempts_before_locked": "10",
	})

	// The Go SDK writes durations with nine decimals.
	want.EnforcePasswordRenewal, want.LoginAttemptsBeforeLocked, want.MaxAPIKeyExpirationDuration = true, 50, days(1)
	updated := must(me.iam.UpdateOrganizationSecuritySettings(&iam.UpdateOrganizationSecuritySettingsRequest{
		EnforcePasswordRenewal: new(true), LoginAttemptsBeforeLocked: new(uint32(50)), MaxAPIKeyExpirationDuration: days(1),
	}))(t)
	equal(t, "updated", updated, want)
	equal(t, "read back", must(me.iam.GetOrganizationSecuritySettings(get))(t), want)
	update := func(request iam.UpdateOrganizationSecuritySettingsRequest) error {
		return failure(me.iam.UpdateOrganizationSecuritySettings(&request))
	}
	wantInvalid(t, update(iam.UpdateOrganizationSecuritySettingsRequest{LoginAttemptsBeforeLocked: new(uint32(51))}), "login_attempts_before_locked constraint")
	wantInvalid(t, update(iam.UpdateOrganizationSecuritySettingsRequest{GracePeriodDuration: &scw.Duration{Seconds: 1}}), "grace_period_duration constraint")

	// The limit binds new keys, and leaves the old ones, such as the owner's, alone.
	key := func(expires *time.Time) error {
		return failure(me.iam.CreateAPIKey(&iam.CreateAPIKeyRequest{UserID: &me.id, ExpiresAt: expires}))
	}
	wantInvalid(t, key(nil), "expires_at constraint")
	wantInvalid(t, key(new(time.Now().Add(25*time.Hour))), "expires_at constraint")
	check(t, key(new(time.Now().Add(23*time.Hour))))
}

func TestPermissionSets(t *testing.T) {
	me := newOwner(t)
	all := must(me.iam.ListPermissionSets(&iam.ListPermissionSetsRequest{}, scw.WithAllPages()))(t)
	equal(t, "total_count", int(all.TotalCount), len(all.PermissionSets))
	if len(all.PermissionSets) < 200 {
		t.Errorf("%d permission sets, want the published two hundred", len(all.PermissionSets))
	}
	byName := map[string]*iam.PermissionSet{}
	for i, set := range all.PermissionSets {
		byName[set.Name] = set
		if i > 0 && all.PermissionSets[i-1].Name >= set.Name {
			t.Errorf("%s comes before %s", all.PermissionSets[i-1].Name, set.Name)
		}
		if set.Description == "" || set.Categories == nil || len(*set.Categories) == 0 || set.ID == "" {
			t.Errorf("%s has no id, description or category", set.Name)
		}
	}
	for name, scope := range map[string]iam.PermissionSetScopeType{
		"IAMManager": "organization", "AllProductsFullAccess": "projects", "ObjectStorageReadOnly": "projects", "AuditTrailReadOnly": "organization",
	} {
		if set, ok := byName[name]; !ok || set.ScopeType != scope {
			t.Errorf("permission set %s is %+v, want scope type %s", name, set, scope)
		}
	}
	down := must(me.iam.ListPermissionSets(&iam.ListPermissionSetsRequest{OrderBy: iam.ListPermissionSetsRequestOrderByNameDesc}))(t)
	equal(t, "the first one, downwards", down.PermissionSets[0], all.PermissionSets[len(all.PermissionSets)-1])
	raw := me.raw().get("/iam/v1alpha1/permission-sets?page_size=1").object()
	raw.wantKeys(t, "list", "permission_sets total_count")
	raw.item(t, "permission_sets").wantKeys(t, "permission set", "id name scope_type description categories")
}

func TestQuota(t *testing.T) {
	me := newOwner(t)
	list := must(me.iam.ListQuota(&iam.ListQuotaRequest{}))(t)
	names := each(list.Quota, func(q *iam.Quotum) string { return q.Name })
	equal(t, "names", names, []string{"account_projects", "iam_api_keys", "iam_applications", "iam_groups", "iam_policies", "iam_ssh_keys", "iam_users"})
	equal(t, "total_count", int(list.TotalCount), len(names))
	some := must(me.iam.ListQuota(&iam.ListQuotaRequest{QuotumNames: []string{"iam_users", "iam_groups"}, OrderBy: iam.ListQuotaRequestOrderByNameDesc}))(t)
	equal(t, "two, downwards", each(some.Quota, func(q *iam.Quotum) string { return q.Name }), []string{"iam_users", "iam_groups"})

	users := must(me.iam.GetQuotum(&iam.GetQuotumRequest{QuotumName: "iam_users"}))(t)
	equal(t, "users", users, some.Quota[0])
	equal(t, "unlimited", [2]any{*users.Unlimited, users.Limit == nil}, [2]any{true, true})
	me.raw().get("/iam/v1alpha1/quota/iam_users").object().wantKeys(t, "quotum", "name unlimited pretty_name unit description locality_type limits")
	wantNotFound(t, failure(me.iam.GetQuotum(&iam.GetQuotumRequest{QuotumName: "iam_moons"})), "quotum", "iam_moons")
}

// TestQuotasExceeded: with Scaleway's published limits, the 26th project is one too many.
func TestQuotasExceeded(t *testing.T) {
	me := ownerFromEnv(t, startFor(t, "--quotas", "scaleway"))
	quotum := must(me.iam.GetQuotum(&iam.GetQuotumRequest{QuotumName: "account_projects"}))(t)
	equal(t, "limit", [2]any{*quotum.Limit, quotum.Unlimited == nil}, [2]any{uint64(25), true})
	for range 24 { // the default project counts
		me.newProject("p")
	}
	e := refusal[*scw.QuotasExceededError](t, failure(me.projects.CreateProject(&account.ProjectAPICreateProjectRequest{Name: "p"})))
	equal(t, "details", e.Details, []scw.QuotasExceededErrorDetail{{Resource: "account_projects", Quota: 25, Current: 25}})
}

// TestOperator: who runs the installation sees its organizations and can close one.
func TestOperator(t *testing.T) {
	me := newOwner(t)
	op := operator(t, installation)
	path := "/bailiwick/v1/organizations/" + me.organization
	op.get(path).object().wantMembers(t, "open", map[string]string{"id": `"` + me.organization + `"`, "name": `"compat"`, "closed_at": "null"})
	op.get("/bailiwick/v1/organizations?page_size=1").object().item(t, "organizations").wantKeys(t, "listed", "id name alias created_at closed_at")
	me.raw().call(http.MethodGet, path, nil).wantStatus(http.StatusForbidden)
	op.call(http.MethodDelete, path, nil).wantStatus(http.StatusNoContent)
	op.get(path).object().wantTimes(t, "closed_at")
	wantUnauthenticated(t, failure(me.iam.ListGroups(&iam.ListGroupsRequest{})), "not_found")
}
