package authority

import (
	"context"
	"errors"
	"strings"
	"time"

	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/pdp"
	"bailiwick/store"
)

// invitationLifetime is how long an invitation waits for its answer.
const invitationLifetime = 7 * 24 * time.Hour

// maxInvitations bounds the invitations that an account sees.
const maxInvitations = 100

// organizationLetters bounds the invitations that one organization sends, so that nobody fills
// mailboxes in our name.
var organizationLetters = store.Budget{Attempts: 100, Refill: time.Minute}

// resourceInvitation is how errors name an invitation on the wire.
const resourceInvitation = "invitation"

// InviteGuest invites whoever reads the mail of an address to come into the organization as a
// guest. The guest is there at once, so that groups and policies can name it, but it has no rights
// until it accepts. A second invitation of the same address makes the first one's token void.
// Whether the address has an account is not told, and not known.
func (a *Authority) InviteGuest(ctx context.Context, call iam.Call, n iam.NewGuest) (u iam.User, err error) {
	token := identity.NewToken()
	err = a.mutate(ctx, call, object{}, n.Validate, func(m *mutation) error {
		organization, err := m.within(n.OrganizationID)
		if err != nil {
			return err
		}
		if err := m.authorize(object{name: n.Email, named: true}); err != nil {
			return err
		}
		if u, err = m.pendingGuest(n); err != nil {
			return err
		}
		if err := m.takeInvitation(n.Email); err != nil {
			return err
		}
		org, err := m.Organization(organization)
		if err != nil {
			return err
		}
		inviter, err := m.callerName()
		if err != nil {
			return err
		}
		l := letterTo(u, iam.LetterInvitation)
		l.Organization, l.Person = org.Name, inviter
		return errors.Join(
			m.PutGuest(iam.Guest{
				OrganizationID: organization, UserID: u.ID, Email: u.Email, InvitedBy: call.Caller.Principal,
				CreatedAt: m.Now, ExpiresAt: m.Now.Add(invitationLifetime),
			}, a.keyring.HashToken(identity.PurposeInvitation, token)),
			a.mail(m.Tx, l, call.Client, string(organization)+"."+token, invitationLifetime))
	})
	return only(u, err)
}

// pendingGuest returns the guest that an invitation is for, and makes it if there is none.
func (m *mutation) pendingGuest(n iam.NewGuest) (iam.User, error) {
	username := iam.CanonicalEmail(n.Email)
	u, err := m.UserByUsername(m.organization, username)
	switch {
	case err == nil && u.IsGuest() && u.Pending():
		m.did(iam.ActionUpdated, userResource(u))
		return u, nil
	case err == nil:
		return u, iam.AlreadyExists("user", string(u.ID), usernameTaken)
	case !errors.Is(err, store.ErrNotFound):
		return u, err
	}
	if err := m.quota(quotaUsers, m.CountUsers); err != nil {
		return u, err
	}
	u = iam.User{
		ID: iam.UserID(identity.NewID()), OrganizationID: m.organization, Type: iam.UserGuest, Status: iam.UserInvitationPending,
		Email: n.Email, Username: username, Locale: defaultLocale, Tags: n.Tags, CreatedAt: m.Now, UpdatedAt: m.Now,
	}
	m.did(iam.ActionCreated, userResource(u))
	return u, unique(m.InsertUser(u, ""), "user", usernameTaken)
}

// takeInvitation takes a letter from the budgets of the organization, and of the address in it.
func (m *mutation) takeInvitation(email string) error {
	for place, budget := range map[string]store.Budget{
		inviterPlace(m.organization):                                   organizationLetters,
		inviterPlace(m.organization) + "/" + iam.CanonicalEmail(email): mailBudget,
	} {
		allowed, err := m.TakeLetter(place, budget)
		if err != nil {
			return err
		}
		if !allowed {
			return tooManyLetters()
		}
	}
	return nil
}

// callerName is how a letter calls who acts.
func (m *mutation) callerName() (string, error) {
	p := m.call.Caller.Principal
	if p.Type == iam.TypeApplication {
		application, err := m.Application(m.organization, iam.ApplicationID(p.ID))
		return application.Name, err
	}
	u, err := m.User(m.organization, iam.UserID(p.ID))
	return u.Username, err
}

// InvitationAnswer names the invitation that an account answers: by the token of the letter, or by
// its id, which is that of the guest.
type InvitationAnswer struct {
	Token string
	ID    iam.UserID
}

func (i InvitationAnswer) validate() error {
	var v iam.Validator
	if (i.Token == "") == (i.ID == "") {
		v.Constraint("token", "exactly one of token and invitation_id must be given")
	}
	return v.Err()
}

// ListInvitations returns the invitations to the calling account's proven address that wait for an
// answer, oldest first, at most 100.
func (a *Authority) ListInvitations(ctx context.Context, call iam.Call) (all []iam.Invitation, err error) {
	if _, err := a.enter(call); err != nil {
		return nil, err
	}
	err = a.store.View(ctx, func(tx *store.Tx) error {
		u, err := accountCalling(tx, call)
		if err != nil {
			return err
		}
		offered, err := invitationsTo(tx, u)
		for _, g := range offered {
			org, e := tx.Organization(g.OrganizationID)
			err = errors.Join(err, e)
			if !org.Closed() {
				all = append(all, iam.Invitation{Guest: g, OrganizationName: org.Name})
			}
		}
		return err
	})
	return only(all, err)
}

// invitationsTo returns the invitations to an account. One whose address is only claimed has
// none: they are somebody else's.
func invitationsTo(tx *store.Tx, u iam.User) ([]iam.Guest, error) {
	if !u.EmailVerified {
		return nil, iam.Precondition(iam.PreconditionAttribute, "the address of this account is not proven: log in with a mailed code once")
	}
	return tx.InvitationsTo(u.Email, maxInvitations)
}

// accountCalling returns the owner whose account makes a call. Members and guests have none here.
func accountCalling(tx *store.Tx, call iam.Call) (iam.User, error) {
	if call.Caller.Principal.Type == iam.TypeUser {
		u, err := tx.User(call.Caller.Organization, iam.UserID(call.Caller.Principal.ID))
		if err != nil || u.IsOwner() {
			return u, err
		}
	}
	return iam.User{}, &iam.Error{Kind: iam.KindPermissionsDenied, Message: "only the owner of an organization has an account that can be a guest elsewhere",
		Denials: []iam.Denial{{Resource: resourceInvitation, Action: "answer"}}}
}

// AcceptInvitation makes the calling account a guest, with the rights that groups and policies
// give it from now on. Of two acceptances at once one finds the invitation.
func (a *Authority) AcceptInvitation(ctx context.Context, call iam.Call, answer InvitationAnswer) (guest iam.User, err error) {
	err = a.answerInvitation(ctx, call, answer, func(m *mutation, u iam.User, g iam.Guest) error {
		org, invited, err := bearerOf(m.Tx, iam.Session{OrganizationID: g.OrganizationID, UserID: g.UserID})
		if err != nil {
			return err
		}
		if org.Closed() {
			return invitationRefused(answer)
		}
		if err := m.roomForPlace(u, g); err != nil {
			return err
		}
		guest = invited
		guest.Status, guest.AccountRootID, guest.MFA = iam.UserActivated, u.AccountRootID, u.MFA
		guest.FirstName, guest.LastName, guest.Locale, guest.UpdatedAt = u.FirstName, u.LastName, u.Locale, m.Now
		g.Home, g.ExpiresAt = accountOf(u), time.Time{}
		return errors.Join(m.Tx.UpdateUser(guest), m.PutGuest(g, nil), m.tell(guest))
	})
	return only(guest, err)
}

// roomForPlace refuses a second place in an organization, and one more than there may be.
func (m *mutation) roomForPlace(u iam.User, g iam.Guest) error {
	_, err := m.GuestOf(g.OrganizationID, accountOf(u))
	switch {
	case err == nil || g.OrganizationID == u.OrganizationID:
		return iam.AlreadyExists("user", string(g.UserID), "this account is in the organization already")
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	places, err := m.GuestsOf(accountOf(u), maxPlaces)
	if err == nil && len(places) >= maxPlaces {
		err = &iam.Error{Kind: iam.KindQuotasExceeded, Quota: iam.Quota{Name: "guests", Limit: maxPlaces, Current: len(places)}}
	}
	return err
}

// RejectInvitation takes the invited guest out of the organization.
func (a *Authority) RejectInvitation(ctx context.Context, call iam.Call, answer InvitationAnswer) error {
	return a.answerInvitation(ctx, call, answer, func(m *mutation, _ iam.User, g iam.Guest) error {
		invited, err := m.User(g.OrganizationID, g.UserID)
		if err != nil {
			return err
		}
		return m.removeElsewhere(invited)
	})
}

// answerInvitation runs the answer of the calling account to an invitation. Its event is in the
// account's own organization; the other one is told.
func (a *Authority) answerInvitation(ctx context.Context, call iam.Call, answer InvitationAnswer, act func(*mutation, iam.User, iam.Guest) error) error {
	if _, err := a.enter(call); err != nil {
		return err
	}
	if err := answer.validate(); err != nil {
		return err
	}
	m := &mutation{actor: &actor{authority: a, call: call}, organization: call.Caller.Organization}
	err := a.commit(ctx, func(tx *store.Tx, state *pdp.Snapshot) error {
		proven, err := a.prove(call, state)
		if err != nil {
			return err
		}
		*m = mutation{actor: proven, Tx: tx, organization: call.Caller.Organization}
		u, err := accountCalling(tx, call)
		if err != nil {
			return err
		}
		g, err := a.invitationOf(tx, u, answer)
		if err != nil {
			return err
		}
		m.did(iam.ActionUpdated, userResource(u))
		if answer.Token != "" && !u.EmailVerified { // the token was mailed to the account's address
			u.EmailVerified = true
			if err := tx.UpdateUser(u); err != nil {
				return err
			}
		}
		return errors.Join(act(m, u, g), tx.AppendEvent(m.event(200)))
	})
	if iam.KindOf(err) == iam.KindPermissionsDenied {
		return a.recordRefusal(ctx, m, err)
	}
	return err
}

// invitationRefused answers whatever is wrong with what names an invitation, in one way: a token
// that was never given, is used, expired, replaced by a later one, or for another address.
func invitationRefused(answer InvitationAnswer) error {
	if answer.Token != "" {
		return iam.Invalid("token", iam.ReasonConstraint, "value is not a token that waits to be used by this account")
	}
	return iam.NotFound(resourceInvitation, string(answer.ID))
}

// invitationOf returns the invitation that an account answers.
//
// The attack is to answer somebody else's invitation. A token alone is not enough, because letters
// are forwarded; the account must have the invited address, too. And without the token the address
// must be proven, because an owner sets its own address to whatever it likes.
func (a *Authority) invitationOf(tx *store.Tx, u iam.User, answer InvitationAnswer) (iam.Guest, error) {
	if answer.Token == "" {
		offered, err := invitationsTo(tx, u)
		for _, g := range offered {
			if g.UserID == answer.ID {
				return g, nil
			}
		}
		return iam.Guest{}, errors.Join(err, invitationRefused(answer))
	}
	organization, secret, _ := strings.Cut(answer.Token, ".")
	id, ok := iam.ParseUUID(organization)
	if !ok || id != organization || secret == "" || len(secret) > 100 {
		return iam.Guest{}, invitationRefused(answer)
	}
	g, err := tx.GuestByToken(iam.OrganizationID(id), a.keyring.HashToken(identity.PurposeInvitation, secret))
	if errors.Is(err, store.ErrNotFound) || err == nil && (!tx.Now.Before(g.ExpiresAt) || iam.CanonicalEmail(g.Email) != iam.CanonicalEmail(u.Email)) {
		return g, invitationRefused(answer)
	}
	return g, err
}

// maxExpired bounds the invitations that one transaction takes away.
const maxExpired = 50

// ExpireInvitations takes guests away whose invitation has expired, and returns how many. No
// answer to them is taken any more; this only tidies up. The events name the guests themselves.
func (a *Authority) ExpireInvitations(ctx context.Context) (n int, err error) {
	expired, err := a.store.Read(ctx).ExpiredInvitations(1)
	if err != nil || len(expired) == 0 {
		return 0, err
	}
	err = a.commit(ctx, func(tx *store.Tx, _ *pdp.Snapshot) error {
		expired, err := tx.ExpiredInvitations(maxExpired)
		if err != nil {
			return err
		}
		n = len(expired)
		for _, g := range expired {
			u, err := tx.User(g.OrganizationID, g.UserID)
			if err != nil {
				return err
			}
			call := iam.Call{
				Caller:    iam.Caller{Organization: g.OrganizationID, Principal: g.UserID.Principal()},
				Operation: iam.Operation{Product: "bailiwick", Service: "bailiwick.v1.Api", Method: "ExpireInvitation"}, Body: []byte("{}"),
			}
			m := &mutation{actor: &actor{authority: a, call: call}, Tx: tx, organization: g.OrganizationID}
			if err := errors.Join(m.removeUser(u), tx.AppendEvent(m.event(200))); err != nil {
				return err
			}
			if err := recordSystem(tx, iam.SystemEvent{
				OrganizationID: g.OrganizationID, Kind: iam.SystemEventOther, Source: "invitations", Name: "ExpireInvitation", Product: "iam", Resources: m.resources,
			}); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}
