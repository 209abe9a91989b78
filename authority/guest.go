package authority

import (
	"context"
	"errors"

	"bailiwick/iam"
	"bailiwick/pdp"
	"bailiwick/store"
)

// An account is the person behind an owner. Its home is that owner: there it has its password, its
// second factors and its sessions. In other organizations it has places: a guest that was invited,
// or the owner of one more organization. A place has rights and keys of its own, and nothing to
// prove itself with.

// maxPlaces bounds the places of an account.
const maxPlaces = 100

// ofAccount refuses to change what belongs to the account of a guest. Its organization did not
// make the password and the factors, and they open other organizations, too.
func ofAccount() error {
	return iam.Precondition(iam.PreconditionProtected, "profile, password and second factors of a guest belong to its account, which changes them in its own organization")
}

// homeOf returns the owner behind a place, or ErrNotFound. guestOf is the organization of the place.
func homeOf(tx *store.Tx, u iam.User) (org iam.Organization, owner iam.User, guestOf iam.OrganizationID, err error) {
	g, err := tx.Guest(u.OrganizationID, u.ID)
	if err == nil && g.Pending() {
		err = store.ErrNotFound
	}
	if err != nil {
		return org, owner, "", err
	}
	org, owner, err = bearerOf(tx, iam.Session{OrganizationID: g.Home.OrganizationID, UserID: g.Home.UserID})
	return org, owner, u.OrganizationID, err
}

// guestPlace returns the place of an account in the organization that a login names, and whether
// it may go there: it is an accepted guest, not locked, and has not let a demand of that
// organization pass. A refusal is in that organization's authentication events.
func (a *Authority) guestPlace(tx *store.Tx, client iam.Client, home iam.User, l store.Login) (at seat, ok bool, err error) {
	g, err := tx.GuestOf(l.GuestOf, accountOf(home))
	if errors.Is(err, store.ErrNotFound) {
		return at, false, nil
	}
	if err != nil {
		return at, false, err
	}
	at.organization, at.user, err = bearerOf(tx, iam.Session{OrganizationID: g.OrganizationID, UserID: g.UserID})
	if err != nil || at.organization.Closed() {
		return at, false, err
	}
	u := at.user
	refused := tx.AppendAuthenticationEvent
	if u.Locked || u.Pending() {
		return at, false, refused(attempt(u, client, l, iam.FailedUnknown))
	}
	c, err := tx.Credential(u.OrganizationID, u.ID)
	if err != nil {
		return at, false, err
	}
	if beginGrace(at.organization, u, &c, tx.Now) {
		if err := tx.PutCredential(u.OrganizationID, u.ID, c); err != nil {
			return at, false, err
		}
	}
	if overdue(at.organization, u, c, tx.Now) {
		return at, false, errors.Join(a.lockFor(tx, u, client), refused(attempt(u, client, l, iam.FailedUnknown)))
	}
	return at, true, nil
}

// SwitchOrganization opens a session of the calling account in another organization, in which it
// is a guest or which it owns, too.
//
// It takes a session of the account's home that was opened by a login. One that an API key made
// has proven no second factor, and ends with its key; and from a place there is no way home: who
// holds a guest's session, or the password of one more organization, does not hold the account.
// Every refusal is the same: it does not tell which organizations exist.
func (a *Authority) SwitchOrganization(ctx context.Context, call iam.Call, to iam.OrganizationID) (opened OpenedSession, err error) {
	if _, err := a.enter(call); err != nil {
		return opened, err
	}
	refused := iam.NotFound("organization", string(to))
	if call.Caller.Session == "" || call.Caller.Principal.Type != iam.TypeUser {
		return opened, refused
	}
	keys, err := a.keys(ctx)
	if err != nil {
		return opened, err
	}
	outcome := error(nil) // of an update that commits: a guest whose time is over is locked
	err = a.commit(ctx, func(tx *store.Tx, state *pdp.Snapshot) error {
		outcome = nil
		if _, err := a.prove(call, state); err != nil {
			return err
		}
		s, err := tx.Session(call.Caller.Organization, call.Caller.Session)
		if err != nil {
			return err
		}
		home, err := tx.User(s.OrganizationID, s.UserID)
		if err != nil {
			return err
		}
		if s.AccessKey != "" || !home.IsOwner() {
			return refused
		}
		l := store.Login{OrganizationID: home.OrganizationID, UserID: home.ID, GuestOf: to}
		if l.Method, l.MFA, err = tx.LoginAt(home.OrganizationID, home.ID, s.CreatedAt); err != nil {
			return err
		}
		at, ok, err := a.guestPlace(tx, call.Client, home, l)
		if err != nil || !ok {
			outcome = refused
			return err
		}
		opened, err = a.openAt(tx, keys, call.Client, at, l)
		return err
	})
	if err == nil {
		err = outcome
	}
	return only(opened, err)
}

// accountChanged carries a change of what a user proves itself with to the places of its account:
// their sessions end, and guests show whether the account has a second factor now.
func (m *mutation) accountChanged(u iam.User) error {
	if !u.IsOwner() {
		return nil
	}
	places, err := m.GuestsOf(accountOf(u), maxPlaces)
	if err != nil {
		return err
	}
	for _, g := range places {
		sessions, err := m.SessionsOf(g.OrganizationID, g.UserID)
		if err := errors.Join(err, endAll(m.Tx, sessions, "")); err != nil {
			return err
		}
		guest, err := m.User(g.OrganizationID, g.UserID)
		if err != nil {
			return err
		}
		if guest.IsGuest() && guest.MFA != u.MFA {
			guest.MFA, guest.UpdatedAt = u.MFA, m.Now
			if err := errors.Join(m.Tx.UpdateUser(guest), m.tell(guest)); err != nil {
				return err
			}
		}
	}
	return nil
}

// homeOfAddress returns the owner at home of the account with a proven address; the zero value if
// there is none.
func (m *mutation) homeOfAddress(email string) (iam.User, error) {
	owners, err := m.OwnersByEmail(email, maxOwned)
	for _, u := range owners {
		if !u.EmailVerified {
			break // those who have proven it come first
		}
		org, err := m.Organization(u.OrganizationID)
		if err != nil {
			return iam.User{}, err
		}
		if org.Closed() {
			continue
		}
		home, owner, _, err := homeOf(m.Tx, u)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return u, nil // it is at home
		case err != nil:
			return u, err
		case !home.Closed():
			return owner, nil
		}
	}
	return iam.User{}, err
}

// addPlace gives an account the organization of an owner as a place: the account may switch there,
// and what the account proves itself with stays where it is.
func (m *mutation) addPlace(owner, home iam.User) error {
	if home.ID == "" {
		return nil
	}
	return m.PutGuest(iam.Guest{
		OrganizationID: owner.OrganizationID, UserID: owner.ID, Email: owner.Email, InvitedBy: m.call.Caller.Principal,
		Home: accountOf(home), CreatedAt: m.Now,
	}, nil)
}

// leavePlaces ends the places of an account whose home ends. An organization that it owns stays,
// and logs in by itself.
func (m *mutation) leavePlaces(home iam.Account) error {
	places, err := m.GuestsOf(home, maxPlaces)
	if err != nil {
		return err
	}
	for _, g := range places {
		u, err := m.User(g.OrganizationID, g.UserID)
		if err != nil {
			return err
		}
		if !u.IsGuest() {
			err = m.DeleteGuest(g.OrganizationID, g.UserID)
		} else {
			err = m.removeElsewhere(u)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// removeElsewhere deletes a guest from the organization that invited it, and tells that
// organization.
func (m *mutation) removeElsewhere(u iam.User) error {
	there := &mutation{actor: m.actor, Tx: m.Tx, organization: u.OrganizationID}
	if err := there.removeUser(u); err != nil {
		return err
	}
	if u.OrganizationID == m.organization {
		m.resources = append(m.resources, there.resources...)
		return nil
	}
	return m.tellOf(u, there.resources)
}
