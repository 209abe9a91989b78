package authority

import (
	"bailiwick/iam"
	"bailiwick/pdp"
)

// provenBy returns the caller whom an API key proves in a state. A key that is gone, whose
// bearer is gone, or whose organization is closed is unknown; an expired one says so. A
// locked user's key still proves the user, who then may do nothing.
func (a *Authority) provenBy(access iam.AccessKey, state *pdp.Snapshot) (iam.Caller, error) {
	unknown := iam.AuthenticationDenied(methodAPIKey, iam.AuthNotFound)
	key, ok := state.APIKey(access)
	if !ok {
		return iam.Caller{}, unknown
	}
	if closed, ok := state.Organization(key.OrganizationID); !ok || closed {
		return iam.Caller{}, unknown
	}
	if _, ok := state.Principal(key.OrganizationID, key.Bearer); !ok {
		return iam.Caller{}, unknown
	}
	if key.Expired(a.now()) {
		return iam.Caller{}, iam.AuthenticationDenied(methodAPIKey, iam.AuthExpired)
	}
	return iam.Caller{Organization: key.OrganizationID, Principal: key.Bearer, AccessKey: access}, nil
}

// prove checks again, in a state, that the caller is who it was when the call came in. A
// mutation does so inside its own transaction: between the answer to "delete this key" and
// the key's last request in flight there must be no gap in which the dead key can make
// another one (researchers used the seconds of propagation of a large cloud for that).
func (a *Authority) prove(caller iam.Caller, state *pdp.Snapshot) error {
	proven, err := a.provenBy(caller.AccessKey, state)
	if err != nil {
		return err
	}
	if proven != caller {
		return iam.AuthenticationDenied(methodAPIKey, iam.AuthNotFound)
	}
	return nil
}
