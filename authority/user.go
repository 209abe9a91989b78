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
	ownerStays    = "the owner of an organization cannot be locked or deleted"
)

// ListUsers returns a page of the organization's users, and their number. A user who may
// not list all sees itself alone.
func (a *Authority) ListUsers(ctx context.Context, call iam.Call, f iam.UserFilter) ([]iam.User, int, error) {
	caller, err := a.enter(call)
	if err != nil {
		return nil, 0, err
	}
	if f.OrganizationID, err = caller.within(f.OrganizationID); err != nil {
		return nil, 0, err
	}
	if !caller.allowed(call.Operation.Permission, collection()) {
		if err := caller.authorize(call.Operation.Permission, object{owner: call.Caller.Principal}); err != nil {
			return nil, 0, err
		}
		self := iam.UserID(call.Caller.Principal.ID)
		if !containsOrAll(f.UserIDs, self) {
			return nil, 0, nil
		}
		f.UserIDs = []iam.UserID{self}
	}
	return listed(ctx, a, func(tx *store.Tx) ([]iam.User, int, error) { return tx.Users(f) })
}

// GetUser returns one user.
func (a *Authority) GetUser(ctx context.Context, call iam.Call, id iam.UserID) (iam.User, error) {
	return getCached(ctx, a, call, func(tx *store.Tx, org iam.OrganizationID) (iam.User, error) { return tx.User(org, id) },
		func(u iam.User) object { return userObject(id, u) })
}

// CreateUser creates a member of the organization.
//
// The password is hashed before the transaction, because argon2id is slow by design and the
// transaction holds up all other writers.
func (a *Authority) CreateUser(ctx context.Context, call iam.Call, n iam.NewMember) (u iam.User, err error) {
	hash := ""
	check := func() error {
		if err := n.Validate(); err != nil || n.Password == "" {
			return err
		}
		if err := checkPassword("member.password", n.Password, identity.MinPasswordLengthMFA, iam.User{
			Username: n.Username, Email: n.Email, FirstName: n.FirstName, LastName: n.LastName,
		}); err != nil {
			return err
		}
		hash, err = a.passwords.Hash(ctx, n.Password)
		return err
	}
	err = a.mutate(ctx, call, object{}, check, func(m *mutation) error {
		org, err := m.within(n.OrganizationID)
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
		if err := m.InsertUser(u, hash); err != nil {
			return unique(err, "user", usernameTaken)
		}
		if hash != "" {
			if err := setPassword(m.Tx, u, hash, true); err != nil {
				return err
			}
		}
		return m.welcome(u, n)
	})
	return only(u, err)
}

// welcome mails a new member how to log in, if that was asked for, and with the password only if
// that was asked for, too. The outbox keeps it sealed, like any secret of a letter.
func (m *mutation) welcome(u iam.User, n iam.NewMember) error {
	if !n.SendWelcome && !n.SendPassword {
		return nil
	}
	org, err := m.Organization(u.OrganizationID)
	if err != nil {
		return err
	}
	l, password := letterTo(u, iam.LetterWelcome), ""
	l.Organization, l.Person = org.Name, u.Username
	if n.SendPassword {
		password = n.Password
	}
	return m.authority.mail(m.Tx, l, m.call.Client, password, letterLife)
}

const defaultLocale = "en_US"

// UpdateUser changes the profile of a user.
func (a *Authority) UpdateUser(ctx context.Context, call iam.Call, id iam.UserID, update iam.UserUpdate) (iam.User, error) {
	return a.changeUser(ctx, call, id, update.Validate, func(m *mutation, u iam.User) (iam.User, error) {
		if u.IsGuest() && update.Profile() {
			return u, ofAccount()
		}
		changed := update.Apply(u)
		if changed.Email == u.Email {
			return changed, nil
		}
		// Who it was at a provider was noted for the address that it had. Codes and links went there,
		// too: who leaves a mailbox because somebody else reads it must not be followed by one of them.
		return changed, errors.Join(m.DeleteOIDCSubjects(u.OrganizationID, u.ID), m.EndLogins(u.OrganizationID, u.ID, nil))
	})
}

// UpdateUserUsername changes the username of a user.
func (a *Authority) UpdateUserUsername(ctx context.Context, call iam.Call, id iam.UserID, username string) (iam.User, error) {
	var v iam.Validator
	v.Username("username", username)
	return a.changeUser(ctx, call, id, v.Err, func(m *mutation, u iam.User) (iam.User, error) {
		if u.IsGuest() {
			return u, ofAccount()
		}
		u.Username = username
		return u, m.authorize(userObject(id, u))
	})
}

// UpdateUserPassword sets the password of a user and ends the user's other sessions. One that
// somebody else sets is to be replaced by the user, if the organization wants that.
func (a *Authority) UpdateUserPassword(ctx context.Context, call iam.Call, id iam.UserID, password string) (iam.User, error) {
	own := id.Principal() == call.Caller.Principal
	hash := ""
	check := func() (err error) {
		var v iam.Validator
		v.Password("password", password)
		if err := v.Err(); err != nil {
			return err
		}
		u, err := a.store.Read(ctx).User(call.Caller.Organization, id)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		minimum := identity.MinPasswordLengthMFA
		if own && !u.MFA {
			minimum = identity.MinPasswordLength
		}
		if err := checkPassword("password", password, minimum, u); err != nil {
			return err
		}
		hash, err = a.passwords.Hash(ctx, password)
		return err
	}
	return a.changeUser(ctx, call, id, check, func(m *mutation, u iam.User) (iam.User, error) {
		if u.IsGuest() {
			return u, ofAccount()
		}
		return u, errors.Join(setPassword(m.Tx, u, hash, !own), m.endSessions(u), a.post(m.Tx, u, call.Client, iam.LetterPasswordChanged, "", letterLife))
	})
}

// changeUser runs a change of one user. Nobody but the owner changes the owner: a manager
// who could set the owner's address, name or password would become the owner, and no
// permission set grants that. It is a refusal like any other, so that the attempt is in the
// audit trail.
func (a *Authority) changeUser(ctx context.Context, call iam.Call, id iam.UserID, check func() error, change func(*mutation, iam.User) (iam.User, error)) (u iam.User, err error) {
	err = a.mutate(ctx, call, object{id: string(id)}, check, func(m *mutation) error {
		old, err := m.User(m.organization, id)
		if err := m.authorizeFound(userObject(id, old), err); err != nil {
			return err
		}
		if old.IsOwner() && call.Caller.Principal != id.Principal() {
			return denied(call.Operation.Permission)
		}
		if u, err = change(m, old); err != nil {
			return err
		}
		u.UpdatedAt = m.Now
		m.did(iam.ActionUpdated, userResource(u))
		return unique(m.UpdateUser(u), "user", usernameTaken)
	})
	return only(u, err)
}

// LockUser keeps a member out: no login, and keys without rights, also for what every user may
// do to itself.
func (a *Authority) LockUser(ctx context.Context, call iam.Call, id iam.UserID) (iam.User, error) {
	return a.setLocked(ctx, call, id, true)
}

// UnlockUser lets a member in again.
func (a *Authority) UnlockUser(ctx context.Context, call iam.Call, id iam.UserID) (iam.User, error) {
	return a.setLocked(ctx, call, id, false)
}

func (a *Authority) setLocked(ctx context.Context, call iam.Call, id iam.UserID, locked bool) (u iam.User, err error) {
	err = a.mutate(ctx, call, object{id: string(id)}, nil, func(m *mutation) error {
		u, err = m.User(m.organization, id)
		if err := m.authorizeFound(userObject(id, u), err); err != nil {
			return err
		}
		if u.IsOwner() {
			return iam.Precondition(iam.PreconditionProtected, ownerStays)
		}
		return m.lock(&u, locked)
	})
	return only(u, err)
}

// DeleteUser deletes a member with its API keys; its policies stay without principal. A
// member may delete itself, and a guest leaves so; its account stays.
func (a *Authority) DeleteUser(ctx context.Context, call iam.Call, id iam.UserID) error {
	return a.mutate(ctx, call, object{id: string(id)}, nil, func(m *mutation) error {
		u, err := m.User(m.organization, id)
		if err := m.authorizeFound(userObject(id, u), err); err != nil {
			return err
		}
		if u.IsOwner() {
			return iam.Precondition(iam.PreconditionProtected, ownerStays)
		}
		return m.removeUser(u)
	})
}

// removeUser deletes a user with its keys and sessions, and all that it proved itself with.
func (m *mutation) removeUser(u iam.User) error {
	m.did(iam.ActionDeleted, userResource(u))
	if err := m.removePrincipal(u.ID.Principal()); err != nil {
		return err
	}
	sessions, err := m.SessionsOf(m.organization, u.ID)
	if err != nil {
		return err
	}
	return errors.Join(endAll(m.Tx, sessions, ""), m.DeleteCredential(m.organization, u.ID), m.DeleteOIDCSubjects(m.organization, u.ID),
		m.DisconnectAll(accountOf(u)), m.DeleteGuest(m.organization, u.ID), m.DeleteUser(m.organization, u.ID))
}

// exists checks that a principal that a request names is in the organization. One of another
// organization is not found, like one that is nowhere.
func (m *mutation) exists(p iam.Principal) error {
	ok := false
	switch p.Type {
	case iam.TypeUser, iam.TypeApplication:
		// The snapshot is exactly the state that the transaction sees, and a call may name
		// thousands: looking each up in the database would hold up all other writers.
		_, ok = m.state.Principal(m.organization, p)
	case iam.TypeGroup:
		_, err := m.Group(m.organization, iam.GroupID(p.ID))
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		ok = err == nil
	}
	if !ok {
		return iam.NotFound(string(p.Type), p.ID)
	}
	return nil
}
