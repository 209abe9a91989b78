package condition

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"bailiwick/iam"
)

// Bounds that only tell "does not end" from "ends": a machine may be as busy as it likes. What
// an evaluation may cost is held by its cost, see TestEstimateBoundsCost and the refused
// sources, not by the clock.
const (
	compileBound  = 15 * time.Second
	evaluateBound = 15 * time.Second
	memoryBound   = 64 << 20
)

func numbers(n int) string {
	var s strings.Builder
	for i := range n {
		fmt.Fprintf(&s, "%d,", i%10)
	}
	return "[" + strings.TrimSuffix(s.String(), ",") + "]"
}

// Sources that were made to cost much. Each is refused, or harmless.
func TestBombs(t *testing.T) {
	repeat := strings.Repeat
	tests := []struct {
		name, source string
		refused      bool
	}{
		{"three nested loops", numbers(300) + ".all(x," + numbers(300) + ".all(y," + numbers(300) + ".all(z,x+y+z>=0)))", true},
		{"twelve nested loops", repeat("[1,2].exists(a,", 12) + "false" + repeat(")", 12), true},
		{"many loops", repeat("[1,2].exists(a,a==3)||", 90) + "false", false},
		{"shared lists", "[[1,2]]" + repeat(".map(a,[a,a])", 7) + ".exists(a,a==a)", true},
		{"shared maps", "[{1:1}]" + repeat(".map(a,{1:a,2:a})", 7) + ".exists(a,a=={})", true},
		{"shared lists behind dyn", "[dyn([1])]" + repeat(".map(a,dyn([a,a]))", 6) + ".exists(a,a==a)", true},
		{"shared lists of two types", "[[1]]" + repeat(".map(a,[a,a,1])", 7) + ".exists(a,a==a)", true},
		{"doubled lists", "[[1,2]]" + repeat(".map(a,a+a)", 40) + ".exists(a,a==a)", true},
		{"doubled lists, few", "[[1,2]]" + repeat(".map(a,a+a)", 12) + ".exists(a,a==a)", true},
		{"doubled texts", "['ab']" + repeat(".map(a,a+a)", 15) + ".exists(a,a==a)", true},
		{"doubled bytes", "[b'ab']" + repeat(".map(a,a+a)", 15) + ".exists(a,a==a)", true},
		{"tenfold texts", "['ab']" + repeat(".map(a,a+a+a+a+a+a+a+a+a+a)", 6) + ".exists(a,a==a)", true},
		{"regular expression", `request.user_agent.matches("((a{1,100}){1,10})b")`, true},
		{"regular expression in a loop", numbers(500) + `.all(x,!request.user_agent.matches("(x*)*y"))`, true},
		{"many regular expressions", repeat(`request.user_agent.matches("(a{1,10}){1,10}")||`, 40) + "false", true},
		{"regular expression, expanded", `"x".matches("` + repeat("(a{1000})", 200) + `")`, true},
		{"regular expression, nested", `"x".matches("` + repeat("(", 1000) + repeat(")", 1000) + `")`, true},
		{"regular expression, classes", `"x".matches("` + repeat(`\\pL`, 400) + `")`, true},
		{"regular expression, dynamic", `resource.name.matches(resource.id)`, true},
		{"5000 terms", repeat("1==1||", 5000) + "true", true},
		{"340 terms", repeat("1==2||", 340) + "true", false},
		{"giant literal", `request.user_agent=="` + repeat("a", 100_000) + `"`, true},
		{"long literal", `request.user_agent=="` + repeat("a", 2000) + `"`, false},
		{"time zones in a loop", numbers(900) + `.all(x,request.time.getHours("Europe/Paris")>=0)`, false},
		{"unknown time zones", `["A","B"].all(x,request.time.getHours("x"+x)>=0)`, true},
		{"parentheses", repeat("(", 1000) + "true" + repeat(")", 1000), true},
		{"brackets", repeat("[", 2000), true},
		{"types", repeat("[", 16) + repeat("]", 16) + "==" + repeat("[", 16) + repeat("]", 16) + repeat("||"+repeat("[", 16)+repeat("]", 16)+"==[]", 50), false},
		{"map types", repeat("{1:", 16) + "1" + repeat("}", 16) + repeat("=={}||"+repeat("{1:", 16)+"1"+repeat("}", 16), 15) + "=={}", false},
		{"negations", repeat("!", 2000) + "true", false},
		{"minus signs", repeat("-", 2000) + "1==1", false},
		{"selections", repeat("a.", 1000) + "a", true},
		{"calls", repeat("f(", 500), true},
		{"quotes", repeat("`", 2000), true},
		{"operators", repeat("&&", 1000), true},
		{"long texts", repeat("resource.name+", 40) + `"">""`, true},
		{"long texts, few", repeat("resource.name+", 8) + `"">""`, false},
		{"long texts compared", repeat("resource.name==resource.id||", 70) + "false", false},
		{"long texts searched", repeat("resource.name.contains(resource.id)||", 50) + "false", true},
		{"durations", repeat(`duration("1h")+`, 40) + `duration("1h")>duration("1h")`, false},
	}
	c := newCompiler(t)
	name := strings.Repeat("x", maxAttribute)
	in := request(agent(strings.Repeat("x", 300)))
	in.Resource = &Resource{ID: ptr(name), Name: ptr(name), Locality: ptr(name)}
	for _, test := range tests {
		start := time.Now()
		condition, err := c.Compile(test.source)
		if d := time.Since(start); d > compileBound {
			t.Errorf("%s: compiled in %s", test.name, d)
		}
		if (err != nil) != test.refused {
			t.Errorf("%s: %v", test.name, err)
		}
		if err != nil {
			checkError(t, test.source, err)
			continue
		}
		start = time.Now()
		allocated := heap()
		if _, err := condition.Evaluate(in); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if d := time.Since(start); d > evaluateBound {
			t.Errorf("%s: evaluated in %s", test.name, d)
		}
		if n := heap() - allocated; n > memoryBound {
			t.Errorf("%s: allocated %d bytes", test.name, n)
		}
	}
}

func heap() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.TotalAlloc
}

// The second fence: if the estimate were wrong, the evaluation would be stopped.
func TestCostLimitAtRunTime(t *testing.T) {
	c := newCompiler(t)
	typed, issues := c.env.Compile(numbers(150) + ".all(x," + numbers(150) + ".all(y,x+y>=0))")
	if issues.Err() != nil {
		t.Fatal(issues.Err())
	}
	evaluate, fault := c.interpreted(&checked{env: c.env, limit: costLimit, typed: typed, tree: typed.NativeRep(), loops: 2})
	if fault != nil {
		t.Fatal(fault)
	}
	if holds, err := evaluate(request()); holds || err == nil || !strings.Contains(err.Error(), "cost limit exceeded") {
		t.Errorf("%v, %v", holds, err)
	}
}

// FuzzCompile feeds any text. What is accepted is evaluated: within its cost, twice alike.
func FuzzCompile(f *testing.F) {
	for _, source := range []string{
		`request.time.getHours("Europe/Paris") < 17 && has(resource.id)`, `!(inIpRange(request.ip, "::/0")) ? resource.name.matches("a{1,3}") : 1u in [1u]`,
		`[1,2].map(x, x+1).filter(y, y>2).exists_one(z, z==3)`, `{"a":[1]}["a"][0] == 1`, "1 == // x\n 1", `'''a''' == r"\n" || b"\x00" == b'a'`, `timestamp("2025-03-03T14:30:00Z") - request.time > duration("1s")`,
		`["a","b"].all(x, resource.name.startsWith(x + x))`, `type(dyn([1,"a"])) == list`, `((((`, `@`, "\xff", `has(request.`, `resource.`,
	} {
		f.Add(source)
	}
	c := newCompiler(f)
	f.Fuzz(func(t *testing.T, source string) {
		condition, err := c.Compile(source)
		if err != nil {
			checkError(t, source, err)
			return
		}
		if n := len([]rune(source)); n > iam.MaxConditionLength {
			t.Fatalf("%d characters are accepted", n)
		}
		g := generator{rand.New(rand.NewPCG(uint64(len(source)), 7))}
		for range 4 {
			in := g.input()
			holds, err := condition.Evaluate(in)
			again, err2 := condition.Evaluate(in)
			if holds != again || (err == nil) != (err2 == nil) || holds && err != nil {
				t.Fatalf("%q: %v, %v, then %v, %v", source, holds, err, again, err2)
			}
			if err != nil && (strings.Contains(err.Error(), "cost limit") || strings.Contains(err.Error(), "internal error")) {
				t.Fatalf("%q: %v", source, err)
			}
		}
	})
}

// The same for conditions over properties: whoever sends them must not buy work.
func TestPropertyBombs(t *testing.T) {
	repeat := strings.Repeat
	tests := []struct {
		name, source string
		refused      bool
	}{
		{"two loops", `subject.properties.a.exists(x, subject.properties.b.exists(y, x == y))`, true},
		{"loops over elements", `subject.properties.a.exists(x, x.exists(y, y == 1))`, true},
		{"shared lists", `subject.properties.a` + repeat(".map(x,[x,x])", 7) + " == []", true},
		{"doubled lists", `subject.properties.a.exists(x, x` + repeat("+x", 40) + " == x)", true},
		{"doubled lists without a loop", `subject.properties.a` + repeat("+subject.properties.a", 60) + " == subject.properties.a", true},
		{"doubled lists, few", `subject.properties.a` + repeat("+subject.properties.a", 8) + " == subject.properties.a" + repeat("+subject.properties.a", 8), false},
		{"regular expressions in a loop", `subject.properties.a.exists(x, x.matches("(a|b){1,9}c"))`, true},
		{"elements compared", `subject.properties.a.exists(x, x == subject.properties.b)`, false},
		{"elements looked up", `subject.properties.a.exists(x, x in subject.properties.b)`, false},
		{"lists of elements", `subject.properties.a.map(x, [` + repeat("x,", 50) + `x]) == subject.properties.a.map(x, [` + repeat("x,", 50) + "x])", false},
		{"lists compared", repeat("subject.properties.a == subject.properties.b || ", 38) + "false", false},
		{"lists compared in a loop", numbers(170) + ".all(x, subject.properties.a == subject.properties.b)", false},
	}
	c := newCompiler(t)
	long := repeat("x", maxAttribute)
	for _, test := range tests {
		start := time.Now()
		condition, err := c.CompileAttributes(test.source)
		if d := time.Since(start); d > compileBound {
			t.Errorf("%s: compiled in %s", test.name, d)
		}
		if (err != nil) != test.refused {
			t.Errorf("%s: %v", test.name, err)
		}
		if err != nil {
			continue
		}
		texts, pairs := make([]any, maxElements), make([]any, maxElements/2)
		for i := range texts {
			texts[i] = long[:maxAttribute-1] + string(rune('a'+i%26))
		}
		for i := range pairs {
			pairs[i] = map[string]any{long: long}
		}
		for _, list := range [][]any{texts, pairs} {
			in := &Input{SubjectProperties: map[string]any{"a": list, "b": slices.Clone(list)}}
			start, allocated := time.Now(), heap()
			_, err := condition.Evaluate(in)
			d, n := time.Since(start), heap()-allocated
			if d > evaluateBound || n > memoryBound || err != nil && strings.Contains(err.Error(), "limit") {
				t.Errorf("%s: %s, %d bytes: %v", test.name, d, n, err)
			}
		}
	}
}
