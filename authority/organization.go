package authority

import (
	"context"
	"errors"
	"time"

	"bailiwick/iam"
	"bailiwick/store"
)

func organizationObject(id iam.OrganizationID, o iam.Organization) object {
	return object{kind: "organization", id: string(id), name: o.Name, named: o.ID != ""}
}

func organizationResource(o iam.Organization) iam.EventResource {
	return iam.EventResource{ID: string(o.ID), Type: iam.ResourceOrganization, Name: o.Name, CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt}
}

// ownOrganization reads the organization that a path names, which must be the caller's own.
// Another one is not found, whether it exists or not.
func ownOrganization(tx *store.Tx, own, named iam.OrganizationID) (iam.Organization, error) {
	if named != own {
		return iam.Organization{}, store.ErrNotFound
	}
	return tx.Organization(own)
}

// GetOrganization returns the caller's organization.
func (a *Authority) GetOrganization(ctx context.Context, call iam.Call, id iam.OrganizationID) (iam.Organization, error) {
	return get(ctx, a, call, func(tx *store.Tx, own iam.OrganizationID) (iam.Organization, error) {
		return ownOrganization(tx, own, id)
	},
		func(o iam.Organization) object { return organizationObject(id, o) })
}

// GetOrganizationSecuritySettings returns the security settings of the caller's organization.
func (a *Authority) GetOrganizationSecuritySettings(ctx context.Context, call iam.Call, id iam.OrganizationID) (iam.SecuritySettings, error) {
	o, err := a.GetOrganization(ctx, call, id)
	return o.Security, err
}

// SearchOrganization finds an organization by its alias, for everybody: the login page needs
// its name and login methods before there is a caller. It shows nothing else.
func (a *Authority) SearchOrganization(ctx context.Context, alias string) (iam.Organization, error) {
	var v iam.Validator
	v.Alias("organization_alias", alias)
	if err := v.Err(); err != nil {
		return iam.Organization{}, err
	}
	o, err := a.store.Read(ctx).OrganizationByAlias(alias)
	if errors.Is(err, store.ErrNotFound) || err == nil && o.Closed() {
		return iam.Organization{}, iam.NotFound("organization", alias)
	}
	return iam.Organization{
		ID: o.ID, Name: o.Name, Alias: o.Alias, LoginPasswordEnabled: o.LoginPasswordEnabled,
		LoginMagicCodeEnabled: o.LoginMagicCodeEnabled, LoginOAuth2Enabled: o.LoginOAuth2Enabled, LoginSAMLEnabled: o.LoginSAMLEnabled,
	}, err
}

// SetOrganizationAlias gives the organization its alias, once.
func (a *Authority) SetOrganizationAlias(ctx context.Context, call iam.Call, id iam.OrganizationID, alias string) (iam.Organization, error) {
	var v iam.Validator
	v.Alias("alias", alias)
	return a.changeOrganization(ctx, call, id, v.Err, func(o iam.Organization) (iam.Organization, error) {
		if o.Alias != "" && o.Alias != alias {
			return o, iam.Precondition(iam.PreconditionProtected, "the alias of an organization can be set only once")
		}
		o.Alias = alias
		return o, nil
	})
}

// UpdateOrganizationLoginMethods switches login methods on and off; one must stay on.
func (a *Authority) UpdateOrganizationLoginMethods(ctx context.Context, call iam.Call, id iam.OrganizationID, u iam.LoginMethodsUpdate) (iam.Organization, error) {
	return a.changeOrganization(ctx, call, id, nil, func(o iam.Organization) (iam.Organization, error) {
		o = u.Apply(o)
		if !o.LoginPasswordEnabled && !o.LoginMagicCodeEnabled && !o.LoginOAuth2Enabled && !o.LoginSAMLEnabled {
			return o, iam.Precondition(iam.PreconditionAttribute, "at least one login method must stay enabled")
		}
		return o, nil
	})
}

// minAPIKeyDuration is the shortest limit on the life of an API key.
const minAPIKeyDuration = time.Second

// UpdateOrganizationSecuritySettings changes the security settings of the organization.
func (a *Authority) UpdateOrganizationSecuritySettings(ctx context.Context, call iam.Call, id iam.OrganizationID, u iam.SecuritySettingsUpdate) (iam.SecuritySettings, error) {
	check := func() error {
		var v iam.Validator
		// Durations are kept in whole microseconds. Less than one would be kept as 0, and 0
		// means no limit: the tightest wish must not become the loosest setting.
		if d := u.MaxAPIKeyDuration; d != nil && *d > 0 && *d < minAPIKeyDuration {
			v.Constraint("max_api_key_expiration_duration", "value must be 0 or at least 1s")
		}
		return allFaults(u.Validate(), v.Err())
	}
	o, err := a.changeOrganization(ctx, call, id, check, func(o iam.Organization) (iam.Organization, error) {
		o.Security = u.Apply(o.Security)
		return o, nil
	})
	return o.Security, err
}

// GetLoginPolicy returns the settings of the caller's organization with those of logging in that
// Scaleway's do not have.
func (a *Authority) GetLoginPolicy(ctx context.Context, call iam.Call) (iam.SecuritySettings, error) {
	return a.GetOrganizationSecuritySettings(ctx, call, call.Caller.Organization)
}

// UpdateLoginPolicy changes the settings of logging in that Scaleway's do not have.
func (a *Authority) UpdateLoginPolicy(ctx context.Context, call iam.Call, u iam.LoginPolicyUpdate) (iam.SecuritySettings, error) {
	o, err := a.changeOrganization(ctx, call, call.Caller.Organization, u.Validate, func(o iam.Organization) (iam.Organization, error) {
		o.Security = u.Apply(o.Security)
		return o, nil
	})
	return o.Security, err
}

func (a *Authority) changeOrganization(ctx context.Context, call iam.Call, id iam.OrganizationID, check func() error, change func(iam.Organization) (iam.Organization, error)) (o iam.Organization, err error) {
	err = a.mutate(ctx, call, object{id: string(id)}, check, func(m *mutation) error {
		old, err := ownOrganization(m.Tx, m.organization, id)
		if err := m.authorizeFound(organizationObject(id, old), err); err != nil {
			return err
		}
		if o, err = change(old); err != nil {
			return err
		}
		o.UpdatedAt = m.Now
		m.did(iam.ActionUpdated, organizationResource(o))
		return unique(m.UpdateOrganization(o), "organization", "another organization has this alias")
	})
	return only(o, err)
}
