package main

import (
	"context"
	"net/netip"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/ast"
	"github.com/cedar-policy/cedar-go/types"

	"bailiwick/iam"
)

// loadCedar writes each grant as a policy: principals are in groups, actions in permission
// sets, projects in the organization.
func loadCedar(ctx context.Context, r rooms, w *world) (engine, error) {
	uid := func(kind types.EntityType, id string) types.EntityUID {
		return types.NewEntityUID(kind, types.String(id))
	}
	organization := uid("Organization", string(w.organization))
	entities := types.EntityMap{organization: {UID: organization}}
	add := func(e types.EntityUID, parents ...types.EntityUID) {
		entities[e] = types.Entity{UID: e, Parents: types.NewEntityUIDSet(parents...)}
	}
	for _, id := range w.projects {
		add(uid("Project", string(id)), organization)
	}
	groups := map[iam.ApplicationID][]types.EntityUID{}
	for _, g := range w.groups {
		for _, id := range g.ApplicationIDs {
			groups[id] = append(groups[id], uid("Group", string(g.ID)))
		}
	}
	for _, id := range w.applications {
		add(uid("Application", string(id)), groups[id]...)
	}
	sets := map[string][]types.EntityUID{} // by permission
	for _, name := range setNames() {
		set, _ := r.catalog.Set(name)
		for _, permission := range set.Permissions {
			sets[permission] = append(sets[permission], uid("Action", name))
		}
	}
	for permission, parents := range sets {
		add(uid("Action", permission), parents...)
	}
	policies := cedar.NewPolicySet()
	for _, g := range w.grants {
		if ctx.Err() != nil {
			return nil, errTooLarge
		}
		projects := []types.EntityUID{organization}
		if len(g.projects) > 0 {
			projects = nil
			for _, id := range g.projects {
				projects = append(projects, uid("Project", string(id)))
			}
		}
		policy := ast.Permit().ActionIn(uid("Action", g.set))
		if g.principal.Type == iam.TypeGroup {
			policy = policy.PrincipalIn(uid("Group", g.principal.ID))
		} else {
			policy = policy.PrincipalEq(uid("Application", g.principal.ID))
		}
		if len(projects) == 1 {
			policy = policy.ResourceIn(projects[0])
		} else {
			values := make([]types.Value, len(projects))
			for i, p := range projects {
				values[i] = p
			}
			policy = policy.When(ast.Resource().In(ast.Value(types.NewSet(values...))))
		}
		if g.agent != "" {
			policy = policy.When(ast.Context().Access("agent").Like(types.NewPattern(types.Wildcard{}, g.agent, types.Wildcard{})))
		}
		if g.network != "" {
			policy = policy.When(ast.Context().Access("ip").IsInRange(ast.IPAddr(netip.MustParsePrefix(g.network))))
		}
		policies.Add(types.PolicyID(g.policy), cedar.NewPolicyFromAST(policy))
	}
	return func(questions []question) (decider, error) {
		requests := make([]cedar.Request, len(questions))
		for i, q := range questions {
			requests[i] = cedar.Request{
				Principal: uid("Application", q.application), Action: uid("Action", q.permission), Resource: uid("Project", q.project),
				Context: types.NewRecord(types.RecordMap{
					"agent": types.String(q.agent), "ip": types.IPAddr(netip.PrefixFrom(q.address, q.address.BitLen())),
				}),
			}
		}
		return func(i int) bool {
			decision, _ := cedar.Authorize(policies, entities, requests[i])
			return decision == cedar.Allow
		}, nil
	}, nil
}
