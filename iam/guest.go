package iam

import "time"

// Guest is the place of an account in an organization that is not its own: offered by an
// invitation, and from its acceptance on taken.
type Guest struct {
	OrganizationID OrganizationID // that invites
	UserID         UserID         // of the guest in that organization
	Email          string         // that was invited
	InvitedBy      Principal
	Home           Account   // the owner whose account it is; zero while the invitation is pending
	CreatedAt      time.Time // of the invitation
	ExpiresAt      time.Time // of the invitation; zero once it is accepted
}

// Pending reports whether the invitation waits for its answer.
func (g Guest) Pending() bool { return g.Home == Account{} }

// Invitation is a place that is offered to the account that looks at it.
type Invitation struct {
	Guest
	OrganizationName string
}

// NewGuest is what a caller gives to invite an account by its e-mail address.
type NewGuest struct {
	OrganizationID OrganizationID
	Email          string
	Tags           []string
}

// Validate checks every field.
func (n NewGuest) Validate() error {
	var v Validator
	v.Email("email", n.Email)
	v.Tags("tags", n.Tags)
	return v.Err()
}
