package condition

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"
)

// maxSearch bounds the search for an outcome, in terms looked at: some milliseconds. A
// search that is stopped counts as successful, since then nothing is claimed.
const maxSearch = 300_000

// reaches reports whether an outcome is possible. True can be wrong, false cannot.
func (f *formula) reaches(goal outcomes) bool {
	s := search{formula: f, goal: goal, left: maxSearch}
	return s.from(0)
}

// reachesOnLists is reaches for list calls, where everything about the resource is absent.
func (f *formula) reachesOnLists(goal outcomes) bool {
	for _, d := range f.dimensions {
		if d.isOfResource() {
			d.now = len(d.cases) - 1
			defer func() { d.now = -1 }()
		}
	}
	s := search{formula: f, goal: goal, left: maxSearch, lists: true}
	return s.from(0)
}

func (d *dimension) isOfResource() bool { return !d.free && ofResource(d.reading.variable) }

// search goes through the cases of one dimension after the other, and turns back where
// those that are chosen decide against the goal.
type search struct {
	formula *formula
	goal    outcomes
	left    int
	lists   bool
}

func (s *search) from(next int) bool {
	now := s.value(s.formula.root)
	for next < len(s.formula.dimensions) && s.formula.dimensions[next].now >= 0 {
		next++
	}
	switch {
	case now&s.goal == 0:
		return false
	case now == s.goal || next == len(s.formula.dimensions) || s.left <= 0:
		return true
	}
	d := s.formula.dimensions[next]
	defer func() { d.now = -1 }()
	for d.now = range d.cases {
		if s.from(next + 1) {
			return true
		}
	}
	return false
}

// value returns what a term can end in, given the cases that are chosen.
func (s *search) value(t *term) outcomes {
	s.left--
	switch t.operation {
	case constantTerm:
		return t.value
	case atomTerm:
		return t.atom.value(s.lists)
	}
	first := s.value(t.operands[0])
	switch t.operation {
	case notTerm:
		return first.not()
	case equalTerm:
		return first.equal(s.value(t.operands[1]))
	case chooseTerm:
		return first.choose(s.value(t.operands[1]), s.value(t.operands[2]))
	}
	for _, operand := range t.operands[1:] {
		if t.operation == andTerm {
			first = first.and(s.value(operand))
		} else {
			first = first.or(s.value(operand))
		}
	}
	return first
}

func (a *atom) value(lists bool) outcomes {
	if lists && a.failsOnLists {
		return isError
	}
	if a.about == nil {
		return a.freeValue()
	}
	if a.about.now >= 0 {
		if value := a.table[a.about.now]; value != 0 {
			return value
		}
		return a.freeValue()
	}
	var all outcomes
	for _, value := range a.table {
		if value == 0 {
			value = a.freeValue()
		}
		all |= value
	}
	return all
}

func (a *atom) freeValue() outcomes {
	if a.free.now >= 0 {
		return a.free.cases[a.free.now].fixed
	}
	return anything
}

// readsResource reports whether something is read, outside has(), that list calls lack.
func (f *formula) readsResource() bool {
	return slices.ContainsFunc(f.condition.reads, func(r reading) bool { return ofResource(r.variable) })
}

func ofResource(v variable) bool {
	return v == resourceID || v == resourceLocality || v == resourceName || v == resourceProperties
}

// listSamples returns inputs of list calls, the same for every run: one with everything else
// present, and some where each dimension has one of its examples.
func (f *formula) listSamples() []*Input {
	const samples = 60
	random := rand.New(rand.NewPCG(1, 1))
	var list []*Input
	for i := range samples {
		agent := "scaleway-cli/2.40"
		in := &Input{
			IP: netip.MustParseAddr("203.0.113.7"), UserAgent: &agent,
			Time:              time.Date(2025, time.March, 3, 14, 30, 0, 0, time.UTC).Add(time.Duration(i) * 35 * time.Hour),
			SubjectProperties: map[string]any{}, ActionProperties: map[string]any{},
		}
		for _, d := range f.dimensions {
			if d.free || d.calendar != nil || d.isOfResource() || i == 0 && len(d.reading.path) == 0 {
				continue
			}
			if c := d.cases[random.IntN(len(d.cases))]; !c.absent {
				d.reading.put(in, c.value)
			}
		}
		list = append(list, in)
	}
	return list
}
