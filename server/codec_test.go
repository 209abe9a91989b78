package server

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	trail "github.com/scaleway/scaleway-sdk-go/api/audit_trail/v1alpha1"
	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
	"github.com/scaleway/scaleway-sdk-go/scw"

	"bailiwick/iam"
)

const (
	idA = "11111111-1111-4111-8111-11111111111a"
	idB = "22222222-2222-4222-8222-22222222222b"
)

func decodeInto(t *testing.T, body string) error {
	t.Helper()
	return json.Unmarshal([]byte(body), &sdk.CreateUserRequest{}, unmarshalers)
}

// decodeAs sends one request through a mux and returns what the plan of In made of it.
func decodeAs[In any](t *testing.T, pattern, target, body string, headers ...string) (*In, error) {
	t.Helper()
	method, path, _ := strings.Cut(pattern, " ")
	p, err := newPlan(method, path, reflect.TypeFor[In]())
	if err != nil {
		t.Fatal(err)
	}
	var out any
	mux := http.NewServeMux()
	mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { out, err = p.decode(w, r) })
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("%s does not match %s: %d", target, pattern, w.Code)
	}
	if err != nil {
		return nil, err
	}
	return out.(*In), nil
}

func TestSnake(t *testing.T) {
	for field, want := range map[string]string{
		"ID": "id", "UserIDs": "user_ids", "SSHKeyID": "ssh_key_id", "APIKey": "api_key", "SourceIP": "source_ip",
		"AllowedIPs": "allowed_ips", "Mfa": "mfa", "Srn": "srn", "S3": "s3", "Jti": "jti", "ScimTokenID": "scim_token_id",
		"MaxAPIKeyExpirationDuration": "max_api_key_expiration_duration", "OrderBy": "order_by", "PageSize": "page_size",
	} {
		if got := snake(field); got != want {
			t.Errorf("snake(%s) = %s, want %s", field, got, want)
		}
	}
}

func TestDecodeReadsEveryPlace(t *testing.T) {
	policy, err := decodeAs[sdk.UpdatePolicyRequest](t, "PATCH /policies/{policy_id}", "/policies/"+strings.ToUpper(idA),
		`{"tags":[],"user_id":"`+strings.ToUpper(idB)+`","later":{"x":[1]},"NAME":"ignored","description":null}`)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&sdk.UpdatePolicyRequest{PolicyID: idA, Tags: &[]string{}, UserID: new(idB)}, policy); diff != "" {
		t.Errorf("policy (-want +got):\n%s", diff)
	}
	keys, err := decodeAs[sdk.ListAPIKeysRequest](t, "GET /api-keys",
		"/api-keys?organization_id=&bearer_type=unknown_bearer_type&order_by=expires_at_desc&page=2&page_size=100&expired=true&access_keys=A&access_keys=B&user_id="+idA+"&other=1", "")
	if err != nil {
		t.Fatal(err)
	}
	want := &sdk.ListAPIKeysRequest{OrderBy: "expires_at_desc", Page: new(int32(2)), PageSize: new(uint32(100)), Expired: new(true),
		AccessKeys: []string{"A", "B"}, UserID: new(idA)}
	if diff := cmp.Diff(want, keys); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	events, err := decodeAs[trail.ListEventsRequest](t, "GET /regions/{region}/events",
		"/regions/fr-par/events?page_size=1000&recorded_after=2026-01-31T12:00:00%2B02:00&resource_type=unknown_type&resource_id=ABC&status=403", "")
	if err != nil {
		t.Fatal(err)
	}
	after := time.Date(2026, 1, 31, 12, 0, 0, 0, time.FixedZone("", 7200))
	if events.Region != "fr-par" || *events.PageSize != 1000 || !events.RecordedAfter.Equal(after) || events.ResourceType != "" || *events.ResourceID != "ABC" || *events.Status != 403 {
		t.Errorf("events: %+v", events)
	}
	settings, err := decodeAs[sdk.UpdateOrganizationSecuritySettingsRequest](t, "PATCH /organizations/{organization_id}", "/organizations/"+idA,
		`{"grace_period_duration":"604800.000000000s","max_login_session_duration":"1.5s","max_api_key_expiration_duration":null}`)
	if err != nil {
		t.Fatal(err)
	}
	if *settings.GracePeriodDuration != (scw.Duration{Seconds: 604800}) || *settings.MaxLoginSessionDuration != (scw.Duration{Seconds: 1, Nanos: 500_000_000}) || settings.MaxAPIKeyExpirationDuration != nil {
		t.Errorf("settings: %+v", settings)
	}
	// A bare question mark and a body on an operation without one are what the clients send.
	if _, err := decodeAs[sdk.LockUserRequest](t, "POST /users/{user_id}/lock", "/users/"+idA+"/lock?", `{}`); err != nil {
		t.Error(err)
	}
	if _, err := decodeAs[sdk.DeleteUserMFAOTPRequest](t, "DELETE /users/{user_id}", "/users/"+idA, `{}`, "Content-Type", "application/json; charset=UTF-8"); err != nil {
		t.Error(err)
	}
	rules, err := decodeAs[sdk.SetRulesRequest](t, "PUT /rules", "/rules", `{"policy_id":"`+idA+`","rules":null}`)
	if err != nil || len(rules.Rules) != 0 {
		t.Errorf("rules: %+v, %v", rules, err)
	}
}

// invalid returns the one argument that an error names.
func invalid(t *testing.T, err error) iam.Argument {
	t.Helper()
	e, ok := err.(*iam.Error)
	if !ok || e.Kind != iam.KindInvalidArguments || len(e.Arguments) != 1 {
		t.Fatalf("want one invalid argument, got %v", err)
	}
	return e.Arguments[0]
}

func TestDecodeRefusesBodies(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 33) + `1` + strings.Repeat(`}`, 33)
	for _, c := range []struct{ body, name, reason, help string }{
		{`{"name":"a","name":"b"}`, "name", "format", "value must be given once"},
		{`{"later":{"x":1,"x":2}}`, "later.x", "format", "value must be given once"},
		{`{"name":"a"} {}`, "body", "format", helpJSON},
		{`{"name":"a"}x`, "body", "format", helpJSON},
		{"\ufeff{}", "body", "format", helpJSON},
		{`[]`, "body", "format", helpJSON},
		{`null`, "body", "format", helpJSON},
		{` `, "body", "format", helpJSON},
		{`{`, "body", "format", helpJSON},
		{"{\"name\":\"a\xff\"}", "name", "format", helpJSON},
		{`{"name":"\ud800"}`, "name", "format", helpJSON},
		{"{\"name\":\"a\x00\"}", "name", "format", helpJSON},
		{`{"tags":["a","b\u0000"]}`, "tags[1]", "format", "value must not contain NUL"},
		{`{"a\u0000":1}`, "a", "format", "value must not contain NUL"},
		{deep, "body", "constraint", "value must not nest deeper than 32 levels"},
		{`{"name":1}`, "name", "format", "value must be a string"},
		{`{"tags":"a"}`, "tags", "format", "value must be a list"},
		{`{"tags":[1]}`, "tags[0]", "format", "value must be a string"},
		{`{"rules":{}}`, "rules", "format", "value must be a list"},
		{`{"rules":[null]}`, "rules[0]", "required", "value is required"},
		{`{"rules":[{"condition":1}]}`, "rules[0].condition", "format", "value must be a string"},
		{`{"rules":[{"organization_id":""}]}`, "rules[0].organization_id", "format", helpUUID},
		{`{"rules":[{"project_ids":["` + idA + `","x"]}]}`, "rules[0].project_ids[1]", "format", helpUUID},
		{`{"organization_id":"{` + idA + `}"}`, "organization_id", "format", helpUUID},
		{`{"user_id":""}`, "user_id", "format", helpUUID},
		{`{"no_principal":"true"}`, "no_principal", "format", "value must be true or false"},
		{`{"rules":NaN}`, "rules", "format", helpJSON},
	} {
		_, err := decodeAs[sdk.CreatePolicyRequest](t, "POST /policies", "/policies", c.body)
		if got, want := invalid(t, err), (iam.Argument{Name: c.name, Reason: c.reason, Help: c.help}); got != want {
			t.Errorf("%q\ngot  %+v\nwant %+v", c.body, got, want)
		}
	}
	_, err := decodeAs[sdk.CreateSSHKeyRequest](t, "POST /ssh-keys", "/ssh-keys", `{"project_id":""}`)
	if got := invalid(t, err); got != (iam.Argument{Name: "project_id", Reason: "format", Help: helpUUID}) {
		t.Errorf("ssh key: %+v", got)
	}
	_, err = decodeAs[sdk.CreateAPIKeyRequest](t, "POST /api-keys", "/api-keys", `{"expires_at":"2026-01-01"}`)
	if got := invalid(t, err); got.Name != "expires_at" || !strings.Contains(got.Help, "RFC 3339") {
		t.Errorf("api key: %+v", got)
	}
	for _, d := range []string{`""`, `"5"`, `"-1s"`, `"1e3s"`, `"+1s"`, `"1.s"`, `"9223372036854775807s"`, `5`, `{}`, `"1.0000000001s"`} {
		_, err := decodeAs[sdk.UpdateOrganizationSecuritySettingsRequest](t, "PATCH /o/{organization_id}", "/o/"+idA, `{"grace_period_duration":`+d+`}`)
		if got := invalid(t, err); got != (iam.Argument{Name: "grace_period_duration", Reason: "format", Help: helpDuration}) {
			t.Errorf("duration %s: %+v", d, got)
		}
	}
}

func TestDecodeRefusesTransport(t *testing.T) {
	for name, c := range map[string]struct {
		body    string
		headers []string
		want    iam.Kind
	}{
		"too large":       {`{"name":"` + strings.Repeat("a", maxBody) + `"}`, nil, iam.KindTooLarge},
		"form":            {"name=a", []string{"Content-Type", "application/x-www-form-urlencoded"}, iam.KindUnsupportedMedia},
		"text":            {"{}", []string{"Content-Type", "text/plain"}, iam.KindUnsupportedMedia},
		"no type":         {"{}", []string{"Content-Type", ""}, iam.KindUnsupportedMedia},
		"other charset":   {"{}", []string{"Content-Type", "application/json; charset=latin1"}, iam.KindUnsupportedMedia},
		"other parameter": {"{}", []string{"Content-Type", "application/json; version=2"}, iam.KindUnsupportedMedia},
		"compressed":      {"{}", []string{"Content-Encoding", "gzip"}, iam.KindUnsupportedMedia},
	} {
		_, err := decodeAs[sdk.CreateGroupRequest](t, "POST /groups", "/groups", c.body, c.headers...)
		if iam.KindOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzDecode holds that no body panics or hangs the decoder, that a refusal is always a
// typed one, and that what is taken does not change when it is written and read again.
func FuzzDecode(f *testing.F) {
	p, err := newPlan("POST", "/policies", reflect.TypeFor[sdk.CreatePolicyRequest]())
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{`{}`, `{"name":"a","rules":[{"permission_set_names":null,"condition":"x","project_ids":["` + idA + `"]}],"tags":["\u00e9"]}`,
		`{"rules":[null]}`, `{"a":{"b":[[[]]]}}`, `{"name":"\u0000"}`, `{"name":"\\u0000"}`, `{"name":"\"","name":1}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		in := reflect.New(p.in)
		if err := p.decodeBody(string(data), in); err != nil {
			if e, ok := err.(*iam.Error); !ok || e.Kind != iam.KindInvalidArguments || len(e.Arguments) != 1 || len(e.Arguments[0].Name) > maxArgumentName {
				t.Fatalf("%q: %v", data, err)
			}
			if _, body := newErrorTable().encode(err); len(body) > 1024 || !jsontext.Value(body).IsValid() {
				t.Fatalf("%q: %s", data, body)
			}
			return
		}
		again, err := json.Marshal(in.Interface(), libraryOptions())
		if err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		second := reflect.New(p.in)
		if err := p.decodeBody(string(again), second); err != nil {
			t.Fatalf("%q became %s: %v", data, again, err)
		}
		if diff := cmp.Diff(in.Interface(), second.Interface(), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("%q (-first +second):\n%s", data, diff)
		}
	})
}

// A body of any length up to the bound is read whole, its length announced or not, and one that
// ends too early is refused.
func TestReadBody(t *testing.T) {
	p := &plan{}
	for _, in := range []any{nil, &evaluationsRequest{}} {
		readsBody(t, p, in)
	}
}

func readsBody(t *testing.T, p *plan, in any) {
	t.Helper()
	for _, length := range []int{1, 100, 16<<10 - 1, 16 << 10, 16<<10 + 1, 100_000, maxBody} {
		body := strings.Repeat("x", length-1) + "y"
		for _, announced := range []int64{int64(length), -1} {
			r := httptest.NewRequest("POST", "/", strings.NewReader(body))
			r.ContentLength = announced
			r.Header.Set("Content-Type", "application/json")
			if got, err := p.readBody(httptest.NewRecorder(), r, in); err != nil || got != body {
				t.Errorf("%d bytes, %d announced: %d bytes, %v", length, announced, len(got), err)
			}
		}
		r := httptest.NewRequest("POST", "/", strings.NewReader(body[1:]))
		r.ContentLength = int64(length)
		r.Header.Set("Content-Type", "application/json")
		if _, err := p.readBody(httptest.NewRecorder(), r, in); iam.KindOf(err) != iam.KindInvalidArguments {
			t.Errorf("a byte less than %d: %v", length, err)
		}
	}
	for _, announced := range []int64{maxBody + 1, -1} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(strings.Repeat("x", maxBody+1)))
		r.ContentLength = announced
		r.Header.Set("Content-Type", "application/json")
		if _, err := p.readBody(httptest.NewRecorder(), r, in); iam.KindOf(err) != iam.KindTooLarge {
			t.Errorf("too much, %d announced: %v", announced, err)
		}
	}
}

// What only looks like a fault is not one.
func TestDecodeTakes(t *testing.T) {
	for body, want := range map[string]string{
		`{"name":"\\u0000"}`:                            `\u0000`,
		`{"name":"\"` + strings.Repeat(`{[`, 40) + `"}`: `"` + strings.Repeat(`{[`, 40),
		`{"name":"\\","x":"]]"}`:                        `\`,
		`{"name":"a","x":` + strings.Repeat(`[`, 31) + strings.Repeat(`]`, 31) + `}`: `a`,
		" \t\r\n{\"name\":\"a\"}\n": `a`,
	} {
		group, err := decodeAs[sdk.CreateGroupRequest](t, "POST /groups", "/groups", body)
		if err != nil || group.Name != want {
			t.Errorf("%s: %+v, %v", body, group, err)
		}
	}
}

func TestIsJSON(t *testing.T) {
	for want, headers := range map[bool][]http.Header{
		true: {
			{"Content-Type": {"application/json"}},
			{"Content-Type": {"Application/JSON; Charset=UTF-8"}},
			{"Content-Type": {"application/json"}, "Content-Encoding": {"identity"}},
		},
		false: {
			{},
			{"Content-Type": {"application/json", "application/json"}},
			{"Content-Type": {"application/json", "text/plain"}},
			{"Content-Type": {"application/jsonp"}},
			{"Content-Type": {"application/json;"}, "Content-Encoding": {"identity", "gzip"}},
			{"Content-Type": {"application/json; charset"}},
		},
	} {
		for _, h := range headers {
			if isJSON(h) != want {
				t.Errorf("isJSON(%v) is %v", h, !want)
			}
		}
	}
}
