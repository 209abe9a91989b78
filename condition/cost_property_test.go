package condition

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"cel.dev/cel-go/cel"
)

// What callers can send at most, and more. Values beyond the bounds are errors where they
// are read and nowhere else.
func TestPropertyBounds(t *testing.T) {
	full := strings.Repeat("x", maxAttribute)
	cycle := map[string]any{}
	cycle["self"] = cycle
	deep := any("x")
	for range maxElements {
		deep = []any{deep}
	}
	values := map[string]struct {
		value any
		want  error
	}{
		"longest text":        {full, nil},
		"text":                {full + "x", errPropertyText},
		"longest list":        {make([]any, maxElements), nil},
		"list":                {make([]any, maxElements+1), errPropertySize},
		"list of lists":       {[]any{make([]any, maxElements-2), make([]any, 1)}, errPropertySize},
		"full list of lists":  {[]any{make([]any, maxElements-3), make([]any, 1)}, nil},
		"deepest list":        {deep, nil},
		"deep list":           {[]any{deep}, errPropertySize},
		"text in a map":       {map[string]any{"a": []any{full + "x"}}, errPropertyText},
		"key of a map":        {map[string]any{full + "x": true}, errPropertyText},
		"cycle":               {cycle, errPropertySize},
		"integer":             {3, errPropertyKind},
		"list of texts":       {[]string{"a"}, errPropertyKind},
		"integer in a list":   {[]any{[]any{int64(3)}}, errPropertyKind},
		"time":                {time.Time{}, errPropertyKind},
		"map of another kind": {map[any]any{}, errPropertyKind},
	}
	many := map[string]any{}
	for i := range 10_000 {
		many[fmt.Sprint(i)] = full + full
	}
	many["role"] = "admin"
	c := newCompiler(t)
	read := []*Condition{
		mustCompileAttributes(t, c, `subject.properties.v == 1`), // fast
		mustCompileAttributes(t, c, `subject.properties.v == subject.properties.role`),
		mustCompileAttributes(t, c, `dyn(subject.properties["v"]) == 1`),
		mustCompileAttributes(t, c, `subject.properties["" + "v"] == 1`),
	}
	unread := mustCompileAttributes(t, c, `has(subject.properties.v) && subject.properties.role == "admin" && "v" in subject.properties && size(subject.properties.role) == 5`)
	for name, test := range values {
		many["v"] = test.value
		in := &Input{SubjectProperties: many}
		for _, condition := range read {
			if holds, err := condition.Evaluate(in); holds || !errors.Is(err, test.want) {
				t.Errorf("%s: %s: %v, %v; want %v", name, condition.Source(), holds, err, test.want)
			}
		}
		if got := ask(unread, in); got != yes {
			t.Errorf("%s: not read: %d", name, got)
		}
	}
}

// Conditions that are accepted stay within their estimate and within the limit, whatever
// the caller sends: no right is lost halfway, and no caller buys work.
func TestEstimateBoundsCostOfProperties(t *testing.T) {
	const seed, tries = 98, 600
	c := newCompiler(t)
	g := generator{rand.New(rand.NewPCG(seed, 1))}
	accepted := 0
	for range tries {
		source := g.propertyWork(1 + g.IntN(3))
		checked, fault := c.check(source, true)
		if fault != nil {
			continue
		}
		accepted++
		program, err := checked.env.Program(checked.typed, cel.CostTracking(checked.model), cel.OptimizeRegex(regexOptimization(checked.model.patterns)))
		if err != nil {
			t.Fatal(err)
		}
		condition := mustCompileAttributes(t, c, source)
		for range 6 {
			in := g.hostile()
			_, details, err := program.Eval(activation{in})
			if cost := *details.ActualCost(); cost > checked.cost {
				t.Fatalf("seed %d: %s\n%s\ncost %d, estimated %d: %v", seed, source, describeAsked(in), cost, checked.cost, err)
			}
			start := time.Now()
			condition.Evaluate(in)
			if d := time.Since(start); d > evaluateBound {
				t.Fatalf("seed %d: %s\n%s\n%s", seed, source, describeAsked(in), d)
			}
		}
	}
	if accepted < tries/10 {
		t.Fatalf("seed %d: only %d of %d are accepted", seed, accepted, tries)
	}
	t.Logf("seed %d: %d of %d conditions", seed, accepted, tries)
}

func (g generator) propertyWork(depth int, loops ...string) string {
	a, b := g.propertySum(loops), g.propertySum(loops)
	if depth > 0 && g.IntN(3) > 0 {
		if g.IntN(3) == 0 {
			return "(" + g.propertyWork(depth-1, loops...) + pick(g, " && ", " || ") + g.propertyWork(depth-1, loops...) + ")"
		}
		name := fmt.Sprintf("v%d", len(loops))
		inside := g.propertyWork(depth-1, append(loops[:len(loops):len(loops)], name)...)
		over := pick(g, g.property(), g.property(), "[1, 2, 3]", `["a", resource.name]`, pick(g, append(loops, g.property())...))
		return pick(g,
			fmt.Sprintf("%s.%s(%s, %s%s)", over, pick(g, "all", "exists", "exists_one"), name, pick(g, "", "!"), inside),
			fmt.Sprintf("%s.map(%s, %s) == %s", over, name, a, b),
			fmt.Sprintf("size(%s.filter(%s, %s)) > 1", over, name, inside))
	}
	return pick(g, a+" == "+b, a+" in "+b, a+" in ["+b+", "+a+"]", "size("+a+") > 3", a+" < "+b, a+".startsWith("+b+")", a+".contains("+b+")",
		a+`.matches("(a|b|c){1,5}x")`, "string("+a+") == "+b, "timestamp("+a+") < request.time", "inIpRange("+a+", "+b+")", "{"+a+": 1}.size() == 1",
		"["+a+", "+b+"] == ["+b+", "+a+"]", "has(subject.properties.role) && ("+a+" ? "+b+" : true)", a+"[0] == "+b, a+".city == "+b+".zip", "int("+a+") > 3",
		"bytes("+a+") == bytes("+b+")", "(true ? "+a+" : "+b+")[0] == 1")
}

func (g generator) propertySum(loops []string) string {
	one := func() string {
		return pick(g, append([]string{g.property(), g.property(), g.property(), "resource.name", `"abc"`, "3", g.literal()}, loops...)...)
	}
	sum := one()
	for g.IntN(4) == 0 {
		sum += " + " + one()
	}
	if strings.Contains(sum, "+") {
		return "(" + sum + ")"
	}
	return sum
}

// hostile returns an input with properties as large as they can be.
func (g generator) hostile() *Input {
	long := strings.Repeat("a", maxAttribute)
	in := request(agent(long), named(long))
	large := func() any {
		texts, lists, pairs := make([]any, maxElements), make([]any, maxElements/2), map[string]any{"city": long, "zip": long}
		for i := range texts {
			texts[i] = long
		}
		for i := range lists {
			lists[i] = []any{long}
		}
		for i := range maxElements - 2 {
			pairs[fmt.Sprint(i)] = long
		}
		return pick(g, any(long), any(long), any(texts), any(texts), any(lists), any(pairs), any(3.0), any(true))
	}
	all := func() map[string]any {
		return map[string]any{"role": large(), "level": large(), "on": large(), "a b": large(), "list": large(), "address": large(), "none": large(), "soft": large()}
	}
	in.SubjectProperties, in.ResourceProperties, in.ActionProperties = all(), all(), all()
	return in
}
