package condition

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// propertyLeaf writes a test of properties: forms of the fast path, and forms that only
// cel-go knows.
func (g generator) propertyLeaf() string {
	property := g.property()
	switch g.IntN(12) {
	case 0, 1, 2:
		return property + " " + g.comparison() + " " + g.literal()
	case 3:
		return g.literal() + " " + g.comparison() + " " + property
	case 4, 5:
		return fmt.Sprintf("%s in [%s]", property, g.list(g.literal))
	case 6:
		return pick(g, "has(subject.properties.role)", "has(resource.properties)", "has(action.properties.soft)", `"role" in subject.properties`, `"x" in action.properties`, "has(subject.properties.address.city)")
	case 7:
		return fmt.Sprintf("%s.%s(%s)", property, pick(g, "startsWith", "endsWith", "contains"), g.text())
	case 8:
		return pick(g, fmt.Sprintf(`%s.matches("[0-9]+")`, property), fmt.Sprintf("inIpRange(%s, %s)", property, g.cidr()))
	case 9:
		return fmt.Sprintf("(%s && %s)", property, g.property())
	case 10:
		return fmt.Sprintf("(!%s || %s ? %s : true)", property, g.property(), g.property())
	}
	return pick(g, property+" == "+g.property(), property+" in "+g.property(), property+".exists(x, x == "+g.literal()+")", property+"[0] == "+g.literal(),
		"size("+property+") > 1", property+" + "+g.property()+" == "+g.literal(), "subject.properties[resource.name] == "+g.literal())
}

func (g generator) property() string {
	return pick(g, "subject", "resource", "action") + ".properties" + pick(g, ".role", ".level", ".on", `["role"]`, `["a b"]`, ".list", ".address.city", `.address["zip"]`, ".none", ".missing", ".on.x")
}

func (g generator) literal() string {
	return pick(g, `"admin"`, `""`, `"10.1.2.3"`, "3", "-1", "3u", "3.0", "0.5", "9007199254740993", "true", "false", "null", `b"a"`, `"é"`)
}

func (g generator) properties() map[string]any {
	if g.IntN(5) == 0 {
		return nil
	}
	m := map[string]any{}
	for _, key := range []string{"role", "level", "on", "a b", "list", "address", "none", "soft", "/prod"} {
		if g.IntN(4) > 0 {
			m[key] = g.value(2)
		}
	}
	return m
}

func (g generator) value(depth int) any {
	if depth > 0 && g.IntN(4) == 0 {
		a, b := g.value(depth-1), g.value(depth-1)
		return pick(g, any([]any{a, b}), any(map[string]any{"city": a, "zip": b}), any([]any{}))
	}
	return scalars[g.IntN(len(scalars))]
}

// scalars are values of every kind, and the largest lists and texts with those beyond.
var scalars = []any{
	nil, true, true, false, 3.0, 0.5, -1.0, 9007199254740992.0, "admin", "", "10.1.2.3", "é", "3",
	strings.Repeat("x", maxAttribute), strings.Repeat("x", maxAttribute+1), make([]any, maxElements), make([]any, maxElements+1), 3, []string{"a"},
}

func (g generator) askedInput() *Input {
	in := g.input()
	in.SubjectProperties, in.ResourceProperties, in.ActionProperties = g.properties(), g.properties(), g.properties()
	return in
}

func describeAsked(in *Input) string {
	return fmt.Sprintf("%s\nsubject %.300v\nresource %.300v\naction %.300v", describe(in), in.SubjectProperties, in.ResourceProperties, in.ActionProperties)
}

func (g generator) propertyCondition(depth int) string {
	if depth <= 0 {
		if g.IntN(4) == 0 {
			return g.leaf()
		}
		return g.propertyLeaf()
	}
	a, b := g.propertyCondition(depth-1), g.propertyCondition(depth-1)
	return pick(g, "("+a+" && "+b+")", "("+a+" || "+b+")", "!("+a+")", "("+a+" ? "+b+" : "+a+")", a)
}

// compareWithProperties is compareEvaluators for conditions that may read properties.
func compareWithProperties(t *testing.T, c *Compiler, g generator, source string, inputs int) int {
	t.Helper()
	checked, fault := c.check(source, true)
	if fault != nil {
		return 0
	}
	slow, fault := c.interpreted(checked)
	if fault != nil {
		t.Fatalf("%s: cel-go cannot plan it: %v", source, fault)
	}
	fast, ok := c.fast(checked)
	condition := &Condition{source: source, reads: reads(checked.tree.Expr()), evaluate: slow}
	for range inputs {
		in := g.askedInput()
		want, wantErr := condition.Evaluate(in)
		if wantErr != nil && (want || strings.Contains(wantErr.Error(), "cannot be evaluated") || strings.Contains(wantErr.Error(), "cost limit")) {
			t.Fatalf("%s\ninput %s\ncel %v, %v", source, describeAsked(in), want, wantErr)
		}
		if !ok {
			continue
		}
		got, gotErr := fast(in)
		if got != want || (gotErr != nil) != (wantErr != nil) {
			t.Fatalf("%s\ninput %s\nfast  %v, %v\ncel   %v, %v", source, describeAsked(in), got, gotErr, want, wantErr)
		}
	}
	if !ok {
		return 0
	}
	return inputs
}

func TestPropertiesFastAgainstCEL(t *testing.T) {
	const seed, wanted = 20251104, 12_000
	c := newCompiler(t)
	g := generator{rand.New(rand.NewPCG(seed, 1))}
	tried, compared := 0, 0
	for compared < wanted {
		tried++
		compared += compareWithProperties(t, c, g, g.propertyCondition(g.IntN(4)), 16)
		if tried > wanted {
			t.Fatalf("seed %d: only %d cases in %d conditions reach the fast path", seed, compared, tried)
		}
	}
	t.Logf("seed %d: %d conditions, %d cases", seed, tried, compared)
}

func FuzzPropertiesFastAgainstCEL(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed, uint8(seed%4))
	}
	c := newCompiler(f)
	f.Fuzz(func(t *testing.T, seed uint64, depth uint8) {
		g := generator{rand.New(rand.NewPCG(seed, uint64(depth)))}
		compareWithProperties(t, c, g, g.propertyCondition(int(depth%5)), 4)
	})
}
