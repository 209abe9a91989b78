package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"bailiwick/iam"
)

// large is the world of the measurements of Bailiwick alone.
func large() size { return sizes()[2] }

const questionCount = 50_000

// decide measures decisions in process against maps and bitsets written by hand.
func decide(_ context.Context, o options) (section, error) {
	s := section{
		title: "A decision in process",
		text: "100,000 applications in 2,000 groups, 100,000 policies of which a fifth are conditional, 1,000 projects, one organization. " +
			"The floor is what one would write by hand for this world only: Go maps from (organization, principal, project) to a bitset or to a condition in Go; " +
			"it also looks whether the organization, the project and the application exist. All answers were compared first.",
		table: [][]string{{"Questions", "Bailiwick", "Floor", "Ratio", "Allocations"}},
	}
	r, err := newRooms()
	if err != nil {
		return s, err
	}
	w := newWorld(large(), "")
	ours, err := r.bailiwick(w)
	if err != nil {
		return s, err
	}
	floor, err := r.floor(w)
	if err != nil {
		return s, err
	}
	for _, k := range []kind{direct, grouped, conditional, mixed} {
		questions := w.questions(r.catalog, k, questionCount)
		// The same questions twice, in texts of their own, so that none warms the other's caches.
		a, err := ours(questions)
		if err != nil {
			return s, err
		}
		b, err := floor(separate(append([]question(nil), questions...)))
		if err != nil {
			return s, err
		}
		allowed, err := agree(len(questions), a, b)
		if err != nil {
			return s, fmt.Errorf("%s: %w", k, err)
		}
		c := contest(o.turn, 3*o.rounds, deciding(a, len(questions)), deciding(b, len(questions)))
		ratio := c[0].wall / c[1].wall
		s.table = append(s.table, []string{fmt.Sprintf("%s, %d%% allowed", k, 100*allowed/len(questions)),
			duration(c[0].wall), duration(c[1].wall), times(ratio), fmt.Sprintf("%.2f", c[0].allocs)})
		switch k {
		case direct:
			s.goals = append(s.goals, goal{"decision without condition, 100,000 policies: at most 1.2x the floor (issue 3; 1.5x in issue 2)", times(ratio), ratio <= 1.2},
				goal{"no allocation without a condition", fmt.Sprintf("%.2f", c[0].allocs), c[0].allocs < 0.01})
		case conditional:
			s.goals = append(s.goals, goal{"decision with a condition: at most 2x the floor", times(ratio), ratio <= 2})
		}
	}
	return s, nil
}

// agree compares the answers to all questions and returns how many are yes.
func agree(n int, deciders ...decider) (allowed int, err error) {
	for i := range n {
		want := deciders[0](i)
		for d, other := range deciders[1:] {
			if other(i) != want {
				return 0, fmt.Errorf("question %d: the first answers %v, number %d the contrary", i, want, d+2)
			}
		}
		if want {
			allowed++
		}
	}
	return allowed, nil
}

// change measures one changed policy, until the next snapshot is there, in a small and in a
// large world.
func change(_ context.Context, o options) (section, error) {
	s := section{
		title: "One changed policy",
		text: "A policy's rule is replaced and the next snapshot made, in process. The garbage collector marks all policies each time that it runs, so the same garbage costs more where there are more of them; " +
			"the change itself does not.",
		table: [][]string{{"Policies", "Time", "The collector apart", "Allocations", "Allocated"}},
	}
	r, err := newRooms()
	if err != nil {
		return s, err
	}
	var actions []action
	for _, sz := range []size{sizes()[0], large()} {
		w := newWorld(sz, "")
		at, err := r.snapshot(w)
		if err != nil {
			return s, err
		}
		var own []grant
		for _, g := range w.grants {
			if g.principal.Type == iam.TypeApplication {
				own = append(own, g)
			}
		}
		actions = append(actions, func(from, n int) {
			for i := from; i < from+n; i++ {
				policy, rule := own[i*7919%len(own)].policyAndRule(w.organization)
				rule.PermissionSetNames = setNames()[i%2:][:1]
				edit := at.Edit()
				if err := edit.PutPolicy(policy, []iam.Rule{rule}); err != nil {
					panic(err)
				}
				at = edit.Snapshot(int64(i))
			}
			runtime.KeepAlive(at)
		})
	}
	c := contest(o.turn, o.rounds, actions...)
	percentage := debug.SetGCPercent(-1) // contest collects between the turns
	apart := contest(o.turn, o.rounds, actions...)
	debug.SetGCPercent(percentage)
	for i, name := range []string{"100", "100,000"} {
		s.table = append(s.table, []string{name, duration(c[i].wall), duration(apart[i].wall), fmt.Sprintf("%.0f", c[i].allocs), bytesText(c[i].bytes)})
	}
	ratio := apart[1].wall / apart[0].wall
	s.goals = []goal{
		{"one policy change costs the same with 100 as with 100,000 policies, in process, the collector apart", times(ratio), ratio <= 1.25},
		{"one change visible in under 1 ms at any size", duration(c[1].wall), c[1].wall < 1e6},
	}
	return s, nil
}
