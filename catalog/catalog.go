package catalog

import (
	"crypto/sha1"
	"fmt"
	"slices"
	"time"

	"bailiwick/iam"
)

// Catalog is a loaded catalogue. It never changes after Load and is safe for concurrent
// use; callers must not change what its methods return.
type Catalog struct {
	services   []*Service
	sets       []*Set
	byName     map[string]*Set
	resources  map[resourceName]*Resource
	aliases    map[string]resourceName
	names      []string
	numbers    map[string]Number
	unassigned map[string]string
}

// Service is a product: a group of resources whose permissions share a prefix.
type Service struct {
	Name      string
	Title     string
	Resources []Resource // sorted by name
	Operator  bool       // from an operator's file
}

// Resource is a kind of thing of a service, with what can be done to it.
type Resource struct {
	Name    string
	Alias   string   // another name for "service:name" in decision requests; may be empty
	Actions []string // sorted
	// Attributes says that conditions may read the properties of subject, resource and
	// action on this resource.
	Attributes bool
}

// Set is a permission set: what a rule of a policy grants, by name.
type Set struct {
	ID          string // UUID that depends on the name only
	Name        string
	ScopeType   iam.ScopeType
	Categories  []string
	Description string
	Permissions []string // sorted, patterns expanded
	Bits        Bits     // the same permissions by number
	// Attributes says that every permission of the set is of a resource whose conditions may
	// read properties.
	Attributes bool
	Operator   bool // from an operator's file
	CreatedAt  time.Time
}

type resourceName struct{ service, name string }

// Number returns the number of a permission written "service:name:action".
func (c *Catalog) Number(permission string) (Number, bool) {
	n, ok := c.numbers[permission]
	return n, ok
}

// Name returns the permission with the number n, which must come from this catalogue.
func (c *Catalog) Name(n Number) string { return c.names[n] }

// Len returns how many permissions exist.
func (c *Catalog) Len() int { return len(c.names) }

// Set returns the permission set of that name.
func (c *Catalog) Set(name string) (*Set, bool) {
	set, ok := c.byName[name]
	return set, ok
}

// Sets returns all permission sets, sorted by name.
func (c *Catalog) Sets() []*Set { return slices.Clone(c.sets) }

// Services returns all services, sorted by name.
func (c *Catalog) Services() []*Service { return slices.Clone(c.services) }

// Resource returns a resource by the name of its service and its own.
func (c *Catalog) Resource(service, name string) (*Resource, bool) {
	r, ok := c.resources[resourceName{service, name}]
	return r, ok
}

// Alias returns which resource an alias stands for.
func (c *Catalog) Alias(alias string) (service, name string, ok bool) {
	r, ok := c.aliases[alias]
	return r.service, r.name, ok
}

// Unassigned returns why a permission is on purpose in no permission set: only owners,
// the operator or a user acting on itself may have it.
func (c *Catalog) Unassigned(permission string) (reason string, ok bool) {
	reason, ok = c.unassigned[permission]
	return reason, ok
}

// setNamespace is the name space of permission set ids (RFC 9562 section 5.5). It must
// never change: clients keep the ids.
var setNamespace = [16]byte{
	0x7a, 0x51, 0x0c, 0x3e, 0x92, 0x1d, 0x4b, 0x6f, 0x8c, 0x2a, 0x5e, 0x10, 0xb7, 0x43, 0xd9, 0x66,
}

// setID returns the version 5 UUID of a permission set's name, so that the same set has
// the same id on every installation. SHA-1 is what the version prescribes; nothing
// secret depends on it.
func setID(name string) string {
	sum := sha1.Sum(append(setNamespace[:], name...))
	u := sum[:16]
	u[6] = u[6]&0x0f | 0x50
	u[8] = u[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}
