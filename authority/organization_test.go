package authority_test

import (
	"strings"
	"testing"
	"time"

	"bailiwick/authority"
	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
)

func TestOrganization(t *testing.T) {
	k := start(t)
	owner, stranger := k.AsOwner(t), tenant(t, k, "acme")
	o, id := k.First.Organization, k.First.Organization.ID

	got := must[iam.Organization](t)(owner.SetOrganizationAlias(id, "first"))
	o.Alias, o.UpdatedAt = "first", got.UpdatedAt
	same(t, "alias", o, got)
	got = must[iam.Organization](t)(owner.UpdateOrganizationLoginMethods(id, iam.LoginMethodsUpdate{OAuth2: new(false), SAML: new(true)}))
	o.LoginOAuth2Enabled, o.LoginSAMLEnabled, o.UpdatedAt = false, true, got.UpdatedAt
	same(t, "login methods", o, got)
	o.Security.MaxAPIKeyDuration, o.Security.EnforcePasswordRenewal = time.Hour, true
	settings := must[iam.SecuritySettings](t)(owner.UpdateOrganizationSecuritySettings(id, iam.SecuritySettingsUpdate{
		MaxAPIKeyDuration: new(time.Hour), EnforcePasswordRenewal: new(true),
	}))
	same(t, "settings", o.Security, settings)
	same(t, "settings read back", settings, must[iam.SecuritySettings](t)(owner.GetOrganizationSecuritySettings(id)))
	back := must[iam.Organization](t)(owner.GetOrganization(id))
	o.UpdatedAt = back.UpdatedAt
	same(t, "read back", o, back)

	once := iam.Precondition(iam.PreconditionProtected, "the alias of an organization can be set only once")
	fails(t, "another alias", once, refused[iam.Organization](t)(owner.SetOrganizationAlias(id, "other")))
	must[iam.Organization](t)(owner.SetOrganizationAlias(id, "first"))
	fails(t, "a taken alias", iam.AlreadyExists("organization", "", "another organization has this alias"),
		refused[iam.Organization](t)(stranger.SetOrganizationAlias(stranger.Organization(), "first")))
	fails(t, "all methods off", iam.Precondition(iam.PreconditionAttribute, "at least one login method must stay enabled"),
		refused[iam.Organization](t)(owner.UpdateOrganizationLoginMethods(id, iam.LoginMethodsUpdate{Password: new(false), MagicCode: new(false), SAML: new(false)})))
	if iam.KindOf(refused[iam.Organization](t)(owner.SetOrganizationAlias(id, "Not An Alias"))) != iam.KindInvalidArguments {
		t.Error("a bad alias is taken")
	}
	fails(t, "a life of a key that rounds to no limit",
		invalid("max_api_key_expiration_duration", iam.ReasonConstraint, "value must be 0 or at least 1s"),
		refused[iam.SecuritySettings](t)(owner.UpdateOrganizationSecuritySettings(id, iam.SecuritySettingsUpdate{MaxAPIKeyDuration: new(time.Nanosecond)})))
}

// The login page finds an organization by its alias, without a credential, and sees no more
// than it needs.
func TestSearchOrganization(t *testing.T) {
	k := start(t)
	stranger := tenant(t, k, "acme")
	set := must[iam.Organization](t)(stranger.SetOrganizationAlias(stranger.Organization(), "acme"))
	found := must[iam.Organization](t)(k.Authority.SearchOrganization(t.Context(), "acme"))
	same(t, "found", iam.Organization{
		ID: set.ID, Name: "acme", Alias: "acme", LoginPasswordEnabled: true, LoginMagicCodeEnabled: true, LoginOAuth2Enabled: true,
	}, found)
	search := func(alias string) error {
		return refused[iam.Organization](t)(k.Authority.SearchOrganization(t.Context(), alias))
	}
	fails(t, "unknown", iam.NotFound("organization", "nobody"), search("nobody"))
	if iam.KindOf(search("")) != iam.KindInvalidArguments {
		t.Error("an organization without alias can be searched for")
	}
	must[iam.Organization](t)(k.AsOperator(t).CloseOrganization(set.ID))
	fails(t, "closed", iam.NotFound("organization", "acme"), search("acme"))
}

func TestOperator(t *testing.T) {
	k := start(t)
	operator, owner := k.AsOperator(t), k.AsOwner(t)
	created := must[authority.CreatedOrganization](t)(operator.CreateOrganization(
		iam.NewOrganization{Name: "acme", OwnerEmail: "zoe@acme.example", OwnerPassword: "a password"}))
	same(t, "read", created.Organization, must[iam.Organization](t)(operator.OperatorGetOrganization(created.Organization.ID)))
	all, total, err := operator.ListOrganizations(page())
	done(t, err)
	same(t, "list", []iam.Organization{k.First.Organization, created.Organization}, all)
	second, total2, err := operator.ListOrganizations(iam.Page{Number: 2, Size: 1})
	if err != nil || total != 2 || total2 != 2 {
		t.Errorf("%d and %d organizations, %v", total, total2, err)
	}
	same(t, "second page", all[1:], second)

	zoe := k.AsHolder(t, created.APIKey.SecretKey)
	first := events(t, zoe)
	same(t, "first event", "CreateOrganization", first[0].Method)
	same(t, "its principal", iam.Operator().Principal, first[0].Principal)
	closed := must[iam.Organization](t)(operator.CloseOrganization(created.Organization.ID))
	if !closed.Closed() {
		t.Errorf("closed: %+v", closed)
	}
	again := must[iam.Organization](t)(operator.CloseOrganization(created.Organization.ID))
	same(t, "closed twice", closed, again)
	same(t, "read", closed, must[iam.Organization](t)(operator.OperatorGetOrganization(created.Organization.ID)))
	for what, err := range map[string]error{
		"authenticate": authenticate(t, k.Authority, created.APIKey.SecretKey),
		"read":         refused[iam.Project](t)(zoe.GetProject(created.DefaultProject.ID)),
		"create":       refused[iam.Project](t)(zoe.CreateProject(iam.NewProject{Name: "x"})),
		"check":        refused[[]bool](t)(zoe.CheckPermissions(nil)),
		"evaluate":     refused[authority.Answer](t)(zoe.Evaluate(authority.Question{})),
	} {
		fails(t, "closed: "+what, iam.AuthenticationDenied("api_key", iam.AuthNotFound), err)
	}

	fails(t, "unknown", iam.NotFound("organization", nowhere), refused[iam.Organization](t)(operator.OperatorGetOrganization(nowhere)))
	fails(t, "close unknown", iam.NotFound("organization", nowhere), refused[iam.Organization](t)(operator.CloseOrganization(nowhere)))
	if iam.KindOf(refused[authority.CreatedOrganization](t)(operator.CreateOrganization(iam.NewOrganization{Name: "x"}))) != iam.KindInvalidArguments {
		t.Error("an organization without an owner's address")
	}
	// An owner is not the operator, and the operator has no rights in an organization.
	fails(t, "owner creates", denied("organization", "create"), refused[authority.CreatedOrganization](t)(owner.CreateOrganization(iam.NewOrganization{Name: "x", OwnerEmail: kit.OwnerEmail})))
	fails(t, "owner lists", denied("organization", "read"), refusedList[iam.Organization](t)(owner.ListOrganizations(page())))
	fails(t, "owner reads", denied("organization", "read"), refused[iam.Organization](t)(owner.OperatorGetOrganization(created.Organization.ID)))
	fails(t, "owner closes another", iam.NotFound("organization", string(created.Organization.ID)), refused[iam.Organization](t)(owner.CloseOrganization(created.Organization.ID)))
	fails(t, "operator reads a project", denied("project", "read"), refused[iam.Project](t)(operator.GetProject(k.First.DefaultProject.ID)))
	fails(t, "operator creates one", denied("project", "create"), refused[iam.Project](t)(operator.CreateProject(iam.NewProject{OrganizationID: owner.Organization(), Name: "x"})))
	fails(t, "operator lists users", denied("user", "list"), refusedList[iam.User](t)(operator.ListUsers(iam.UserFilter{OrganizationID: owner.Organization(), Page: page()})))
	fails(t, "operator checks", iam.Denied(), refused[[]bool](t)(operator.CheckPermissions(nil)))
}

// The owner closes its organization. Nobody else does, whatever its permission sets: here is a
// member who has all of them.
func TestOwnerCloses(t *testing.T) {
	k := kit.New(t, kit.Options{})
	owner := k.AsOwner(t)
	member := owner.MustCreateUser("ann")
	for _, set := range k.Catalog.Sets() {
		owner.MustCreatePolicy(strings.ReplaceAll(set.Name, "_", "-"), member.ID.Principal(), kit.Everywhere(owner.Organization(), set.Name))
	}
	ann := k.AsUser(t, member)
	must[iam.Project](t)(ann.CreateProject(iam.NewProject{Name: "x"}))
	fails(t, "a member", denied("organization", "close"), refused[iam.Organization](t)(ann.CloseOrganization(owner.Organization())))
	robot := owner.MustHire("robot", kit.Everywhere(owner.Organization(), "IAMManager", "OrganizationManager"))
	fails(t, "an application", denied("organization", "close"), refused[iam.Organization](t)(robot.CloseOrganization(owner.Organization())))
	if closed := must[iam.Organization](t)(owner.CloseOrganization(owner.Organization())); !closed.Closed() {
		t.Errorf("closed: %+v", closed)
	}
	fails(t, "closed", iam.AuthenticationDenied("api_key", iam.AuthNotFound), authenticate(t, k.Authority, k.First.APIKey.SecretKey))
}
