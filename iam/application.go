package iam

import "time"

// Application is a principal that is not a person. It acts with API keys only.
type Application struct {
	ID             ApplicationID
	OrganizationID OrganizationID
	Name           string
	Description    string
	Tags           []string
	Managed        bool // made by a product: cannot be edited or deleted
	NbAPIKeys      int
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// NewApplication is what a caller gives to create an application.
type NewApplication struct {
	OrganizationID OrganizationID
	Name           string
	Description    string
	Tags           []string
}

// Validate checks name, description and tags.
func (n NewApplication) Validate() error { return validateLabels(n.Name, n.Description, n.Tags) }

// ApplicationUpdate changes the fields that are not nil.
type ApplicationUpdate struct {
	Name        *string
	Description *string
	Tags        *[]string
}

// Validate checks the fields that are given.
func (u ApplicationUpdate) Validate() error {
	return validateLabelUpdate(u.Name, u.Description, u.Tags)
}

// Apply returns the application with the update's fields in place.
func (u ApplicationUpdate) Apply(a Application) Application {
	set(&a.Name, u.Name)
	set(&a.Description, u.Description)
	set(&a.Tags, u.Tags)
	return a
}

// ApplicationFilter selects applications of one organization; zero fields select all.
type ApplicationFilter struct {
	OrganizationID OrganizationID
	Search         string // those whose name contains this text, in whatever case of A to Z
	Name           string
	Editable       *bool
	ApplicationIDs []ApplicationID
	Tag            string
	Order          Order
	Page           Page
}
