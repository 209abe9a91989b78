package condition

import (
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Evaluations that have no answer. An error means that the rule does not apply; in none of
// them may negation or a default turn it into a grant.
func TestEvaluationErrors(t *testing.T) {
	empty := &Input{}
	tests := []struct {
		source string
		in     *Input
		want   string // in the error
	}{
		{`request.ip == "10.0.0.1"`, empty, "request.ip is absent"},
		{`request.ip != "10.0.0.1"`, empty, "request.ip is absent"},
		{`!(request.ip == "10.0.0.1")`, empty, "request.ip is absent"},
		{`request.ip in ["10.0.0.1"]`, empty, "request.ip is absent"},
		{`!(request.ip in ["10.0.0.1"])`, empty, "request.ip is absent"},
		{`inIpRange(request.ip, "10.0.0.0/8")`, empty, "request.ip is absent"},
		{`!inIpRange(request.ip, "10.0.0.0/8")`, empty, "request.ip is absent"},
		{`request.ip.startsWith("10.")`, empty, "request.ip is absent"},
		{`request.time > timestamp("2025-01-01T00:00:00Z")`, empty, "request.time is absent"},
		{`request.time.getHours() >= 0`, empty, "request.time is absent"},
		{`request.time.getHours("Europe/Paris") in [1, 2]`, empty, "request.time is absent"},
		{`request.user_agent.contains("terraform/")`, empty, "request.user_agent is absent"},
		{`!request.user_agent.matches("curl")`, empty, "request.user_agent is absent"},
		{`resource.id == "x"`, request(list), "resource.id is absent"},
		{`resource.id != "x"`, request(list), "resource.id is absent"},
		{`resource.name.endsWith("x")`, request(list), "resource.name is absent"},
		{`!(resource.name.startsWith("/prod"))`, request(list), "resource.name is absent"},
		{`resource.locality == "global"`, request(list), "resource.locality is absent"},
		{`resource.locality in ["global", "fr-par"]`, request(list), "resource.locality is absent"},
		{`resource.name < resource.id`, request(list), "resource.name is absent"},
		{`resource.id == resource.id`, request(list), "resource.id is absent"},
		{`resource.id == "x"`, &Input{Resource: &Resource{Name: ptr("n")}}, "resource.id is absent"},
		{`true && resource.id == "x"`, request(list), "resource.id is absent"},
		{`resource.id == "x" && true`, request(list), "resource.id is absent"},
		{`false || resource.id == "x"`, request(list), "resource.id is absent"},
		{`resource.id == "x" || resource.name == "y"`, request(list), "resource.id is absent"},
		{`resource.id == "x" ? true : true`, request(list), "resource.id is absent"},
		{`has(resource.id) ? false : resource.name == "x"`, request(list), "resource.name is absent"},
		{`(resource.id == "x") == (resource.id == "x")`, request(list), "resource.id is absent"},
		{`type(resource.id) == string`, request(list), "resource.id is absent"},
		{`size(resource.id) >= 0`, request(list), "resource.id is absent"},
		{`["a"].all(p, !resource.name.startsWith(p))`, request(list), "resource.name is absent"},
		{`[resource.id].size() == 1`, request(list), "resource.id is absent"},
		{`{"a": resource.id}.a != "x"`, request(list), "resource.id is absent"},
		{`resource.name.startsWith("x")`, request(named(strings.Repeat("x", maxAttribute+1))), "resource.name is longer than 1024 bytes"},
		{`!resource.name.matches("y")`, request(named(strings.Repeat("x", maxAttribute+1))), "resource.name is longer than 1024 bytes"},
		{`inIpRange(resource.name, "10.0.0.0/8")`, request(), "inIpRange: not an IP address"},
		{`!inIpRange(resource.name, "10.0.0.0/8")`, request(named("10.0.0.1 ")), "inIpRange: not an IP address"},
		{`inIpRange(resource.name, "fe80::/10")`, request(named("fe80::1%eth0")), "inIpRange: not an IP address"},
		{`inIpRange(request.ip, resource.name)`, request(), "inIpRange: not an address range"},
		{`!inIpRange(request.ip, resource.name)`, request(named("10.0.0.0")), "inIpRange: not an address range"},
		{`1 / 0 == 1`, request(), "division by zero"},
		{`1 % 0 == 1`, request(), "modulus by zero"},
		{`request.time.getHours() / 0 == 1`, request(), "division by zero"},
		{`9223372036854775807 + request.time.getFullYear() > 0`, request(), "integer overflow"},
		{`-9223372036854775808 - 1 < 0`, request(), "integer overflow"},
		{`0u - 1u > 0u`, request(), "unsigned integer overflow"},
		{`{"a": 1}["b"] == 1`, request(), "no such key"},
		{`{"a": 1}.b == 1`, request(), "no such key"},
		{`[1][1] == 1`, request(), "index out of bounds"},
		{`[1][-1] == 1`, request(), "index out of bounds"},
		{`int(resource.name) == 1`, request(), "type conversion error"},
		{`int("x") == 1`, request(), "type conversion error"},
		{`bool(resource.name)`, request(), "type conversion error"},
		{`timestamp(resource.name) < request.time`, request(), ""},
		{`duration(resource.name) < duration("1h")`, request(), "type conversion error"},
		{`dyn(1) < dyn("a")`, request(), "no such overload"},
		{`dyn(request.ip).a == 1`, request(), "no such"},
		{`dyn(1).matches("a")`, request(), "no such overload"},
		{`request.time + duration("87600000m") > request.time && 1 / 0 == 1`, request(), "division by zero"},
		{`(request.user_agent + resource.name + resource.name).matches("^([a-z0-9-]+/)*[a-z0-9-]+(x|y|z){1,9}(x|y|z){1,9}$")`,
			request(named(strings.Repeat("x", maxAttribute))), "matches: the text is too long"},
	}
	c := newCompiler(t)
	for _, test := range tests {
		condition := mustCompile(t, c, test.source)
		holds, err := condition.Evaluate(test.in)
		if err == nil || holds || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, %v; want an error with %q", test.source, holds, err, test.want)
		}
		// Negated and absorbed: CEL's rules hold around every kind of error.
		for _, around := range []struct {
			source string
			want   answer
		}{
			{"!(" + test.source + ")", fails},
			{"(" + test.source + ") || true", yes},
			{"true || (" + test.source + ")", yes},
			{"(" + test.source + ") && false", no},
			{"false && (" + test.source + ")", no},
			{"false ? (" + test.source + ") : true", yes},
		} {
			if got := ask(mustCompile(t, c, around.source), test.in); got != around.want {
				t.Errorf("%s: %d, want %d", around.source, got, around.want)
			}
		}
	}
}

func TestValues(t *testing.T) {
	long := strings.Repeat("é", 254)
	tests := []struct {
		source string
		in     *Input
		want   answer
	}{
		// presence
		{`has(request.ip) && has(request.time) && has(request.user_agent) && has(resource.id) && has(resource.name) && has(resource.locality)`, request(), yes},
		{`has(request.ip) || has(request.time) || has(request.user_agent) || has(resource.id) || has(resource.name) || has(resource.locality)`, nil, no},
		{`has(resource.id) || has(resource.name) || has(resource.locality)`, &Input{Resource: &Resource{}}, no},
		{`has(resource.name)`, &Input{Resource: &Resource{Name: ptr("")}}, yes}, // empty is not absent
		{`has(request.user_agent)`, &Input{UserAgent: ptr("")}, yes},
		{`has(resource.name)`, request(named(strings.Repeat("x", maxAttribute+1))), yes},
		{`has({"a": 1}.a) && !has({"a": 1}.b)`, nil, yes},
		{`.request.ip == "10.0.0.1" && has(.resource.id)`, request(), yes},
		// user agent
		{`request.user_agent.endsWith("é") && size(request.user_agent) == 255`, request(agent(long + "éa")), yes},
		{`request.user_agent.endsWith("a") && request.user_agent.size() == 255`, request(agent(long + "ab")), yes},
		{`request.user_agent.contains("b")`, request(agent(long + "ab")), no},
		{`request.user_agent.endsWith("b")`, request(agent(strings.Repeat("a", 254) + "b")), yes},
		{`size(request.user_agent) == 255`, request(agent(strings.Repeat("\xff", 300))), yes},
		// addresses
		{`request.ip == "10.0.0.1"`, request(from("::ffff:10.0.0.1")), yes},
		{`request.ip == "::ffff:10.0.0.1"`, request(from("::ffff:10.0.0.1")), no},
		{`request.ip in ["10.0.0.2", "10.0.0.1"]`, request(from("::ffff:10.0.0.1")), yes},
		{`request.ip == "2001:db8::1"`, request(from("2001:db8:0::1")), yes},
		{`request.ip == "2001:DB8::1"`, request(from("2001:db8::1")), no}, // texts are compared, the address is in its canonical form
		{`request.ip == "fe80::1"`, request(from("fe80::1%eth0")), yes},
		{`inIpRange(request.ip, "fe80::/10")`, request(from("fe80::1%eth0")), yes},
		{`inIpRange(request.ip, "0.0.0.0/0")`, request(from("::ffff:10.0.0.1")), yes},
		{`inIpRange(request.ip, "::/0")`, request(from("::ffff:10.0.0.1")), no},
		{`inIpRange(request.ip, "0.0.0.0/0")`, request(from("2001:db8::1")), no},
		{`inIpRange(request.ip, "::ffff:10.0.0.0/104")`, request(), yes},
		{`inIpRange(request.ip, "10.0.0.77/24")`, request(), yes},
		{`inIpRange("::ffff:10.0.0.1", "10.0.0.0/8")`, nil, yes},
		{`inIpRange(resource.name, "10.0.0.0/8")`, request(named("::ffff:10.9.9.9")), yes},
		{`inIpRange(request.ip, resource.name)`, request(named("10.0.0.0/24")), yes},
		{`["192.0.2.0/24", "10.0.0.0/8"].exists(r, inIpRange(request.ip, r))`, request(), yes},
		// times
		{`request.time == timestamp("2025-03-03T15:30:00+01:00")`, request(), yes},
		{`request.time.getHours("Europe/Paris") == 15 && request.time.getHours("+05:30") == 20 && request.time.getMinutes("-00:45") == 45`, request(), yes},
		{`request.time.getHours("America/New_York") == 9 && request.time.getHours("") == 14 && request.time.getHours("UTC") == 14`, request(), yes},
		{`request.time.getMonth() == 2 && request.time.getDate() == 3 && request.time.getDayOfMonth() == 2 && request.time.getDayOfYear() == 61 && request.time.getDayOfWeek() == 1`, request(), yes},
		{`request.time.getSeconds() == 0 && request.time.getMilliseconds() == 0 && request.time.getFullYear() == 2025`, request(), yes},
		{`request.time - timestamp("2025-03-03T14:00:00Z") == duration("30m")`, request(), yes},
		{`request.time.getHours() == 14`, request(at("2025-03-03T16:30:00+02:00")), yes},
		// absorption
		{`resource.name.startsWith("/x/") || !has(resource.id)`, request(list), yes},
		{`!has(resource.id) || resource.name.startsWith("/x/")`, request(list), yes},
		{`has(resource.id) && resource.name.startsWith("/x/")`, request(list), no},
		{`resource.name.startsWith("/x/") && has(resource.id)`, request(list), no},
		{`["/a", "/b"].exists(p, resource.name.startsWith(p)) || !has(resource.id)`, request(list), yes},
		// the rest of CEL
		{`[1, 2, 3].map(x, x * 2).filter(x, x > 2) == [4, 6] && [1, 2].exists_one(x, x == 1) && [[1], [2]].exists(l, 2 in l)`, nil, yes},
		{`"a" < "b" && b"a" < b"b" && 1.5 < 2.5 && 1u < 2u && 0x10 == 16 && r"\d" == "\\d" && 'x' == """x"""`, nil, yes},
		{`[1] + [2] == [1, 2] && {"a": [1]}.a[0] == 1 && type(1) == int && "é".size() == 1 && string(1) == "1"`, nil, yes},
		{"1 == 1 // a comment\n && true", nil, yes},
	}
	c := newCompiler(t)
	for _, test := range tests {
		if got := ask(mustCompile(t, c, test.source), test.in); got != test.want {
			t.Errorf("%s: %d, want %d", test.source, got, test.want)
		}
	}
}

func TestMissing(t *testing.T) {
	tests := []struct {
		source string
		in     *Input
		want   []string
	}{
		{`resource.name == "x" && request.ip == "y" && has(resource.id)`, nil, []string{"request.ip", "resource.name"}},
		{`resource.name == "x" && request.ip == "y"`, request(), nil},
		{`resource.name == "x" && request.ip == "y"`, request(list), []string{"resource.name"}},
		{`has(request.time) && has(resource.name)`, nil, nil},
		{`request.time.getHours() == 1 || inIpRange(request.ip, resource.locality) || [resource.id].exists(x, x == request.user_agent)`, nil,
			[]string{"request.ip", "request.time", "request.user_agent", "resource.id", "resource.locality"}},
		{`.resource.id == "x"`, nil, []string{"resource.id"}},
		{`true || resource.id == "x"`, nil, []string{"resource.id"}},
		{`1 == 1`, nil, nil},
	}
	c := newCompiler(t)
	for _, test := range tests {
		condition := mustCompile(t, c, test.source)
		if diff := cmp.Diff(test.want, condition.Missing(test.in)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", test.source, diff)
		}
		if condition.Source() != test.source {
			t.Errorf("source %q", condition.Source())
		}
	}
}

// An evaluation does not change its input, and a panic in it is an error.
func TestEvaluationIsContained(t *testing.T) {
	c := &Condition{evaluate: func(in *Input) (bool, error) { return *in.UserAgent == "", nil }}
	if holds, err := c.Evaluate(&Input{}); holds || err == nil {
		t.Errorf("after a panic: %v, %v", holds, err)
	}
	in := request(from("::ffff:10.0.0.1"), agent(strings.Repeat("é", 300)))
	want := *in
	mustCompile(t, newCompiler(t), `request.ip == "10.0.0.1" && request.user_agent == "x"`).Evaluate(in)
	if diff := cmp.Diff(want, *in, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
}

// One condition and one compiler serve many goroutines (run with -race).
func TestConcurrency(t *testing.T) {
	c := newCompiler(t)
	sources := []string{
		`request.ip == "10.0.0.1" && request.time.getHours("Europe/Paris") == 15 && request.user_agent.matches("terra[a-z]+/")`,
		`["10.0.0.0/8"].exists(r, inIpRange(request.ip, r)) && request.user_agent.size() > 3 && request.user_agent.matches("terra[a-z]+/")`,
		`size(resource.name) > 3 && request.time.getHours("Asia/Tokyo") == 23`,
	}
	var shared []*Condition
	for _, source := range sources {
		shared = append(shared, mustCompile(t, c, source))
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for i := range 50 {
				condition := shared[i%len(shared)]
				if i%10 == 0 {
					condition, _ = c.Compile(sources[i/10%len(sources)])
				}
				if holds, err := condition.Evaluate(request()); !holds || err != nil {
					t.Errorf("%s: %v, %v", condition.Source(), holds, err)
				}
			}
		})
	}
	group.Wait()
}

func TestTimeIsReadInUTC(t *testing.T) {
	c := mustCompile(t, newCompiler(t), `string(request.time) == "2025-03-03T14:30:00Z"`)
	in := request(func(in *Input) { in.Time = in.Time.In(time.FixedZone("x", 3600)) })
	if got := ask(c, in); got != yes {
		t.Error(got)
	}
}
