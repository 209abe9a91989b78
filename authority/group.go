package authority

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/store"
)

func groupObject(id iam.GroupID, g iam.Group) object {
	return object{kind: "group", id: string(id), name: g.Name, named: g.ID != ""}
}

func groupResource(g iam.Group) iam.EventResource {
	return iam.EventResource{ID: string(g.ID), Type: iam.ResourceGroup, Name: g.Name, CreatedAt: g.CreatedAt, UpdatedAt: g.UpdatedAt}
}

const groupNameTaken = "a group of the organization has this name"

// ListGroups returns a page of the organization's groups, and their number.
func (a *Authority) ListGroups(ctx context.Context, call iam.Call, f iam.GroupFilter) ([]iam.Group, int, error) {
	org, err := a.mayList(call, f.OrganizationID)
	if err != nil {
		return nil, 0, err
	}
	f.OrganizationID = org
	return listed(ctx, a, func(tx *store.Tx) ([]iam.Group, int, error) { return tx.Groups(f) })
}

// GetGroup returns one group with its members.
func (a *Authority) GetGroup(ctx context.Context, call iam.Call, id iam.GroupID) (iam.Group, error) {
	return getCached(ctx, a, call, func(tx *store.Tx, org iam.OrganizationID) (iam.Group, error) { return tx.Group(org, id) },
		func(g iam.Group) object { return groupObject(id, g) })
}

// CreateGroup creates a group without members.
func (a *Authority) CreateGroup(ctx context.Context, call iam.Call, n iam.NewGroup) (g iam.Group, err error) {
	err = a.mutate(ctx, call, object{}, n.Validate, func(m *mutation) error {
		org, err := m.within(n.OrganizationID)
		if err != nil {
			return err
		}
		if err := m.authorize(object{name: n.Name, named: true}); err != nil {
			return err
		}
		if err := m.quota(quotaGroups, m.CountGroups); err != nil {
			return err
		}
		g = iam.Group{
			ID: iam.GroupID(identity.NewID()), OrganizationID: org, Name: n.Name, Description: n.Description,
			Tags: n.Tags, CreatedAt: m.Now, UpdatedAt: m.Now,
		}
		m.did(iam.ActionCreated, groupResource(g))
		return unique(m.InsertGroup(g), "group", groupNameTaken)
	})
	return only(g, err)
}

// UpdateGroup changes the labels of a group.
func (a *Authority) UpdateGroup(ctx context.Context, call iam.Call, id iam.GroupID, u iam.GroupUpdate) (iam.Group, error) {
	return a.changeGroup(ctx, call, id, u.Validate, func(m *mutation, old iam.Group) (iam.Group, error) {
		g := u.Apply(old)
		g.UpdatedAt = m.Now
		if err := m.authorize(groupObject(id, g)); err != nil {
			return g, err
		}
		return g, unique(m.UpdateGroup(g), "group", groupNameTaken)
	})
}

// changeGroup runs a change of one group.
func (a *Authority) changeGroup(ctx context.Context, call iam.Call, id iam.GroupID, check func() error, change func(*mutation, iam.Group) (iam.Group, error)) (g iam.Group, err error) {
	err = a.mutate(ctx, call, object{id: string(id)}, check, func(m *mutation) error {
		old, err := m.Group(m.organization, id)
		if err := m.authorizeFound(groupObject(id, old), err); err != nil {
			return err
		}
		if old.Managed {
			return managed("group")
		}
		if g, err = change(m, old); err != nil {
			return err
		}
		m.did(iam.ActionUpdated, groupResource(g))
		return nil
	})
	return only(g, err)
}

// DeleteGroup deletes a group; its policies stay without principal.
func (a *Authority) DeleteGroup(ctx context.Context, call iam.Call, id iam.GroupID) error {
	return a.mutate(ctx, call, object{id: string(id)}, nil, func(m *mutation) error {
		g, err := m.Group(m.organization, id)
		if err := m.authorizeFound(groupObject(id, g), err); err != nil {
			return err
		}
		if g.Managed {
			return managed("group")
		}
		m.did(iam.ActionDeleted, groupResource(g))
		if err := m.orphanPolicies(id.Principal()); err != nil {
			return err
		}
		return m.DeleteGroup(m.organization, id)
	})
}

// SetGroupMembers replaces the members of a group.
func (a *Authority) SetGroupMembers(ctx context.Context, call iam.Call, id iam.GroupID, members iam.Members) (iam.Group, error) {
	members.UserIDs = withoutRepeats(members.UserIDs)
	members.ApplicationIDs = withoutRepeats(members.ApplicationIDs)
	return a.changeGroup(ctx, call, id, fewEnough(members), func(m *mutation, g iam.Group) (iam.Group, error) {
		for _, p := range members.Principals() {
			if err := m.exists(p); err != nil {
				return g, err
			}
		}
		g.UserIDs, g.ApplicationIDs = members.UserIDs, members.ApplicationIDs
		return g, m.SetMembers(g)
	})
}

// AddGroupMember adds one principal to a group. Adding a member changes nothing.
func (a *Authority) AddGroupMember(ctx context.Context, call iam.Call, id iam.GroupID, p iam.Principal) (iam.Group, error) {
	members := iam.Members{}
	if p.Type == iam.TypeUser {
		members.UserIDs = []iam.UserID{iam.UserID(p.ID)}
	} else {
		members.ApplicationIDs = []iam.ApplicationID{iam.ApplicationID(p.ID)}
	}
	return a.AddGroupMembers(ctx, call, id, members)
}

// AddGroupMembers adds principals to a group, behind the members it has.
func (a *Authority) AddGroupMembers(ctx context.Context, call iam.Call, id iam.GroupID, members iam.Members) (iam.Group, error) {
	return a.changeGroup(ctx, call, id, fewEnough(members), func(m *mutation, g iam.Group) (iam.Group, error) {
		added := iam.Members{
			UserIDs:        missing(members.UserIDs, g.UserIDs),
			ApplicationIDs: missing(members.ApplicationIDs, g.ApplicationIDs),
		}
		for _, p := range added.Principals() {
			if err := m.exists(p); err != nil {
				return g, err
			}
		}
		g.UserIDs = append(g.UserIDs, added.UserIDs...)
		g.ApplicationIDs = append(g.ApplicationIDs, added.ApplicationIDs...)
		if err := fewEnough(iam.Members{UserIDs: g.UserIDs, ApplicationIDs: g.ApplicationIDs})(); err != nil {
			return g, err
		}
		return g, m.AddMembers(m.organization, id, added)
	})
}

// RemoveGroupMember takes one principal out of a group. Who is no member is not found, under
// an empty resource name, as on Scaleway.
func (a *Authority) RemoveGroupMember(ctx context.Context, call iam.Call, id iam.GroupID, p iam.Principal) (iam.Group, error) {
	return a.changeGroup(ctx, call, id, nil, func(m *mutation, g iam.Group) (iam.Group, error) {
		err := m.RemoveMember(m.organization, id, p)
		if errors.Is(err, store.ErrNotFound) {
			return g, iam.NotFound("", p.ID)
		}
		if p.Type == iam.TypeUser {
			g.UserIDs = slices.DeleteFunc(g.UserIDs, func(u iam.UserID) bool { return string(u) == p.ID })
		} else {
			g.ApplicationIDs = slices.DeleteFunc(g.ApplicationIDs, func(u iam.ApplicationID) bool { return string(u) == p.ID })
		}
		return g, err
	})
}

// fewEnough checks that members are not more than a group may have.
func fewEnough(members iam.Members) func() error {
	return func() error {
		if len(members.UserIDs)+len(members.ApplicationIDs) <= iam.MaxGroupMembers {
			return nil
		}
		return iam.Invalid("user_ids", iam.ReasonConstraint, fmt.Sprintf("a group must contain no more than %d members", iam.MaxGroupMembers))
	}
}

// withoutRepeats returns the values in order, each once.
func withoutRepeats[T comparable](values []T) []T { return missing(values, nil) }

// missing returns the values that are not among others, in order, each once.
func missing[T comparable](values, others []T) []T {
	seen := make(map[T]bool, len(values)+len(others))
	for _, v := range others {
		seen[v] = true
	}
	var once []T
	for _, v := range values {
		if !seen[v] {
			seen[v] = true
			once = append(once, v)
		}
	}
	return once
}

// containsOrAll reports whether an id filter lets the id pass; an empty filter lets all pass.
func containsOrAll[T comparable](filter []T, id T) bool {
	return len(filter) == 0 || slices.Contains(filter, id)
}
