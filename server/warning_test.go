package server_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"bailiwick/authority"
)

const warningsHeader = "X-Bailiwick-Condition-Warnings"

// rulesWith returns the rules of a request, one for each condition.
func rulesWith(organization string, conditions ...string) string {
	var rules []string
	for _, c := range conditions {
		rules = append(rules, fmt.Sprintf(`{"permission_set_names":["IAMGroupReadOnly"],"organization_id":%q,"condition":%q}`, organization, c))
	}
	return `"rules":[` + strings.Join(rules, ",") + `]`
}

func TestConditionWarnings(t *testing.T) {
	e := start(t)
	organization := string(e.First.Organization.ID)
	r := e.send(t, "POST", "/iam/v1alpha1/policies", `{"name":"kept","no_principal":true}`, e.owner()...)
	policy := regexp.MustCompile(`"id":"([^"]+)"`).FindStringSubmatch(r.body)[1]
	same := func(n int, condition string) []string {
		return strings.Split(strings.TrimSuffix(strings.Repeat(condition+"\x00", n), "\x00"), "\x00")
	}
	var different []string
	for i := range authority.MaxAdvisedConditions + 1 {
		different = append(different, fmt.Sprintf(`request.ip == "192.0.2.%d"`, i))
	}
	for name, c := range map[string]struct {
		conditions []string
		want       string // "" for no header at all
	}{
		"no rules":           {nil, ""},
		"no conditions":      {[]string{"", ""}, ""},
		"nothing to say":     {[]string{`request.ip == "203.0.113.7"`, ""}, ""},
		"one of three":       {[]string{"", "", `resource.id.startsWith("a")`}, "rules[2]: breaks_listing"},
		"several":            {[]string{`resource.name == "a"`, "true", `request.ip == "10.0.0.1"`}, "rules[0]: breaks_listing, mutable_name; rules[1]: always_true; rules[2]: private_address"},
		"one kind twice":     {[]string{`request.ip == "10.0.0.1" || request.ip == "10.0.0.2"`}, "rules[0]: private_address"},
		"text of the caller": {[]string{"request.ip == 'a\\r\\nSet-Cookie: b=c'"}, "rules[0]: never_true, never_matches"},
		"too many to check":  {append(different, "false"), "more: not_checked"},
		"checked once":       {append(same(30, `request.ip == "203.0.113.7"`), "false"), "rules[30]: never_true"},
	} {
		rules := rulesWith(organization, c.conditions...)
		for path, request := range map[string][2]string{
			"POST policies": {"/iam/v1alpha1/policies", `{"name":"` + name + `","no_principal":true,` + rules + `}`},
			"PUT rules":     {"/iam/v1alpha1/rules", `{"policy_id":"` + policy + `",` + rules + `}`},
		} {
			method, _, _ := strings.Cut(path, " ")
			r := e.send(t, method, request[0], request[1], e.owner()...)
			got, ok := r.header[http.CanonicalHeaderKey(warningsHeader)]
			switch {
			case r.status != 200:
				t.Errorf("%s, %s: %d %s", path, name, r.status, r.body)
			case ok != (c.want != ""), ok && len(got) != 1:
				t.Errorf("%s, %s: %q", path, name, got)
			case ok && got[0] != c.want:
				t.Errorf("%s, %s:\n%q, want\n%q", path, name, got[0], c.want)
			}
			if r.header.Get("Set-Cookie") != "" {
				t.Errorf("%s, %s: a condition wrote a header: %v", path, name, r.header)
			}
		}
	}
}

// The header is bounded, and is on answers of success only.
func TestConditionWarningsAreBounded(t *testing.T) {
	e := start(t)
	organization := string(e.First.Organization.ID)
	rules := rulesWith(organization, strings.Split(strings.TrimSuffix(strings.Repeat("resource.name == 'a' && resource.id == 'b',", 100), ","), ",")...)
	r := e.send(t, "POST", "/iam/v1alpha1/policies", `{"name":"long","no_principal":true,`+rules+`}`, e.owner()...)
	got := r.header.Get(warningsHeader)
	if r.status != 200 || len(got) < 900 || len(got) > 1020 || !strings.HasSuffix(got, "; more: not_shown") || !regexp.MustCompile(`^[ -~]*$`).MatchString(got) {
		t.Errorf("%d, %d bytes: %q", r.status, len(got), got)
	}
	robot := e.send(t, "POST", "/iam/v1alpha1/applications", `{"name":"robot"}`, e.owner()...)
	id := regexp.MustCompile(`"id":"([^"]+)"`).FindStringSubmatch(robot.body)[1]
	key := e.send(t, "POST", "/iam/v1alpha1/api-keys", `{"application_id":"`+id+`"}`, e.owner()...)
	secret := regexp.MustCompile(`"secret_key":"([^"]+)"`).FindStringSubmatch(key.body)[1]
	always := `{"name":"no","no_principal":true,` + rulesWith(organization, "true") + `}`
	for name, c := range map[string]struct {
		r    reply
		want int
	}{
		"refused":   {e.send(t, "POST", "/iam/v1alpha1/policies", always, "X-Auth-Token", secret), 403},
		"no policy": {e.send(t, "PUT", "/iam/v1alpha1/rules", `{"policy_id":"`+id+`",`+rulesWith(organization, "true")+`}`, e.owner()...), 404},
		"a fault":   {e.send(t, "POST", "/iam/v1alpha1/policies", `{"name":"no",`+rulesWith(organization, "true", "((")+`}`, e.owner()...), 400},
	} {
		if c.r.status != c.want || c.r.header.Get(warningsHeader) != "" {
			t.Errorf("%s: %d %v", name, c.r.status, c.r.header)
		}
	}
}
