package pdp

import (
	"slices"

	"bailiwick/iam"
)

// PutGroup sets a group and its members. Members may be put later; those that never are, and
// those of another organization, have no effect. Only members that come or go are touched.
func (e *Editor) PutGroup(g iam.Group) {
	members := make([]iam.Principal, 0, len(g.UserIDs)+len(g.ApplicationIDs))
	for _, id := range g.UserIDs {
		members = append(members, id.Principal())
	}
	for _, id := range g.ApplicationIDs {
		members = append(members, id.Principal())
	}
	e.setMembers(g.OrganizationID, g.ID, members)
	e.draft(g.OrganizationID, g.ID.Principal()).exists = true
}

// DeleteGroup takes a group away. Its policies stay, without effect.
func (e *Editor) DeleteGroup(org iam.OrganizationID, id iam.GroupID) {
	e.setMembers(org, id, nil)
	e.gone(org, id.Principal())
}

func (e *Editor) setMembers(org iam.OrganizationID, id iam.GroupID, members []iam.Principal) {
	group := e.draft(org, id.Principal())
	came, went := difference(group.members, members)
	for _, m := range came {
		e.draft(org, m).addGroup(id)
	}
	for _, m := range went {
		e.draft(org, m).removeGroup(id)
	}
	group.members = compact(members)
}

// difference returns who is in the new list more often, and who less often. Lists mostly
// differ in one place, so what they begin and end with alike is left out first.
func difference(old, list []iam.Principal) (came, went []iam.Principal) {
	for len(old) > 0 && len(list) > 0 && old[0] == list[0] {
		old, list = old[1:], list[1:]
	}
	for len(old) > 0 && len(list) > 0 && old[len(old)-1] == list[len(list)-1] {
		old, list = old[:len(old)-1], list[:len(list)-1]
	}
	surplus := make(map[iam.Principal]int, len(old))
	for _, m := range old {
		surplus[m]++
	}
	for _, m := range list {
		if surplus[m] > 0 {
			surplus[m]--
		} else {
			came = append(came, m)
		}
	}
	for _, m := range slices.Backward(old) {
		if surplus[m] > 0 {
			surplus[m]--
			went = append(went, m)
		}
	}
	return came, went
}
