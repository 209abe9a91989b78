package authority

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"bailiwick/iam"
	"bailiwick/store"
)

const pagePurpose = "page session"

// maxPageCookie bounds the text of a page's cookie.
const maxPageCookie = 200

// PageSession is a session as the pages know it.
type PageSession struct {
	Caller       iam.Caller
	User         iam.User
	Organization iam.Organization
	EndsAt       time.Time // of the session; it is not renewed
	// Demands are what the user has to do, and until when.
	Demands []iam.GracePeriod
}

// PageCookie returns what a browser keeps as the proof of a session.
//
// It is no session token and no API takes it: a browser sends cookies with every request to
// the server, also with those that a foreign page has made it send, and every page here
// checks where a request comes from, which no API does. It is no renew token either: two tabs
// that renew at once would look like a thief and a user. The cookie is the session's name
// under a signature, so it ends when the session does, on all nodes: at signing out, locking,
// deleting, and a new password or factor.
func (a *Authority) PageCookie(s iam.Session) string {
	name := string(s.OrganizationID) + "." + string(s.ID)
	return name + "." + base64.RawURLEncoding.EncodeToString(a.keyring.Sign(pagePurpose, []byte(name)))
}

// OpenPage returns the session that a browser's cookie proves. An error of kind
// DeniedAuthentication says that it proves none, or one that is over.
func (a *Authority) OpenPage(ctx context.Context, cookie string) (PageSession, error) {
	organization, id, ok := a.readPageCookie(cookie)
	if !ok {
		return PageSession{}, unknownCaller(methodJWT)
	}
	p, err := a.openPage(ctx, organization, id)
	if errors.Is(err, store.ErrNotFound) {
		return PageSession{}, unknownCaller(methodJWT)
	}
	if err != nil {
		return PageSession{}, err
	}
	if p.Caller, err = provenBySession(id, a.snapshot.Load()); err == nil {
		return p, nil
	}
	// Another node has opened the session, perhaps a moment ago.
	if err := a.Follow(ctx); err != nil {
		return PageSession{}, err
	}
	p.Caller, err = provenBySession(id, a.snapshot.Load())
	return only(p, err)
}

// openPage reads a session from the store: the snapshot does not know when one ends.
func (a *Authority) openPage(ctx context.Context, organization iam.OrganizationID, id iam.SessionID) (p PageSession, err error) {
	err = a.store.View(ctx, func(tx *store.Tx) error {
		s, err := tx.Session(organization, id)
		if err != nil {
			return err
		}
		if p.Organization, p.User, err = bearerOf(tx, s); err != nil {
			return err
		}
		p.EndsAt = sessionEnd(p.Organization, s)
		if p.Organization.Closed() || p.User.Locked || !p.EndsAt.After(a.now()) {
			return store.ErrNotFound
		}
		c, err := tx.Credential(organization, s.UserID)
		p.Demands = gracePeriods(p.Organization, p.User, c)
		return err
	})
	return p, err
}

func (a *Authority) readPageCookie(cookie string) (organization iam.OrganizationID, id iam.SessionID, ok bool) {
	parts := strings.Split(cookie, ".")
	if len(parts) != 3 || len(cookie) > maxPageCookie {
		return "", "", false
	}
	signature, err := decodeKept(parts[2])
	if err != nil || !a.keyring.Verify(pagePurpose, []byte(parts[0]+"."+parts[1]), signature) {
		return "", "", false
	}
	return iam.OrganizationID(parts[0]), iam.SessionID(parts[1]), true
}
