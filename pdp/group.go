package pdp

import (
	"slices"

	"bailiwick/iam"
	"bailiwick/planted"
)

// PutGroup sets a group and its members. Members may be put later; those that never are, and
// those of another organization, have no effect. Only members that come or go are touched.
func (e *Editor) PutGroup(g iam.Group) {
	org := e.number(g.OrganizationID)
	members := make([]key, 0, len(g.UserIDs)+len(g.ApplicationIDs))
	for _, id := range g.UserIDs {
		members = append(members, org.principal(id.Principal()))
	}
	for _, id := range g.ApplicationIDs {
		members = append(members, org.principal(id.Principal()))
	}
	e.setMembers(org.group(g.ID), members).exists = true
}

// DeleteGroup takes a group away. Its policies stay, without effect.
func (e *Editor) DeleteGroup(org iam.OrganizationID, id iam.GroupID) {
	e.setMembers(e.number(org).group(id), nil).exists = false
}

func (e *Editor) setMembers(k key, list []key) *draft {
	group := e.draft(k)
	var old members
	if group.members != nil {
		old = *group.members
	}
	came, went := difference(old.keys, list)
	left := map[seat]int{}
	for _, m := range went {
		if planted.GroupLeftBehind {
			break
		}
		member := e.draft(m)
		member.removeGroup(iam.GroupID(k.id))
		left[member.seat]++
	}
	seats := make([]seat, 0, len(list))
	for _, n := range old.seats {
		if left[n] > 0 {
			left[n]--
		} else {
			seats = append(seats, n)
		}
	}
	for _, m := range came {
		member := e.draft(m)
		member.addGroup(iam.GroupID(k.id))
		seats = append(seats, member.seat)
	}
	group.members = nil
	if len(list) > 0 {
		group.members = &members{compact(list), compact(seats)}
	}
	return group
}

// difference returns who is in the new list more often, and who less often. Lists mostly
// differ in one place, so what they begin and end with alike is left out first.
func difference(old, list []key) (came, went []key) {
	for len(old) > 0 && len(list) > 0 && old[0] == list[0] {
		old, list = old[1:], list[1:]
	}
	for len(old) > 0 && len(list) > 0 && old[len(old)-1] == list[len(list)-1] {
		old, list = old[:len(old)-1], list[:len(list)-1]
	}
	surplus := make(map[key]int, len(old))
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
