package condition

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bailiwick/iam"
)

func kinds(report Report) []string {
	var all []string
	for _, finding := range report.Findings {
		all = append(all, finding.Kind)
	}
	return all
}

// behindMapped is true only of what follows the IPv4-mapped addresses.
func behindMapped() string {
	source := `!inIpRange(request.ip, "0.0.0.0/0")`
	for i := range 16 {
		source += fmt.Sprintf(` && !inIpRange(request.ip, "::%x:0:0/%d")`, 0xffff&^(0xffff>>i), 81+i)
	}
	return source
}

// Each source with exactly the findings that it has: what is missing here must not be found.
func TestFindings(t *testing.T) {
	tests := map[string][]struct{ source, want string }{
		"always and never": {
			{`true`, AlwaysTrue},
			{`1 == 1`, AlwaysTrue},
			{`1 + 1 == 2`, AlwaysTrue},
			{`[1, 2].exists(x, x == 2)`, AlwaysTrue},
			{`"a" in ["a", "b"] && inIpRange("8.8.8.8", "8.0.0.0/8")`, AlwaysTrue},
			{`1 == 2`, NeverTrue},
			{`1 / 0 == 1`, NeverTrue},
			{`false && request.ip == "8.8.8.8"`, NeverTrue},
			{`1 == 1 || request.ip == "8.8.8.8"`, AlwaysTrue},
			{`request.ip == "8.8.8.8"`, ""},
			{`request.ip == "8.8.8.8" && request.ip == "1.1.1.1"`, NeverTrue},
			{`request.ip == "8.8.8.8" && request.ip != "8.8.8.8"`, NeverTrue},
			{`request.ip == "8.8.8.8" || request.ip == "1.1.1.1"`, ""},
			{`request.ip != "8.8.8.8" || request.ip != "1.1.1.1"`, AlwaysTrue},
			{`request.ip != "8.8.8.8" && request.ip != "1.1.1.1"`, ""},
			{`request.ip in ["8.8.8.8", "1.1.1.1"] && request.ip == "9.9.9.9"`, NeverTrue},
			{`request.ip in ["8.8.8.8", "1.1.1.1"] && request.ip == "1.1.1.1"`, ""},
			{`inIpRange(request.ip, "8.8.8.0/24") && inIpRange(request.ip, "8.8.9.0/24")`, NeverTrue},
			{`inIpRange(request.ip, "8.8.8.0/24") && inIpRange(request.ip, "8.8.0.0/16")`, ""},
			{`inIpRange(request.ip, "8.8.8.0/24") && request.ip == "8.8.9.1"`, NeverTrue},
			{`inIpRange(request.ip, "8.8.8.0/24") && request.ip == "8.8.8.255"`, ""},
			{`inIpRange(request.ip, "0.0.0.0/0") && inIpRange(request.ip, "::/0")`, NeverTrue},
			{`inIpRange(request.ip, "0.0.0.0/0") || inIpRange(request.ip, "::/0")`, AlwaysTrue},
			{`!inIpRange(request.ip, "::/1") && !inIpRange(request.ip, "8000::/1") && !inIpRange(request.ip, "0.0.0.0/1")`, ""},
			{`inIpRange(request.ip, "8.8.8.0/24") && !inIpRange(request.ip, "8.8.8.0/31")`, ""},
			{`inIpRange(request.ip, "8.8.8.0/24") && !inIpRange(request.ip, "8.8.8.0/25") && !inIpRange(request.ip, "8.8.8.128/25")`, NeverTrue},
			{`request.ip != "8.8.8.0" && request.ip != "8.8.8.1" && inIpRange(request.ip, "8.8.8.0/31")`, NeverTrue},
			{behindMapped(), ""},
			{`request.ip.startsWith("8.") && !request.ip.startsWith("8.")`, NeverTrue},
			{`request.ip.startsWith("8.") && request.ip.startsWith("9.")`, ""}, // true of nothing, but nobody knows
			{`request.time.getHours("Europe/Paris") >= 24`, NeverTrue},
			{`request.time.getHours("Europe/Paris") < 24`, AlwaysTrue},
			{`24 <= request.time.getHours("Europe/Paris")`, NeverTrue},
			{`request.time.getHours("Europe/Paris") >= 8 && request.time.getHours("Europe/Paris") < 17`, ""},
			{`request.time.getHours("Europe/Paris") >= 17 && request.time.getHours("Europe/Paris") < 8`, NeverTrue},
			{`request.time.getHours("Europe/Paris") >= 17 && request.time.getHours("Asia/Tokyo") < 8`, ""},
			{`request.time.getHours("Europe/Paris") > 17 && request.time.getHours("Europe/Paris") < 18`, NeverTrue},
			{`request.time.getDayOfWeek("UTC") == 7`, NeverTrue},
			{`request.time.getDayOfWeek("UTC") in [6, 0]`, ""},
			{`request.time.getDayOfWeek("UTC") in [7, 8]`, NeverTrue},
			{`request.time.getDayOfWeek("UTC") != 0 || request.time.getDayOfWeek("UTC") != 6`, AlwaysTrue},
			{`request.time.getMonth("UTC") == 12 || request.time.getDate("UTC") == 0 || request.time.getDate("UTC") > 31 || request.time.getDayOfYear("UTC") > 365`, NeverTrue},
			{`request.time.getMonth("UTC") == 11 && request.time.getDate("UTC") == 31`, ""},
			{`request.time.getMinutes("UTC") < 60 && request.time.getSeconds("UTC") < 60 && request.time.getMilliseconds("UTC") < 1000 && request.time.getDayOfMonth("UTC") <= 30`, AlwaysTrue},
			{`request.time.getFullYear("UTC") < 2020 && request.time.getFullYear("UTC") > 2020`, NeverTrue},
			{`request.time > timestamp("2025-01-01T00:00:00Z") && request.time < timestamp("2026-01-01T00:00:00Z")`, ""},
			{`request.time > timestamp("2026-01-01T00:00:00Z") && request.time < timestamp("2025-01-01T00:00:00Z")`, NeverTrue},
			{`request.time >= timestamp("2026-01-01T00:00:00Z") && request.time <= timestamp("2026-01-01T00:00:00Z")`, ""},
			{`request.time > timestamp("2026-01-01T00:00:00Z") && request.time < timestamp("2026-01-01T00:00:00.000000001Z")`, NeverTrue},
			{`request.time < timestamp("2026-01-01T00:00:00Z") || request.time >= timestamp("2026-01-01T00:00:00Z")`, AlwaysTrue},
			{`request.user_agent == "a" && request.user_agent == "b"`, NeverTrue},
			{`request.user_agent == "a" && request.user_agent.contains("b")`, NeverTrue},
			{`request.user_agent == "ab" && request.user_agent.contains("b")`, ""},
			{`request.user_agent.contains("a") && !request.user_agent.contains("a")`, NeverTrue},
			{`request.user_agent.contains("a") || !request.user_agent.contains("a")`, AlwaysTrue},
			{`has(request.user_agent) || !has(request.user_agent)`, AlwaysTrue},
			{`has(request.user_agent) && !has(request.user_agent)`, NeverTrue},
			{`!has(request.user_agent) && request.user_agent.contains("a")`, NeverTrue},
			{`has(request.user_agent) ? false : request.user_agent == "a"`, NeverTrue},
			{`has(request.ip)`, ""},
			{`(request.user_agent == "a") == (request.user_agent != "a")`, NeverTrue},
			{`(request.user_agent == "a") != (request.user_agent == "b")`, ""},
			{`size(request.user_agent) > 3 && !(size(request.user_agent) > 3)`, NeverTrue},
			{`size(request.user_agent) > 3 && size(request.user_agent) < 2`, ""}, // not looked into
			{`["a"].exists(x, request.user_agent == x) && !["a"].exists(x, request.user_agent == x)`, NeverTrue},
			{`!has(resource.id) && resource.id == "x"`, NeverTrue},
		},
		"private address": {
			{`request.ip == "10.0.0.1"`, PrivateAddress},
			{`request.ip == "::1" || request.ip == "fe80::1"`, PrivateAddress + " " + PrivateAddress},
			{`"192.168.1.1" == request.ip`, PrivateAddress},
			{`request.ip != "127.0.0.1"`, PrivateAddress},
			{`request.ip in ["8.8.8.8", "172.16.0.1"]`, PrivateAddress},
			{`inIpRange(request.ip, "10.1.0.0/16") || inIpRange(request.ip, "10.1.0.0/16")`, PrivateAddress},
			{`inIpRange(request.ip, "100.64.0.0/10")`, PrivateAddress},
			{`inIpRange(request.ip, "::ffff:10.0.0.0/104")`, PrivateAddress},
			{`inIpRange(request.ip, "10.0.0.0/7")`, ""},
			{`inIpRange(request.ip, "172.32.0.0/16")`, ""},
			{`inIpRange(request.ip, "2001:db8::/32") || inIpRange(request.ip, "0.0.0.0/0")`, ""},
			{`request.user_agent == "10.0.0.1"`, ""},
		},
		"never matches": {
			{`request.ip == "2001:DB8::1"`, NeverTrue + " " + NeverMatches},
			{`request.ip != "2001:DB8::1"`, AlwaysTrue + " " + NeverMatches},
			{`request.ip == "2001:db8::1"`, ""},
			{`request.ip in ["8.8.8.8", "2001:db8:0::1"]`, NeverMatches},
			{`request.ip == "8.8.8.8" || "::ffff:8.8.8.8" == request.ip`, NeverMatches},
			{`request.ip == "8.8.8.8" || request.ip == "fe80::1%eth0"`, NeverMatches},
			{`request.ip == "8.8.8.8" || request.ip == "8.8.8.0/24"`, NeverMatches},
			{`request.ip == "8.8.8.8" || request.ip == "office"`, NeverMatches},
			{`request.user_agent == "2001:DB8::1"`, ""},
		},
		"mutable name": {
			{`resource.name == "x" || !has(resource.id)`, MutableName},
			{`resource.name == "x" || resource.name == "y" || !has(resource.id)`, MutableName},
			{`has(resource.name)`, ""},
			{`resource.id == "x" || !has(resource.id)`, ""},
		},
		"no time zone": {
			{`request.time.getHours() < 8`, NoTimeZone},
			{`request.time.getHours() < 8 && request.time.getHours() > 5 && request.time.getDayOfWeek() == 1`, NoTimeZone + " " + NoTimeZone},
			{`request.time.getHours("") < 8`, ""},
			{`request.time.getHours("UTC") < 8`, ""},
			{`(request.time - timestamp("2025-01-01T00:00:00Z")).getHours() < 8`, ""},
		},
		"breaks listing": {
			{`resource.id == "x"`, BreaksListing},
			{`resource.id != "x"`, BreaksListing},
			{`!(resource.id == "x")`, BreaksListing},
			{`resource.locality.startsWith("fr-par") && request.user_agent == "x"`, BreaksListing},
			{`resource.locality in ["fr-par", "global"]`, BreaksListing},
			{`size(resource.id) > 3`, BreaksListing},
			{`["a", "b"].exists(p, resource.id.startsWith(p))`, BreaksListing},
			{`["a", "b"].all(p, resource.id.startsWith(p) && request.user_agent != p)`, ""}, // the loop may end before it reads the resource
			{`["a", "b"].filter(p, resource.id == p).size() == 1`, BreaksListing},
			{`["a", "b"].exists_one(p, resource.id == p)`, BreaksListing},
			{`resource.id == "x" || [].all(p, resource.id == p) && request.user_agent.contains("never")`, ""}, // a loop over nothing reads nothing
			{`resource.id == "x" ? true : false`, BreaksListing},
			{"resource.id == 'x' // the one", BreaksListing},
			{`resource.id == "x" || !has(resource.id)`, ""},
			{`resource.id == "x" || request.user_agent == "x"`, ""},
			{`has(resource.id) && resource.id == "x"`, ""}, // false, on purpose
			{`has(resource.id)`, ""},
			{`has(resource.id) ? resource.id == "x" : true`, ""},
			{`has(resource.id) ? resource.id == "x" : false`, ""},
			{`request.user_agent == "x"`, ""},
			{`resource.id == "x" && resource.id == "y"`, NeverTrue},
		},
	}
	c := newCompiler(t)
	for name, rows := range tests {
		for _, test := range rows {
			report := c.Check(test.source, false)
			if !report.Valid || report.Issues != nil {
				t.Errorf("%s: %s: not valid: %v", name, test.source, report.Issues)
			}
			if got := strings.Join(kinds(report), " "); got != test.want {
				t.Errorf("%s: %s: %q, want %q", name, test.source, got, test.want)
			}
			for _, finding := range report.Findings {
				if finding.Message == "" || strings.ContainsAny(finding.Message, "\n") {
					t.Errorf("%s: message %q", test.source, finding.Message)
				}
			}
			if withAttributes := c.Check(test.source, true); strings.Join(kinds(withAttributes), " ") != test.want {
				t.Errorf("%s: %s with attributes: %q, want %q", name, test.source, kinds(withAttributes), test.want)
			}
		}
	}
}

func TestFindingsOfProperties(t *testing.T) {
	tests := []struct{ source, want string }{
		{`subject.properties.role == "admin"`, ""},
		{`subject.properties.role == "admin" && subject.properties.role == "reader"`, NeverTrue},
		{`subject.properties.role == "admin" && subject.properties["role"] == "reader"`, NeverTrue},
		{`subject.properties.role != "admin" || subject.properties.role != 3`, AlwaysTrue},
		{`subject.properties.level == 3 && subject.properties.level == 3.0`, ""},
		{`subject.properties.level == 3 && subject.properties.level == "3"`, NeverTrue},
		{`subject.properties.level == 3 && subject.properties.level > 3`, NeverTrue},
		{`subject.properties.level > 3 && subject.properties.level < 3`, ""}, // not looked into
		{`subject.properties.on && subject.properties.on == false`, NeverTrue},
		{`subject.properties.on && !subject.properties.on`, NeverTrue},
		{`subject.properties.none == null && subject.properties.none == false`, NeverTrue},
		{`!has(subject.properties.role) && subject.properties.role == "admin"`, NeverTrue},
		{`has(subject.properties.role) || !has(subject.properties.role)`, AlwaysTrue},
		{`has(subject.properties) && !has(subject.properties)`, NeverTrue},
		{`has(subject.properties.a.b) && !has(subject.properties.a.b)`, NeverTrue},
		{`"role" in subject.properties && "x" in subject.properties`, ""},
		{`subject.properties.role == b"admin"`, NeverTrue},
		{`resource.properties.status != "archived"`, BreaksListing},
		{`"x" in resource.properties`, BreaksListing},
		{`has(resource.properties.status) && resource.properties.status != "archived"`, ""},
		{`subject.properties.role == "admin" && resource.properties.status == "archived"`, BreaksListing},
		{`resource.properties.tags.exists(t, t == "x")`, BreaksListing},
		{`action.properties.soft == true`, ""},
	}
	c := newCompiler(t)
	for _, test := range tests {
		report := c.Check(test.source, true)
		if got := strings.Join(kinds(report), " "); got != test.want || !report.Valid {
			t.Errorf("%s: %q, want %q (%v)", test.source, got, test.want, report.Issues)
		}
	}
}

func TestReport(t *testing.T) {
	c := newCompiler(t)
	condition := mustCompile(t, c, `request.ip in ["2001:DB8::1", "192.0.2.0/24"] || resource.name == "x"`)
	want := Report{Valid: true, Cost: condition.Cost(), Findings: []Finding{
		{BreaksListing, "list calls have no resource: this condition fails on them and its rule lets nobody list",
			`(request.ip in ["2001:DB8::1", "192.0.2.0/24"] || resource.name == "x") || !has(resource.id)`},
		{NeverMatches, `request.ip is never "2001:DB8::1": that address reads "2001:db8::1"`, "2001:db8::1"},
		{NeverMatches, `request.ip is never "192.0.2.0/24", which is a range: inIpRange(request.ip, "192.0.2.0/24") tests whether it is inside`, `inIpRange(request.ip, "192.0.2.0/24")`},
		{MutableName, "resource.name changes when somebody renames the resource, and with it who is let in: resource.id does not change", ""},
	}}
	if diff := cmp.Diff(want, c.Check(condition.Source(), false)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	_, err := c.Compile(`subject.properties.role == "x"`)
	want = Report{Issues: err.(*Error).Issues}
	if diff := cmp.Diff(want, c.Check(`subject.properties.role == "x"`, false)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// The repaired conditions compile, hold on list calls, and are what they were otherwise.
func TestFixOfListing(t *testing.T) {
	c := newCompiler(t)
	for source, want := range map[string]string{
		`resource.id == "x"`:                                                  `(resource.id == "x") || !has(resource.id)`,
		`resource.id == "x" // the one`:                                       "(resource.id == \"x\" // the one\n) || !has(resource.id)",
		`resource.id == "x" ? true : 1 == 2`:                                  `(resource.id == "x" ? true : 1 == 2) || !has(resource.id)`,
		strings.Repeat(" ", iam.MaxConditionLength-18) + `resource.id == "x"`: "", // no room
	} {
		report := c.Check(source, false)
		if len(report.Findings) != 1 || report.Findings[0].Kind != BreaksListing || report.Findings[0].Fix != want {
			t.Errorf("%s: %+v", source, report.Findings)
			continue
		}
		if want == "" {
			continue
		}
		for in, want := range map[*Input]answer{request(list): yes, request(func(in *Input) { in.Resource.ID = ptr("x") }): yes, request(): no} {
			if got := ask(mustCompile(t, c, fixOf(report)), in); got != want {
				t.Errorf("%s: %d, want %d", fixOf(report), got, want)
			}
		}
		if again := c.Check(fixOf(report), false); len(again.Findings) > 0 {
			t.Errorf("%s: %+v", fixOf(report), again.Findings)
		}
	}
}

func fixOf(report Report) string { return report.Findings[0].Fix }

// Sources made to keep the search busy end soon, with or without a finding.
func TestCheckIsBounded(t *testing.T) {
	c := newCompiler(t)
	long := func(format string, joined string, n int) string {
		var parts []string
		for i := range n {
			parts = append(parts, strings.ReplaceAll(format, "#", strings.Repeat("x", i+1)))
		}
		return strings.Join(parts, joined)
	}
	for _, source := range []string{
		"(" + long(`request.user_agent.contains("#")`, " || ", 18) + ") && (" + long(`!request.user_agent.contains("#")`, " || ", 18) + ")",
		long(`(request.user_agent.contains("#") != has(resource.id))`, " == ", 20),
		long(`(request.user_agent == "#" ? resource.name == "#" : resource.id == "#")`, " == ", 12),
		strings.Repeat("(", 20) + "true" + strings.Repeat(` == has(resource.id)) != has(resource.name)`, 20),
		strings.TrimSuffix(strings.Repeat(`inIpRange(request.ip, "8.8.8.0/24") && `, 50), " && "),
	} {
		start := time.Now()
		report := c.Check(source, false)
		if d := time.Since(start); d > compileBound {
			t.Errorf("%s: %s", source, d)
		}
		if !report.Valid {
			t.Errorf("%s: %v", source, report.Issues)
		}
	}
}
