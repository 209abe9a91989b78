package catalog

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"bailiwick/iam"
)

var (
	plainName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	setName   = regexp.MustCompile(`^[A-Z][A-Za-z0-9]+$`)
)

// setsCreated is the creation time that every set shows: sets come with the program and
// the operator's files, which have no better date that is the same on every node.
var setsCreated = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// definition is where something was first defined.
type definition struct {
	d    *document
	line int
}

// String leaves out the line of a built-in file, which an operator does not see.
func (d definition) String() string {
	if !d.d.operator {
		return d.d.file
	}
	return fmt.Sprintf("%s, line %d", d.d.file, d.line)
}

// builder turns documents into a catalogue.
type builder struct {
	c        *Catalog
	f        *faults
	services map[string]definition
	sets     map[string]definition
	aliases  map[string]definition
	reasons  map[string]definition
	owners   map[string]*document // permission -> who defined it
}

// build checks and links all documents. Services come first, because any file may name
// the permissions of any other.
func build(documents []*document, f *faults) (*Catalog, error) {
	b := &builder{
		c: &Catalog{
			byName:     map[string]*Set{},
			resources:  map[resourceName]*Resource{},
			aliases:    map[string]resourceName{},
			numbers:    map[string]Number{},
			unassigned: map[string]string{},
		},
		f:        f,
		services: map[string]definition{},
		sets:     map[string]definition{},
		aliases:  map[string]definition{},
		reasons:  map[string]definition{},
		owners:   map[string]*document{},
	}
	for _, d := range documents {
		for _, s := range d.services {
			b.service(d, s)
		}
	}
	b.number(documents)
	for _, d := range documents {
		for _, u := range d.unassigned {
			b.reason(d, u)
		}
	}
	for _, d := range documents {
		for _, s := range d.sets {
			b.set(d, s)
		}
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	slices.SortFunc(b.c.services, func(x, y *Service) int { return cmp.Compare(x.Name, y.Name) })
	slices.SortFunc(b.c.sets, func(x, y *Set) int { return cmp.Compare(x.Name, y.Name) })
	return b.c, nil
}

// name checks a required name against its form and reports whether it can be used.
func (b *builder) name(d *document, line int, what string, name text, form *regexp.Regexp) bool {
	switch {
	case name.line == 0:
		b.f.add(d, line, "%s has no name", what)
	case name.value == "": // the walk has noted it
	case !form.MatchString(name.value):
		b.f.add(d, name.line, "%s name %q does not match %s", what, name.value, form)
	default:
		return true
	}
	return false
}

// first reports whether the name is new, and notes a fault when it is taken.
func (b *builder) first(seen map[string]definition, d *document, line int, what, name string) bool {
	before, taken := seen[name]
	if !taken {
		seen[name] = definition{d, line}
		return true
	}
	b.f.add(d, line, "%s %s is already defined (%s)", what, name, before)
	return false
}

// service adds one service. An operator cannot extend a built-in service: a file that adds
// "iam:policy:anything" would slip into every set that grants "iam:*:*", and one that
// redefines a service would silently change what released permission sets mean.
func (b *builder) service(d *document, s serviceText) {
	if !b.name(d, s.line, "service", s.name, plainName) {
		return
	}
	if before, taken := b.services[s.name.value]; taken && d.operator && !before.d.operator {
		b.f.add(d, s.name.line, "service %s is built in and cannot be extended or replaced", s.name.value)
		return
	}
	if !b.first(b.services, d, s.name.line, "service", s.name.value) {
		return
	}
	service := &Service{Name: s.name.value, Title: cmp.Or(s.title.value, s.name.value), Operator: d.operator}
	if len(s.resources) == 0 {
		b.f.add(d, s.name.line, "service %s has no resources", service.Name)
	}
	seen := map[string]definition{}
	for _, r := range s.resources {
		if resource, ok := b.resource(d, service.Name, r, seen); ok {
			service.Resources = append(service.Resources, resource)
		}
	}
	slices.SortFunc(service.Resources, func(x, y Resource) int { return cmp.Compare(x.Name, y.Name) })
	for i := range service.Resources {
		r := &service.Resources[i]
		b.c.resources[resourceName{service.Name, r.Name}] = r
	}
	b.c.services = append(b.c.services, service)
}

func (b *builder) resource(d *document, service string, r resourceText, seen map[string]definition) (Resource, bool) {
	if !b.name(d, r.line, "resource", r.name, plainName) ||
		!b.first(seen, d, r.name.line, "resource", service+":"+r.name.value) {
		return Resource{}, false
	}
	resource := Resource{Name: r.name.value, Alias: r.alias.value, Attributes: r.attributes}
	full := service + ":" + resource.Name
	if resource.Alias != "" && b.name(d, r.line, "alias", r.alias, plainName) &&
		b.first(b.aliases, d, r.alias.line, "alias", resource.Alias) {
		b.c.aliases[resource.Alias] = resourceName{service, resource.Name}
	}
	if len(r.actions) == 0 {
		b.f.add(d, r.name.line, "resource %s has no actions", full)
	}
	for _, a := range r.actions {
		if !b.name(d, r.line, "action", a, plainName) {
			continue
		}
		if slices.Contains(resource.Actions, a.value) {
			b.f.add(d, a.line, "resource %s has the action %s twice", full, a.value)
			continue
		}
		resource.Actions = append(resource.Actions, a.value)
		b.owners[full+":"+a.value] = d
	}
	slices.Sort(resource.Actions)
	return resource, true
}

// number gives every permission its number, in the order of names.
func (b *builder) number(documents []*document) {
	b.c.names = slices.Sorted(maps.Keys(b.owners))
	if len(b.c.names) > math.MaxUint16+1 {
		b.f.add(documents[len(documents)-1], 0, "the catalogue has %d permissions; %d is the most",
			len(b.c.names), math.MaxUint16+1)
		b.c.names = b.c.names[:math.MaxUint16+1]
	}
	for i, name := range b.c.names {
		b.c.numbers[name] = Number(i)
	}
}

// reason notes a permission that no set may hold. An operator may say so of its own
// permissions only, or its file would take them out of built-in sets.
func (b *builder) reason(d *document, u unassignedText) {
	owner, known := b.owners[u.permission.value]
	switch {
	case u.permission.line == 0:
		b.f.add(d, u.line, "an entry of unassigned has no permission")
	case u.permission.value == "": // the walk has noted it
	case !known:
		b.f.add(d, u.permission.line, "unassigned: unknown permission %q", u.permission.value)
	case owner.operator != d.operator:
		b.f.add(d, u.permission.line, "unassigned: permission %s is built in", u.permission.value)
	case u.reason.line == 0:
		b.f.add(d, u.line, "unassigned: permission %s has no reason", u.permission.value)
	case b.first(b.reasons, d, u.permission.line, "unassigned permission", u.permission.value):
		b.c.unassigned[u.permission.value] = u.reason.value
	}
}

func (b *builder) set(d *document, s setText) {
	if !b.name(d, s.line, "permission set", s.name, setName) ||
		!b.first(b.sets, d, s.name.line, "permission set", s.name.value) {
		return
	}
	set := &Set{
		ID: setID(s.name.value), Name: s.name.value, ScopeType: iam.ScopeType(s.scopeType.value),
		Description: s.description.value, Operator: d.operator, CreatedAt: setsCreated,
	}
	switch {
	case s.scopeType.line == 0:
		b.f.add(d, s.name.line, "permission set %s has no scope_type (projects or organization)", set.Name)
	case set.ScopeType != iam.ScopeProjects && set.ScopeType != iam.ScopeOrganization && set.ScopeType != "":
		b.f.add(d, s.scopeType.line, "permission set %s: unknown scope_type %q (projects or organization)",
			set.Name, s.scopeType.value)
	}
	if s.category.line != 0 {
		if s.categories != nil {
			b.f.add(d, s.category.line, "permission set %s has both category and categories", set.Name)
		}
		set.Categories = []string{s.category.value}
	}
	for _, c := range s.categories {
		set.Categories = append(set.Categories, c.value)
	}
	b.grant(d, s, set)
	b.c.byName[set.Name] = set
	b.c.sets = append(b.c.sets, set)
}

// grant fills the permissions of a set.
func (b *builder) grant(d *document, s setText, set *Set) {
	if len(s.permissions) == 0 {
		b.f.add(d, s.name.line, "permission set %s has no permissions", set.Name)
	}
	written := map[string]bool{}
	for _, p := range s.permissions {
		if p.value == "" {
			continue
		}
		if written[p.value] {
			b.f.add(d, p.line, "permission set %s has %q twice", set.Name, p.value)
			continue
		}
		written[p.value] = true
		numbers, problem := b.expand(p.value)
		if problem != "" {
			b.f.add(d, p.line, "permission set %s: %s", set.Name, problem)
		}
		for _, n := range numbers {
			set.Bits.Add(n)
		}
	}
	for n := range set.Bits.All() {
		set.Permissions = append(set.Permissions, b.c.names[n])
	}
	set.Attributes = len(set.Permissions) > 0 && !slices.ContainsFunc(set.Permissions, func(permission string) bool {
		return !b.attributes(permission)
	})
}

// attributes reports whether conditions on a permission may read properties.
func (b *builder) attributes(permission string) bool {
	service, rest, _ := strings.Cut(permission, ":")
	name, _, _ := strings.Cut(rest, ":")
	resource, known := b.c.resources[resourceName{service, name}]
	return known && resource.Attributes
}
