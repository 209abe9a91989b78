package authority

import (
	"strings"

	"bailiwick/condition"
	"bailiwick/iam"
	"bailiwick/pdp"
)

// localityGlobal is where IAM's own resources live.
const localityGlobal = "global"

// object is what an operation is about, as policies see it.
type object struct {
	kind    string // as not_found names it: "application", "project_id"
	id      string // empty on create and list
	name    string // of the object, or the one that it shall get
	named   bool   // a name is known
	project iam.ProjectID
	owner   iam.Principal // whose object it is, for the self layer
}

// collection is what a list call is about: no single resource, so resource.* is absent.
func collection() object { return object{} }

// projectCollection is what a list call on a project is about.
func projectCollection(id iam.ProjectID) object { return object{project: id} }

// resource is what conditions may read of the object; nil for a list.
func (o object) resource() *condition.Resource {
	if o.id == "" && !o.named {
		return nil
	}
	locality := localityGlobal
	r := &condition.Resource{Locality: &locality}
	if o.id != "" {
		r.ID = &o.id
	}
	if o.named {
		r.Name = &o.name
	}
	return r
}

// allowed decides whether the caller of a call may use a permission on an object.
func (a *Authority) allowed(state *pdp.Snapshot, call iam.Call, permission string, o object) bool {
	number, ok := a.catalog.Number(permission)
	if !ok {
		return false
	}
	agent := call.Client.UserAgent
	request := pdp.Request{
		Organization: call.Caller.Organization,
		Subject:      call.Caller.Principal,
		Permission:   number,
		Resource:     pdp.Resource{Project: o.project, ID: o.id, Owner: o.owner},
		Input:        condition.Input{IP: call.Client.IP, UserAgent: &agent, Time: a.now(), Resource: o.resource()},
	}
	return state.Decide(&request).Allowed
}

// holds tells whether the caller could ever be allowed a permission, on anything.
func (a *Authority) holds(state *pdp.Snapshot, call iam.Call, permission string) bool {
	number, ok := a.catalog.Number(permission)
	return ok && state.Holds(call.Caller.Organization, call.Caller.Principal, number)
}

// authorize returns nil if the caller may use the permission on the object, or what to answer.
func (a *Authority) authorize(state *pdp.Snapshot, call iam.Call, permission string, o object) error {
	if a.allowed(state, call, permission, o) {
		return nil
	}
	return denied(permission)
}

// denied names the missing permission as (resource, action), as clients show it.
func denied(permission string) error {
	parts := strings.SplitN(permission, ":", 3)
	if len(parts) != 3 {
		return iam.Denied()
	}
	resource := parts[1]
	if resource == "user_api_key" {
		resource = "api_key" // one resource on the wire, governed by two permissions here
	}
	return iam.Denied(iam.Denial{Resource: resource, Action: parts[2]})
}

// organization returns the organization that a call is about: the one named, which must be
// the caller's own, or the caller's own if none is named. Any other organization is denied
// like one that does not exist.
func organization(call iam.Call, named iam.OrganizationID) (iam.OrganizationID, error) {
	if own := call.Caller.Organization; named == "" || named == own {
		return own, nil
	}
	return "", denied(call.Operation.Permission)
}
