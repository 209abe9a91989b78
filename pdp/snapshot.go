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
	sets     []*catalog.Set // of the catalogue, sorted by name
	tables
}

// tables is what changes from one snapshot to the next.
type tables struct {
	organizations table[organization]
	projects      table[struct{}]
	principals    table[principal] // users, applications and groups
	policies      table[*policy]
	keys          table[iam.APIKey]
	sessions      table[session]
	bits          pool[catalog.Bits]
	lists         pool[[]projectBits]
	conditions    pool[*condition.Condition]
	members       table[roster[sitting]] // the users and applications of an organization, and its owners
	holders       table[roster[holding]] // the policies of an organization that grant a set somewhere
	seats         table[seating]         // of an organization
}

// organization is one, or only the number of one whose objects arrived before it.
type organization struct {
	number         number
	exists, closed bool
}

// New returns an empty snapshot of revision 0 over a catalogue. It panics if the catalogue
// lacks a permission of the self layer: the catalogue is embedded, so that is a defect of the
// build, and to go on would take rights away in silence.
func New(c *catalog.Catalog, compiler *condition.Compiler) *Snapshot {
	seed := maphash.MakeSeed()
	return &Snapshot{
		catalog:  c,
		compiler: compiler,
		self:     newSelfLayer(c),
		sets:     c.Sets(),
		tables: tables{
			organizations: table[organization]{seed: seed},
			projects:      table[struct{}]{seed: seed},
			principals:    table[principal]{seed: seed},
			policies:      table[*policy]{seed: seed},
			keys:          table[iam.APIKey]{seed: seed},
			sessions:      table[session]{seed: seed},
			bits:          pool[catalog.Bits]{seed: seed},
			lists:         pool[[]projectBits]{seed: seed},
			conditions:    pool[*condition.Condition]{seed: seed},
			members:       table[roster[sitting]]{seed: seed},
			holders:       table[roster[holding]]{seed: seed},
			seats:         table[seating]{seed: seed},
		},
	}
}

// Revision returns the revision that the snapshot was made for.
func (s *Snapshot) Revision() int64 { return s.revision }

// APIKey returns a key by its access key. Whether it has expired is for the caller to judge,
// who has a clock; whether its bearer still exists and may do something, for Decide.
func (s *Snapshot) APIKey(access iam.AccessKey) (iam.APIKey, bool) {
	if k := s.keys.get(accessKey(access)); k != nil {
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
	if o := s.organization(org); o != nil {
		if p := s.subject(o.number, id); p != nil {
			return p.state, true
		}
	}
	return PrincipalState{}, false
}

// HasProject reports whether the organization has the project.
func (s *Snapshot) HasProject(org iam.OrganizationID, id iam.ProjectID) bool {
	o := s.organization(org)
	return o != nil && s.projects.get(o.number.project(id)) != nil
}

// Organization reports whether the organization exists, and whether it is closed.
func (s *Snapshot) Organization(org iam.OrganizationID) (closed, ok bool) {
	if o := s.organization(org); o != nil {
		return o.closed, true
	}
	return false, false
}

func (s *Snapshot) organization(id iam.OrganizationID) *organization {
	if o := s.organizations.get(organizationKey(id)); o != nil && o.exists {
		return o
	}
	return nil
}

// seating returns the seats of an organization.
func (s *Snapshot) seating(org number) seating {
	if held := s.seats.get(org.seats()); held != nil {
		return *held
	}
	return seating{}
}

// subject returns a user or an application that exists; nil for anything else, groups
// included: a group holds grants, but it never acts.
func (s *Snapshot) subject(org number, id iam.Principal) *principal {
	k := org.principal(id)
	if k.kind != kindUser && k.kind != kindApplication {
		return nil
	}
	if p := s.principals.get(k); p != nil && p.exists {
		return p
	}
	return nil
}

// group returns a group that exists, or nil.
func (s *Snapshot) group(org number, id iam.GroupID) *principal {
	if g := s.principals.get(org.group(id)); g != nil && g.exists {
		return g
	}
	return nil
}
