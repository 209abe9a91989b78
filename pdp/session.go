package pdp

import "bailiwick/iam"

// session is what a login session says of its bearer.
type session struct {
	organization iam.OrganizationID
	user         iam.UserID
}

// sessionKey names no organization, as accessKey does: session ids are unique on the server,
// and the organization is in the value.
func sessionKey(id iam.SessionID) key { return key{id: string(id), kind: kindSession} }

// PutSession sets a login session.
func (e *Editor) PutSession(s iam.Session) {
	e.sessions.put(sessionKey(s.ID), session{s.OrganizationID, s.UserID})
}

// DeleteSession ends a session, if it is of that organization.
func (e *Editor) DeleteSession(org iam.OrganizationID, id iam.SessionID) {
	if s := e.sessions.get(sessionKey(id)); s != nil && s.organization == org {
		e.sessions.remove(sessionKey(id))
	}
}

// Session returns whose a session is. Whether its token has expired is for the caller to judge.
func (s *Snapshot) Session(id iam.SessionID) (iam.OrganizationID, iam.UserID, bool) {
	if held := s.sessions.get(sessionKey(id)); held != nil {
		return held.organization, held.user, true
	}
	return "", "", false
}
