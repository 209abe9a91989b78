package pdp

import (
	"bailiwick/catalog"
	"bailiwick/condition"
	"bailiwick/iam"
	"bailiwick/planted"
)

// Editor prepares the next snapshot. Objects may come in any order: a policy before its
// principal or its projects, a group before its members. What is put again replaces what was
// there; deleting what is not there does nothing. It is for one goroutine.
type Editor struct {
	catalog  *catalog.Catalog
	compiler *condition.Compiler
	self     selfLayer
	sets     []*catalog.Set

	organizations *tableEdit[organization]
	projects      *tableEdit[struct{}]
	principals    *tableEdit[principal]
	policies      *tableEdit[*policy]
	keys          *tableEdit[iam.APIKey]
	sessions      *tableEdit[session]
	bits          *tableEdit[pooled[catalog.Bits]]
	lists         *tableEdit[pooled[[]projectBits]]
	conditions    *tableEdit[pooled[*condition.Condition]]
	members       rosters[sitting]
	holders       rosters[holding]
	seatings      map[number]*seatingEdit
	allSeats      *tableEdit[seating]

	// drafts are the principals that changed. They are compiled in Snapshot, each once.
	drafts map[key]*draft
}

// Edit returns an editor that starts from the snapshot, which stays as it is.
func (s *Snapshot) Edit() *Editor {
	return &Editor{
		catalog: s.catalog, compiler: s.compiler, self: s.self, sets: s.sets,
		organizations: editTable(s.organizations),
		projects:      editTable(s.projects),
		principals:    editTable(s.principals),
		policies:      editTable(s.policies),
		keys:          editTable(s.keys),
		sessions:      editTable(s.sessions),
		bits:          editTable(s.bits),
		lists:         editTable(s.lists),
		conditions:    editTable(s.conditions),
		members:       editRosters(s.members, func(m sitting) string { return m.id }),
		holders:       editRosters(s.holders, func(h holding) string { return string(h.policy.id) }),
		seatings:      map[number]*seatingEdit{},
		allSeats:      editTable(s.seats),
		drafts:        map[key]*draft{},
	}
}

// Snapshot returns the snapshot with all changes so far. The editor may go on to the next.
func (e *Editor) Snapshot(revision int64) *Snapshot {
	for k, d := range e.drafts {
		e.finish(k, d)
	}
	clear(e.drafts)
	return &Snapshot{
		revision: revision, catalog: e.catalog, compiler: e.compiler, self: e.self, sets: e.sets,
		tables: tables{
			organizations: e.organizations.freeze(),
			projects:      e.projects.freeze(),
			principals:    e.principals.freeze(),
			policies:      e.policies.freeze(),
			keys:          e.keys.freeze(),
			sessions:      e.sessions.freeze(),
			bits:          e.bits.freeze(),
			lists:         e.lists.freeze(),
			conditions:    e.conditions.freeze(),
			members:       e.members.finish(),
			holders:       e.holders.finish(),
			seats:         e.freezeSeats(),
		},
	}
}

// number returns the number of an organization, which may be yet to come.
func (e *Editor) number(org iam.OrganizationID) number {
	k := organizationKey(org)
	if o := e.organizations.get(k); o != nil {
		return o.number
	}
	n := number(e.organizations.size + 1)
	e.organizations.put(k, organization{number: n})
	return n
}

// draft returns the principal to be changed.
func (e *Editor) draft(k key) *draft {
	d := e.drafts[k]
	if d == nil {
		d = &draft{}
		if p := e.principals.get(k); p != nil {
			d.principal = *p
		} else {
			d.seat = e.seating(k.organization).take()
		}
		e.drafts[k] = d
	}
	return d
}

// finish compiles a draft and puts it in its place.
func (e *Editor) finish(k key, d *draft) {
	d.sort()
	if d.ownsPolicies {
		// First share, then give back: what stays the same stays in the pools.
		old := d.rights
		d.rights = merge(d.policies)
		e.share(k.organization, &d.rights)
		e.unshare(k.organization, &old)
	}
	if !d.named() {
		e.principals.remove(k)
		e.seating(k.organization).give(d.seat)
		return
	}
	e.seating(k.organization).active.set(d.seat, d.active(k.kind))
	e.principals.put(k, d.principal)
}

// seating returns the seats of an organization, to be changed.
func (e *Editor) seating(org number) *seatingEdit {
	held := e.seatings[org]
	if held == nil {
		var now seating
		if at := e.allSeats.get(org.seats()); at != nil {
			now = *at
		}
		held = editSeating(now)
		e.seatings[org] = held
	}
	return held
}

func (e *Editor) freezeSeats() table[seating] {
	for org, held := range e.seatings {
		if !held.taken.ownsList && !held.active.ownsList {
			continue // nobody came, went or was locked
		}
		e.allSeats.put(org.seats(), seating{held.taken.freeze(), held.active.freeze()})
	}
	clear(e.seatings)
	return e.allSeats.freeze()
}

// PutOrganization sets an organization. In a closed one nothing is allowed.
func (e *Editor) PutOrganization(o iam.Organization) {
	e.organizations.put(organizationKey(o.ID), organization{number: e.number(o.ID), exists: true, closed: o.Closed()})
}

// PutProject adds a project to an organization.
func (e *Editor) PutProject(org iam.OrganizationID, id iam.ProjectID) {
	e.projects.put(e.number(org).project(id), struct{}{})
}

// DeleteProject takes a project away. Rules may go on naming it, without effect.
func (e *Editor) DeleteProject(org iam.OrganizationID, id iam.ProjectID) {
	if planted.DeletedProject {
		return
	}
	e.projects.remove(e.number(org).project(id))
}

// PutUser sets a user. An invited guest who has not accepted is as one that is locked.
func (e *Editor) PutUser(u iam.User) {
	k := e.number(u.OrganizationID).principal(u.ID.Principal())
	d := e.come(k)
	e.owns(k, d, u.IsOwner())
	d.state, d.attributes = PrincipalState{Owner: u.IsOwner(), Locked: u.Locked || u.Pending()}, attributesOf(u.Tags)
}

// DeleteUser takes a user away. Its policies and memberships stay, without effect.
func (e *Editor) DeleteUser(org iam.OrganizationID, id iam.UserID) {
	e.gone(e.number(org).principal(id.Principal()))
}

// PutApplication sets an application.
func (e *Editor) PutApplication(a iam.Application) {
	e.come(e.number(a.OrganizationID).principal(a.ID.Principal())).attributes = attributesOf(a.Tags)
}

// DeleteApplication takes an application away. Its policies and memberships stay, without
// effect.
func (e *Editor) DeleteApplication(org iam.OrganizationID, id iam.ApplicationID) {
	e.gone(e.number(org).principal(id.Principal()))
}

// come makes a user or an application exist.
func (e *Editor) come(k key) *draft {
	d := e.draft(k)
	if !d.exists {
		d.exists = true
		e.members.add(k.roll(), sitting{k.id, d.seat})
	}
	return d
}

// owns notes that a user becomes, or is no longer, an owner.
func (e *Editor) owns(k key, d *draft, after bool) {
	switch before := d.state.Owner; {
	case after && !before:
		e.members.add(k.organization.owners(), sitting{k.id, d.seat})
	case before && !after:
		e.members.remove(k.organization.owners(), k.id)
	}
}

func (e *Editor) gone(k key) {
	d := e.draft(k)
	if d.exists {
		e.members.remove(k.roll(), k.id)
		e.owns(k, d, false)
	}
	d.exists, d.state, d.attributes = false, PrincipalState{}, nil
}

// PutPolicy sets a policy and its rules. A rule that does not compile (a permission set that
// the catalogue no longer has, say) grants nothing; the rest applies, and the error names
// every such rule.
func (e *Editor) PutPolicy(p iam.Policy, rules []iam.Rule) error {
	if planted.OrphanPolicy && p.Principal.IsZero() {
		return nil
	}
	org := e.number(p.OrganizationID)
	compiled, err := e.compile(org, p, rules)
	e.DeletePolicy(p.OrganizationID, p.ID)
	e.policies.put(org.policy(p.ID), compiled)
	e.hold(org, compiled)
	if compiled.principal.kind != kindNone {
		e.draft(compiled.principal).addPolicy(compiled)
	}
	return err
}

// DeletePolicy takes a policy and all that it grants away.
func (e *Editor) DeletePolicy(org iam.OrganizationID, id iam.PolicyID) {
	k := e.number(org).policy(id)
	held := e.policies.get(k)
	if held == nil {
		return
	}
	old := *held
	e.policies.remove(k)
	e.letGo(k.organization, old)
	e.discard(old)
	if old.principal.kind != kindNone && !planted.StaleDelete {
		e.draft(old.principal).removePolicy(old)
	}
}

// PutAPIKey sets an API key.
func (e *Editor) PutAPIKey(k iam.APIKey) { e.keys.put(accessKey(k.AccessKey), k) }

// DeleteAPIKey takes a key away, if it is of that organization.
func (e *Editor) DeleteAPIKey(org iam.OrganizationID, access iam.AccessKey) {
	if k := e.keys.get(accessKey(access)); k != nil && k.OrganizationID == org {
		e.keys.remove(accessKey(access))
	}
}
