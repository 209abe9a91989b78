package authority

import (
	"errors"
	"time"

	"bailiwick/iam"
	"bailiwick/pdp"
	"bailiwick/planted"
	"bailiwick/store"
)

// actor is a proven caller in one state, at one moment: everything that one call decides,
// it decides on these, so that no answer mixes two states.
type actor struct {
	authority *Authority
	call      iam.Call
	state     *pdp.Snapshot
	now       time.Time // at which expiry and conditions are judged
}

// provenBy returns the caller whom an API key proves in a state. A key that is gone, whose
// bearer is gone, or whose organization is closed is unknown; an expired one says so. A
// locked user's key still proves the user, who then may do nothing.
func provenBy(access iam.AccessKey, state *pdp.Snapshot, now time.Time) (iam.Caller, error) {
	key, ok := state.APIKey(access)
	if !ok {
		return iam.Caller{}, unknownCaller(methodAPIKey)
	}
	if closed, ok := state.Organization(key.OrganizationID); !ok || closed && !planted.ClosedOrganization {
		return iam.Caller{}, unknownCaller(methodAPIKey)
	}
	if _, ok := state.Principal(key.OrganizationID, key.Bearer); !ok {
		return iam.Caller{}, unknownCaller(methodAPIKey)
	}
	if key.Expired(now) && !planted.ExpiredKey {
		return iam.Caller{}, iam.AuthenticationDenied(methodAPIKey, iam.AuthExpired)
	}
	return iam.Caller{Organization: key.OrganizationID, Principal: key.Bearer, AccessKey: access}, nil
}

// provenBySession returns the caller whom a session proves in a state: as provenBy.
func provenBySession(id iam.SessionID, state *pdp.Snapshot) (iam.Caller, error) {
	organization, user, ok := state.Session(id)
	if !ok {
		return iam.Caller{}, unknownCaller(methodJWT)
	}
	if closed, ok := state.Organization(organization); !ok || closed {
		return iam.Caller{}, unknownCaller(methodJWT)
	}
	if _, ok := state.Principal(organization, user.Principal()); !ok {
		return iam.Caller{}, unknownCaller(methodJWT)
	}
	return iam.Caller{Organization: organization, Principal: user.Principal(), Session: id}, nil
}

// unknownCaller is made where it is needed and not before: errors are large, and nearly every
// caller is known.
func unknownCaller(method string) error { return iam.AuthenticationDenied(method, iam.AuthNotFound) }

// enter proves the caller of a call on the newest snapshot. The operator is not a principal
// of any organization, so it has no rights in one.
func (a *Authority) enter(call iam.Call) (*actor, error) { return a.prove(call, a.snapshot.Load()) }

// prove checks, in a state, that the caller is who it was when the call came in. A mutation
// does so again inside its own transaction: between the answer to "delete this key" and the
// key's last request in flight there must be no gap in which the dead key can make another
// one (researchers used the seconds of propagation of a large cloud for that).
func (a *Authority) prove(call iam.Call, state *pdp.Snapshot) (*actor, error) {
	if call.Judged != nil {
		*call.Judged = state.Revision()
	}
	if call.Caller.IsOperator() {
		return nil, denied(call.Operation.Permission)
	}
	now := a.now()
	proven, err := iam.Caller{}, error(nil)
	if call.Caller.Session != "" {
		proven, err = provenBySession(call.Caller.Session, state)
	} else {
		proven, err = provenBy(call.Caller.AccessKey, state, now)
	}
	if err != nil {
		return nil, err
	}
	if proven != call.Caller {
		return nil, unknownCaller(methodAPIKey)
	}
	return &actor{authority: a, call: call, state: state, now: now}, nil
}

// within returns the organization that a call is about: the one named, which must be the
// caller's own, or the caller's own if none is named. Any other organization is denied like
// one that does not exist.
func (c *actor) within(named iam.OrganizationID) (iam.OrganizationID, error) {
	if own := c.call.Caller.Organization; named == "" || named == own {
		return own, nil
	}
	if planted.ForeignOrganization {
		return named, nil
	}
	return "", denied(c.call.Operation.Permission)
}

// authorize returns nil if the caller may use the permission on the object, or what to answer.
func (c *actor) authorize(permission string, o object) error {
	if c.allowed(permission, o) {
		return nil
	}
	return denied(permission)
}

// found authorizes on an object that was looked up; err is the look-up's. An object that is
// not there is "not found" for who could have touched it and "denied" for everybody else, so
// that a caller without rights cannot ask which ids exist.
//
// What lives in a project is governed project by project, and an id that is nowhere has no
// project: who holds the permission in any of them is told that it is not there. Otherwise a
// client with rights on one project could never learn that its own object is gone.
func (c *actor) found(permission string, o object, err error) error {
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	refused := c.authorize(permission, o)
	if err == nil || refused != nil && !(o.inProject && c.holds(permission)) {
		return refused
	}
	return iam.NotFound(o.kind, o.id)
}
