package main

import (
	"context"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"bailiwick/iam"
)

// opaPolicy looks grants up by principal and project, so that a decision does not depend on
// how many there are.
const opaPolicy = `package bench

default allow := false

principals contains input.application
principals contains group if some group in data.groups[input.application]

allow if {
	some principal in principals
	some project in [input.project, "*"]
	some grant in data.grants[principal][project]
	data.sets[grant.set][input.permission]
	met(grant)
}

met(grant) if {
	not grant.agent
	not grant.network
}
met(grant) if contains(input.agent, grant.agent)
met(grant) if net.cidr_contains(grant.network, input.ip)
`

func loadOPA(ctx context.Context, r rooms, w *world) (engine, error) {
	groups, grants, sets := map[string]any{}, map[string]any{}, map[string]any{}
	for _, g := range w.groups {
		for _, id := range g.ApplicationIDs {
			of, _ := groups[string(id)].([]any)
			groups[string(id)] = append(of, string(g.ID))
		}
	}
	for _, g := range w.grants {
		grant := map[string]any{"set": g.set}
		if g.agent != "" {
			grant["agent"] = g.agent
		}
		if g.network != "" {
			grant["network"] = g.network
		}
		of, ok := grants[g.principal.ID].(map[string]any)
		if !ok {
			of = map[string]any{}
			grants[g.principal.ID] = of
		}
		projects := g.projects
		if len(projects) == 0 {
			projects = []iam.ProjectID{"*"}
		}
		for _, id := range projects {
			list, _ := of[string(id)].([]any)
			of[string(id)] = append(list, grant)
		}
	}
	for _, name := range setNames() {
		set, _ := r.catalog.Set(name)
		permissions := map[string]any{}
		for _, permission := range set.Permissions {
			permissions[permission] = true
		}
		sets[name] = permissions
	}
	store := inmem.NewFromObjectWithOpts(map[string]any{"groups": groups, "grants": grants, "sets": sets},
		inmem.OptRoundTripOnWrite(false), inmem.OptReturnASTValuesOnRead(true))
	query, err := rego.New(rego.Query("data.bench.allow"), rego.Module("bench.rego", opaPolicy), rego.Store(store)).PrepareForEval(ctx)
	if err != nil {
		return nil, err
	}
	return func(questions []question) (decider, error) {
		inputs := make([]ast.Value, len(questions))
		for i, q := range questions {
			value, err := ast.InterfaceToValue(map[string]any{
				"application": q.application, "project": q.project, "permission": q.permission, "agent": q.agent, "ip": q.address.String(),
			})
			if err != nil {
				return nil, err
			}
			inputs[i] = value
		}
		background := context.WithoutCancel(ctx)
		return func(i int) bool {
			result, err := query.Eval(background, rego.EvalParsedInput(inputs[i]))
			return err == nil && result.Allowed()
		}, nil
	}, nil
}
