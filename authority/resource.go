package authority

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"

	"bailiwick/catalog"
	"bailiwick/iam"
	"bailiwick/store"
)

// PutResources registers resources of an operator's service, new ones and old ones. Only
// types whose conditions may read properties can be registered: for all others what we
// would store could not matter.
func (a *Authority) PutResources(ctx context.Context, call iam.Call, org iam.OrganizationID, resources []iam.Resource) error {
	check := func() error { return a.checkResources(resources) }
	return a.mutate(ctx, call, collection(), check, func(m *mutation) error {
		if _, err := m.within(org); err != nil {
			return err
		}
		if err := m.authorize(collection()); err != nil {
			return err
		}
		for i, r := range resources {
			if r.ProjectID != "" && !m.state.HasProject(m.organization, r.ProjectID) {
				return iam.Invalid(fmt.Sprintf("resources[%d].project_id", i), iam.ReasonUnknown, "unknown project")
			}
			r.OrganizationID, r.CreatedAt, r.UpdatedAt = m.organization, m.Now, m.Now
			m.did(iam.ActionUpdated, iam.EventResource{ID: r.ID, Type: iam.ResourceOther, Name: r.Name, UpdatedAt: m.Now})
			if err := m.PutResource(r); err != nil {
				return err
			}
		}
		return nil
	})
}

// checkResources checks resources against the catalogue and gives each its full type.
func (a *Authority) checkResources(resources []iam.Resource) error {
	var v iam.Validator
	if n := len(resources); n < 1 || n > iam.MaxResources {
		v.Constraint("resources", fmt.Sprintf("value must contain between 1 and %d items", iam.MaxResources))
		return v.Err()
	}
	for i := range resources {
		place := fmt.Sprintf("resources[%d]", i)
		full, known := a.resourceType(resources[i].Type)
		if known == nil || !known.Attributes {
			v.Add(place+".type", iam.ReasonUnknown, "value must be a resource with attributes of the operator's catalogue")
		}
		resources[i].Type = full
		if err := resources[i].Validate(place); err != nil {
			return err
		}
	}
	return v.Err()
}

// resourceType returns the full name of a type of resource, which may be given by its
// alias, and what the catalogue says of it; nil if it is not there.
func (a *Authority) resourceType(text string) (string, *catalog.Resource) {
	service, name, r := a.findResource(text)
	if r == nil {
		return text, nil
	}
	return service + ":" + name, r
}

// findResource is resourceType with the two parts of the name.
func (a *Authority) findResource(text string) (service, name string, r *catalog.Resource) {
	service, name, ok := a.catalog.Alias(text)
	if !ok {
		service, name, _ = strings.Cut(text, ":")
	}
	if r, ok = a.catalog.Resource(service, name); !ok {
		return "", "", nil
	}
	return service, name, r
}

// ListResources returns a page of the registered resources, and their number.
func (a *Authority) ListResources(ctx context.Context, call iam.Call, f iam.ResourceFilter) ([]iam.Resource, int, error) {
	org, err := a.mayList(call, f.OrganizationID)
	if err != nil {
		return nil, 0, err
	}
	f.OrganizationID = org
	if f.Type != "" {
		f.Type, _ = a.resourceType(f.Type)
	}
	return listed(ctx, a, func(tx *store.Tx) ([]iam.Resource, int, error) { return tx.Resources(f) })
}

// DeleteResource takes a resource out of the registry.
func (a *Authority) DeleteResource(ctx context.Context, call iam.Call, kind, id string) error {
	full, _ := a.resourceType(kind)
	return a.mutate(ctx, call, object{id: id}, nil, func(m *mutation) error {
		r, err := m.Resource(m.organization, full, id)
		if err := m.authorizeFound(object{kind: "resource", id: id, name: r.Name, named: err == nil}, err); err != nil {
			return err
		}
		m.did(iam.ActionDeleted, iam.EventResource{ID: id, Type: iam.ResourceOther, Name: r.Name})
		return m.DeleteResource(m.organization, full, id)
	})
}

// SearchResources returns the registered resources of a type on which the subject would be
// allowed the action (AuthZEN 1.0 section 8.5). A type that is not registered finds none.
func (a *Authority) SearchResources(ctx context.Context, call iam.Call, q Question, page SearchPage) (Found[string], error) {
	x, err := a.inquire(call)
	if err != nil {
		return Found[string]{}, err
	}
	found := Found[string]{Revision: x.state.Revision()}
	full, known := a.resourceType(q.Resource.Type)
	if known == nil || !known.Attributes {
		return found, nil
	}
	org, _, reason, err := x.subject(ctx, &q)
	if err != nil || reason != "" {
		return found, err
	}
	var all []string
	for number := 1; number <= iam.ResourceSearchBound/iam.MaxPageSize; number++ {
		f := iam.ResourceFilter{OrganizationID: org, Type: full, Page: iam.Page{Number: number, Size: iam.MaxPageSize}}
		resources, _, err := a.store.Read(ctx).Resources(f)
		if err != nil {
			return found, err
		}
		for _, r := range resources {
			about := q
			about.Resource.ID = r.ID
			about = overStored(about, r)
			request, reason, err := x.request(ctx, &about)
			if err != nil {
				return found, err
			}
			if reason == "" && x.state.Decide(&request).Allowed {
				all = append(all, r.ID)
			}
		}
		if len(resources) < iam.MaxPageSize {
			break
		}
	}
	return paged(a, "resource search", org, q, all, page, found)
}

// stored lays a question over what is registered of its resource. Only types whose
// conditions may read properties are looked up; the others stay as quick as memory.
func (x *inquiry) stored(ctx context.Context, org iam.OrganizationID, q *Question) (*Question, error) {
	if !x.kind.withAttributes {
		return q, nil
	}
	q = q.withTexts()
	if q.Resource.ID == "" || q.Resource.ID == everyResource {
		return q, nil
	}
	service, name, _ := x.authority.findResource(q.Resource.Type)
	r, err := x.authority.store.Read(ctx).Resource(org, service+":"+name, q.Resource.ID)
	if errors.Is(err, store.ErrNotFound) {
		return q, nil
	}
	over := overStored(*q, r)
	return &over, err
}

// withTexts returns a question all of whose properties of the resource are in the map.
func (q *Question) withTexts() *Question {
	if q.ResourceTexts == nil {
		return q
	}
	full := *q
	full.ResourceTexts, full.ResourceProperties = nil, maps.Clone(q.ResourceProperties)
	if full.ResourceProperties == nil {
		full.ResourceProperties = make(map[string]any, len(q.ResourceTexts))
	}
	for _, t := range q.ResourceTexts {
		full.ResourceProperties[t.Name] = t.Value
	}
	return &full
}

// overStored fills what a question leaves out of its resource from the registry.
func overStored(q Question, r iam.Resource) Question {
	if q.Resource.ProjectID == "" {
		q.Resource.ProjectID = r.ProjectID
	}
	if q.Resource.Name == nil && r.Name != "" {
		q.Resource.Name = &r.Name
	}
	if q.Resource.Locality == nil && r.Locality != "" {
		q.Resource.Locality = &r.Locality
	}
	properties := map[string]any{}
	if len(r.Properties) > 0 && json.Unmarshal(r.Properties, &properties) != nil {
		return q // not an object: as if nothing were stored
	}
	maps.Copy(properties, q.ResourceProperties)
	q.ResourceProperties = properties
	return q
}
