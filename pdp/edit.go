package pdp

import (
	"slices"

	"bailiwick/catalog"
	"bailiwick/condition"
	"bailiwick/iam"
)

// Editor prepares the next snapshot. Objects may come in any order: a policy before its
// principal or its projects, a group before its members. What is put again replaces what was
// there; deleting what is not there does nothing. It is for one goroutine.
type Editor struct {
	catalog  *catalog.Catalog
	compiler *condition.Compiler
	self     selfLayer

	organizations *tableEdit[iam.OrganizationID, organization]
	projects      *tableEdit[projectKey, struct{}]
	principals    *tableEdit[principalKey, principal]
	policies      *tableEdit[policyKey, *policy]
	keys          *tableEdit[iam.AccessKey, iam.APIKey]
	bits          *tableEdit[string, pooled[catalog.Bits]]
	conditions    *tableEdit[string, pooled[*condition.Condition]]

	// drafts are the principals that changed. They are compiled in Snapshot, each once.
	drafts map[principalKey]*draft
}

// Edit returns an editor that starts from the snapshot, which stays as it is.
func (s *Snapshot) Edit() *Editor {
	return &Editor{
		catalog: s.catalog, compiler: s.compiler, self: s.self,
		organizations: editTable(s.organizations),
		projects:      editTable(s.projects),
		principals:    editTable(s.principals),
		policies:      editTable(s.policies),
		keys:          editTable(s.keys),
		bits:          editTable(s.bits),
		conditions:    editTable(s.conditions),
		drafts:        map[principalKey]*draft{},
	}
}

// Snapshot returns the snapshot with all changes so far. The editor may go on to the next.
func (e *Editor) Snapshot(revision int64) *Snapshot {
	for k, d := range e.drafts {
		e.finish(k, d)
	}
	clear(e.drafts)
	return &Snapshot{
		revision: revision, catalog: e.catalog, compiler: e.compiler, self: e.self,
		tables: tables{
			organizations: e.organizations.freeze(),
			projects:      e.projects.freeze(),
			principals:    e.principals.freeze(),
			policies:      e.policies.freeze(),
			keys:          e.keys.freeze(),
			bits:          e.bits.freeze(),
			conditions:    e.conditions.freeze(),
		},
	}
}

// draft returns the principal to be changed.
func (e *Editor) draft(org iam.OrganizationID, id iam.Principal) *draft {
	k := keyOf(org, id)
	d := e.drafts[k]
	if d == nil {
		d = &draft{}
		if p := e.principals.get(k); p != nil {
			d.principal = *p
		}
		e.drafts[k] = d
	}
	return d
}

// finish compiles a draft and puts it in its place.
func (e *Editor) finish(k principalKey, d *draft) {
	d.sort()
	if d.ownsPolicies {
		old := d.rights
		d.rights = merge(d.policies)
		d.rights.sets(func(bits *catalog.Bits) {
			if len(*bits) > 0 {
				*bits, _ = acquire(e.bits, content(*bits), func() (catalog.Bits, error) { return slices.Clone(*bits), nil })
			}
		})
		old.sets(func(bits *catalog.Bits) {
			if len(*bits) > 0 {
				release(e.bits, content(*bits))
			}
		})
	}
	if !d.named() {
		e.principals.remove(k)
		return
	}
	e.principals.put(k, d.principal)
}

// content returns the words of a set as a text, which equal sets share.
func content(bits catalog.Bits) string {
	text := make([]byte, 0, 8*len(bits))
	for _, word := range bits {
		for shift := 0; shift < 64; shift += 8 {
			text = append(text, byte(word>>shift))
		}
	}
	return string(text)
}

// PutOrganization sets an organization. In a closed one nothing is allowed.
func (e *Editor) PutOrganization(o iam.Organization) {
	e.organizations.put(o.ID, organization{closed: o.Closed()})
}

// PutProject adds a project to an organization.
func (e *Editor) PutProject(org iam.OrganizationID, id iam.ProjectID) {
	e.projects.put(keyOf(org, id), struct{}{})
}

// DeleteProject takes a project away. Rules may go on naming it, without effect.
func (e *Editor) DeleteProject(org iam.OrganizationID, id iam.ProjectID) {
	e.projects.remove(keyOf(org, id))
}

// PutUser sets a user.
func (e *Editor) PutUser(u iam.User) {
	d := e.draft(u.OrganizationID, u.ID.Principal())
	d.exists, d.state = true, PrincipalState{Owner: u.IsOwner(), Locked: u.Locked}
}

// DeleteUser takes a user away. Its policies and memberships stay, without effect.
func (e *Editor) DeleteUser(org iam.OrganizationID, id iam.UserID) { e.gone(org, id.Principal()) }

// PutApplication adds an application to an organization.
func (e *Editor) PutApplication(org iam.OrganizationID, id iam.ApplicationID) {
	e.draft(org, id.Principal()).exists = true
}

// DeleteApplication takes an application away. Its policies and memberships stay, without
// effect.
func (e *Editor) DeleteApplication(org iam.OrganizationID, id iam.ApplicationID) {
	e.gone(org, id.Principal())
}

func (e *Editor) gone(org iam.OrganizationID, id iam.Principal) {
	d := e.draft(org, id)
	d.exists, d.state = false, PrincipalState{}
}

// PutPolicy sets a policy and its rules. A rule that does not compile (a permission set that
// the catalogue no longer has, say) grants nothing; the rest applies, and the error names
// every such rule.
func (e *Editor) PutPolicy(p iam.Policy, rules []iam.Rule) error {
	compiled, err := e.compile(p, rules)
	e.DeletePolicy(p.OrganizationID, p.ID)
	e.policies.put(keyOf(p.OrganizationID, p.ID), compiled)
	if !compiled.principal.IsZero() {
		e.draft(p.OrganizationID, compiled.principal).addPolicy(compiled)
	}
	return err
}

// DeletePolicy takes a policy and all that it grants away.
func (e *Editor) DeletePolicy(org iam.OrganizationID, id iam.PolicyID) {
	k := keyOf(org, id)
	held := e.policies.get(k)
	if held == nil {
		return
	}
	old := *held
	e.policies.remove(k)
	e.discard(old)
	if !old.principal.IsZero() {
		e.draft(org, old.principal).removePolicy(old)
	}
}

// PutAPIKey sets an API key.
func (e *Editor) PutAPIKey(k iam.APIKey) { e.keys.put(k.AccessKey, k) }

// DeleteAPIKey takes a key away, if it is of that organization.
func (e *Editor) DeleteAPIKey(org iam.OrganizationID, access iam.AccessKey) {
	if k := e.keys.get(access); k != nil && k.OrganizationID == org {
		e.keys.remove(access)
	}
}
