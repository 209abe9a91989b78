package condition

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func mustCompileAttributes(t testing.TB, c *Compiler, source string) *Condition {
	t.Helper()
	condition, err := c.CompileAttributes(source)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return condition
}

// properties reads a JSON object the way that a server does.
func properties(text string) map[string]any {
	var m map[string]any
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		panic(err)
	}
	return m
}

func asked() *Input {
	return request(func(in *Input) {
		in.SubjectProperties = properties(`{"role": "admin", "level": 3, "big": 9007199254740992, "half": 0.5, "on": true, "off": false, "none": null,
			"ip": "10.1.2.3", "since": "2025-01-01T00:00:00Z", "groups": ["a", "b"], "a b": "c", "address": {"city": "Paris", "zip": [75, 1]}}`)
		in.ResourceProperties = properties(`{"status": "archived", "owner": {"city": "Paris", "zip": [75, 1]}, "shares": [{"to": "x", "write": true}, {"to": "y"}], "": "empty"}`)
		in.ActionProperties = map[string]any{}
	})
}

func TestProperties(t *testing.T) {
	tests := []struct {
		source string
		want   answer
	}{
		// the rules of the AuthZEN certification
		{`resource.properties.status != 'archived'`, no},
		{`action.properties.soft == true`, fails},
		{`subject.properties.role == 'admin' && resource.properties.status == 'archived'`, yes},
		// presence
		{`has(subject.properties.role) && has(resource.properties.status) && !has(action.properties.soft) && !has(subject.properties.Role)`, yes},
		{`has(subject.properties) && has(action.properties)`, yes},
		{`has(subject.properties.none)`, yes},
		{`has(.subject.properties.role)`, yes},
		{`has(subject.properties.address.city) && !has(subject.properties.address.street)`, yes},
		{`has(subject.properties.nothing.city)`, fails},
		{`"role" in subject.properties && !("x" in action.properties)`, yes},
		{`"city" in subject.properties.address`, yes},
		{`"x" in subject.properties.nothing`, fails},
		// absence
		{`subject.properties.missing == "x"`, fails},
		{`subject.properties.missing != "x"`, fails},
		{`!(subject.properties.missing == "x")`, fails},
		{`subject.properties["missing"] in ["x"]`, fails},
		{`subject.properties.missing == "x" || true`, yes},
		{`subject.properties.role.x == "x"`, fails},
		{`subject.properties.none.x == "x"`, fails},
		{`subject.properties.groups.x == "x"`, fails},
		{`!has(subject.properties.missing) || subject.properties.missing == "x"`, yes},
		// keys
		{`subject.properties["role"] == "admin" && subject.properties["a b"] == "c" && resource.properties[""] == "empty"`, yes},
		{`subject.properties[resource.locality] == "x"`, fails},
		{`.subject.properties.role == "admin"`, yes},
		{`subject.properties["ro" + "le"] == "admin"`, yes},
		// values of every kind
		{`subject.properties.level == 3 && subject.properties.level == 3u && subject.properties.level == 3.0 && 3 == subject.properties.level`, yes},
		{`subject.properties.level == 4 || subject.properties.level == "3" || subject.properties.level == true || subject.properties.level == null`, no},
		{`subject.properties.level != "3" && subject.properties.level in [1, 2, 3] && !(subject.properties.level in ["3"])`, yes},
		{`subject.properties.level >= 3 && subject.properties.level < 3.5 && subject.properties.level > 2u && subject.properties.half < 1`, yes},
		{`subject.properties.big == 9007199254740993`, yes}, // compared as float64
		{`double(subject.properties.level) < 4 && int(subject.properties.half) == 0`, yes},
		{`subject.properties.level < "4"`, fails},
		{`subject.properties.on && !subject.properties.off && subject.properties.on == true`, yes},
		{`subject.properties.off ? false : subject.properties.on ? true : false`, yes},
		{`subject.properties.role && true`, fails},
		{`subject.properties.role && false`, no},
		{`!subject.properties.level`, fails},
		{`subject.properties.none == null && subject.properties.role != null`, yes},
		{`subject.properties.role.startsWith("adm") && subject.properties.role.contains("m") && subject.properties.role.matches("^a.*n$") && size(subject.properties.role) == 5`, yes},
		{`subject.properties.level.startsWith("3")`, fails},
		{`subject.properties.role + "s" == "admins" && subject.properties.level + 1.0 == 4.0`, yes},
		{`inIpRange(subject.properties.ip, "10.0.0.0/8") && request.time > timestamp(subject.properties.since)`, yes},
		{`inIpRange(subject.properties.level, "10.0.0.0/8")`, fails},
		{`inIpRange(request.ip, subject.properties.ip)`, fails},
		{`type(subject.properties.level) == double && type(subject.properties.groups) == list && type(subject.properties.address) == map && type(subject.properties.none) == null_type`, yes},
		// lists and maps
		{`"a" in subject.properties.groups && !("c" in subject.properties.groups) && subject.properties.groups[1] == "b" && size(subject.properties.groups) == 2`, yes},
		{`subject.properties.groups[2] == "b"`, fails},
		{`subject.properties.groups == ["a", "b"] && subject.properties.groups != "a" && subject.properties.groups != []`, yes},
		{`subject.properties.address == resource.properties.owner && subject.properties.address == {"zip": [75, 1u], "city": "Paris"}`, yes},
		{`subject.properties.address.zip[0] == 75 && subject.properties.address["city"] == "Paris" && subject.properties["address"].zip == [75.0, 1]`, yes},
		{`subject.properties.groups.exists(g, g == "b") && subject.properties.groups.all(g, g in ["a", "b"]) && subject.properties.address.exists(k, k == "city")`, yes},
		{`resource.properties.shares.exists(s, s.to == "x" && s.write) && !resource.properties.shares.exists(s, s.to == "z")`, yes},
		{`resource.properties.shares.exists(s, has(s.write) && s.to == "y")`, no},
		{`resource.properties.shares.all(s, s.write)`, fails},
		{`subject.properties.groups.map(g, size(g)) == [1, 1] && subject.properties.groups.filter(g, g != "a") == ["b"]`, yes},
		{`subject.properties.role.exists(c, c == "a")`, fails},
		{`subject.properties.level.exists(c, c == "a")`, fails},
		{`["admin", "root"].exists(r, subject.properties.role == r) && resource.id == "id-1" && has(resource.name)`, yes},
	}
	c := newCompiler(t)
	for _, test := range tests {
		if got := ask(mustCompileAttributes(t, c, test.source), asked()); got != test.want {
			t.Errorf("%s: %d, want %d", test.source, got, test.want)
		}
		if _, err := c.Compile(test.source); err == nil || !strings.Contains(err.Error(), "properties can be read only where") {
			t.Errorf("%s: as a plain condition: %v", test.source, err)
		}
	}
}

// Without any properties nothing but has() answers.
func TestPropertiesAbsent(t *testing.T) {
	c := newCompiler(t)
	for _, root := range []string{"subject", "resource", "action"} {
		for source, want := range map[string]answer{
			"%s.properties.role == 'admin'":         fails,
			"%s.properties.role != 'admin'":         fails,
			"!(%s.properties['role'] in ['admin'])": fails,
			"%s.properties.role":                    fails, // as an operand
			"'role' in %s.properties":               fails,
			"!('role' in %s.properties)":            fails,
			"size(%s.properties.role) == 0":         fails,
			"has(%s.properties)":                    no,
			"has(%s.properties.role)":               no,
			"has(%s.properties.role.x)":             fails,
		} {
			source := fmt.Sprintf(source, root) + " && true"
			for _, in := range []*Input{nil, {}, request(), request(list)} {
				if got := ask(mustCompileAttributes(t, c, source), in); got != want {
					t.Errorf("%s: %d, want %d", source, got, want)
				}
			}
		}
	}
}

func TestPropertiesRefused(t *testing.T) {
	const canRead = canRead + ", action.properties, resource.properties, subject.properties"
	tests := []struct{ source, want string }{
		{`subject.id == "a"`, `1:1: undeclared reference to 'subject.id'` + canRead},
		{`action.name == "a"`, `1:1: undeclared reference to 'action.name'` + canRead},
		{`resource.annotation == "a"`, `1:1: undeclared reference to 'resource.annotation'` + canRead},
		{`has(subject.id)`, `1:5: undeclared reference to 'subject.id'` + canRead},
		{`subject["properties"].role == "a"`, `1:1: undeclared reference to 'subject': it is no value of its own` + canRead},
		{`principal.id == "a"`, `1:1: undeclared reference to 'principal'` + canRead},
		{`[1].exists(subject, true) || [1].exists(action, true)`, `1:11: 'subject' cannot name a loop variable; 1:40: 'action' cannot name a loop variable`},
		{`subject.properties.role`, `1:1: a condition must be true or false, this one gives a value of type dyn`},
		{`subject.properties[1] == "a"`, `1:19: [] cannot be applied to (map(string, dyn), int)`},
		{`subject.properties == resource.properties`, `1:8: 'subject.properties' can be read by key only, such as subject.properties.role or "role" in subject.properties; ` +
			`1:31: 'resource.properties' can be read by key only, such as resource.properties.role or "role" in resource.properties`},
		{`subject.properties.exists(k, k == "a")`, `1:8: 'subject.properties' can be read by key only`},
		{`size(subject.properties) > 1`, `1:13: 'subject.properties' can be read by key only`},
		{`[subject.properties] == []`, `1:9: 'subject.properties' can be read by key only`},
		{`subject.properties in [{}]`, `1:8: 'subject.properties' can be read by key only`},
		{`{"a": subject.properties}.a.role == "x"`, `1:14: 'subject.properties' can be read by key only`},
		{`dyn(subject.properties).role == "x"`, `1:12: 'subject.properties' can be read by key only`},
		{`(true ? subject.properties : action.properties).role == "x"`, `1:16: 'subject.properties' can be read by key only`},
		{`resource.properties.a.matches(subject.properties.b)`, `the regular expression of matches() must be a literal text`},
		{`request.time.getHours(subject.properties.zone) == 1`, `the time zone must be a literal text`},
		{`resource.properties.a.matches("^[a-z]{1,63}$")`, `at most 97 are allowed`},
		// work
		{`subject.properties.a.exists(x, x + x == x)`, `lists cannot be added in a condition that has a loop`},
		{`[subject.properties.a].exists(x, x == 1)`, `a loop must run over simple values or flat lists of them, not over list(dyn)`},
		{`[dyn([1])].exists(x, x.exists(y, y == 1))`, `a loop must run over simple values`},
		{`subject.properties.a.map(x, [x, x]).map(x, [x, x]) == []`, `a loop must run over simple values`},
		{`dyn([1]).exists(x, x == 1)`, `a loop must run over simple values`},
		{`{"a": dyn([1])}.a.exists(x, x == 1)`, `a loop must run over simple values`},
		{`subject.properties.a.exists(x, subject.properties.b.exists(y, x == y))`, `the condition can take too much work`},
		{`subject.properties.a.all(x, subject.properties.b.startsWith(x) && subject.properties.c.startsWith(x))`, `the condition can take too much work`},
	}
	c := newCompiler(t)
	for _, test := range tests {
		_, err := c.CompileAttributes(test.source)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s\n%v, want\n%s", test.source, err, test.want)
			continue
		}
		checkError(t, test.source, err)
	}
	for source, want := range map[string]string{
		`subject.properties.role == "a"`:                               `1:8: undeclared reference to 'subject.properties': properties can be read only where every permission of the rule is of a resource with attributes`,
		`has(action.properties.soft)`:                                  `1:5: undeclared reference to 'action': properties can be read only where every permission of the rule is of a resource with attributes`,
		`resource.properties.status == "a"`:                            `1:1: undeclared reference to 'resource.properties': properties can be read only where every permission of the rule is of a resource with attributes`,
		`has(resource.properties)`:                                     `1:5: undeclared reference to 'resource.properties': properties can be read only where every permission of the rule is of a resource with attributes`,
		`[1].exists(subject, subject == 1) && subject.properties == 1`: `1:45: undeclared reference to 'subject.properties': properties can be read only where every permission of the rule is of a resource with attributes`,
	} {
		_, err := c.Compile(source)
		if err == nil {
			t.Errorf("%s is accepted", source)
			continue
		}
		if diff := cmp.Diff(want, err.Error()); diff != "" {
			t.Errorf("%s (-want +got)\n%s", source, diff)
		}
	}
	// A plain condition has these names free.
	if got := ask(mustCompile(t, c, `["a"].exists(subject, subject == "a") && [{"properties": 1}].all(action, action.properties == 1)`), nil); got != yes {
		t.Error(got)
	}
}

func TestVariables(t *testing.T) {
	tests := []struct {
		source    string
		variables []string
		missing   []string // in asked()
	}{
		{`subject.properties.role == "x" && subject.properties["role"] == "y" && has(resource.properties.x)`, []string{"subject.properties.role"}, nil},
		{`subject.properties["a b"] == "x" || subject.properties.nothing.city == 1 || subject.properties.role.city == 1`,
			[]string{"subject.properties.nothing.city", "subject.properties.role.city", `subject.properties["a b"]`}, []string{"subject.properties.nothing.city", "subject.properties.role.city"}},
		{`subject.properties.groups[0] == "x" && subject.properties.address.zip.exists(z, z == action.properties.zip)`,
			[]string{"action.properties.zip", "subject.properties.address.zip", "subject.properties.groups"}, []string{"action.properties.zip"}},
		{`subject.properties[resource.id] == "x" || "role" in action.properties`, []string{"action.properties", "resource.id", "subject.properties"}, nil},
		{`has(subject.properties.address.city)`, []string{"subject.properties.address"}, nil}, // must be there: CEL
		{`resource.properties[""] == subject.properties.none && request.ip == "x"`, []string{"request.ip", `resource.properties[""]`, "subject.properties.none"}, nil},
		{`true`, nil, nil},
	}
	c := newCompiler(t)
	for _, test := range tests {
		condition := mustCompileAttributes(t, c, test.source)
		if diff := cmp.Diff(test.variables, condition.Variables()); diff != "" {
			t.Errorf("%s: variables (-want +got)\n%s", test.source, diff)
		}
		if diff := cmp.Diff(test.missing, condition.Missing(asked())); diff != "" {
			t.Errorf("%s: missing (-want +got)\n%s", test.source, diff)
		}
		if diff := cmp.Diff(test.variables, condition.Missing(nil)); diff != "" {
			t.Errorf("%s: missing of nothing (-want +got)\n%s", test.source, diff)
		}
		if cost := condition.Cost(); cost > attributesCostLimit || (cost == 0) != (len(test.variables) == 0) {
			t.Errorf("%s: cost %d", test.source, cost)
		}
	}
}
