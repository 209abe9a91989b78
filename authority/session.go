package authority

import (
	"context"
	"crypto/hmac"
	"errors"
	"strings"
	"time"

	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/pdp"
	"bailiwick/store"
)

// maxSessions bounds the sessions of one user; the oldest make room for new ones.
const maxSessions = 100

// OpenedSession is a session with its tokens, which are shown this once.
type OpenedSession struct {
	iam.Session
	Token      string
	RenewToken string
}

// resourceSession is how not_found names a session on the wire.
const resourceSession = "jwt"

func sessionObject(id iam.SessionID, s iam.Session) object {
	return object{kind: resourceSession, id: string(id), owner: s.UserID.Principal()}
}

// ListSessions returns a page of the organization's sessions, and their number. A user who may
// not list those of others gets its own.
func (a *Authority) ListSessions(ctx context.Context, call iam.Call, f iam.SessionFilter) ([]iam.Session, int, error) {
	caller, err := a.enter(call)
	if err != nil {
		return nil, 0, err
	}
	f.OrganizationID = call.Caller.Organization
	if self := call.Caller.Principal; !caller.allowed(call.Operation.Permission, collection()) {
		if err := caller.authorize(call.Operation.Permission, object{owner: self}); err != nil {
			return nil, 0, err
		}
		if f.UserID == "" {
			f.UserID = iam.UserID(self.ID)
		}
		if f.UserID.Principal() != self {
			return nil, 0, denied(call.Operation.Permission)
		}
	}
	return listed(ctx, a, func(tx *store.Tx) ([]iam.Session, int, error) { return tx.Sessions(f) })
}

// GetSession returns one session.
func (a *Authority) GetSession(ctx context.Context, call iam.Call, id iam.SessionID) (iam.Session, error) {
	return get(ctx, a, call, func(tx *store.Tx, org iam.OrganizationID) (iam.Session, error) { return tx.Session(org, id) },
		func(s iam.Session) object { return sessionObject(id, s) })
}

// DeleteSession ends a session. Its token is refused from now on.
func (a *Authority) DeleteSession(ctx context.Context, call iam.Call, id iam.SessionID) error {
	return a.mutate(ctx, call, object{id: string(id)}, nil, func(m *mutation) error {
		s, err := m.Session(m.organization, id)
		if err := m.authorizeFound(sessionObject(id, s), err); err != nil {
			return err
		}
		u, err := m.User(m.organization, s.UserID)
		if err != nil {
			return err
		}
		m.did(iam.ActionUpdated, userResource(u)) // a session is no resource of the trail: its user is
		return m.DeleteSession(m.organization, id)
	})
}

// CreateSession makes a session for the calling user itself. Nobody makes one for another user,
// whatever its rights: it would act as that person. A session that an API key makes ends with
// the key, so that a stolen key that is deleted leaves nothing behind.
func (a *Authority) CreateSession(ctx context.Context, call iam.Call, user iam.UserID, referrer string) (opened OpenedSession, err error) {
	keys, err := a.keys(ctx)
	if err != nil {
		return opened, err
	}
	err = a.mutate(ctx, call, object{id: string(user)}, func() error { return iam.ValidateReferrer(referrer) }, func(m *mutation) error {
		u, err := m.User(m.organization, user)
		if err := m.authorizeFound(object{kind: "user", id: string(user), name: u.Username, named: u.ID != "", owner: user.Principal()}, err); err != nil {
			return err
		}
		if user.Principal() != call.Caller.Principal {
			return denied(call.Operation.Permission)
		}
		org, err := m.Organization(m.organization)
		if err != nil {
			return err
		}
		s := a.newSession(m.Tx, u, call.Client)
		s.Referrer, s.AccessKey = referrer, call.Caller.AccessKey
		opened, err = a.openSession(m.Tx, keys, org, s)
		m.did(iam.ActionUpdated, userResource(u))
		return err
	})
	return only(opened, err)
}

// newSession is a session of a user that begins now.
func (a *Authority) newSession(tx *store.Tx, u iam.User, client iam.Client) iam.Session {
	s := iam.Session{
		ID: iam.SessionID(identity.NewID()), OrganizationID: u.OrganizationID, UserID: u.ID, IssuerID: u.ID,
		UserAgent: client.UserAgent, CreatedAt: tx.Now, UpdatedAt: tx.Now,
	}
	if client.IP.IsValid() {
		s.IP = client.IP.String()
	}
	return s
}

// openSession stores a session and makes its tokens. The user's oldest ones make room for it.
func (a *Authority) openSession(tx *store.Tx, keys *keySet, org iam.Organization, s iam.Session) (OpenedSession, error) {
	end, err := endOf(tx, org, s)
	if err != nil {
		return OpenedSession{}, err
	}
	if ended(end, tx.Now) {
		return OpenedSession{}, iam.AuthenticationDenied(methodJWT, iam.AuthExpired)
	}
	s.ExpiresAt = tokenExpiry(end, tx.Now)
	token := identity.NewToken()
	old, err := tx.SessionsOf(s.OrganizationID, s.UserID)
	if err != nil {
		return OpenedSession{}, err
	}
	for i, o := range old {
		if len(old)-i >= maxSessions || !sessionEnd(org, o).After(tx.Now) {
			if err := tx.DeleteSession(o.OrganizationID, o.ID); err != nil {
				return OpenedSession{}, err
			}
		}
	}
	if err := tx.InsertSession(s, a.keyring.HashToken(identity.PurposeRenew, token)); err != nil {
		return OpenedSession{}, err
	}
	return a.signed(keys, s, token)
}

// signed returns a session with its tokens.
func (a *Authority) signed(keys *keySet, s iam.Session, renew string) (OpenedSession, error) {
	token, err := keys.Sign(identity.SessionClaims{
		ID: string(s.ID), UserID: s.UserID, OrganizationID: s.OrganizationID,
		IssuedAt: s.UpdatedAt.Truncate(time.Second), ExpiresAt: s.ExpiresAt.Truncate(time.Second),
	})
	return OpenedSession{s, token, strings.Join([]string{string(s.OrganizationID), string(s.ID), renew}, ".")}, err
}

// sessionEnd is when a session can no longer be renewed: what the organization allows now
// counts, for the sessions that run, too.
func sessionEnd(org iam.Organization, s iam.Session) time.Time {
	return s.CreatedAt.Add(org.Security.MaxLoginSessionDuration)
}

// endOf is sessionEnd, or when the key expires that made the session, if that is earlier. Otherwise
// whoever steals a key of five minutes would make of it a session of a month.
func endOf(tx *store.Tx, org iam.Organization, s iam.Session) (time.Time, error) {
	end := sessionEnd(org, s)
	if s.AccessKey == "" {
		return end, nil
	}
	key, err := tx.APIKey(s.OrganizationID, s.AccessKey)
	if err == nil && !key.ExpiresAt.IsZero() && key.ExpiresAt.Before(end) {
		end = key.ExpiresAt
	}
	return end, err
}

// ended reports whether no token can be made any more: tokens count in whole seconds.
func ended(end, now time.Time) bool {
	return !end.Truncate(time.Second).After(now.Truncate(time.Second))
}

// tokenExpiry is when a token that is made now expires, of a session with an end.
func tokenExpiry(end, now time.Time) time.Time {
	expiry := now.Truncate(time.Second).Add(iam.TokenLifetime)
	if expiry.After(end) {
		return end
	}
	return expiry
}

// RenewSession gives a session its next token, and the next renew token. Each renew token is
// good once.
//
// The attack is a stolen renew token. Thief and user both hold it; whoever comes second
// presents one that has been used. Then nobody can tell which of the two is the user, so the
// session ends for both, and the user logs in again (RFC 9700 section 4.14.2).
func (a *Authority) RenewSession(ctx context.Context, call iam.Call, renewToken string) (opened OpenedSession, err error) {
	refused := iam.AuthenticationDenied(methodJWT, iam.AuthNotFound)
	organization, id, token, ok := splitRenewToken(renewToken)
	if !ok {
		return opened, refused
	}
	keys, err := a.keys(ctx)
	if err != nil {
		return opened, err
	}
	hash := a.keyring.HashToken(identity.PurposeRenew, token)
	outcome := error(nil) // of an update that commits: that the session has ended is stored
	err = a.commit(ctx, func(tx *store.Tx, _ *pdp.Snapshot) error {
		outcome = refused
		current, former, err := tx.RenewHashes(organization, id)
		if errors.Is(err, store.ErrNotFound) {
			return refused
		}
		if err != nil {
			return err
		}
		if !hmac.Equal(hash, current) {
			if len(former) == 0 || !hmac.Equal(hash, former) {
				return refused
			}
			return a.endReused(tx, call, organization, id)
		}
		s, err := tx.Session(organization, id)
		if err != nil {
			return err
		}
		org, u, err := bearerOf(tx, s)
		if err != nil {
			return err
		}
		end, err := endOf(tx, org, s)
		if err != nil {
			return err
		}
		if org.Closed() || u.Locked || ended(end, tx.Now) {
			outcome = iam.AuthenticationDenied(methodJWT, iam.AuthExpired)
			return tx.DeleteSession(organization, id)
		}
		next := identity.NewToken()
		s.UpdatedAt, s.ExpiresAt = tx.Now, tokenExpiry(end, tx.Now)
		if err := tx.RenewSession(s, a.keyring.HashToken(identity.PurposeRenew, next)); err != nil {
			return err
		}
		opened, outcome = OpenedSession{}, nil
		opened, err = a.signed(keys, s, next)
		return err
	})
	if err == nil {
		err = outcome
	}
	return only(opened, err)
}

// bearerOf reads the user of a session and its organization.
func bearerOf(tx *store.Tx, s iam.Session) (iam.Organization, iam.User, error) {
	org, err := tx.Organization(s.OrganizationID)
	if err != nil {
		return org, iam.User{}, err
	}
	u, err := tx.User(s.OrganizationID, s.UserID)
	return org, u, err
}

// endReused ends a session whose renew token came a second time, and says so in the trail.
func (a *Authority) endReused(tx *store.Tx, call iam.Call, organization iam.OrganizationID, id iam.SessionID) error {
	s, err := tx.Session(organization, id)
	if err != nil {
		return err
	}
	_, u, err := bearerOf(tx, s)
	if err != nil {
		return err
	}
	return errors.Join(tx.DeleteSession(organization, id),
		tx.AppendAuthenticationEvent(attempt(u, call.Client, store.Login{}, iam.FailedExpired)))
}

// splitRenewToken takes a renew token apart: it names its session, so that nothing is looked up
// without its organization.
func splitRenewToken(text string) (organization iam.OrganizationID, id iam.SessionID, token string, ok bool) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 || len(text) > 200 {
		return "", "", "", false
	}
	org, ok1 := iam.ParseUUID(parts[0])
	session, ok2 := iam.ParseUUID(parts[1])
	ok = ok1 && ok2 && org == parts[0] && session == parts[1] && parts[2] != ""
	return iam.OrganizationID(org), iam.SessionID(session), parts[2], ok
}

// endSessions ends the sessions of a user, but the one that the caller uses. What a thief has
// opened with an old password or without a second factor must not outlive the change, in none of
// the organizations to which the account goes. Nor may what the thief has begun: a login that has
// given the old password, and still owes a factor or a new password, would be as good as a session.
func (m *mutation) endSessions(u iam.User) error {
	sessions, err := m.SessionsOf(m.organization, u.ID)
	if err != nil {
		return err
	}
	return errors.Join(endAll(m.Tx, sessions, m.call.Caller.Session), m.EndLogins(m.organization, u.ID, m.login), m.accountChanged(u))
}

func endAll(tx *store.Tx, sessions []iam.Session, but iam.SessionID) error {
	for _, s := range sessions {
		if s.ID == but {
			continue
		}
		if err := tx.DeleteSession(s.OrganizationID, s.ID); err != nil {
			return err
		}
	}
	return nil
}
