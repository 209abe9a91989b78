package pdp

import (
	"hash/maphash"

	"bailiwick/iam"
)

// key names an object of one organization.
//
// The attack that it prevents: an id of one organization that finds an object of another.
// Tables keyed by the id alone are the most common cross-tenant defect, so the tables of
// this package cannot be asked without the organization, and the type of the id keeps a
// project from being looked up as a policy.
type key[ID comparable] struct {
	organization iam.OrganizationID
	id           ID
}

// keyOf is the only way in which keys are made.
func keyOf[ID comparable](organization iam.OrganizationID, id ID) key[ID] {
	return key[ID]{organization, id}
}

type (
	projectKey   = key[iam.ProjectID]
	principalKey = key[iam.Principal]
	policyKey    = key[iam.PolicyID]
)

// hashPrincipal leaves the type out, which two principals with one id hardly ever differ in;
// equality of keys still looks at it.
func hashPrincipal(seed maphash.Seed, k principalKey) uint64 {
	return maphash.Comparable(seed, [2]string{string(k.organization), k.id.ID})
}
