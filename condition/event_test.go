package condition_test

import (
	"strings"
	"testing"

	"bailiwick/condition"
	"bailiwick/iam"
)

func eventCompiler(t testing.TB) *condition.EventCompiler {
	t.Helper()
	c, err := condition.NewEventCompiler()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEventQueries(t *testing.T) {
	e := &iam.Event{
		Product: "iam", Service: "scaleway.iam.v1alpha1.Api", Method: "DeleteApplication", StatusCode: 200, SourceIP: "192.0.2.7",
		Principal: iam.UserID("ann").Principal(), UserAgent: "curl/8 " + strings.Repeat("x", 5000),
		Resources: []iam.EventResource{{ID: "a", Type: iam.ResourceApplication, Name: "worker"}, {ID: "k", Type: iam.ResourceAPIKey}},
	}
	c := eventCompiler(t)
	for source, want := range map[string]bool{
		`methodName == "DeleteApplication" && status == 200`: true,
		`status == 403`: false,
		`status >= 200 && status < 300 && productName != "account"`:    true,
		`resourceType == "iam_api_key"`:                                true,
		`resourceType == "iam_api_key" && resourceName == "worker"`:    false, // of one resource
		`resourceType == "iam_group"`:                                  false,
		`methodName.startsWith("Delete") && userAgent.contains("url")`: true,
		`methodName.matches("^(Create|Delete).*Application$")`:         true,
		`methodName in ["CreateGroup", "DeleteApplication"]`:           true,
		`inIpRange(sourceIp, "192.0.2.0/24")`:                          true,
		`projectId == "" && principalId == "ann"`:                      true,
	} {
		q, err := c.Compile(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if got, err := q.Matches(e); got != want || err != nil {
			t.Errorf("%s: %v, %v, want %v", source, got, err, want)
		}
	}
	q, err := c.Compile(`inIpRange(sourceIp, "192.0.2.0/24")`)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := q.Matches(&iam.Event{}); got || err == nil {
		t.Errorf("an event without address: %v, %v, want an error and no match", got, err)
	}
}

func TestEventQueriesRefused(t *testing.T) {
	c := eventCompiler(t)
	for source, says := range map[string]string{
		``:                                    "cannot be empty",
		`methodName`:                          "must be true or false",
		`method_name == "x"`:                  "a query can read productName, serviceName, methodName, status",
		`request.ip == "x"`:                   "undeclared reference",
		`status == "403"`:                     "cannot be applied to",
		`methodName.matches(userAgent)`:       "literal text",
		`methodName.matches("(a{1,100}){9}")`: "too large",
		`["a"].exists(x, x == methodName)`:    "undeclared",
		`status == 403 &&`:                    "syntax error",
		strings.Repeat("(", 200) + "true" + strings.Repeat(")", 200):                              "nest",
		"status == 1" + strings.Repeat(" || status == 1", 200):                                    "at most 2048 characters",
		strings.TrimSuffix(strings.Repeat(`userAgent.contains(resourceName) || `, 40), " || "):    "too much work",
		`"` + "\xff" + `" == methodName`:                                                          "UTF-8",
		`(userAgent + userAgent + userAgent + userAgent).contains(userAgent+userAgent+userAgent)`: "too much work",
	} {
		_, err := c.Compile(source)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.60s: %v, want an error that says %q", source, err, says)
		}
	}
}

func FuzzEventQuery(f *testing.F) {
	f.Add(`methodName == "x" && status == 403`)
	f.Add(`resourceName.matches("a+") || inIpRange(sourceIp, "10.0.0.0/8")`)
	c := eventCompiler(f)
	e := &iam.Event{SourceIP: "192.0.2.7", Resources: []iam.EventResource{{ID: "a"}}}
	f.Fuzz(func(t *testing.T, source string) {
		if q, err := c.Compile(source); err == nil {
			if matches, err := q.Matches(e); matches && err != nil {
				t.Errorf("%q matches with the error %v", source, err)
			}
		}
	})
}
