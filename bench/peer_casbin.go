package main

import (
	"context"
	"net/netip"
	"strings"

	"github.com/casbin/casbin/v3"
	"github.com/casbin/casbin/v3/model"

	"bailiwick/catalog"
)

// casbinModel tests the scope first, since that is the cheapest and rules out most lines.
const casbinModel = `
[request_definition]
r = sub, project, permission, agent, ip
[policy_definition]
p = sub, project, set, agent, network
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = (p.project == "*" || r.project == p.project) && g(r.sub, p.sub) && holds(p.set, r.permission) && met(p.agent, p.network, r.agent, r.ip)
`

type enforcer interface {
	Enforce(...any) (bool, error)
}

func loadCasbin(ctx context.Context, r rooms, w *world) (engine, error) {
	e, err := casbin.NewEnforcer()
	if err != nil {
		return nil, err
	}
	return fillCasbin(ctx, r, w, e, e)
}

func loadCachedCasbin(ctx context.Context, r rooms, w *world) (engine, error) {
	e, err := casbin.NewCachedEnforcer()
	if err != nil {
		return nil, err
	}
	return fillCasbin(ctx, r, w, e.Enforcer, e)
}

func fillCasbin(ctx context.Context, r rooms, w *world, e *casbin.Enforcer, ask enforcer) (engine, error) {
	m, err := model.NewModelFromString(casbinModel)
	if err != nil {
		return nil, err
	}
	if err := e.InitWithModelAndAdapter(m, nil); err != nil {
		return nil, err
	}
	e.AddFunction("holds", r.holds())
	e.AddFunction("met", met)
	var lines, members [][]string
	for _, g := range w.grants {
		projects := []string{"*"}
		if len(g.projects) > 0 {
			projects = nil
			for _, id := range g.projects {
				projects = append(projects, string(id))
			}
		}
		for _, project := range projects {
			lines = append(lines, []string{g.principal.ID, project, g.set, g.agent, g.network})
		}
	}
	for _, g := range w.groups {
		for _, id := range g.ApplicationIDs {
			members = append(members, []string{string(id), string(g.ID)})
		}
	}
	// AddPoliciesEx leaves out lines that are there already, as two equal grants are here.
	if _, err := e.AddPoliciesEx(lines); err != nil {
		return nil, err
	}
	if _, err := e.AddGroupingPoliciesEx(members); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, errTooLarge
	}
	return func(questions []question) (decider, error) {
		requests := make([][]any, len(questions))
		for i, q := range questions {
			requests[i] = []any{q.application, q.project, q.permission, q.agent, q.address.String()}
		}
		return func(i int) bool {
			allowed, err := ask.Enforce(requests[i]...)
			return err == nil && allowed
		}, nil
	}, nil
}

// holds reports whether a permission set has a permission.
func (r rooms) holds() func(...any) (any, error) {
	bits := map[string]catalog.Bits{}
	for _, name := range setNames() {
		set, _ := r.catalog.Set(name)
		bits[name] = set.Bits
	}
	return func(args ...any) (any, error) {
		number, ok := r.catalog.Number(args[1].(string))
		return ok && bits[args[0].(string)].Has(number), nil
	}
}

// met evaluates the condition of a line.
func met(args ...any) (any, error) {
	agent, network := args[0].(string), args[1].(string)
	if agent != "" && !strings.Contains(args[2].(string), agent) {
		return false, nil
	}
	if network == "" {
		return true, nil
	}
	prefix, err := netip.ParsePrefix(network)
	if err != nil {
		return false, err
	}
	address, err := netip.ParseAddr(args[3].(string))
	return err == nil && prefix.Contains(address), err
}
