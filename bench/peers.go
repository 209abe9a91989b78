package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// peer is another engine: load makes it answer questions about a world, or stops with
// errTooLarge once the deadline has passed.
type peer struct {
	name, text string
	load       func(context.Context, rooms, *world) (engine, error)
}

const loadLimit = time.Minute

var errTooLarge = errors.New("not loaded within a minute")

func contenders() []peer {
	return []peer{
		{name: "Bailiwick", text: "package pdp", load: func(_ context.Context, r rooms, w *world) (engine, error) { return r.bailiwick(w) }},
		{name: "floor", text: "maps and bitsets written by hand for this world", load: func(_ context.Context, r rooms, w *world) (engine, error) { return r.floor(w) }},
		{name: "OPA", text: "rego, prepared query, parsed input; grants as data, looked up by principal and project", load: loadOPA},
		{name: "cedar-go", text: "a policy for each, permission sets as groups of actions; it evaluates every policy at each decision", load: loadCedar},
		{name: "OpenFGA", text: "in process over its SQLite store (a file, synchronous=OFF), caches as they come; a relation for each permission set, a tuple for each policy and project", load: loadOpenFGA},
		{name: "Casbin", text: "a line for each policy and project, roles for groups; permission sets and conditions as Go functions, the cheapest test first", load: loadCasbin},
		{name: "Casbin, cached", text: "its CachedEnforcer, all answers in the cache, which forgets no answer when a group or a policy changes", load: loadCachedCasbin},
	}
}

// loaded is an engine that is ready to be asked.
type loaded struct {
	peer
	took   time.Duration
	memory float64
}

// patience bounds how long an engine is asked before it is timed: where a decision takes
// half a second, some twenty questions must do.
const patience = 8 * time.Second

// check compares answers with those wanted until it loses patience, and returns how many
// questions it asked.
func check(decide decider, want []bool) (int, error) {
	start := time.Now()
	for i, yes := range want {
		if decide(i) != yes {
			return 0, fmt.Errorf("question %d: the answer is %v, Bailiwick's is %v", i, !yes, yes)
		}
		if time.Since(start) > patience {
			return i + 1, nil
		}
	}
	return len(want), nil
}

// peers asks all engines the same questions about the same worlds.
func peers(ctx context.Context, o options) (section, error) {
	s := section{
		title: "Other engines, in process",
		text: "The same generated world in each: small is 100 applications and 100 policies, medium 10,000 and 5,000, large 100,000 and 100,000; three of ten policies are for groups, a quarter for the whole organization, a fifth conditional (half of these on the user agent, half on the address). " +
			"Questions: 40% granted by an own policy, 20% by a group, 20% with a condition, met by every second, 20% drawn at random. All engines gave the same answer to every question that they were timed with. " +
			"Time is processor time of the process, garbage collection included; memory is what the engine holds after loading, its files with it. The engines are asked as their documentation says, each with a model that suits it:\n\n",
		table: [][]string{{"World", "Engine", "Decision", "To Bailiwick", "Allocations", "Allocated", "Memory", "Loaded in"}},
	}
	for _, p := range contenders() {
		s.text += fmt.Sprintf("- %s: %s.\n", p.name, p.text)
	}
	r, err := newRooms()
	if err != nil {
		return s, err
	}
	if r.folder, err = os.MkdirTemp(o.scratch, "bailiwick-bench"); err != nil {
		return s, err
	}
	defer os.RemoveAll(r.folder)
	for _, p := range contenders() { // what a package makes once, at its first use, is nobody's memory
		if _, err := p.load(ctx, r, newWorld(sizes()[0], "")); err != nil {
			return s, fmt.Errorf("%s: %w", p.name, err)
		}
	}
	for _, sz := range sizes() {
		if err := comparePeers(ctx, o, r, newWorld(sz, ""), &s); err != nil {
			return s, fmt.Errorf("%s: %w", sz.name, err)
		}
	}
	return s, nil
}

func comparePeers(ctx context.Context, o options, r rooms, w *world, s *section) error {
	const n = 200 // questions; those of an engine that evaluates every policy take seconds
	questions := w.questions(r.catalog, mixed, n)
	var ready []loaded
	var want []bool
	var actions []action
	for _, p := range contenders() {
		fmt.Fprintf(os.Stderr, "%s: %s\n", w.name, p.name)
		limited, cancel := context.WithTimeout(ctx, loadLimit)
		files, before, start := filesIn(r.folder), heap(), time.Now()
		ask, err := p.load(limited, r, w)
		cancel()
		took := time.Since(start)
		if errors.Is(err, errTooLarge) {
			s.table = append(s.table, []string{w.name, p.name, err.Error(), "", "", "", "", ""})
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		memory := float64(heap()) - float64(before) + filesIn(r.folder) - files
		decide, err := ask(questions)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		for i := len(want); i < n; i++ { // the first, Bailiwick
			want = append(want, decide(i))
		}
		asked, err := check(decide, want)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		ready, actions = append(ready, loaded{p, took, memory}), append(actions, deciding(decide, asked))
	}
	costs := contest(o.turn, o.rounds, actions...)
	fastest, cached := 0.0, 0.0
	for i, l := range ready {
		c := costs[i]
		s.table = append(s.table, []string{w.name, l.name, duration(c.cpu), times(c.cpu / costs[0].cpu), fmt.Sprintf("%.0f", c.allocs), bytesText(c.bytes), bytesText(l.memory), duration(float64(l.took))})
		s.bars = append(s.bars, bar{fmt.Sprintf("%s: %d principals, %d policies", w.name, w.principals, w.policies), l.name, c.cpu})
		switch l.name {
		case "OPA", "cedar-go", "OpenFGA", "Casbin":
			if fastest == 0 || c.cpu < fastest {
				fastest = c.cpu
			}
		case "Casbin, cached":
			cached = c.cpu
		}
	}
	ratio := fastest / costs[0].cpu
	s.goals = append(s.goals, goal{"at least 50x less processor time a decision than the fastest general engine, " + w.name, times(ratio), ratio >= 50},
		goal{"ahead of Casbin's cache hits, " + w.name, times(cached / costs[0].cpu), cached > costs[0].cpu})
	lowest := true
	for _, l := range ready[2:] {
		lowest = lowest && l.memory > ready[0].memory
	}
	s.goals = append(s.goals, goal{"less memory than every peer, " + w.name, bytesText(ready[0].memory), lowest})
	return nil
}

// filesIn is how many bytes the files of a folder and its folders have together.
func filesIn(folder string) float64 {
	total := 0.0
	_ = filepath.WalkDir(folder, func(_ string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			if info, err := e.Info(); err == nil {
				total += float64(info.Size())
			}
		}
		return nil
	})
	return total
}
