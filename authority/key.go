package authority

import (
	"context"
	"errors"

	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/store"
)

// CreatedAPIKey is a new API key with its secret, which is shown this once.
type CreatedAPIKey struct {
	iam.APIKey
	SecretKey string
}

// resourceAccessKey is how not_found names an API key on the wire.
const resourceAccessKey = "access_key"

func apiKeyObject(access iam.AccessKey, k iam.APIKey) object {
	return object{kind: resourceAccessKey, id: string(access), name: k.Description, named: k.AccessKey != "", owner: k.Bearer}
}

func apiKeyResource(k iam.APIKey) iam.EventResource {
	return iam.EventResource{ID: string(k.AccessKey), Type: iam.ResourceAPIKey, Name: k.Description, CreatedAt: k.CreatedAt, UpdatedAt: k.UpdatedAt}
}

// apiKeyPermission is the permission that an operation needs on a key of a bearer. Keys of
// people and keys of applications are governed apart: who manages applications must not be
// able to touch the credentials of a person.
func apiKeyPermission(action string, bearer iam.PrincipalType) string {
	if bearer == iam.TypeUser {
		return "iam:user_api_key:" + action
	}
	return "iam:api_key:" + action
}

// ListAPIKeys returns a page of the organization's API keys, and their number: of the kinds
// of bearer that the caller may list. A user who may list none, or asks for its own, gets
// its own.
func (a *Authority) ListAPIKeys(ctx context.Context, call iam.Call, f iam.APIKeyFilter) ([]iam.APIKey, int, error) {
	caller, err := a.enter(call)
	if err != nil {
		return nil, 0, err
	}
	if f.OrganizationID, err = caller.within(f.OrganizationID); err != nil {
		return nil, 0, err
	}
	visible, err := caller.narrowAPIKeys(&f)
	if err != nil || !visible {
		return nil, 0, err
	}
	return listed(ctx, a, func(tx *store.Tx) ([]iam.APIKey, int, error) { return tx.APIKeys(f) })
}

// narrowAPIKeys reduces a filter to the keys that the caller may list, and reports whether
// any can be left.
func (c *actor) narrowAPIKeys(f *iam.APIKeyFilter) (bool, error) {
	users := c.allowed(apiKeyPermission("list", iam.TypeUser), collection())
	applications := c.allowed(apiKeyPermission("list", iam.TypeApplication), collection())
	if users && applications {
		return true, nil
	}
	only := func(bearer iam.PrincipalType) bool {
		visible := f.BearerType == "" || f.BearerType == bearer
		f.BearerType = bearer
		return visible
	}
	self := c.call.Caller.Principal
	refused := c.authorize(c.call.Operation.Permission, object{owner: self})
	asksOwn := f.BearerID == self.ID || !users && (!applications || f.BearerType == iam.TypeUser)
	switch {
	case refused == nil && asksOwn:
		visible := only(self.Type) && (f.BearerID == "" || f.BearerID == self.ID)
		f.BearerID = self.ID
		return visible, nil
	case users:
		return only(iam.TypeUser), nil
	case applications:
		return only(iam.TypeApplication), nil
	}
	return false, refused
}

// GetAPIKey returns one API key, without its secret.
func (a *Authority) GetAPIKey(ctx context.Context, call iam.Call, access iam.AccessKey) (iam.APIKey, error) {
	caller, err := a.enter(call)
	if err != nil {
		return iam.APIKey{}, err
	}
	k, err := a.store.Read(ctx).APIKey(call.Caller.Organization, access)
	return only(k, caller.foundKey("read", access, k, err))
}

// foundKey is found with the permission that fits the key's bearer. A key that is not there
// has no bearer: who may touch keys of either kind is told so.
func (c *actor) foundKey(action string, access iam.AccessKey, k iam.APIKey, err error) error {
	o := apiKeyObject(access, k)
	refused := c.found(apiKeyPermission(action, k.Bearer.Type), o, err)
	if errors.Is(err, store.ErrNotFound) && iam.KindOf(refused) == iam.KindPermissionsDenied {
		return c.found(apiKeyPermission(action, iam.TypeUser), o, err)
	}
	return refused
}

// authorizeKey is foundKey for a mutation.
func (m *mutation) authorizeKey(action string, access iam.AccessKey, k iam.APIKey, err error) error {
	m.aim(apiKeyObject(access, k))
	return m.foundKey(action, access, k, err)
}

// CreateAPIKey creates an API key for an application, or for the calling user itself. Nobody
// makes a key for another user, whatever its rights: the key would act as that person.
func (a *Authority) CreateAPIKey(ctx context.Context, call iam.Call, n iam.NewAPIKey) (created CreatedAPIKey, err error) {
	permission := apiKeyPermission("create", n.Bearer.Type)
	err = a.mutate(ctx, call, object{}, func() error { return validateAPIKey(n) }, func(m *mutation) error {
		if n.Bearer.Type == iam.TypeUser && n.Bearer != call.Caller.Principal {
			return denied(permission)
		}
		if err := m.authorizeAs(permission, object{owner: n.Bearer, name: n.Description, named: true}); err != nil {
			return err
		}
		if err := m.exists(n.Bearer); err != nil {
			return err
		}
		if err := m.quota(quotaAPIKeys, m.CountAPIKeys); err != nil {
			return err
		}
		k := iam.APIKey{
			OrganizationID: m.organization, Bearer: n.Bearer, Description: n.Description, DefaultProjectID: n.DefaultProjectID,
			CreatedAt: m.Now, UpdatedAt: m.Now, ExpiresAt: n.ExpiresAt,
		}
		if k.DefaultProjectID == "" {
			k.DefaultProjectID = iam.ProjectID(m.organization)
		}
		if call.Client.IP.IsValid() {
			k.CreationIP = call.Client.IP.String()
		}
		if err := m.checkDefaultProject(k); err != nil {
			return err
		}
		if err := m.checkExpiry(k); err != nil {
			return err
		}
		created, err = a.insertAPIKey(m.Tx, k)
		m.did(iam.ActionCreated, apiKeyResource(created.APIKey))
		return err
	}, permission)
	return only(created, err)
}

// validateAPIKey checks what can be checked without the store. A group holds rights for its
// members; it never acts.
func validateAPIKey(n iam.NewAPIKey) error {
	if t := n.Bearer.Type; t != "" && t != iam.TypeUser && t != iam.TypeApplication {
		return iam.Invalid("bearer", iam.ReasonConstraint, "value must be a user or an application")
	}
	return n.Validate()
}

// insertAPIKey gives a key its access key and secret, and stores it.
func (a *Authority) insertAPIKey(tx *store.Tx, k iam.APIKey) (CreatedAPIKey, error) {
	k.AccessKey = identity.NewAccessKey()
	secret := identity.NewSecretKey()
	return CreatedAPIKey{k, secret}, tx.InsertAPIKey(k, store.Secret{
		Hash:   a.keyring.HashSecret(secret),
		Sealed: a.keyring.Seal([]byte(secret), "api_key/"+string(k.AccessKey)),
	})
}

// checkDefaultProject checks that the project of a key is in the organization.
func (m *mutation) checkDefaultProject(k iam.APIKey) error {
	if !m.state.HasProject(m.organization, k.DefaultProjectID) {
		return iam.NotFound(resourceProject, string(k.DefaultProjectID))
	}
	return nil
}

// checkExpiry checks the expiry of a key against the organization's longest life of a key,
// which counts from the key's creation: to be extended again and again must not make a key
// live for ever.
func (m *mutation) checkExpiry(k iam.APIKey) error {
	org, err := m.Organization(m.organization)
	if err != nil {
		return err
	}
	limit := org.Security.MaxAPIKeyDuration
	switch {
	case k.ExpiresAt.IsZero() && limit > 0:
		return iam.Invalid("expires_at", iam.ReasonConstraint, "Expiration date required")
	case k.ExpiresAt.IsZero():
		return nil
	case !k.ExpiresAt.After(m.Now):
		return iam.Invalid("expires_at", iam.ReasonConstraint, "value must be in the future")
	case limit > 0 && k.ExpiresAt.Sub(k.CreatedAt) > limit:
		return iam.Invalid("expires_at", iam.ReasonConstraint, "value is later than the organization's max_api_key_expiration_duration allows")
	}
	return nil
}

// UpdateAPIKey changes description, preferred project or expiry of an API key. Only what
// changes is checked: a limit that came later leaves old keys alone.
func (a *Authority) UpdateAPIKey(ctx context.Context, call iam.Call, access iam.AccessKey, u iam.APIKeyUpdate) (k iam.APIKey, err error) {
	err = a.mutate(ctx, call, object{id: string(access)}, u.Validate, func(m *mutation) error {
		old, err := m.APIKey(m.organization, access)
		if err := m.authorizeKey("write", access, old, err); err != nil {
			return err
		}
		k = u.Apply(old)
		if err := m.authorizeAs(apiKeyPermission("write", old.Bearer.Type), apiKeyObject(access, k)); err != nil {
			return err
		}
		if old.Managed {
			return managed("API key")
		}
		if k.DefaultProjectID != old.DefaultProjectID {
			if err := m.checkDefaultProject(k); err != nil {
				return err
			}
		}
		if !k.ExpiresAt.Equal(old.ExpiresAt) {
			if err := m.checkExpiry(k); err != nil {
				return err
			}
			// Those with tokens that would outlive the key, too; who holds it makes another one.
			if err := m.endSessionsOf(access); err != nil {
				return err
			}
		}
		k.UpdatedAt = m.Now
		m.did(iam.ActionUpdated, apiKeyResource(k))
		return m.UpdateAPIKey(k)
	}, "iam:user_api_key:write")
	return only(k, err)
}

// DeleteAPIKey deletes an API key. It stops at once, for the calls in flight, too.
func (a *Authority) DeleteAPIKey(ctx context.Context, call iam.Call, access iam.AccessKey) error {
	return a.mutate(ctx, call, object{id: string(access)}, nil, func(m *mutation) error {
		k, err := m.APIKey(m.organization, access)
		if err := m.authorizeKey("delete", access, k, err); err != nil {
			return err
		}
		if k.Managed {
			return managed("API key")
		}
		m.did(iam.ActionDeleted, apiKeyResource(k))
		return errors.Join(m.endSessionsOf(access), m.DeleteAPIKey(m.organization, access))
	}, "iam:user_api_key:delete")
}

// endSessionsOf ends the sessions that a key has made.
func (m *mutation) endSessionsOf(access iam.AccessKey) error {
	sessions, err := m.SessionsBy(m.organization, access)
	return errors.Join(err, endAll(m.Tx, sessions, ""))
}
