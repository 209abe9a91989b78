package condition

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"bailiwick/iam"
)

const canRead = "; a condition can read request.ip, request.time, request.user_agent, resource.id, resource.locality, resource.name"

// Every kind of fault that is found when a condition is written, with its place and text.
func TestRefused(t *testing.T) {
	const wantTime = `; a time is written timestamp("2025-03-03T14:30:00Z")`
	tests := []struct{ source, want string }{
		// names
		{`principal.id == "a"`, `1:1: undeclared reference to 'principal'` + canRead},
		{`1 == 1 && principal.id == "a"`, `1:11: undeclared reference to 'principal'` + canRead},
		{"1 == 1 &&\n  \"é\" == principal.id", `2:10: undeclared reference to 'principal'` + canRead},
		{`request.foo == "a"`, `1:1: undeclared reference to 'request.foo'` + canRead},
		{`resource.annotation == "a"`, `1:1: undeclared reference to 'resource.annotation'` + canRead},
		{`resource.annotation.x == "a"`, `1:1: undeclared reference to 'resource.annotation'` + canRead},
		{`request == resource`, `1:1: undeclared reference to 'request': it is no value of its own` + canRead + `; 1:12: undeclared reference to 'resource': it is no value of its own` + canRead},
		{`request["ip"] == "a"`, `1:1: undeclared reference to 'request': it is no value of its own` + canRead},
		{`has(request)`, `1:5: has() takes a selection such as has(resource.id)`},
		{`has(request.foo)`, `1:5: undeclared reference to 'request.foo'` + canRead},
		{`has(resource.id.x)`, `1:4: type 'string' does not support field selection`},
		{`has(resource["id"])`, `1:13: has() takes a selection such as has(resource.id)`},
		{`[1].all(request, true)`, `1:8: 'request' cannot name a loop variable`},
		{`@has_request.ip`, `1:1: syntax error: unexpected '@'`},
		{`foo()`, `1:4: undeclared reference to function 'foo'`},
		{`request.ip.foo()`, `1:15: undeclared reference to function 'foo'`},
		{`request.foo()`, `1:1: undeclared reference to 'request': it is no value of its own` + canRead},
		{`optional.none().hasValue()`, `1:14: undeclared reference to function 'optional.none'; 1:25: undeclared reference to function 'hasValue'`},
		{`google.protobuf.BoolValue{value: true}`, `1:26: a condition cannot build a message 'google.protobuf.BoolValue'`},
		// types
		{`request.user_agent`, `1:1: a condition must be true or false, this one gives a value of type string`},
		{`dyn(true)`, `1:1: a condition must be true or false, this one gives a value of type dyn`},
		{`null`, `1:1: a condition must be true or false, this one gives a value of type null_type`},
		{`request.time == "2025-03-03T14:30:00.000Z"`, `1:14: == cannot be applied to (timestamp, string)` + wantTime},
		{`"2025-03-03" < request.time`, `1:14: < cannot be applied to (string, timestamp)` + wantTime},
		{`request.time in ["2025-03-03"]`, `1:14: in cannot be applied to (timestamp, list(string))` + wantTime},
		{`1 == "1"`, `1:3: == cannot be applied to (int, string)`},
		{`1 + 1.0 == 2.0`, `1:3: + cannot be applied to (int, double)`},
		{`!1`, `1:1: ! cannot be applied to (int)`},
		{`true ? 1 : "a"`, `1:6: ?: cannot be applied to (bool, int, string)`},
		{`1 && true`, `1:1: expected type 'bool' but found 'int'`},
		{`request.ip.startsWith(1)`, `1:22: startsWith() cannot be applied to string.(int)`},
		{`inIpRange(request.ip)`, `1:10: inIpRange() cannot be applied to (string)`},
		{`request.ip.inIpRange("10.0.0.0/8")`, `1:21: inIpRange() cannot be applied to string.(string)`},
		{`request.time.getHours(1) == 1`, `1:22: getHours() cannot be applied to timestamp.(int)`},
		// literals
		{`inIpRange(request.ip, "10.0.0.0")`, `1:23: "10.0.0.0" is not an address range such as "10.0.0.0/8" or "2001:db8::/32"`},
		{`inIpRange(request.ip, "10.0.0.0/33")`, `1:23: "10.0.0.0/33" is not an address range such as "10.0.0.0/8" or "2001:db8::/32"`},
		{`inIpRange(request.ip, "::ffff:10.0.0.0/8")`, `1:23: "::ffff:10.0.0.0/8" is not an address range such as "10.0.0.0/8" or "2001:db8::/32"`},
		{`inIpRange("10.0.0.256", "10.0.0.0/8")`, `1:11: "10.0.0.256" is not an IP address`},
		{`request.time > timestamp("2025-03-03")`, `1:26: "2025-03-03" is not a time such as "2025-03-03T14:30:00Z"`},
		{`request.time - timestamp("2025-03-03T14:30:00Z") > duration("1 hour")`, `1:61: "1 hour" is not a duration such as "1h30m"`},
		{`request.time.getHours("Europe/Pariss") < 8`, `1:23: unknown time zone "Europe/Pariss"`},
		{`request.time.getHours("Local") < 8`, `1:23: unknown time zone "Local"`},
		{`request.time.getHours("../zoneinfo/UTC") < 8`, `1:23: unknown time zone "../zoneinfo/UTC"`},
		{`request.time.getHours("Europe/./Paris") < 8`, `1:23: unknown time zone "Europe/./Paris"`},
		{`request.time.getHours("+24:00") < 8`, `1:23: time zone offset "+24:00" is not of the form +hh:mm`},
		{`request.time.getHours(resource.locality) < 8`, `1:31: the time zone must be a literal text`},
		{`request.user_agent.matches("(")`, `1:28: bad regular expression: missing closing )`},
		{`matches(request.user_agent, "[")`, `1:29: bad regular expression: missing closing ]`},
		{`request.user_agent.matches(resource.name)`, `1:36: the regular expression of matches() must be a literal text`},
		{`["a"].exists(x, request.user_agent.matches(x))`, `1:44: the regular expression of matches() must be a literal text`},
		{`99999999999999999999 == 1`, `1:1: invalid int literal`},
		// syntax
		{``, `1:1: a condition cannot be empty`},
		{" \n\t", `1:1: a condition cannot be empty`},
		{"1 == 1\x00", `1:7: a condition must be UTF-8 text without NUL`},
		{"1 == 1 &&\n é\xff", `2:3: a condition must be UTF-8 text without NUL`},
		{`1 == 1 &&`, `1:10: syntax error: unexpected end of the condition`},
		{`1 == 1)`, `1:7: syntax error: unexpected ')'`},
		{`true && while`, `1:9: reserved identifier: while`},
		// work
		{strings.Repeat(" ", iam.MaxConditionLength-3) + "true", `1:1: a condition has at most 2048 characters, this one has 2049`},
		{strings.Repeat("(", 60) + "true" + strings.Repeat(")", 60), `1:1: the condition is nested too deeply`},
		{strings.Repeat("[", 17) + strings.Repeat("]", 17) + " == []", `1:1: the condition is nested too deeply: at most 16 lists, maps and loops in each other`},
		{`[[[1]]].exists(a, a == [[1]])`, `1:15: a loop must run over simple values or flat lists of them, not over list(list(list(int)))`},
		{`[1, "a"].exists(a, a == 1)`, `1:16: a loop must run over simple values or flat lists of them, not over list(dyn)`},
		{`[1].exists(a, [a] + [a] == [1])`, `1:19: lists cannot be added in a condition that has a loop`},
		{`request.user_agent.matches("((a{1,100}){1,10})b")`, `1:28: the regular expression is too large: 2023 instructions, at most 392 are allowed for this text; counted repetitions such as {1,63} count once for each`},
		{`resource.name.matches("^[a-z]{1,63}$")`, `1:23: the regular expression is too large: 129 instructions, at most 97 are allowed for this text; counted repetitions such as {1,63} count once for each`},
	}
	c := newCompiler(t)
	for _, test := range tests {
		condition, err := c.Compile(test.source)
		if err == nil {
			t.Errorf("%q is accepted", test.source)
			continue
		}
		if condition != nil {
			t.Errorf("%q: a condition beside an error", test.source)
		}
		if diff := cmp.Diff(test.want, err.Error()); diff != "" {
			t.Errorf("%q (-want +got)\n%s", test.source, diff)
		}
		checkError(t, test.source, err)
	}
}

// checkError checks what holds for every refusal.
func checkError(t *testing.T, source string, err error) {
	t.Helper()
	fault, ok := errors.AsType[*Error](err)
	if !ok || len(fault.Issues) == 0 || len(fault.Issues) > maxIssues {
		t.Fatalf("%q: %#v is no *Error with issues", source, err)
	}
	lines := strings.Split(source, "\n")
	for i, issue := range fault.Issues {
		if issue.Line < 1 || issue.Line > len(lines) || issue.Column < 1 || issue.Column > utf8.RuneCountInString(lines[issue.Line-1])+2 {
			t.Errorf("%q: no such place: %s", source, issue)
		}
		if i > 0 && !before(fault.Issues[i-1], issue) {
			t.Errorf("%q: not in order: %s", source, fault)
		}
		if issue.Message == "" || strings.ContainsAny(issue.Message, "\n\r\x00") || strings.Contains(issue.Message, presencePrefix) || len(issue.Message) > 4*maxMessage+3 {
			t.Errorf("%q: bad message %q", source, issue.Message)
		}
	}
}

func before(a, b Issue) bool {
	if a.Line != b.Line {
		return a.Line < b.Line
	}
	return a.Column < b.Column || a.Column == b.Column && a.Message < b.Message
}

// The same source gives the same error, issue for issue.
func TestErrorsAreDeterministic(t *testing.T) {
	c := newCompiler(t)
	source := `foo() && bar.x && request.time == "a" && 1 + "a" == 2 && baz(1)`
	_, first := c.Compile(source)
	for range 50 {
		_, again := c.Compile(source)
		if diff := cmp.Diff(first.Error(), again.Error()); diff != "" {
			t.Fatal(diff)
		}
	}
}

// What CEL asks every implementation to take (sizes of the language definition).
func TestMinimumSizes(t *testing.T) {
	c := newCompiler(t)
	repeat := strings.Repeat
	for name, source := range map[string]string{
		"32 terms of ||":         repeat("1 == 2 || ", 31) + "true",
		"32 terms of &&":         repeat("true && ", 31) + "true",
		"a list of 32":           "32 in [" + repeat("1, ", 31) + "32]",
		"a map of 32":            `{"x": true` + numberedEntries(31) + `}["x"]`,
		"24 chained ternaries":   repeat("false ? true : ", 24) + "true",
		"24 additions":           "0" + repeat(" + 1", 24) + " == 24",
		"24 subtractions":        "24" + repeat(" - 1", 24) + " == 0",
		"12 nested calls":        repeat("size(string(", 6) + `"a"` + repeat("))", 6) + " == 1",
		"12 selections":          repeat(`{"a": `, 12) + "true" + repeat("}", 12) + repeat(".a", 12),
		"12 indexings":           repeat("[", 12) + "1" + repeat("]", 12) + repeat("[0]", 12) + " == 1",
		"12 nested lists":        repeat("[", 12) + "1" + repeat("]", 12) + " == " + repeat("[", 12) + "1" + repeat("]", 12),
		"12 nested maps":         repeat("{1: ", 12) + "1" + repeat("}", 12) + " != {}",
		"longest condition":      repeat(" ", iam.MaxConditionLength-4) + "true",
		"longest, in characters": `"` + repeat("é", iam.MaxConditionLength-8) + `" != ""`,
	} {
		if got := ask(mustCompile(t, c, source), request()); got != yes {
			t.Errorf("%s: %d", name, got)
		}
	}
}

func numberedEntries(n int) string {
	var s strings.Builder
	for i := range n {
		fmt.Fprintf(&s, `, "k%d": false`, i)
	}
	return s.String()
}
