package iam

import "time"

// Resource is an object of an operator's own service, registered so that searches can list
// it and conditions can read its stored properties.
type Resource struct {
	OrganizationID OrganizationID
	Type           string // "service:name" of the catalogue
	ID             string
	ProjectID      ProjectID
	Name           string // empty: not known
	Locality       string // empty: not known
	Properties     []byte // JSON object
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// Bounds of the registry of resources.
const (
	MaxResources          = 1000 // of one call
	MaxResourceID         = 256  // characters
	MaxResourceProperties = 4096 // bytes of JSON
	// ResourceSearchBound is how many resources of a type one search looks at.
	ResourceSearchBound = 10_000
)

// ResourceFilter selects resources of one organization and one type.
type ResourceFilter struct {
	OrganizationID OrganizationID
	Type           string // empty: all
	Page           Page
}

// Validate checks every field that can be checked without the catalogue and the store.
func (r Resource) Validate(place string) error {
	var v Validator
	v.Length(place+".id", r.ID, 1, MaxResourceID)
	if r.ID == "*" {
		v.Constraint(place+".id", `value must not be "*", which means no single resource`)
	}
	v.Length(place+".name", r.Name, 0, MaxResourceID)
	v.Length(place+".locality", r.Locality, 0, MaxName)
	if len(r.Properties) > MaxResourceProperties {
		v.Constraint(place+".properties", "value must be a JSON object of at most 4096 bytes")
	}
	return v.Err()
}
