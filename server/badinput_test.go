package server_test

import (
	"bytes"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"bailiwick/iam"
	"bailiwick/server"
)

// bad is one request that must be refused with a clear error and change nothing.
type bad struct {
	name, method, path, body string
	status                   int
	// wants are texts that the answer must contain, such as the argument's name.
	wants []string
}

// TestBadInput sends the corpus as the owner, who may do everything, so that only the input
// can be at fault.
func TestBadInput(t *testing.T) {
	w := newWorld(t)
	corpus := append(framing(), values(w, t)...)
	corpus = append(corpus, queries()...)
	corpus = append(corpus, wrongTypes(t)...)
	revision, events := w.Authority.Revision(), w.lastEvent(t)
	for _, c := range corpus {
		got := w.send(t, theOwner, c.method, c.path, c.body)
		if got.status != c.status {
			t.Errorf("%s: %s %s: status %d, want %d: %.300s", c.name, c.method, c.path, got.status, c.status, got.body)
		}
		if got.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: Content-Type %q", c.name, got.header.Get("Content-Type"))
		}
		for _, want := range append(c.wants, `"message":`, `"type":`) {
			if !strings.Contains(got.body, want) {
				t.Errorf("%s: the answer lacks %s: %.300s", c.name, want, got.body)
			}
		}
		if len(got.body) > 8<<10 {
			t.Errorf("%s: the answer echoes %d bytes", c.name, len(got.body))
		}
		if r, e := w.Authority.Revision(), w.lastEvent(t); r != revision || e != events {
			t.Errorf("%s: the store changed: revision %d to %d, events %d to %d", c.name, revision, r, events, e)
			revision, events = r, e
		}
	}
	t.Logf("%d requests", len(corpus))
}

const applications = "/iam/v1alpha1/applications"

// framing is what is wrong before the fields are looked at.
func framing() []bad {
	deep := strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)
	return []bad{
		{"malformed", "POST", applications, `{"name":`, 400, nil},
		{"not an object", "POST", applications, `["name"]`, 400, nil},
		{"a second value", "POST", applications, `{"name":"a"} {"name":"b"}`, 400, nil},
		{"duplicate key", "POST", applications, `{"name":"a","name":"b"}`, 400, []string{"name"}},
		{"duplicate unknown key", "POST", applications, `{"name":"a","zzz":1,"zzz":2}`, 400, []string{"zzz"}},
		{"name in another case is no name", "POST", applications, `{"NAME":"a"}`, 400, []string{`"argument_name":"name"`}},
		{"deep", "POST", applications, `{"name":"a","x":` + deep + `}`, 400, nil},
		{"not UTF-8", "POST", applications, "{\"name\":\"a\xff\"}", 400, nil},
		{"NUL", "POST", applications, `{"name":"a\u0000b"}`, 400, []string{"name"}},
		{"NUL in an unknown member", "POST", applications, `{"name":"a","x":"\u0000"}`, 400, nil},
		{"lone surrogate", "POST", applications, `{"name":"\ud800"}`, 400, nil},
		{"byte order mark", "POST", applications, "\ufeff{}", 400, nil},
		{"too large", "POST", applications, `{"name":"` + strings.Repeat("a", 1<<20) + `"}`, 413, nil},
		{"no such path", "GET", "/iam/v1alpha2/users", "", 404, nil},
		{"trailing slash", "GET", "/iam/v1alpha1/users/", "", 404, nil},
		{"double slash", "GET", "//iam/v1alpha1/users", "", 404, nil},
		{"method the path lacks", "POST", "/iam/v1alpha1/rules", `{}`, 405, nil},
		{"method the path lacks", "DELETE", applications, "", 405, nil},
	}
}

// values are fields outside their limits.
func values(w *world, t *testing.T) []bad {
	t.Helper()
	org := string(w.First.Organization.ID)
	long := func(n int) string { return strings.Repeat("a", n) }
	application := func(fields string) string { return `{"organization_id":"` + org + `",` + fields + `}` }
	policy := func(rules string) string {
		return `{"organization_id":"` + org + `","name":"p","no_principal":true,"rules":` + rules + `}`
	}
	scope := `"organization_id":"` + org + `"`
	group := ok(w.Authority.CreateGroup(t.Context(), w.call(w.Owner(), "CreateGroup"), iam.NewGroup{Name: "taken"})).in(t)
	member := w.member(t, w.Owner())
	const policies, groups, users, keys = "/iam/v1alpha1/policies", "/iam/v1alpha1/groups", "/iam/v1alpha1/users", "/iam/v1alpha1/api-keys"
	many := "[" + strings.Repeat(`{"permission_set_names":["IAMReadOnly"],`+scope+`},`, 9_999) + `{"permission_set_names":["IAMReadOnly"],` + scope + `}]`
	return []bad{
		{"no name", "POST", applications, application(`"name":""`), 400, []string{`"argument_name":"name"`, `"reason":"required"`}},
		{"name too long", "POST", applications, application(`"name":"` + long(65) + `"`), 400, []string{`"argument_name":"name"`, "64"}},
		{"name with a leading space", "POST", applications, application(`"name":" a"`), 400, []string{`"argument_name":"name"`, `"reason":"format"`}},
		{"description too long", "POST", applications, application(`"name":"a","description":"` + long(201) + `"`), 400, []string{`"argument_name":"description"`, "200"}},
		{"eleven tags", "POST", applications, application(`"name":"a","tags":["a","b","c","d","e","f","g","h","i","j","k"]`), 400, []string{`"argument_name":"tags"`, "10"}},
		{"tag too long", "POST", applications, application(`"name":"a","tags":["` + long(71) + `"]`), 400, []string{`"argument_name":"tags[0]"`, "70"}},
		{"tag with a colon", "POST", applications, application(`"name":"a","tags":["a:b"]`), 400, []string{`"argument_name":"tags[0]"`, "regex"}},
		{"tag twice", "POST", applications, application(`"name":"a","tags":["x","x"]`), 400, []string{`"argument_name":"tags[1]"`}},
		{"organization that is no UUID", "POST", applications, `{"name":"a","organization_id":"x"}`, 400, []string{`"argument_name":"organization_id"`, "value must be a valid UUID"}},
		{"id that is no UUID", "GET", applications + "/x", "", 400, []string{`"argument_name":"application_id"`}},
		{"group name taken", "POST", groups, application(`"name":"taken"`), 409, []string{`"resource":"group"`, "already_exists"}},
		{"both members", "POST", groups + "/" + string(group.ID) + "/add-member", `{"user_id":"` + string(member.ID) + `","application_id":"` + string(member.ID) + `"}`, 400, []string{"application_id"}},
		{"no member", "POST", groups + "/" + string(group.ID) + "/add-member", `{}`, 400, nil},
		{"username taken", "POST", users, application(`"member":{"username":"` + member.Username + `","email":"x@example.com"}`), 409, []string{`"resource":"user"`}},
		{"username with a space", "POST", users, application(`"member":{"username":"a b","email":"x@example.com"}`), 400, []string{"member.username"}},
		{"no address", "POST", users, application(`"member":{"username":"abc","email":"nobody"}`), 400, []string{"member.email"}},
		{"password too long", "POST", users, application(`"member":{"username":"abc","email":"x@example.com","password":"` + long(73) + `"}`), 400, []string{"member.password", "72"}},
		{"neither member nor guest", "POST", users, `{"organization_id":"` + org + `"}`, 400, []string{`"argument_name":"type"`, `"reason":"required"`}},
		{"key for nobody", "POST", keys, `{}`, 400, []string{`"reason":"required"`}},
		{"key for two", "POST", keys, `{"user_id":"` + org + `","application_id":"` + org + `"}`, 400, nil},
		{"key that has expired", "POST", keys, `{"user_id":"` + string(w.First.Owner.ID) + `","expires_at":"2001-01-01T00:00:00Z"}`, 400, []string{`"argument_name":"expires_at"`}},
		{"time without a zone", "POST", keys, `{"user_id":"` + string(w.First.Owner.ID) + `","expires_at":"2030-01-01T00:00:00"}`, 400, []string{`"argument_name":"expires_at"`}},
		{"access key of a wrong form", "GET", keys + "/SCW", "", 404, []string{`"resource":"access_key"`}},
		{"no SSH key", "POST", "/iam/v1alpha1/ssh-keys", `{"project_id":"` + org + `","public_key":"nothing"}`, 400, []string{`"argument_name":"public_key"`}},
		{"SSH key with a command", "POST", "/iam/v1alpha1/ssh-keys", `{"project_id":"` + org + `","public_key":"command=\"x\" ` + publicKey + `"}`, 400, []string{`"argument_name":"public_key"`}},
		{"empty project of an SSH key", "POST", "/iam/v1alpha1/ssh-keys", `{"project_id":"","public_key":"` + publicKey + `"}`, 400, []string{`"argument_name":"project_id"`, `"reason":"format"`}},
		{"unknown set", "POST", policies, policy(`[{"permission_set_names":["Nothing"],` + scope + `}]`), 400, []string{"rules[0].permission_set_names", "unknown"}},
		{"no set", "POST", policies, policy(`[{"permission_set_names":[],` + scope + `}]`), 400, []string{"rules[0].permission_set_names", "required"}},
		{"mixed scope types", "POST", policies, policy(`[{"permission_set_names":["IAMReadOnly","InstancesReadOnly"],` + scope + `}]`), 400, []string{"rules[0].permission_set_names", "permission sets must be of the same scope type"}},
		{"organization set on projects", "POST", policies, policy(`[{"permission_set_names":["IAMReadOnly"],"project_ids":["` + org + `"]}]`), 400, []string{"rules[0].permission_set_names"}},
		{"no scope", "POST", policies, policy(`[{"permission_set_names":["IAMReadOnly"]}]`), 400, []string{"rules[0]", "embedded message failed validation"}},
		{"two scopes", "POST", policies, policy(`[{"permission_set_names":["InstancesReadOnly"],"project_ids":["` + org + `"],` + scope + `}]`), 400, []string{"rules[0]"}},
		{"another's project", "POST", policies, policy(`[{"permission_set_names":["InstancesReadOnly"],"project_ids":["` + string(w.foreign.DefaultProject.ID) + `"]}]`), 400, []string{"rules[0].project_ids[0]"}},
		{"another's organization", "POST", policies, policy(`[{"permission_set_names":["IAMReadOnly"],"organization_id":"` + string(w.foreign.Organization.ID) + `"}]`), 400, []string{"rules[0].organization_id"}},
		{"10,000 rules", "POST", policies, policy(many), 400, []string{`"argument_name":"rules"`, "100"}},
		{"condition that does not parse", "POST", policies, policy(`[{"permission_set_names":["IAMReadOnly"],` + scope + `,"condition":"request.ip =="}]`), 400, []string{"rules[0].condition", "line 1"}},
		{"condition that is no boolean", "POST", policies, policy(`[{"permission_set_names":["IAMReadOnly"],` + scope + `,"condition":"request.ip"}]`), 400, []string{"rules[0].condition"}},
		{"condition on a time text", "POST", policies, policy(`[{"permission_set_names":["IAMReadOnly"],` + scope + `,"condition":"request.time == \"2025-03-03T14:30:00Z\""}]`), 400, []string{"rules[0].condition", "timestamp("}},
		{"condition too long", "POST", policies, policy(`[{"permission_set_names":["IAMReadOnly"],` + scope + `,"condition":"` + strings.Repeat("true || ", 300) + `true"}]`), 400, []string{"rules[0].condition", "2048"}},
		{"pattern that explodes", "POST", policies, policy(`[{"permission_set_names":["IAMReadOnly"],` + scope + `,"condition":"request.user_agent.matches('((a{1,100}){1,10})b')"}]`), 400, []string{"rules[0].condition"}},
		{"default project", "DELETE", "/account/v3/projects/" + org, "", 412, []string{"precondition_failed"}},
		{"the owner", "DELETE", users + "/" + string(w.First.Owner.ID), "", 412, []string{"precondition_failed"}},
		{"the owner", "POST", users + "/" + string(w.First.Owner.ID) + "/lock", "{}", 412, []string{"precondition_failed"}},
		{"51 attempts", "PATCH", "/iam/v1alpha1/organizations/" + org + "/security-settings", `{"login_attempts_before_locked":51}`, 400, []string{"login_attempts_before_locked"}},
		{"a negative duration", "PATCH", "/iam/v1alpha1/organizations/" + org + "/security-settings", `{"grace_period_duration":"-5s"}`, 400, []string{"grace_period_duration"}},
		{"a duration that is none", "PATCH", "/iam/v1alpha1/organizations/" + org + "/security-settings", `{"grace_period_duration":"soon"}`, 400, []string{"grace_period_duration"}},
		{"no login method", "PATCH", "/iam/v1alpha1/organizations/" + org + "/login-methods", `{"login_password_enabled":false,"login_oauth2_enabled":false,"login_magic_code_enabled":false,"login_saml_enabled":false}`, 412, nil},
		{"alias in capitals", "PUT", "/iam/v1alpha1/organizations/" + org + "/alias", `{"alias":"Acme"}`, 400, []string{`"argument_name":"alias"`}},
		{"unknown permission", "POST", "/iam/v1alpha1/check-permissions", `{"permissions":[{"service":"a","name":"b","action":"c"}]}`, 400, []string{"permissions[0]"}},
	}
}

// queries are broken query strings.
func queries() []bad {
	var all []bad
	for _, q := range []string{
		"page=0", "page=-1", "page=10001", "page=x", "page=9223372036854775808", "page_size=0", "page_size=101", "page_size=1e2",
		"page=1&page=2", "application_ids[]=x", "order_by=size_asc", "editable=maybe", "application_ids=x",
		"a=1;b=2", "page=%zz", "name=%ff", "tag=%00", "organization_id=x",
	} {
		all = append(all, bad{"query " + q, "GET", applications + "?" + q, "", 400, nil})
	}
	events := "/audit-trail/v1alpha1/regions/fr-par/events?"
	for _, q := range []string{"page_size=1001", "status=20", "recorded_after=yesterday", "page_token=forged", "resource_type=thing", "resource_id=%20", "source_ip=x"} {
		all = append(all, bad{"query " + q, "GET", events + q, "", 400, nil})
	}
	return append(all, bad{"region of a wrong form", "GET", "/audit-trail/v1alpha1/regions/nowhere-at-all/events", "", 400, nil})
}

// wrongTypes makes, for every member of every body of the table, values of other types.
func wrongTypes(t *testing.T) []bad {
	t.Helper()
	var all []bad
	for _, line := range server.Lines() {
		if !line.Implemented || line.In == nil || line.Operator || line.Method == http.MethodGet || line.Method == http.MethodDelete {
			continue
		}
		for i := range line.In.NumField() {
			f := line.In.Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "" || name == "-" {
				continue
			}
			for _, wrong := range wrongFor(f.Type) {
				body := fmt.Sprintf(`{%q:%s}`, name, wrong)
				path := fillPath(line.Path, "00000000-0000-4000-8000-000000000000")
				if strings.Contains(line.Path, "{access_key}") {
					path = strings.Replace(line.Path, "{access_key}", "SCW00000000000000000", 1)
				}
				all = append(all, bad{line.Name + " " + body, line.Method, path, body, 400, []string{name}})
			}
		}
	}
	if len(all) < 100 {
		t.Fatalf("only %d wrong types: the table is not walked", len(all))
	}
	return all
}

// wrongFor returns JSON values that do not fit a Go type.
func wrongFor(t reflect.Type) []string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.String:
		return []string{`12`, `true`, `{}`, `[]`}
	case reflect.Bool:
		return []string{`"true"`, `1`, `{}`}
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return []string{`12`, `{}`}
		}
		return []string{`"a"`, `{}`, `12`, `[[]]`}
	case reflect.Struct:
		return []string{`12`, `[]`}
	case reflect.Int32, reflect.Uint32, reflect.Int64, reflect.Uint64:
		return []string{`"x"`, `{}`, `1.5`, `99999999999999999999`}
	}
	return nil
}

// TestContentType covers the one header that a body depends on.
func TestContentType(t *testing.T) {
	e := start(t)
	for contentType, want := range map[string]int{
		"application/json": 400, "application/json; charset=utf-8": 400, "text/plain": 415, "": 415, "application/json; charset=latin1": 415,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.url+applications, bytes.NewBufferString(`{"name":""}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Auth-Token", e.First.APIKey.SecretKey)
		r.Header.Set("Content-Type", contentType)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Body.Close(); err != nil {
			t.Fatal(err)
		}
		if response.StatusCode != want {
			t.Errorf("Content-Type %q: %d, want %d", contentType, response.StatusCode, want)
		}
	}
}
