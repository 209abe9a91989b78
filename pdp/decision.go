package pdp

import (
	"bailiwick/catalog"
	"bailiwick/condition"
	"bailiwick/iam"
)

// Request asks whether a subject may do something to a resource.
type Request struct {
	Organization iam.OrganizationID // the subject's, where its policies live
	Subject      iam.Principal      // a user or an application
	Permission   catalog.Number
	Resource     Resource
	// Input is what conditions read. Its Resource is the caller's to set: nil on list calls,
	// which have no single resource.
	Input condition.Input
}

// Resource is what a request is about.
type Resource struct {
	Organization iam.OrganizationID // empty: that of the request
	Project      iam.ProjectID      // empty: organization level, where only organization-wide grants count
	ID           string             // empty on list and create
	// Owner is whose object it is (the bearer of an API key, the user itself), for the self
	// layer; zero if it is nobody's.
	Owner iam.Principal
}

// Decision is the answer to a request. The zero value is a denial without a reason.
type Decision struct {
	Allowed bool
	By      Basis  // why allowed
	Reason  Reason // why not
}

// Basis is on what an allowed request rests.
type Basis uint8

// The bases, in the order in which they are tried.
const (
	ByNothing   Basis = iota // not allowed
	ByOwnership              // the subject owns the organization
	BySelf                   // a right that every user has
	ByPolicy                 // a rule; Reasons names it
)

// Reason is why a request is denied.
type Reason uint8

// The reasons, in the order in which they are tested: the first that applies is given.
const (
	ReasonNone              Reason = iota // allowed
	ReasonClosed                          // the organization is closed
	ReasonUnknownSubject                  // no such organization, or it has no such user or application
	ReasonLocked                          // the user is locked
	ReasonUnknownPermission               // the catalogue has no such permission
	ReasonOtherOrganization               // the resource is of another organization
	ReasonUnknownProject                  // the organization has no such project
	ReasonNoGrant                         // no rule grants it here
	ReasonCondition                       // rules grant it here, but no condition of theirs is met
)

// String names the basis in logs and explanations.
func (b Basis) String() string {
	names := [...]string{"nothing", "ownership", "self", "policy"}
	if int(b) >= len(names) {
		return names[0]
	}
	return names[b]
}

// String names the reason in logs and explanations.
func (r Reason) String() string {
	names := [...]string{
		"none", "closed", "unknown_subject", "locked", "unknown_permission", "other_organization",
		"unknown_project", "no_grant", "condition",
	}
	if int(r) >= len(names) {
		return names[ReasonNoGrant]
	}
	return names[r]
}

func allowed(by Basis) Decision  { return Decision{Allowed: true, By: by} }
func denied(why Reason) Decision { return Decision{Reason: why} }
