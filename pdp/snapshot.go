package pdp

import (
	"hash/maphash"

	"bailiwick/catalog"
	"bailiwick/condition"
	"bailiwick/iam"
)

// Snapshot is the state of an installation at one revision. It is immutable and safe for
// concurrent use. New makes the first one, Edit the next.
type Snapshot struct {
	revision int64
	catalog  *catalog.Catalog
	compiler *condition.Compiler
	self     selfLayer
	tables
}

// tables is what changes from one snapshot to the next.
type tables struct {
	organizations table[iam.OrganizationID, organization]
	projects      table[projectKey, struct{}]
	principals    table[principalKey, principal] // users, applications and groups
	policies      table[policyKey, *policy]
	// keys has the organization in its values: who presents an access key does not say of
	// which organization it is, so it is unique on the server.
	keys       table[iam.AccessKey, iam.APIKey]
	bits       pool[catalog.Bits]
	conditions pool[*condition.Condition]
}

type organization struct{ closed bool }

// New returns an empty snapshot of revision 0 over a catalogue. It panics if the catalogue
// lacks a permission of the self layer: the catalogue is embedded, so that is a defect of the
// build, and to go on would take rights away in silence.
func New(c *catalog.Catalog, compiler *condition.Compiler) *Snapshot {
	seed := maphash.MakeSeed()
	return &Snapshot{
		catalog:  c,
		compiler: compiler,
		self:     newSelfLayer(c),
		tables: tables{
			organizations: newTable[iam.OrganizationID, organization](seed, maphash.Comparable),
			projects:      newTable[projectKey, struct{}](seed, maphash.Comparable),
			principals:    newTable[principalKey, principal](seed, hashPrincipal),
			policies:      newTable[policyKey, *policy](seed, maphash.Comparable),
			keys:          newTable[iam.AccessKey, iam.APIKey](seed, maphash.Comparable),
			bits:          newPool[catalog.Bits](seed),
			conditions:    newPool[*condition.Condition](seed),
		},
	}
}

// Revision returns the revision that the snapshot was made for.
func (s *Snapshot) Revision() int64 { return s.revision }

// APIKey returns a key by its access key. Whether it has expired is for the caller to judge,
// who has a clock; whether its bearer still exists and may do something, for Decide.
func (s *Snapshot) APIKey(access iam.AccessKey) (iam.APIKey, bool) {
	if k := s.keys.get(access); k != nil {
		return *k, true
	}
	return iam.APIKey{}, false
}

// PrincipalState is what matters of a user or an application beside its grants. Both are
// false for applications.
type PrincipalState struct {
	Owner  bool
	Locked bool
}

// Principal returns the state of a user or an application of an organization.
func (s *Snapshot) Principal(org iam.OrganizationID, id iam.Principal) (PrincipalState, bool) {
	if p := s.subject(org, id); p != nil {
		return p.state, true
	}
	return PrincipalState{}, false
}

// HasProject reports whether the organization has the project.
func (s *Snapshot) HasProject(org iam.OrganizationID, id iam.ProjectID) bool {
	return s.projects.get(keyOf(org, id)) != nil
}

// Organization reports whether the organization exists, and whether it is closed.
func (s *Snapshot) Organization(org iam.OrganizationID) (closed, ok bool) {
	if o := s.organizations.get(org); o != nil {
		return o.closed, true
	}
	return false, false
}

// subject returns a user or an application that exists; nil for anything else, groups
// included: a group holds grants, but it never acts.
func (s *Snapshot) subject(org iam.OrganizationID, id iam.Principal) *principal {
	if id.Type != iam.TypeUser && id.Type != iam.TypeApplication {
		return nil
	}
	if p := s.principals.get(keyOf(org, id)); p != nil && p.exists {
		return p
	}
	return nil
}
