package main

import (
	"context"
	"fmt"

	"bailiwick/iam"
	"bailiwick/pdp"
)

// lookups measures the questions that look further than one decision: who may, what may one,
// and why.
func lookups(_ context.Context, o options) (section, error) {
	w := newWorld(large(), "")
	s := section{
		title: "Who can, and why",
		text: fmt.Sprintf("In process, in one organization of %d applications, %d groups and %d policies. Who can is a page of 100 with the ways of each and the exact number of all; "+
			"what is known is who asks for what in which project, not from where, so conditions stay open. All of its answers were compared to decisions on every application first, and all explanations to decisions.",
			len(w.applications), len(w.groups), len(w.grants)),
		table: [][]string{{"Question", "Time", "Processor time", "Allocations", "Allocated"}},
	}
	r, err := newRooms()
	if err != nil {
		return s, err
	}
	at, err := r.snapshot(w)
	if err != nil {
		return s, err
	}
	l := lookup{r, w, at}
	var names []string
	var actions []action
	for _, permission := range []string{"compute:servers:stop", "compute:servers:read", "secret_manager:secret:read"} {
		name, ask, err := l.who(permission, w.projects[7])
		if err != nil {
			return s, err
		}
		names, actions = append(names, name), append(actions, ask)
	}
	whos := len(actions)
	for _, k := range []kind{direct, grouped, conditional, mixed} {
		ask, err := l.explain(k)
		if err != nil {
			return s, err
		}
		names, actions = append(names, "explain: "+string(k)), append(actions, ask)
	}
	names, actions = append(names, "what can one application"), append(actions, l.what())
	costs := contest(o.turn, o.rounds, actions...)
	slowest := 0.0
	for i, c := range costs {
		s.table = append(s.table, []string{names[i], duration(c.wall), duration(c.cpu), fmt.Sprintf("%.0f", c.allocs), bytesText(c.bytes)})
		if i < whos {
			slowest = max(slowest, c.wall)
		}
	}
	explain := costs[whos+3].wall
	s.goals = []goal{
		{"who-can over 100,000 principals: under 1 ms, the slowest of three", duration(slowest), slowest < 1e6},
		{"explain: under 50 µs, over the mixed questions", duration(explain), explain < 50e3},
	}
	return s, nil
}

// lookup asks questions of one snapshot.
type lookup struct {
	rooms
	world *world
	at    *pdp.Snapshot
}

// who returns the question who may use a permission in a project, checked against the
// decisions on everybody.
func (l *lookup) who(permission string, project iam.ProjectID) (string, action, error) {
	number, ok := l.catalog.Number(permission)
	if !ok {
		return "", nil, fmt.Errorf("the catalogue has no %s", permission)
	}
	q := pdp.WhoQuestion{Organization: l.world.organization, Permission: number, Project: project}
	everybody := len(l.world.applications)
	list, total := l.at.WhoCan(q, 0, everybody)
	listed := map[string]bool{}
	for _, g := range list {
		listed[g.Principal.ID] = len(g.Conditions) == 0
	}
	for _, id := range l.world.applications {
		d := l.at.Decide(&pdp.Request{Organization: l.world.organization, Subject: id.Principal(), Permission: number, Resource: pdp.Resource{Project: project}})
		free, held := listed[string(id)]
		if d.Allowed != free || held != (d.Allowed || d.Reason == pdp.ReasonCondition) {
			return "", nil, fmt.Errorf("%s: application %s is listed %v, without condition %v; the decision is %+v", permission, id, held, free, d)
		}
	}
	return fmt.Sprintf("who can %s: %d of %d", permission, total, everybody), func(_, n int) {
		for range n {
			l.at.WhoCan(q, 0, 100)
		}
	}, nil
}

// explain returns the explanations of questions of a kind, checked against the decisions.
func (l *lookup) explain(k kind) (action, error) {
	requests := l.requests(l.world.questions(l.catalog, k, 5000))
	for i := range requests {
		x := l.at.Explain(&requests[i])
		if d := l.at.Decide(&requests[i]); x.Decision != d || d.Allowed != (len(x.Chains) > 0 && x.Chains[0].FailedAt == pdp.FailedNowhere) {
			return nil, fmt.Errorf("question %d: the decision is %+v, the explanation %+v", i, d, x)
		}
	}
	return func(from, count int) {
		for i := from; i < from+count; i++ {
			l.at.Explain(&requests[i%len(requests)])
		}
	}, nil
}

// what returns the question what one application may do, of one after the other.
func (l *lookup) what() action {
	return func(from, n int) {
		for i := from; i < from+n; i++ {
			l.at.WhatCan(l.world.organization, l.world.applications[i*7919%len(l.world.applications)].Principal())
		}
	}
}
