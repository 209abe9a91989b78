package iam

import "time"

// MaxGroupMembers bounds the members of one group, so that one call has bounded work.
const MaxGroupMembers = 10_000

// Group holds users and applications together. It has no nesting.
type Group struct {
	ID             GroupID
	OrganizationID OrganizationID
	Name           string // unique in the organization
	Description    string
	Tags           []string
	UserIDs        []UserID        // in the order in which they were given
	ApplicationIDs []ApplicationID // in the order in which they were given
	Managed        bool
	CreatedAt      time.Time
	UpdatedAt      time.Time // not moved by changes of membership, as on Scaleway
}

// NewGroup is what a caller gives to create a group.
type NewGroup struct {
	OrganizationID OrganizationID
	Name           string
	Description    string
	Tags           []string
}

// Validate checks name, description and tags.
func (n NewGroup) Validate() error { return validateLabels(n.Name, n.Description, n.Tags) }

// GroupUpdate changes the fields that are not nil.
type GroupUpdate struct {
	Name        *string
	Description *string
	Tags        *[]string
}

// Validate checks the fields that are given.
func (u GroupUpdate) Validate() error { return validateLabelUpdate(u.Name, u.Description, u.Tags) }

// Apply returns the group with the update's fields in place.
func (u GroupUpdate) Apply(g Group) Group {
	set(&g.Name, u.Name)
	set(&g.Description, u.Description)
	set(&g.Tags, u.Tags)
	return g
}

// Members is a list of users and one of applications.
type Members struct {
	UserIDs        []UserID
	ApplicationIDs []ApplicationID
}

// Principals returns the members in order, users first.
func (m Members) Principals() []Principal {
	all := make([]Principal, 0, len(m.UserIDs)+len(m.ApplicationIDs))
	for _, id := range m.UserIDs {
		all = append(all, id.Principal())
	}
	for _, id := range m.ApplicationIDs {
		all = append(all, id.Principal())
	}
	return all
}

// GroupFilter selects groups of one organization; zero fields select all. The member
// filters select groups that hold any of the given principals.
type GroupFilter struct {
	OrganizationID OrganizationID
	Search         string // those whose name contains this text, in whatever case of A to Z
	Name           string
	GroupIDs       []GroupID
	UserIDs        []UserID
	ApplicationIDs []ApplicationID
	Tag            string
	Order          Order
	Page           Page
}
