package pdp

import (
	"hash/maphash"

	"bailiwick/iam"
	"bailiwick/planted"
)

// key names an object of one organization, or something that belongs to none (kinds from
// kindOrganization on).
//
// The attack that it prevents: an id of one organization that finds an object of another.
// Tables keyed by the id alone are the most common cross-tenant defect. So keys of an
// organization's objects are made from the organization's number, which only the table of
// organizations gives, and hold it; and they hold the kind of the object, so that a project
// is never found as a policy.
type key struct {
	id           string
	organization number
	kind         kind
}

// number stands for an organization in keys: short to store and quick to compare. It is given
// when an organization is first named, from 1, and means nothing outside of one line of
// snapshots.
type number uint32

type kind uint8

const (
	kindNone kind = iota // never stored
	kindProject
	kindUser
	kindApplication
	kindGroup
	kindPolicy
	kindOrganization
	kindAccessKey
	kindSession
	kindContent // of a pool
	kindHeld    // of a roster, here and below
	kindHeldByGroups
	kindWide
	kindUsers
	kindApplications
	kindOwners
	kindSeats
)

func (n number) project(id iam.ProjectID) key { return key{string(id), n, kindProject} }
func (n number) group(id iam.GroupID) key     { return key{string(id), n, kindGroup} }
func (n number) policy(id iam.PolicyID) key   { return key{string(id), n, kindPolicy} }

// users and applications are the keys of the rosters of an organization's users and
// applications.
func (n number) users() key        { return key{organization: n, kind: kindUsers} }
func (n number) applications() key { return key{organization: n, kind: kindApplications} }

// held is the key of the roster of policies that grant a permission set in a project, or for
// no project in the whole organization. Those of groups, and those of nobody, are apart: they
// are what a subject could be given.
func (n number) held(set string, project iam.ProjectID, byGroups bool) key {
	k := key{set + "\x00" + string(project), n, kindHeld} // no name of a set has a NUL
	if byGroups {
		k.kind = kindHeldByGroups
	}
	return k
}

// wide is the key of the roster of policies that are in too many places to be in the rosters
// of all of them.
func (n number) wide() key { return key{organization: n, kind: kindWide} }

// owners is the key of the roster of the users who own an organization: one, but for the
// moment of a change.
func (n number) owners() key { return key{organization: n, kind: kindOwners} }

// seats is the key of the seats of an organization.
func (n number) seats() key { return key{organization: n, kind: kindSeats} }

// roll is the key of the roster that a user or an application is in.
func (k *key) roll() key {
	if k.kind == kindUser {
		return k.organization.users()
	}
	return k.organization.applications()
}

// principal returns the key of a user, an application or a group; for anything else, one that
// finds nothing.
func (n number) principal(p iam.Principal) key {
	if planted.NoOrganization {
		n = 0
	}
	switch p.Type {
	case iam.TypeUser:
		return key{p.ID, n, kindUser}
	case iam.TypeApplication:
		return key{p.ID, n, kindApplication}
	case iam.TypeGroup:
		return key{p.ID, n, kindGroup}
	}
	return key{}
}

func organizationKey(id iam.OrganizationID) key { return key{id: string(id), kind: kindOrganization} }

// accessKey names no organization: who presents an access key does not say of which one it
// is, so access keys are unique on the server. The organization is in the value.
func accessKey(k iam.AccessKey) key { return key{id: string(k), kind: kindAccessKey} }

// content names something of an organization by what is in it.
func (n number) content(text string) key { return key{text, n, kindContent} }

// contentKey names something by what is in it, which two organizations may have in common:
// it must not be made of ids.
func contentKey(text string) key { return key{id: text, kind: kindContent} }

// hash is seeded, because some keys (the texts of conditions) are chosen by tenants: with a
// known hash one of them could fill a single shard of a table and slow down the others.
func (k *key) hash(seed maphash.Seed) uint64 {
	return maphash.String(seed, k.id) ^ uint64(k.organization)*0x9e3779b97f4a7c15
}
