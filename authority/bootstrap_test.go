package authority_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"bailiwick/authority"
	kit "bailiwick/bailiwicktest"
	"bailiwick/catalog"
	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/store"
)

// open opens a database for as long as the test runs.
func open(t testing.TB, database string) *store.Store {
	t.Helper()
	s := must[*store.Store](t)(store.Open(t.Context(), store.Config{Database: database}))
	t.Cleanup(func() { done(t, s.Close()) })
	return s
}

// over returns an authority over a store with a master key of n in each byte.
func over(t testing.TB, s *store.Store, n byte) (*authority.Authority, error) {
	return authority.New(t.Context(), authority.Config{
		Store: s, Catalog: must[*catalog.Catalog](t)(catalog.Load()),
		Keyring: must[*identity.Keyring](t)(identity.NewKeyring(bytes.Repeat([]byte{n}, 32))),
	})
}

// node returns another authority over a database, as another process would.
func node(t testing.TB, database string, n byte) (*authority.Authority, error) {
	t.Helper()
	return over(t, open(t, database), n)
}

func TestBootstrapFillsAnEmptyStore(t *testing.T) {
	k := start(t)
	owner := k.AsOwner(t)
	org, id := k.First.Organization, k.First.Organization.ID

	if string(k.First.DefaultProject.ID) != string(id) || k.First.Owner.ID != org.OwnerID || org.Name != "default" {
		t.Errorf("first organization: %+v", k.First)
	}
	same(t, "organization", org, must[iam.Organization](t)(owner.GetOrganization(id)))
	same(t, "security settings", iam.DefaultSecuritySettings(), org.Security)
	users, total, err := owner.ListUsers(iam.UserFilter{Order: byCreation(), Page: page()})
	done(t, err)
	same(t, "users", []iam.User{{
		ID: org.OwnerID, OrganizationID: id, Type: iam.UserOwner, Status: iam.UserActivated, Email: kit.OwnerEmail, EmailVerified: true, Username: kit.OwnerEmail,
		Locale: "en_US", AccountRootID: users[0].AccountRootID, CreatedAt: org.CreatedAt, UpdatedAt: org.CreatedAt,
	}}, users)
	projects, _, err := owner.ListProjects(iam.ProjectFilter{Order: byCreation(), Page: page()})
	done(t, err)
	same(t, "projects", []iam.Project{{
		ID: iam.ProjectID(id), OrganizationID: id, Name: "default", CreatedAt: org.CreatedAt, UpdatedAt: org.CreatedAt,
	}}, projects)
	keys, _, err := owner.ListAPIKeys(iam.APIKeyFilter{Order: byCreation(), Page: page()})
	done(t, err)
	same(t, "keys", []iam.APIKey{k.First.APIKey.APIKey}, keys)
	if total != 1 || k.First.APIKey.Bearer != org.OwnerID.Principal() || k.First.APIKey.DefaultProjectID != iam.ProjectID(id) {
		t.Errorf("owner's key: %+v", k.First.APIKey.APIKey)
	}
	same(t, "first event's resources", 10, len(events(t, owner)[0].Resources))
}

func TestBootstrapMakesThreeGroupsWithPolicies(t *testing.T) {
	owner := start(t).AsOwner(t)
	groups, _, err := owner.ListGroups(iam.GroupFilter{Order: iam.Order{Field: "name"}, Page: page()})
	done(t, err)
	got := map[string][]string{}
	for _, g := range groups {
		policies, total, err := owner.ListPolicies(iam.PolicyFilter{GroupIDs: []iam.GroupID{g.ID}, Order: byCreation(), Page: page()})
		done(t, err)
		if total != 1 || len(g.UserIDs)+len(g.ApplicationIDs) != 0 || g.Managed || policies[0].Managed {
			t.Errorf("group %+v has policies %+v", g, policies)
		}
		rules, _, err := owner.ListRules(policies[0].ID, page())
		done(t, err)
		for _, r := range rules {
			if r.Scope.OrganizationID != owner.Organization() || r.Condition != "" {
				t.Errorf("rule of %s: %+v", g.Name, r)
			}
			got[g.Name] = append(got[g.Name], string(r.ScopeType)+": "+strings.Join(r.PermissionSetNames, " "))
		}
	}
	same(t, "groups", map[string][]string{
		"Administrators":         {"organization: OrganizationManager", "projects: AllProductsFullAccess"},
		"Editors":                {"projects: AllProductsFullAccess", "organization: OrganizationReadOnly ProjectManager SupportTicketReadOnly"},
		"Billing Administrators": {"organization: BillingManager OrganizationReadOnly"},
	}, got)
}

func TestSecondBootstrapDoesNothing(t *testing.T) {
	k := start(t)
	before := k.Authority.Revision()
	filled, err := k.Authority.Bootstrap(t.Context(), authority.Bootstrap{
		OwnerEmail: "other@example.com", OwnerPassword: "another password", OperatorToken: "another token",
	}, func(authority.CreatedOrganization) error { return errors.New("asked to keep something") })
	if filled || err != nil || k.Authority.Revision() != before {
		t.Errorf("second bootstrap: %v, %v, revision %d to %d", filled, err, before, k.Authority.Revision())
	}
	_, total, err := k.AsOperator(t).ListOrganizations(page())
	if err != nil || total != 1 {
		t.Errorf("%d organizations, %v", total, err)
	}
	for token, want := range map[string]bool{kit.OperatorToken: true, "another token": false, "": false} {
		_, err := k.Authority.Authenticate(t.Context(), authority.Credential{Kind: authority.OperatorToken, Value: token})
		if (err == nil) != want {
			t.Errorf("operator token %q: %v", token, err)
		}
	}
}

func TestBootstrapThatCannotKeepTheSecretsStoresNothing(t *testing.T) {
	a, err := node(t, filepath.Join(t.TempDir(), "bailiwick.db"), 1)
	done(t, err)
	full := errors.New("the disk is full")
	b := authority.Bootstrap{OwnerEmail: kit.OwnerEmail, OwnerPassword: "secret", OperatorToken: "token"}
	var secret string
	filled, err := a.Bootstrap(t.Context(), b, func(c authority.CreatedOrganization) error {
		secret = c.APIKey.SecretKey
		return full
	})
	if filled || !errors.Is(err, full) {
		t.Errorf("bootstrap: %v, %v", filled, err)
	}
	if err := authenticate(t, a, secret); iam.KindOf(err) != iam.KindDeniedAuthentication {
		t.Errorf("the key of a bootstrap that failed: %v", err)
	}
	filled, err = a.Bootstrap(t.Context(), b, func(authority.CreatedOrganization) error { return nil })
	if !filled || err != nil {
		t.Errorf("bootstrap after one that failed: %v, %v", filled, err)
	}
}

// An empty operator token would make "Authorization: Bearer " the operator, and an empty
// password is not a password.
func TestBootstrapWithoutSecrets(t *testing.T) {
	a, err := node(t, filepath.Join(t.TempDir(), "bailiwick.db"), 1)
	done(t, err)
	for _, b := range []authority.Bootstrap{
		{OwnerEmail: kit.OwnerEmail, OwnerPassword: "secret"},
		{OwnerEmail: kit.OwnerEmail, OperatorToken: "token"},
		{OwnerPassword: "secret", OperatorToken: "token"},
	} {
		filled, err := a.Bootstrap(t.Context(), b, func(authority.CreatedOrganization) error { return nil })
		if filled || iam.KindOf(err) != iam.KindInvalidArguments {
			t.Errorf("%+v: %v, %v", b, filled, err)
		}
	}
}

func TestBootstrapReportsABrokenStore(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "bailiwick.db"))
	a, err := over(t, s, 1)
	done(t, err)
	done(t, s.Close())
	filled, err := a.Bootstrap(t.Context(), authority.Bootstrap{OwnerEmail: kit.OwnerEmail, OwnerPassword: "secret", OperatorToken: "token"},
		func(authority.CreatedOrganization) error { return nil })
	if filled || err == nil {
		t.Errorf("bootstrap on a closed store: %v, %v", filled, err)
	}
}

func TestWrongMasterKeyIsRefused(t *testing.T) {
	kit.Engines(t, func(t *testing.T, database string) {
		_, err := node(t, database, 1)
		done(t, err)
		if _, err := node(t, database, 2); err == nil || !strings.Contains(err.Error(), "--master-key") {
			t.Errorf("a second master key: %v", err)
		}
		_, err = node(t, database, 1)
		done(t, err)
	})
}

// Two nodes that start at once on an empty store with different keys: one binds it, the
// other is refused.
func TestMasterKeysRace(t *testing.T) {
	kit.Engines(t, func(t *testing.T, database string) {
		errs := make([]error, 8)
		stores := make([]*store.Store, len(errs))
		for i := range stores {
			stores[i] = open(t, database)
		}
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() { _, errs[i] = over(t, stores[i], byte(i)) })
		}
		wg.Wait()
		bound := 0
		for _, err := range errs {
			if err == nil {
				bound++
			}
		}
		if bound != 1 {
			t.Errorf("%d master keys of one store: %v", bound, errs)
		}
	})
}
