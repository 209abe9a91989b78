package store

import "bailiwick/iam"

const groupColumns = "organization_id, id, name, description, tags, managed, created_at, updated_at"

func scanGroup(row scanner) (g iam.Group, err error) {
	err = row.Scan(&g.OrganizationID, &g.ID, &g.Name, &g.Description, listOf[string]{&g.Tags}, &g.Managed,
		instant{&g.CreatedAt}, instant{&g.UpdatedAt})
	return g, err
}

// InsertGroup stores a new group without members; ErrDuplicate if the name is taken.
func (t *Tx) InsertGroup(g iam.Group) error {
	t.change(g.OrganizationID, KindGroup, string(g.ID))
	return t.insert(g.OrganizationID, "groups", "INSERT INTO groups ("+groupColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		string(g.OrganizationID), string(g.ID), g.Name, g.Description, encodeList(g.Tags), g.Managed,
		micros(g.CreatedAt), micros(g.UpdatedAt))
}

// UpdateGroup stores the labels of a group that exists; ErrDuplicate if the name is taken.
func (t *Tx) UpdateGroup(g iam.Group) error {
	return touched(t.exec(`UPDATE groups SET name = $3, description = $4, tags = $5, updated_at = $6
		WHERE organization_id = $1 AND id = $2`,
		string(g.OrganizationID), string(g.ID), g.Name, g.Description, encodeList(g.Tags), micros(g.UpdatedAt)))
}

// DeleteGroup deletes a group that exists and its memberships.
func (t *Tx) DeleteGroup(organization iam.OrganizationID, id iam.GroupID) error {
	t.change(organization, KindGroup, string(id))
	if _, err := t.exec("DELETE FROM group_members WHERE organization_id = $1 AND group_id = $2",
		string(organization), string(id)); err != nil {
		return err
	}
	return t.remove(organization, "groups", "DELETE FROM groups WHERE organization_id = $1 AND id = $2", string(organization), string(id))
}

// Group returns one group of an organization with its members, or ErrNotFound.
func (t *Tx) Group(organization iam.OrganizationID, id iam.GroupID) (iam.Group, error) {
	g, err := one(t.row("SELECT "+groupColumns+" FROM groups WHERE organization_id = $1 AND id = $2",
		string(organization), string(id)), scanGroup)
	if err != nil {
		return g, err
	}
	groups := []iam.Group{g}
	err = t.fillMembers(organization, groups)
	return groups[0], err
}

// Groups returns a page of an organization's groups with their members, and the number of
// groups.
func (t *Tx) Groups(f iam.GroupFilter) ([]iam.Group, int, error) {
	const member = `EXISTS (SELECT 1 FROM group_members m WHERE m.organization_id = groups.organization_id
		AND m.group_id = groups.id AND m.member_id IN (?) AND m.member_type = `
	w := inOrganization(f.OrganizationID)
	whereText(&w, "name = ?", f.Name)
	w.whereSearch(f.Search, "name")
	whereIn(&w, "id IN (?)", f.GroupIDs)
	members := filter{args: w.args}
	whereIn(&members, member+"'user')", f.UserIDs)
	whereIn(&members, member+"'application')", f.ApplicationIDs)
	w.either(members)
	w.whereTag(f.Tag)
	groups, total, err := list(t, listQuery{
		table: "groups", columns: groupColumns, filter: w, key: "id", counter: "groups", order: f.Order, page: f.Page,
		orders: map[string]string{"created_at": "created_at", "updated_at": "updated_at", "name": "lower(name);name"},
	}, scanGroup)
	if err != nil {
		return nil, 0, err
	}
	return groups, total, t.fillMembers(f.OrganizationID, groups)
}

type membership struct {
	organization iam.OrganizationID
	group        iam.GroupID
	member       iam.Principal
}

func scanMembership(row scanner) (m membership, err error) {
	err = row.Scan(&m.organization, &m.group, &m.member.Type, &m.member.ID)
	return m, err
}

// fillMembers reads the members of groups of one organization.
func (t *Tx) fillMembers(organization iam.OrganizationID, groups []iam.Group) error {
	if len(groups) == 0 {
		return nil
	}
	places := make(map[iam.GroupID]*iam.Group, len(groups))
	ids := make([]iam.GroupID, len(groups))
	for i := range groups {
		ids[i] = groups[i].ID
		places[ids[i]] = &groups[i]
	}
	w := inOrganization(organization)
	whereIn(&w, "group_id IN (?)", ids)
	rows, err := t.queryBuilt("SELECT organization_id, group_id, member_type, member_id FROM group_members WHERE "+
		w.text()+" ORDER BY group_id, position", w.args...)
	return drain(rows, err, scanMembership, func(m membership) error {
		addMember(places[m.group], m.member)
		return nil
	})
}

func addMember(g *iam.Group, member iam.Principal) {
	if member.Type == iam.TypeUser {
		g.UserIDs = append(g.UserIDs, iam.UserID(member.ID))
	} else {
		g.ApplicationIDs = append(g.ApplicationIDs, iam.ApplicationID(member.ID))
	}
}

// SetMembers replaces the members of a group by those of g, in their order.
func (t *Tx) SetMembers(g iam.Group) error {
	if _, err := t.exec("DELETE FROM group_members WHERE organization_id = $1 AND group_id = $2",
		string(g.OrganizationID), string(g.ID)); err != nil {
		return err
	}
	return t.AddMembers(g.OrganizationID, g.ID, iam.Members{UserIDs: g.UserIDs, ApplicationIDs: g.ApplicationIDs})
}

// AddMembers adds principals that are not members yet, behind the members there are.
func (t *Tx) AddMembers(organization iam.OrganizationID, group iam.GroupID, members iam.Members) error {
	t.change(organization, KindGroup, string(group))
	var position int64
	if err := t.row("SELECT COALESCE(MAX(position), 0) FROM group_members WHERE organization_id = $1 AND group_id = $2",
		string(organization), string(group)).Scan(&position); err != nil {
		return err
	}
	for _, m := range members.Principals() {
		position++
		if _, err := t.exec("INSERT INTO group_members (organization_id, group_id, member_type, member_id, position) VALUES ($1, $2, $3, $4, $5)",
			string(organization), string(group), string(m.Type), m.ID, position); err != nil {
			return err
		}
	}
	return nil
}

// RemoveMember takes a principal out of a group, or returns ErrNotFound if it is no member.
func (t *Tx) RemoveMember(organization iam.OrganizationID, group iam.GroupID, m iam.Principal) error {
	t.change(organization, KindGroup, string(group))
	return touched(t.exec("DELETE FROM group_members WHERE organization_id = $1 AND group_id = $2 AND member_type = $3 AND member_id = $4",
		string(organization), string(group), string(m.Type), m.ID))
}

// leaveGroups takes a principal out of all its groups.
func (t *Tx) leaveGroups(organization iam.OrganizationID, p iam.Principal) error {
	groups, err := collect(t, func(row scanner) (id string, err error) { err = row.Scan(&id); return id, err },
		"SELECT group_id FROM group_members WHERE organization_id = $1 AND member_type = $2 AND member_id = $3",
		string(organization), string(p.Type), p.ID)
	if err != nil {
		return err
	}
	for _, id := range groups {
		t.change(organization, KindGroup, id)
	}
	_, err = t.exec("DELETE FROM group_members WHERE organization_id = $1 AND member_type = $2 AND member_id = $3",
		string(organization), string(p.Type), p.ID)
	return err
}

// CountGroups returns how many groups an organization has.
func (t *Tx) CountGroups(organization iam.OrganizationID) (int, error) {
	return t.counted(organization, "groups")
}

// EachGroup gives every group of every organization, with its members, to yield. Only the groups are
// held meanwhile: an installation has far more memberships.
func (t *Tx) EachGroup(yield func(iam.Group) error) error {
	type key struct {
		organization iam.OrganizationID
		group        iam.GroupID
	}
	groups := make(map[key]iam.Group)
	err := eachObject(t, KindGroup, scanGroup, func(g iam.Group) error {
		groups[key{g.OrganizationID, g.ID}] = g
		return nil
	}, "SELECT "+groupColumns+" FROM groups")
	if err != nil {
		return err
	}
	var at key
	var g iam.Group
	give := func(next key) error {
		if at == next {
			return nil
		}
		full := g
		g, at = groups[next], next
		delete(groups, next)
		if full.ID == "" {
			return nil
		}
		return yield(full)
	}
	err = each(t, scanMembership, func(m membership) error {
		err := give(key{m.organization, m.group})
		addMember(&g, m.member)
		return err
	}, "SELECT organization_id, group_id, member_type, member_id FROM group_members ORDER BY organization_id, group_id, position")
	if err == nil {
		err = give(key{})
	}
	for _, empty := range groups {
		if err == nil {
			err = yield(empty)
		}
	}
	return err
}
