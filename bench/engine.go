package main

import (
	"net/netip"
	"strings"

	"bailiwick/catalog"
	"bailiwick/condition"
	"bailiwick/iam"
	"bailiwick/pdp"
)

// decider answers the i-th of the questions that it was prepared for.
type decider func(i int) bool

// engine is what answers questions about a world: prepare turns questions into the engine's
// own form of a request, so that only the decision is measured.
type engine func([]question) (decider, error)

// rooms is what Bailiwick's decision point is made of.
type rooms struct {
	catalog  *catalog.Catalog
	compiler *condition.Compiler
	folder   string // for engines that need files
}

func newRooms() (rooms, error) {
	c, err := catalog.Load()
	if err != nil {
		return rooms{}, err
	}
	compiler, err := condition.NewCompiler()
	return rooms{catalog: c, compiler: compiler}, err
}

func (g grant) policyAndRule(org iam.OrganizationID) (iam.Policy, iam.Rule) {
	rule := iam.Rule{ID: g.rule, PermissionSetNames: []string{g.set}, ScopeType: iam.ScopeProjects, Condition: g.condition()}
	if rule.Scope.ProjectIDs = g.projects; len(g.projects) == 0 {
		rule.Scope.OrganizationID = org
	}
	return iam.Policy{ID: g.policy, OrganizationID: org, Name: "policy " + string(g.policy[:8]), Principal: g.principal}, rule
}

func (r rooms) snapshot(w *world) (*pdp.Snapshot, error) {
	edit := pdp.New(r.catalog, r.compiler).Edit()
	edit.PutOrganization(iam.Organization{ID: w.organization})
	for _, id := range w.projects {
		edit.PutProject(w.organization, id)
	}
	for _, id := range w.applications {
		edit.PutApplication(iam.Application{ID: id, OrganizationID: w.organization})
	}
	for _, g := range w.groups {
		edit.PutGroup(g)
	}
	for _, g := range w.grants {
		policy, rule := g.policyAndRule(w.organization)
		if err := edit.PutPolicy(policy, []iam.Rule{rule}); err != nil {
			return nil, err
		}
	}
	return edit.Snapshot(1), nil
}

func (r rooms) bailiwick(w *world) (engine, error) {
	s, err := r.snapshot(w)
	if err != nil {
		return nil, err
	}
	return func(questions []question) (decider, error) {
		requests := r.requests(questions)
		return func(i int) bool { return s.Decide(&requests[i]).Allowed }, nil
	}, nil
}

// requests are questions as Bailiwick takes them.
func (r rooms) requests(questions []question) []pdp.Request {
	requests := make([]pdp.Request, len(questions))
	for i := range questions {
		q := &questions[i]
		number, _ := r.catalog.Number(q.permission)
		requests[i] = pdp.Request{
			Organization: iam.OrganizationID(q.organization), Subject: iam.ApplicationID(q.application).Principal(), Permission: number,
			Resource: pdp.Resource{Project: iam.ProjectID(q.project)}, Input: condition.Input{IP: q.address, UserAgent: &q.agent},
		}
	}
	return requests
}

// floor is a decision as one would write it by hand for this world only: maps and bitsets.
// It knows no owners, no locks, no self layer and no other forms of conditions, and gives no
// reason.
type floor struct {
	organizations map[string]bool
	projects      map[floorKey]bool
	groups        map[floorKey][]string     // by principal
	always        map[floorKey]catalog.Bits // by principal and project, "" for all of them
	conditional   map[floorKey][]floorRule
}

type floorKey struct{ organization, principal, project string }

type floorRule struct {
	bits    catalog.Bits
	agent   string
	network netip.Prefix
}

func (r rooms) floor(w *world) (engine, error) {
	f := &floor{map[string]bool{}, map[floorKey]bool{}, map[floorKey][]string{}, map[floorKey]catalog.Bits{}, map[floorKey][]floorRule{}}
	org := string(w.organization)
	f.organizations[org] = true
	for _, id := range w.projects {
		f.projects[floorKey{organization: org, project: string(id)}] = true
	}
	for _, g := range w.groups {
		for _, id := range g.ApplicationIDs {
			k := floorKey{organization: org, principal: string(id)}
			f.groups[k] = append(f.groups[k], string(g.ID))
		}
	}
	for _, g := range w.grants {
		set, _ := r.catalog.Set(g.set)
		projects := g.projects
		if len(projects) == 0 {
			projects = []iam.ProjectID{""}
		}
		for _, project := range projects {
			k := floorKey{org, g.principal.ID, string(project)}
			if g.condition() == "" {
				f.always[k] = f.always[k].Or(set.Bits)
				continue
			}
			rule := floorRule{bits: set.Bits, agent: g.agent}
			if g.network != "" {
				rule.network = netip.MustParsePrefix(g.network)
			}
			f.conditional[k] = append(f.conditional[k], rule)
		}
	}
	return func(questions []question) (decider, error) {
		numbers := make([]catalog.Number, len(questions))
		for i, q := range questions {
			numbers[i], _ = r.catalog.Number(q.permission)
		}
		return func(i int) bool { return f.decide(&questions[i], numbers[i]) }, nil
	}, nil
}

func (f *floor) decide(q *question, n catalog.Number) bool {
	if !f.organizations[q.organization] || !f.projects[floorKey{organization: q.organization, project: q.project}] {
		return false
	}
	groups, ok := f.groups[floorKey{organization: q.organization, principal: q.application}]
	if !ok {
		return false
	}
	if f.grants(q, q.application, n) {
		return true
	}
	for _, g := range groups {
		if f.grants(q, g, n) {
			return true
		}
	}
	if f.meets(q, q.application, n) {
		return true
	}
	for _, g := range groups {
		if f.meets(q, g, n) {
			return true
		}
	}
	return false
}

func (f *floor) grants(q *question, principal string, n catalog.Number) bool {
	return f.always[floorKey{q.organization, principal, q.project}].Has(n) || f.always[floorKey{q.organization, principal, ""}].Has(n)
}

func (f *floor) meets(q *question, principal string, n catalog.Number) bool {
	for _, project := range [...]string{q.project, ""} {
		for _, rule := range f.conditional[floorKey{q.organization, principal, project}] {
			if rule.bits.Has(n) && (rule.agent == "" || strings.Contains(q.agent, rule.agent)) &&
				(!rule.network.IsValid() || rule.network.Contains(q.address)) {
				return true
			}
		}
	}
	return false
}
