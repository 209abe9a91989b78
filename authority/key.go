package authority

import (
	"context"
	"time"

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
// of bearer that the caller may list, or only its own if it may list none.
func (a *Authority) ListAPIKeys(ctx context.Context, call iam.Call, f iam.APIKeyFilter) ([]iam.APIKey, int, error) {
	org, err := organization(call, f.OrganizationID)
	if err != nil {
		return nil, 0, err
	}
	f.OrganizationID = org
	visible, err := a.narrowAPIKeys(call, &f)
	if err != nil || !visible {
		return nil, 0, err
	}
	return listed(ctx, a, func(tx *store.Tx) ([]iam.APIKey, int, error) { return tx.APIKeys(f) })
}

// narrowAPIKeys reduces a filter to the keys that the caller may list, and reports whether
// any can be left.
func (a *Authority) narrowAPIKeys(call iam.Call, f *iam.APIKeyFilter) (bool, error) {
	state, caller := a.snapshot.Load(), call.Caller.Principal
	users := a.allowed(state, call, apiKeyPermission("list", iam.TypeUser), collection())
	applications := a.allowed(state, call, apiKeyPermission("list", iam.TypeApplication), collection())
	only := func(bearer iam.PrincipalType) bool {
		visible := f.BearerType == "" || f.BearerType == bearer
		f.BearerType = bearer
		return visible
	}
	switch {
	case users && applications:
		return true, nil
	case users:
		return only(iam.TypeUser), nil
	case applications:
		return only(iam.TypeApplication), nil
	}
	if err := a.authorize(state, call, call.Operation.Permission, object{owner: caller}); err != nil {
		return false, err
	}
	visible := only(caller.Type) && (f.BearerID == "" || f.BearerID == caller.ID)
	f.BearerID = caller.ID
	return visible, nil
}

// GetAPIKey returns one API key, without its secret.
func (a *Authority) GetAPIKey(ctx context.Context, call iam.Call, access iam.AccessKey) (iam.APIKey, error) {
	k, err := a.store.Read(ctx).APIKey(call.Caller.Organization, access)
	o := apiKeyObject(access, k)
	refused := a.authorize(a.snapshot.Load(), call, apiKeyPermission("read", k.Bearer.Type), o)
	if err := found(refused, o, err); err != nil {
		return iam.APIKey{}, err
	}
	return k, nil
}

// CreateAPIKey creates an API key for an application, or for the calling user itself. Nobody
// makes a key for another user, whatever its rights: the key would act as that person.
func (a *Authority) CreateAPIKey(ctx context.Context, call iam.Call, n iam.NewAPIKey) (created CreatedAPIKey, err error) {
	permission := apiKeyPermission("create", n.Bearer.Type)
	err = a.mutate(ctx, call, n.Validate(), func(m *mutation) error {
		self := n.Bearer == call.Caller.Principal
		if n.Bearer.Type == iam.TypeUser && !self {
			m.target = object{owner: n.Bearer}
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
		if n.DefaultProjectID == "" {
			n.DefaultProjectID = iam.ProjectID(m.organization)
		}
		if err := m.checkKey(n.DefaultProjectID, n.ExpiresAt, m.Now); err != nil {
			return err
		}
		k := iam.APIKey{
			OrganizationID: m.organization, Bearer: n.Bearer, Description: n.Description, DefaultProjectID: n.DefaultProjectID,
			CreatedAt: m.Now, UpdatedAt: m.Now, ExpiresAt: n.ExpiresAt,
		}
		if call.Client.IP.IsValid() {
			k.CreationIP = call.Client.IP.String()
		}
		created, err = a.insertAPIKey(m.Tx, k)
		m.did(iam.ActionCreated, apiKeyResource(created.APIKey))
		return err
	}, permission)
	return created, err
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

// checkKey checks the project and the expiry of a key against the organization.
func (m *mutation) checkKey(project iam.ProjectID, expires, created time.Time) error {
	if !m.state.HasProject(m.organization, project) {
		return iam.NotFound(resourceProject, string(project))
	}
	org, err := m.Organization(m.organization)
	if err != nil {
		return err
	}
	limit := org.Security.MaxAPIKeyDuration
	switch {
	case expires.IsZero() && limit > 0:
		return iam.Invalid("expires_at", iam.ReasonConstraint, "Expiration date required")
	case expires.IsZero():
		return nil
	case !expires.After(m.Now):
		return iam.Invalid("expires_at", iam.ReasonConstraint, "value must be in the future")
	case limit > 0 && expires.Sub(created) > limit:
		return iam.Invalid("expires_at", iam.ReasonConstraint, "value is later than the organization's max_api_key_expiration_duration allows")
	}
	return nil
}

// UpdateAPIKey changes description, preferred project or expiry of an API key.
func (a *Authority) UpdateAPIKey(ctx context.Context, call iam.Call, access iam.AccessKey, u iam.APIKeyUpdate) (k iam.APIKey, err error) {
	err = a.mutate(ctx, call, u.Validate(), func(m *mutation) error {
		old, err := m.APIKey(m.organization, access)
		if err := m.authorizeKey("write", access, old, err); err != nil {
			return err
		}
		if old.Managed {
			return managed("API key")
		}
		k = u.Apply(old)
		if err := m.authorizeAs(apiKeyPermission("write", old.Bearer.Type), apiKeyObject(access, k)); err != nil {
			return err
		}
		if u.DefaultProjectID != nil || u.ExpiresAt != nil {
			if err := m.checkKey(k.DefaultProjectID, k.ExpiresAt, k.CreatedAt); err != nil {
				return err
			}
		}
		k.UpdatedAt = m.Now
		m.did(iam.ActionUpdated, apiKeyResource(k))
		return m.UpdateAPIKey(k)
	}, "iam:user_api_key:write")
	return k, err
}

// DeleteAPIKey deletes an API key. It stops at once, for the calls in flight, too.
func (a *Authority) DeleteAPIKey(ctx context.Context, call iam.Call, access iam.AccessKey) error {
	return a.mutate(ctx, call, nil, func(m *mutation) error {
		k, err := m.APIKey(m.organization, access)
		if err := m.authorizeKey("delete", access, k, err); err != nil {
			return err
		}
		if k.Managed {
			return managed("API key")
		}
		m.did(iam.ActionDeleted, apiKeyResource(k))
		return m.DeleteAPIKey(m.organization, access)
	}, "iam:user_api_key:delete")
}

// authorizeKey is authorizeFound with the permission that fits the key's bearer.
func (m *mutation) authorizeKey(action string, access iam.AccessKey, k iam.APIKey, err error) error {
	o := apiKeyObject(access, k)
	return found(m.authorizeAs(apiKeyPermission(action, k.Bearer.Type), o), o, err)
}
