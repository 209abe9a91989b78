package authority

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/pdp"
	"bailiwick/store"
)

// CreatedOrganization is a new tenant, with the only showing of its owner's API key.
type CreatedOrganization struct {
	Organization   iam.Organization
	Owner          iam.User
	DefaultProject iam.Project
	APIKey         CreatedAPIKey
}

// Bootstrap says what a first start puts into an empty store.
type Bootstrap struct {
	OwnerEmail    string
	OwnerPassword string
	OperatorToken string
}

// DefaultOrganizationName is the name of the organization of a first start.
const DefaultOrganizationName = "default"

// Bootstrap fills an empty store and reports whether it did; a store that has an
// organization stays as it is. keep receives the credentials before the commit: if it cannot
// keep them, nothing is stored, because a secret that is stored as a hash only and lost on
// its way to the file would lock the installation forever.
func (a *Authority) Bootstrap(ctx context.Context, b Bootstrap, keep func(CreatedOrganization) error) (bool, error) {
	if filled, err := isFilled(a.store.Read(ctx)); filled || err != nil {
		return false, errors.Join(err, a.loadOperator(ctx))
	}
	n := iam.NewOrganization{Name: DefaultOrganizationName, OwnerEmail: b.OwnerEmail, OwnerPassword: b.OwnerPassword}
	if err := b.validate(n); err != nil {
		return false, err
	}
	hash, err := a.passwords.Hash(ctx, b.OwnerPassword)
	if err != nil {
		return false, err
	}
	call := iam.Call{
		Caller:    iam.Operator(),
		Operation: iam.Operation{Product: "bailiwick", Service: "bailiwick.v1.Api", Method: "CreateOrganization"},
		Body:      []byte("{}"),
	}
	filled := false // by another node, since we looked
	err = a.commit(ctx, func(tx *store.Tx, _ *pdp.Snapshot) error {
		if filled, err = isFilled(tx); filled || err != nil {
			return err
		}
		if err := tx.SetFact(store.FactOperatorToken, encodeHash(a.keyring.HashSecret(b.OperatorToken))); err != nil {
			return err
		}
		created, err := a.createOrganization(tx, call, n, hash)
		if err != nil {
			return err
		}
		return keep(created)
	})
	if err != nil {
		return false, err
	}
	return !filled, a.loadOperator(ctx)
}

// validate checks what a first start is given. An empty secret is refused here, because
// everything would accept it afterwards.
func (b Bootstrap) validate(n iam.NewOrganization) error {
	var v iam.Validator
	if b.OwnerPassword == "" {
		v.Required("owner_password", "value is required")
	}
	if b.OperatorToken == "" {
		v.Required("operator_token", "value is required")
	}
	return allFaults(n.Validate(), v.Err())
}

// isFilled reports whether a first start has been here.
func isFilled(tx *store.Tx) (bool, error) {
	_, err := tx.Fact(store.FactOperatorToken)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// CreateOrganization creates a tenant with its owner, default project, groups and one API
// key of the owner. It is for the operator.
func (a *Authority) CreateOrganization(ctx context.Context, call iam.Call, n iam.NewOrganization) (created CreatedOrganization, err error) {
	if !call.Caller.IsOperator() {
		return created, denied(call.Operation.Permission)
	}
	if err := n.Validate(); err != nil {
		return created, err
	}
	hash := ""
	if n.OwnerPassword != "" {
		if hash, err = a.passwords.Hash(ctx, n.OwnerPassword); err != nil {
			return created, err
		}
	}
	err = a.commit(ctx, func(tx *store.Tx, _ *pdp.Snapshot) error {
		created, err = a.createOrganization(tx, call, n, hash)
		return err
	})
	return only(created, err)
}

// createOrganization makes a tenant. Whoever signs up has no caller: it becomes the owner by this
// very change, which is recorded as its own. Only the operator is shown a key, to hand on.
func (a *Authority) createOrganization(tx *store.Tx, call iam.Call, n iam.NewOrganization, passwordHash string) (CreatedOrganization, error) {
	org := iam.Organization{
		ID: iam.OrganizationID(identity.NewID()), Name: n.Name, OwnerID: iam.UserID(identity.NewID()),
		CreatedAt: tx.Now, UpdatedAt: tx.Now, Security: iam.DefaultSecuritySettings(),
		LoginPasswordEnabled: true, LoginMagicCodeEnabled: true, LoginOAuth2Enabled: true,
	}
	owner := iam.User{
		ID: org.OwnerID, OrganizationID: org.ID, Type: iam.UserOwner, Status: iam.UserActivated,
		Email: n.OwnerEmail, EmailVerified: true, Username: n.OwnerEmail,
		FirstName: n.FirstName, LastName: n.LastName, Locale: cmp.Or(n.Locale, defaultLocale), AccountRootID: identity.NewID(),
		CreatedAt: tx.Now, UpdatedAt: tx.Now,
	}
	project := iam.Project{
		ID: iam.ProjectID(org.ID), OrganizationID: org.ID, Name: DefaultOrganizationName,
		CreatedAt: tx.Now, UpdatedAt: tx.Now,
	}
	created := CreatedOrganization{Organization: org, Owner: owner, DefaultProject: project}
	byOperator := call.Caller.IsOperator()
	if !byOperator {
		call.Caller = iam.Caller{Organization: org.ID, Principal: owner.ID.Principal()}
	}
	m := &mutation{actor: &actor{authority: a, call: call}, Tx: tx, organization: org.ID}
	home, err := m.homeOfAddress(owner.Email)
	if err != nil {
		return CreatedOrganization{}, err
	}
	owner.AccountRootID = cmp.Or(home.AccountRootID, owner.AccountRootID)
	created.Owner = owner
	m.did(iam.ActionCreated, organizationResource(org))
	m.did(iam.ActionCreated, projectResource(project))
	m.did(iam.ActionCreated, userResource(owner))
	if err := errors.Join(tx.InsertOrganization(org), tx.InsertProject(project), tx.InsertUser(owner, passwordHash)); err != nil {
		return created, fmt.Errorf("store an organization: %w", err)
	}
	if err := errors.Join(m.createDefaultGroups(), m.addPlace(owner, home)); err != nil {
		return created, err
	}
	if !byOperator {
		return created, tx.AppendEvent(m.event(200))
	}
	created.APIKey, err = a.insertAPIKey(tx, iam.APIKey{
		OrganizationID: org.ID, Bearer: owner.ID.Principal(), Description: "Owner's first API key",
		DefaultProjectID: project.ID, CreatedAt: tx.Now, UpdatedAt: tx.Now,
	})
	if err != nil {
		return created, fmt.Errorf("store the owner's API key: %w", err)
	}
	m.did(iam.ActionCreated, apiKeyResource(created.APIKey.APIKey))
	return created, tx.AppendEvent(m.event(200))
}

// createDefaultGroups makes the groups that every organization begins with, each with its
// policy. They can be changed and deleted like any other.
func (m *mutation) createDefaultGroups() error {
	everywhere := iam.Scope{OrganizationID: m.organization}
	products := iam.Rule{PermissionSetNames: []string{"AllProductsFullAccess"}, ScopeType: iam.ScopeProjects, Scope: everywhere}
	manage := func(sets ...string) iam.Rule {
		return iam.Rule{PermissionSetNames: sets, ScopeType: iam.ScopeOrganization, Scope: everywhere}
	}
	for _, d := range []struct {
		name, description string
		rules             []iam.Rule
	}{
		{iam.DefaultGroupAdmins, "Manage the organization and everything in its projects", []iam.Rule{manage("OrganizationManager"), products}},
		{iam.DefaultGroupEditors, "Use and change everything in all projects", []iam.Rule{products, manage("OrganizationReadOnly", "ProjectManager", "SupportTicketReadOnly")}},
		{iam.DefaultGroupBilling, "See and pay the invoices", []iam.Rule{manage("BillingManager", "OrganizationReadOnly")}},
	} {
		group := iam.Group{
			ID: iam.GroupID(identity.NewID()), OrganizationID: m.organization, Name: d.name, Description: d.description,
			CreatedAt: m.Now, UpdatedAt: m.Now,
		}
		policy := iam.Policy{
			ID: iam.PolicyID(identity.NewID()), OrganizationID: m.organization, Name: d.name, Description: d.description,
			Principal: group.ID.Principal(), CreatedAt: m.Now, UpdatedAt: m.Now,
		}
		for i := range d.rules {
			d.rules[i].ID = iam.RuleID(identity.NewID())
		}
		policy.CountRules(d.rules)
		m.did(iam.ActionCreated, groupResource(group))
		m.did(iam.ActionCreated, policyResource(policy))
		if err := errors.Join(m.InsertGroup(group), m.InsertPolicy(policy, d.rules)); err != nil {
			return fmt.Errorf("store the group %s: %w", d.name, err)
		}
	}
	return nil
}

// ListOrganizations returns a page of all organizations, and their number. It is for the
// operator.
func (a *Authority) ListOrganizations(ctx context.Context, call iam.Call, page iam.Page) ([]iam.Organization, int, error) {
	if !call.Caller.IsOperator() {
		return nil, 0, denied(call.Operation.Permission)
	}
	return listed(ctx, a, func(tx *store.Tx) ([]iam.Organization, int, error) { return tx.Organizations(page) })
}

// OperatorGetOrganization returns any organization. It is for the operator.
func (a *Authority) OperatorGetOrganization(ctx context.Context, call iam.Call, id iam.OrganizationID) (iam.Organization, error) {
	if !call.Caller.IsOperator() {
		return iam.Organization{}, denied(call.Operation.Permission)
	}
	o, err := a.store.Read(ctx).Organization(id)
	if errors.Is(err, store.ErrNotFound) {
		return o, iam.NotFound("organization", string(id))
	}
	return o, err
}

// CloseOrganization ends an organization: all its credentials are refused from now on, and
// nothing in it is allowed. Its objects and its audit trail stay; what its owner's account is in
// other organizations ends. It is for the operator and for the owner: no permission set grants it.
// Closing a closed organization changes nothing but leaves its event.
func (a *Authority) CloseOrganization(ctx context.Context, call iam.Call, id iam.OrganizationID) (o iam.Organization, err error) {
	if !call.Caller.IsOperator() {
		err = a.mutate(ctx, call, object{id: string(id)}, nil, func(m *mutation) error {
			o, err = ownOrganization(m.Tx, m.organization, id)
			if err := m.authorizeFound(organizationObject(id, o), err); err != nil {
				return err
			}
			if call.Caller.Principal != o.OwnerID.Principal() {
				return denied(call.Operation.Permission)
			}
			return m.close(&o)
		})
		return only(o, err)
	}
	err = a.commit(ctx, func(tx *store.Tx, _ *pdp.Snapshot) error {
		o, err = tx.Organization(id)
		if errors.Is(err, store.ErrNotFound) {
			return iam.NotFound("organization", string(id))
		}
		if err != nil {
			return err
		}
		m := &mutation{actor: &actor{authority: a, call: call}, Tx: tx, organization: id}
		return errors.Join(m.close(&o), tx.AppendEvent(m.event(200)))
	})
	return only(o, err)
}

// close ends an organization, and with it the places of its owner's account elsewhere: nobody can
// log in to that account any more, and its keys must not outlive it.
func (m *mutation) close(o *iam.Organization) error {
	if !o.Closed() {
		o.ClosedAt, o.UpdatedAt = m.Now, m.Now
	}
	m.did(iam.ActionUpdated, organizationResource(*o))
	return errors.Join(m.Tx.UpdateOrganization(*o), m.leavePlaces(iam.Account{OrganizationID: o.ID, UserID: o.OwnerID}))
}
