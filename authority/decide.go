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
	kind      string // as not_found names it: "application", "project_id"
	id        string // empty on create and list
	name      string // of the object, or the one that it shall get
	named     bool   // a name is known
	project   iam.ProjectID
	inProject bool          // objects of this kind live in projects
	owner     iam.Principal // whose object it is, for the self layer
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

// allowed decides whether the caller may use a permission on an object, and notes the use.
func (c *actor) allowed(permission string, o object) bool {
	request, ok := c.request(permission, o)
	if !ok {
		return false
	}
	decision := c.state.Decide(&request)
	c.authority.uses.called(c.state, &request, decision, c.now)
	return decision.Allowed
}

// could is allowed for who asks and does not do it.
func (c *actor) could(permission string, o object) bool {
	request, ok := c.request(permission, o)
	return ok && c.state.Decide(&request).Allowed
}

// request asks for a permission on an object; not for one that the catalogue does not know.
func (c *actor) request(permission string, o object) (request pdp.Request, ok bool) {
	number, ok := c.authority.catalog.Number(permission)
	if !ok {
		return request, false
	}
	request = pdp.Request{
		Organization: c.call.Caller.Organization,
		Subject:      c.call.Caller.Principal,
		Permission:   number,
		Resource:     pdp.Resource{Project: o.project, ID: o.id, Owner: o.owner},
		Input:        condition.Input{IP: c.call.Client.IP, Time: c.now, Resource: o.resource()},
	}
	// No agent is an absent one, not an empty one: a condition that only excludes some agents
	// must not be met by leaving the header out.
	if agent := c.call.Client.UserAgent; agent != "" {
		request.Input.UserAgent = &agent
	}
	return request, true
}

// holds tells whether the caller could ever be allowed a permission, on anything.
func (c *actor) holds(permission string) bool {
	number, ok := c.authority.catalog.Number(permission)
	return ok && c.state.Holds(c.call.Caller.Organization, c.call.Caller.Principal, number)
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
