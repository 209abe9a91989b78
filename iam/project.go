package iam

import "time"

// Project groups resources of one organization.
type Project struct {
	ID             ProjectID
	OrganizationID OrganizationID
	Name           string
	Description    string
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// IsDefault reports whether this is the organization's default project, which has the
// organization's own UUID and cannot be deleted.
func (p Project) IsDefault() bool { return string(p.ID) == string(p.OrganizationID) }

// NewProject is what a caller gives to create a project.
type NewProject struct {
	OrganizationID OrganizationID
	Name           string
	Description    string
}

// Validate checks name and description.
func (n NewProject) Validate() error {
	var v Validator
	v.ProjectName("name", n.Name)
	v.Description("description", n.Description)
	return v.Err()
}

// ProjectUpdate changes the fields that are not nil.
type ProjectUpdate struct {
	Name        *string
	Description *string
}

// Validate checks the fields that are given.
func (u ProjectUpdate) Validate() error {
	var v Validator
	optional(v.ProjectName, "name", u.Name)
	optional(v.Description, "description", u.Description)
	return v.Err()
}

// Apply returns the project with the update's fields in place.
func (u ProjectUpdate) Apply(p Project) Project {
	set(&p.Name, u.Name)
	set(&p.Description, u.Description)
	return p
}

// ProjectFilter selects projects of one organization; zero fields select all.
type ProjectFilter struct {
	OrganizationID OrganizationID
	Name           string
	Search         string // part of the name, in whatever case
	ProjectIDs     []ProjectID
	Order          Order
	Page           Page
}
