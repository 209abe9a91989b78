package condition

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"cel.dev/cel-go/cel"
)

// loops writes conditions full of loops and growing texts.
func (g generator) loops(depth int, variables []string) string {
	if depth == 0 {
		return g.work(variables)
	}
	if g.IntN(4) == 0 {
		return "(" + g.loops(depth-1, variables) + pick(g, "&&", "||") + g.loops(depth-1, variables) + ")"
	}
	items := make([]string, 1+g.IntN(4))
	for i := range items {
		items[i] = g.sum(variables)
	}
	over := "[" + strings.Join(items, ",") + "]"
	over += pick(g, "", "", ".map(w, w + "+g.sum(variables)+")", ".filter(w, w != "+g.sum(variables)+")")
	name := fmt.Sprintf("v%d", len(variables))
	return fmt.Sprintf("%s.%s(%s, %s(%s))", over, pick(g, "all", "exists", "exists_one"), name, pick(g, "", "!"),
		g.loops(depth-1, append(variables[:len(variables):len(variables)], name)))
}

func (g generator) sum(variables []string) string {
	all := append([]string{"request.ip", "request.user_agent", "resource.name", `"abc"`, "string(request.time)", "string(bytes(resource.id))"}, variables...)
	sum := pick(g, all...)
	for g.IntN(3) == 0 {
		sum += " + " + pick(g, all...)
	}
	return "(" + sum + ")"
}

func (g generator) work(variables []string) string {
	a, b := g.sum(variables), g.sum(variables)
	return pick(g, a+" == "+b, a+".contains("+b+")", a+`.matches("(a|b|c){1,5}x")`, a+" in ["+b+", "+a+"]", "size("+a+") > 3",
		"{"+a+`: 1, "q": 2}.size() == 1`, "["+a+", "+b+"].map(q, q + q).map(q, q + q) == ["+b+"]", a+" < "+b, a+".startsWith("+b+")")
}

// The estimate at compilation bounds what an evaluation counts; so a condition that is
// accepted is never stopped halfway, which would silently take a right away.
func TestEstimateBoundsCost(t *testing.T) {
	const seed, tries = 99, 600
	c := newCompiler(t)
	g := generator{rand.New(rand.NewPCG(seed, 1))}
	long := strings.Repeat("a", maxAttribute)
	accepted := 0
	for range tries {
		source := g.loops(1+g.IntN(3), nil)
		checked, fault := c.check(source, false)
		if fault != nil {
			continue
		}
		accepted++
		estimate, err := c.env.EstimateCost(checked.typed, checked.model)
		if err != nil {
			t.Fatal(err)
		}
		program, err := c.env.Program(checked.typed, cel.CostTracking(checked.model), cel.OptimizeRegex(regexOptimization(checked.model.patterns)))
		if err != nil {
			t.Fatal(err)
		}
		full := request(agent(long))
		full.Resource = &Resource{ID: &long, Name: &long, Locality: &long}
		for _, in := range []*Input{full, g.input()} {
			_, details, _ := program.Eval(activation{in})
			if cost := *details.ActualCost(); cost > estimate.Max {
				t.Fatalf("seed %d: %s\n%s\ncost %d, estimated %d to %d", seed, source, describe(in), cost, estimate.Min, estimate.Max)
			}
		}
	}
	if accepted < tries/10 {
		t.Fatalf("seed %d: only %d of %d are accepted", seed, accepted, tries)
	}
	t.Logf("seed %d: %d of %d conditions", seed, accepted, tries)
}
