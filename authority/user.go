package authority

import (
	"context"
	"errors"

	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/store"
)

func userObject(id iam.UserID, u iam.User) object {
	return object{kind: "user", id: string(id), name: u.Username, named: u.ID != "", owner: id.Principal()}
}

func userResource(u iam.User) iam.EventResource {
	return iam.EventResource{ID: string(u.ID), Type: iam.ResourceUser, Name: u.Username, CreatedAt: u.CreatedAt, UpdatedAt: u.UpdatedAt}
}

const (
	usernameTaken = "a user of the organization has this username"
	ownerOnly     = "the owner of an organization can be changed only by itself"
	ownerStays    = "the owner of an organization cannot be locked or deleted"
)

// ListUsers returns a page of the organization's users, and their number. A user who may
// not list all sees itself alone.
func (a *Authority) ListUsers(ctx context.Context, call iam.Call, f iam.UserFilter) ([]iam.User, int, error) {
	org, err := organization(call, f.OrganizationID)
	if err != nil {
		return nil, 0, err
	}
	f.OrganizationID = org
	state, caller := a.snapshot.Load(), call.Caller.Principal
	if !a.allowed(state, call, call.Operation.Permission, collection()) {
		if err := a.authorize(state, call, call.Operation.Permission, object{owner: caller}); err != nil {
			return nil, 0, err
		}
		self := iam.UserID(caller.ID)
		if !containsOrAll(f.UserIDs, self) {
			return nil, 0, nil
		}
		f.UserIDs = []iam.UserID{self}
	}
	return listed(ctx, a, func(tx *store.Tx) ([]iam.User, int, error) { return tx.Users(f) })
}

// GetUser returns one user.
func (a *Authority) GetUser(ctx context.Context, call iam.Call, id iam.UserID) (iam.User, error) {
	return get(ctx, a, call, func(tx *store.Tx, org iam.OrganizationID) (iam.User, error) { return tx.User(org, id) },
		func(u iam.User) object { return userObject(id, u) })
}

// CreateUser creates a member of the organization.
func (a *Authority) CreateUser(ctx context.Context, call iam.Call, n iam.NewMember) (u iam.User, err error) {
	valid := n.Validate()
	hash, err := a.hashPassword(ctx, call, valid, n.Password)
	if err != nil {
		return iam.User{}, err
	}
	err = a.mutate(ctx, call, valid, func(m *mutation) error {
		org, err := organization(call, n.OrganizationID)
		if err != nil {
			return err
		}
		if err := m.authorize(object{name: n.Username, named: true}); err != nil {
			return err
		}
		if err := m.quota(quotaUsers, m.CountUsers); err != nil {
			return err
		}
		u = iam.User{
			ID: iam.UserID(identity.NewID()), OrganizationID: org, Type: iam.UserMember, Status: iam.UserActivated,
			Email: n.Email, Username: n.Username, FirstName: n.FirstName, LastName: n.LastName, PhoneNumber: n.PhoneNumber,
			Locale: n.Locale, Tags: n.Tags, CreatedAt: m.Now, UpdatedAt: m.Now,
		}
		if u.Locale == "" {
			u.Locale = defaultLocale
		}
		m.did(iam.ActionCreated, userResource(u))
		return unique(m.InsertUser(u, hash), "user", usernameTaken)
	})
	return u, err
}

const defaultLocale = "en_US"

// hashPassword hashes a password before the transaction, because argon2id is slow by design
// and the transaction holds up all other writers. It hashes only for a caller who may ever
// make the call and only valid input, so that the work is not there for everybody to burn.
func (a *Authority) hashPassword(ctx context.Context, call iam.Call, valid error, password string) (string, error) {
	if password == "" || valid != nil || a.precheck(call, nil) != nil {
		return "", nil
	}
	return a.passwords.Hash(ctx, password)
}

// UpdateUser changes the profile of a user.
func (a *Authority) UpdateUser(ctx context.Context, call iam.Call, id iam.UserID, update iam.UserUpdate) (u iam.User, err error) {
	return a.changeUser(ctx, call, id, update.Validate(), func(_ *mutation, u iam.User) (iam.User, error) {
		return update.Apply(u), nil
	})
}

// UpdateUserUsername changes the username of a user.
func (a *Authority) UpdateUserUsername(ctx context.Context, call iam.Call, id iam.UserID, username string) (iam.User, error) {
	var v iam.Validator
	v.Username("username", username)
	return a.changeUser(ctx, call, id, v.Err(), func(m *mutation, u iam.User) (iam.User, error) {
		u.Username = username
		return u, m.authorize(userObject(id, u))
	})
}

// UpdateUserPassword sets the password of a user.
func (a *Authority) UpdateUserPassword(ctx context.Context, call iam.Call, id iam.UserID, password string) (iam.User, error) {
	var v iam.Validator
	v.Password("password", password)
	hash, err := a.hashPassword(ctx, call, v.Err(), password)
	if err != nil {
		return iam.User{}, err
	}
	return a.changeUser(ctx, call, id, v.Err(), func(m *mutation, u iam.User) (iam.User, error) {
		return u, m.SetUserPassword(m.organization, id, hash)
	})
}

// changeUser runs a change of one user. Nobody but the owner changes the owner: a manager
// who could set the owner's address, name or password would become the owner, and no
// permission set grants that.
func (a *Authority) changeUser(ctx context.Context, call iam.Call, id iam.UserID, valid error, change func(*mutation, iam.User) (iam.User, error)) (u iam.User, err error) {
	err = a.mutate(ctx, call, valid, func(m *mutation) error {
		old, err := m.User(m.organization, id)
		if err := m.authorizeFound(userObject(id, old), err); err != nil {
			return err
		}
		if old.IsOwner() && call.Caller.Principal != id.Principal() {
			return iam.Precondition(iam.PreconditionProtected, ownerOnly)
		}
		if u, err = change(m, old); err != nil {
			return err
		}
		u.UpdatedAt = m.Now
		m.did(iam.ActionUpdated, userResource(u))
		return unique(m.UpdateUser(u), "user", usernameTaken)
	})
	return u, err
}

// LockUser keeps a member out: no login, and keys without rights. Locking a locked member
// changes nothing.
func (a *Authority) LockUser(ctx context.Context, call iam.Call, id iam.UserID) (iam.User, error) {
	return a.setLocked(ctx, call, id, true)
}

// UnlockUser lets a member in again.
func (a *Authority) UnlockUser(ctx context.Context, call iam.Call, id iam.UserID) (iam.User, error) {
	return a.setLocked(ctx, call, id, false)
}

func (a *Authority) setLocked(ctx context.Context, call iam.Call, id iam.UserID, locked bool) (u iam.User, err error) {
	err = a.mutate(ctx, call, nil, func(m *mutation) error {
		u, err = m.User(m.organization, id)
		if err := m.authorizeFound(userObject(id, u), err); err != nil {
			return err
		}
		if u.IsOwner() {
			return iam.Precondition(iam.PreconditionProtected, ownerStays)
		}
		u.Locked, u.UpdatedAt = locked, m.Now
		m.did(iam.ActionUpdated, userResource(u))
		return m.UpdateUser(u)
	})
	return u, err
}

// DeleteUser deletes a member with its API keys; its policies stay without principal. A
// member may delete itself.
func (a *Authority) DeleteUser(ctx context.Context, call iam.Call, id iam.UserID) error {
	return a.mutate(ctx, call, nil, func(m *mutation) error {
		u, err := m.User(m.organization, id)
		if err := m.authorizeFound(userObject(id, u), err); err != nil {
			return err
		}
		if u.IsOwner() {
			return iam.Precondition(iam.PreconditionProtected, ownerStays)
		}
		m.did(iam.ActionDeleted, userResource(u))
		if err := m.removePrincipal(id.Principal()); err != nil {
			return err
		}
		return m.DeleteUser(m.organization, id)
	})
}

// exists checks that a principal that a request names is in the organization. One of another
// organization is not found, like one that is nowhere.
func (m *mutation) exists(p iam.Principal) error {
	var err error
	switch p.Type {
	case iam.TypeUser:
		_, err = m.User(m.organization, iam.UserID(p.ID))
	case iam.TypeApplication:
		_, err = m.Application(m.organization, iam.ApplicationID(p.ID))
	case iam.TypeGroup:
		_, err = m.Group(m.organization, iam.GroupID(p.ID))
	}
	if errors.Is(err, store.ErrNotFound) {
		return iam.NotFound(string(p.Type), p.ID)
	}
	return err
}
