package authority

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/store"
)

const resourceConnection = "connection"

// offerLifetime is how long a token that connects two accounts is good.
const offerLifetime = 10 * time.Minute

func accountOf(u iam.User) iam.Account {
	return iam.Account{OrganizationID: u.OrganizationID, UserID: u.ID}
}

// ListConnections returns the accounts that the calling user has connected with its own. Nobody
// else sees them, whatever its rights: they are in other organizations, whose users agreed to be
// seen by this one person.
func (a *Authority) ListConnections(ctx context.Context, call iam.Call, id iam.UserID) (all []iam.ConnectedAccount, err error) {
	caller, err := a.enter(call)
	if err != nil {
		return nil, err
	}
	err = a.store.View(ctx, func(tx *store.Tx) error {
		u, err := tx.User(call.Caller.Organization, id)
		if err := caller.found(call.Operation.Permission, userObject(id, u), err); err != nil {
			return err
		}
		if id.Principal() != call.Caller.Principal {
			return denied(call.Operation.Permission)
		}
		connections, err := tx.Connections(accountOf(u))
		for _, c := range connections {
			org, other, e := bearerOf(tx, iam.Session{OrganizationID: c.OrganizationID, UserID: c.UserID})
			err = errors.Join(err, e)
			all = append(all, iam.ConnectedAccount{
				Connection: c, OrganizationName: org.Name, Locked: org.Closed(), Username: other.Username, Type: other.Type,
			})
		}
		return err
	})
	return only(all, err)
}

// ownConnections runs a change of the calling user's own connections.
func (a *Authority) ownConnections(ctx context.Context, call iam.Call, id iam.UserID, check func() error, change func(*mutation, iam.User) error) error {
	return a.ownFactor(ctx, call, id, check, func(m *mutation, u iam.User, _ store.Credential) error { return change(m, u) })
}

// OfferConnection returns a token with which another account of the same person connects itself
// with the calling user. It is good once, for ten minutes, and takes the place of the one before.
func (a *Authority) OfferConnection(ctx context.Context, call iam.Call, id iam.UserID) (token string, err error) {
	err = a.ownConnections(ctx, call, id, nil, func(m *mutation, u iam.User) error {
		secret := identity.NewToken()
		token = string(u.OrganizationID) + "." + secret
		return m.PutConnectionOffer(store.ConnectionOffer{
			Account: accountOf(u), Hash: a.keyring.HashToken(identity.PurposeConnection, secret), ExpiresAt: m.Now.Add(offerLifetime),
		})
	})
	return only(token, err)
}

// JoinConnection connects the calling user with the one who offered. It gives neither of them a
// right in the other's organization; each is shown to the other.
func (a *Authority) JoinConnection(ctx context.Context, call iam.Call, id iam.UserID, token string) error {
	refused := iam.Invalid("token", iam.ReasonConstraint, "value is not a token that waits to be used")
	organization, secret, _ := strings.Cut(token, ".")
	org, ok := iam.ParseUUID(organization)
	ok = ok && org == organization && secret != "" && len(secret) <= 100
	return a.ownConnections(ctx, call, id, nil, func(m *mutation, u iam.User) error {
		if !ok {
			return refused
		}
		offer, err := m.ConnectionOffer(iam.OrganizationID(org), a.keyring.HashToken(identity.PurposeConnection, secret))
		if errors.Is(err, store.ErrNotFound) {
			return refused
		}
		if err != nil {
			return err
		}
		theirs, other, err := bearerOf(m.Tx, iam.Session{OrganizationID: offer.OrganizationID, UserID: offer.UserID})
		switch {
		case err != nil:
			return err
		case !m.Now.Before(offer.ExpiresAt):
			return &iam.Error{Kind: iam.KindExpired, Resource: resourceConnection}
		case theirs.Closed() || other.Locked:
			return refused
		case offer.Account == accountOf(u):
			return iam.Invalid("token", iam.ReasonConstraint, "value is this user's own token; it is for another account")
		}
		for _, account := range []iam.Account{accountOf(u), offer.Account} {
			if err := m.roomForConnection(account); err != nil {
				return err
			}
		}
		return errors.Join(m.TakeConnectionOffer(offer),
			unique(m.Connect(accountOf(u), offer.Account), resourceConnection, "the two accounts are connected already"),
			m.tell(other))
	})
}

// roomForConnection refuses one more connection of an account that has as many as there may be.
func (m *mutation) roomForConnection(a iam.Account) error {
	connections, err := m.Connections(a)
	if err != nil || len(connections) < iam.MaxConnections {
		return err
	}
	return &iam.Error{Kind: iam.KindQuotasExceeded, Quota: iam.Quota{Name: "connections", Limit: iam.MaxConnections, Current: len(connections)}}
}

// RemoveConnection ends the connection of the calling user with another account. Either side may.
func (a *Authority) RemoveConnection(ctx context.Context, call iam.Call, id, target iam.UserID) error {
	return a.ownConnections(ctx, call, id, nil, func(m *mutation, u iam.User) error {
		connections, err := m.Connections(accountOf(u))
		if err != nil {
			return err
		}
		at := slices.IndexFunc(connections, func(c iam.Connection) bool { return c.UserID == target })
		if at < 0 {
			return iam.NotFound(resourceConnection, string(target))
		}
		other, err := m.User(connections[at].OrganizationID, target)
		if err != nil {
			return err
		}
		return errors.Join(m.Disconnect(accountOf(u), accountOf(other)), m.tell(other))
	})
}

// tell appends an event of the mutation to the trail of the other account's organization: those
// who run it shall see what their user is connected with, or no longer. The event names that user
// and nobody else: who acted, and from where, is another organization's affair.
func (m *mutation) tell(other iam.User) error {
	if other.OrganizationID == m.organization {
		return nil // the mutation's own event is there
	}
	r := userResource(other)
	r.Action = iam.ActionUpdated
	return m.tellOf(other, []iam.EventResource{r})
}

// tellOf is tell for all that the mutation did in the other organization.
func (m *mutation) tellOf(other iam.User, resources []iam.EventResource) error {
	op := m.call.Operation
	return m.AppendEvent(iam.Event{
		OrganizationID: other.OrganizationID, Principal: other.ID.Principal(),
		Product: op.Product, Service: op.Service, Method: op.Method, Resources: resources, Body: []byte("{}"), StatusCode: 200,
	})
}
