package pdp

import (
	"cmp"
	"slices"

	"bailiwick/iam"
)

// principal is a user, an application or a group, or only the place of one: policies and
// groups may name it before it arrives and after it is gone. Nothing of a group is copied
// into its members, so a change of a group's policies touches the group alone.
type principal struct {
	seat   seat
	exists bool
	state  PrincipalState
	rights rights // what its policies compile to
	// attributes are the stored properties of a user or an application: its tags of the form
	// key=value. Nil if there are none. Never written to.
	attributes map[string]any
	groups     []iam.GroupID // that name this user or application, sorted; as often as they name it
	policies   []*policy     // of which this is the principal, sorted by id
	members    *members      // of a group; nil for none
}

// members are those of a group, as often as it names them. It is never written after it is in
// a snapshot.
type members struct {
	keys  []key  // in the order given
	seats []seat // of the same, in any order
}

// named reports whether there is a reason to keep the place.
func (p *principal) named() bool {
	return p.exists || len(p.groups) > 0 || len(p.policies) > 0 || p.members != nil
}

// active reports whether the principal may act: it is a user or an application, exists and
// is not locked. kind is that of its key.
func (p *principal) active(kind kind) bool {
	return p.exists && !p.state.Locked && (kind == kindUser || kind == kindApplication)
}

// draft is a principal under edit. Its lists are its own from the first change on.
type draft struct {
	principal
	ownsGroups, ownsPolicies bool
}

func (d *draft) addGroup(id iam.GroupID) {
	d.own()
	d.groups = append(d.groups, id)
}

func (d *draft) removeGroup(id iam.GroupID) {
	d.own()
	if i := slices.Index(d.groups, id); i >= 0 {
		d.groups = slices.Delete(d.groups, i, i+1)
	}
}

func (d *draft) own() {
	if !d.ownsGroups {
		d.groups, d.ownsGroups = slices.Clone(d.groups), true
	}
}

func (d *draft) addPolicy(p *policy) {
	d.ownList()
	d.policies = append(d.policies, p)
}

func (d *draft) removePolicy(p *policy) {
	d.ownList()
	if i := slices.Index(d.policies, p); i >= 0 {
		d.policies = slices.Delete(d.policies, i, i+1)
	}
}

func (d *draft) ownList() {
	if !d.ownsPolicies {
		d.policies, d.ownsPolicies = slices.Clone(d.policies), true
	}
}

// sort brings the lists into the order that makes equal states equal.
func (d *draft) sort() {
	if d.ownsGroups {
		slices.Sort(d.groups)
		d.groups = compact(d.groups)
	}
	if d.ownsPolicies {
		slices.SortFunc(d.policies, func(a, b *policy) int { return cmp.Compare(a.id, b.id) })
		d.policies = compact(d.policies)
	}
}

// compact gives back the room that a list took while it grew; an empty list is nil.
func compact[E any](list []E) []E {
	if len(list) == 0 {
		return nil
	}
	if cap(list) > len(list)+len(list)/4 {
		return slices.Clone(list)
	}
	return list
}
