package pdp

import (
	"fmt"
	"net/netip"
	"time"

	"bailiwick/catalog"
	"bailiwick/condition"
	"bailiwick/iam"
)

// dice returns a number from 0 to n-1. All random worlds come from one, so that a seed, a
// fuzzer's bytes or rapid can be behind it.
type dice func(n int) int

func pick[T any](d dice, of []T) T { return of[d(len(of))] }

// one in n.
func (d dice) rarely(n int) bool { return d(n) == n-1 }

// some returns up to n values; a value may come twice.
func some[T any](d dice, n int, of []T) []T {
	var list []T
	for range d(n + 1) {
		list = append(list, pick(d, of))
	}
	return list
}

// The ids are few, so that objects meet; and every organization, and every kind of object
// where it matters, has the same ones, so that an id without its organization or its kind
// finds the wrong object.
var (
	someOrganizations = []iam.OrganizationID{"one", "two", "three"}
	someProjects      = []iam.ProjectID{"red", "green", "blue"}
	someUsers         = []iam.UserID{"ann", "bob", "cid"}
	someApplications  = []iam.ApplicationID{"ann", "bot", "ci"}
	someGroups        = []iam.GroupID{"ann", "team", "ops"}
	somePolicies      = []iam.PolicyID{"p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9"}
	someKeys          = []iam.AccessKey{"SCW1", "SCW2", "SCW3"}
	someSets          = []string{
		"InstancesReadOnly", "InstancesFullAccess", "SecretManagerReadOnly", "AllProductsReadOnly",
		"IAMReadOnly", "ProjectReadOnly", "SSHKeysReadOnly", "LibraryReadOnly", "LibraryRecordWrite",
	}
	somePermissions = []string{
		"compute:servers:read", "compute:servers:stop", "secret_manager:secret:read", "iam:policy:read",
		"iam:user:read", "iam:user_api_key:create", "iam:ssh_key:read", "account:project:read", "billing:invoices:read",
		"library:record:read", "library:record:write",
	}
	// Conditions that are met now and then, never, always, that err and that do not compile.
	someConditions = []string{
		`request.user_agent == "curl"`, `request.ip == "192.0.2.1"`, `inIpRange(request.ip, "192.0.2.0/24")`,
		`resource.name.startsWith("/a/") || !has(resource.id)`, `resource.id == "r1"`, `request.time.getFullYear() == 2026`,
		`true`, `false`, `request.user_agent == "curl" && int(request.user_agent) == 1`, `request.nothing == 1`, `(`,
		`subject.properties.role == "admin"`, `resource.properties.status != "archived"`, `has(action.properties.soft)`,
	}
)

func (d dice) principal() iam.Principal {
	switch d(3) {
	case 0:
		return pick(d, someUsers).Principal()
	case 1:
		return pick(d, someApplications).Principal()
	}
	return pick(d, someGroups).Principal()
}

func (d dice) organization() iam.Organization {
	o := iam.Organization{ID: pick(d, someOrganizations)}
	if d.rarely(8) {
		o.ClosedAt = time.Unix(1, 0)
	}
	return o
}

func (d dice) project() iam.Project {
	return iam.Project{ID: pick(d, someProjects), OrganizationID: pick(d, someOrganizations)}
}

func (d dice) user() iam.User {
	u := iam.User{ID: pick(d, someUsers), OrganizationID: pick(d, someOrganizations), Type: iam.UserMember, Locked: d.rarely(8), Tags: d.tags()}
	if d.rarely(6) {
		u.Type = iam.UserOwner
	}
	return u
}

func (d dice) application() iam.Application {
	return iam.Application{ID: pick(d, someApplications), OrganizationID: pick(d, someOrganizations), Tags: d.tags()}
}

func (d dice) tags() []string {
	return some(d, 3, []string{"role=admin", "role=reader", "label", "=empty", "team=red=blue"})
}

func (d dice) group() iam.Group {
	return iam.Group{
		ID: pick(d, someGroups), OrganizationID: pick(d, someOrganizations),
		UserIDs: some(d, 3, someUsers), ApplicationIDs: some(d, 3, someApplications),
	}
}

func (d dice) key() iam.APIKey {
	return iam.APIKey{AccessKey: pick(d, someKeys), OrganizationID: pick(d, someOrganizations), Bearer: d.principal(), Description: fmt.Sprint(d(3))}
}

func (d dice) policy() PolicyRules {
	p := iam.Policy{ID: pick(d, somePolicies), OrganizationID: pick(d, someOrganizations), Principal: d.principal()}
	switch d(20) {
	case 18:
		p.Principal = iam.Principal{}
	case 19:
		p.Principal = iam.Operator().Principal
	}
	var rules []iam.Rule
	for i := range 1 + d(4) {
		rules = append(rules, d.rule(p.OrganizationID, i))
	}
	return PolicyRules{p, rules}
}

func (d dice) rule(org iam.OrganizationID, i int) iam.Rule {
	r := iam.Rule{ID: iam.RuleID(fmt.Sprint("r", i)), PermissionSetNames: append(some(d, 3, someSets), pick(d, someSets))}
	if d.rarely(5) {
		r.PermissionSetNames = []string{"LibraryReadOnly", "LibraryRecordWrite"}
	}
	if d.rarely(10) {
		r.PermissionSetNames = append(r.PermissionSetNames, "Withdrawn")
	}
	switch d(16) {
	case 0, 1, 2, 3, 4, 5:
		r.Scope.OrganizationID = org
	case 6:
		r.Scope.OrganizationID = pick(d, someOrganizations)
	case 7:
		r.Scope = iam.Scope{OrganizationID: org, ProjectIDs: some(d, 2, someProjects)}
	case 8: // all its projects are gone
	default:
		r.Scope.ProjectIDs = some(d, 3, someProjects)
	}
	if d(5) < 2 {
		r.Condition = pick(d, someConditions)
	}
	return r
}

// world returns a world in which no object comes twice.
func (d dice) world() *World {
	w := &World{}
	for range 12 {
		w.putOrganization(d.organization())
		w.putProject(d.project())
		w.putUser(d.user())
		w.putApplication(d.application())
		w.putGroup(d.group())
	}
	for range 60 {
		w.putPolicy(d.policy())
	}
	return w
}

// request asks anything, now and then about what nobody knows.
func (d dice) request(c *catalog.Catalog) *Request {
	r := &Request{Organization: pick(d, someOrganizations), Subject: d.principal()}
	if r.Subject.Type == iam.TypeGroup && !d.rarely(8) {
		r.Subject = pick(d, someUsers).Principal()
	}
	r.Permission, _ = c.Number(pick(d, somePermissions))
	if d.rarely(4) {
		r.Permission = catalog.Number(d(c.Len()))
	}
	if !d.rarely(4) {
		r.Resource.Project = pick(d, someProjects)
	}
	switch d(10) {
	case 5, 6:
		r.Resource.Organization = r.Organization
	case 7:
		r.Resource.Organization = pick(d, someOrganizations)
	case 8:
		r.Resource.Owner = r.Subject
	case 9:
		r.Resource.Owner = d.principal()
	}
	switch d(60) {
	case 56:
		r.Permission = catalog.Number(c.Len() + d(100))
	case 57:
		r.Organization = "nowhere"
	case 58:
		r.Subject = iam.Operator().Principal
	case 59:
		r.Resource.Project = "nowhere"
	}
	r.Input = d.input()
	return r
}

func (d dice) input() condition.Input {
	var in condition.Input
	text := func(of ...string) *string {
		if d.rarely(3) {
			return nil
		}
		value := pick(d, of)
		return &value
	}
	in.UserAgent = text("curl", "terraform/1.9")
	if !d.rarely(3) {
		in.IP = netip.AddrFrom4([4]byte{192, 0, byte(d(2)) * 2, byte(d(2))})
	}
	if !d.rarely(3) {
		in.Time = time.Date(2025+d(2), 1, 2, 3, 4, 5, 0, time.UTC)
	}
	if !d.rarely(3) {
		in.Resource = &condition.Resource{ID: text("r1", "r2"), Name: text("/a/x", "/b/x"), Locality: text("fr-par")}
	}
	properties := func(of ...map[string]any) map[string]any {
		if d(2) == 0 {
			return nil
		}
		return pick(d, of)
	}
	in.SubjectProperties = properties(map[string]any{"role": "admin"}, map[string]any{"role": 7.0}, map[string]any{})
	in.ResourceProperties = properties(map[string]any{"status": "archived"}, map[string]any{"status": "active"})
	in.ActionProperties = properties(map[string]any{"soft": true})
	return in
}
