package client_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"bailiwick/bailiwicktest"
	"bailiwick/client"
	"bailiwick/iam"
)

// world is a real server with the library of the examples: an application that may ask, and
// one that may read.
type world struct {
	url, owner, asker        string // asker: secret key
	organization, project    string
	reader, readerKey, other string // application, its access key, another application
	policy                   string
}

func newWorld(t *testing.T, condition string) *world {
	t.Helper()
	kit := bailiwicktest.New(t, bailiwicktest.Options{Catalogs: []string{"../examples/catalog"}})
	w := &world{
		url: kit.Serve(t), owner: kit.First.APIKey.SecretKey,
		organization: string(kit.First.Organization.ID), project: string(kit.First.DefaultProject.ID),
	}
	asker := w.create(t, "applications", `{"name":"library service"}`, "id")
	w.reader = w.create(t, "applications", `{"name":"reader"}`, "id")
	w.other = w.create(t, "applications", `{"name":"other"}`, "id")
	w.asker = w.create(t, "api-keys", `{"application_id":"`+asker+`"}`, "secret_key")
	w.readerKey = w.create(t, "api-keys", `{"application_id":"`+w.reader+`"}`, "access_key")
	w.create(t, "policies", `{"name":"asks","application_id":"`+asker+`","rules":[{"organization_id":"`+w.organization+`","permission_set_names":["DecisionPointAccess"]}]}`, "id")
	rule, err := json.Marshal(map[string]any{"project_ids": []string{w.project}, "permission_set_names": []string{"LibraryReadOnly"}, "condition": condition})
	if err != nil {
		t.Fatal(err)
	}
	w.policy = w.create(t, "policies", `{"name":"reads","application_id":"`+w.reader+`","rules":[`+string(rule)+`]}`, "id")
	return w
}

// create makes an object as the owner and returns one member of it.
func (w *world) create(t *testing.T, kind, body, member string) string {
	t.Helper()
	return w.call(t, "POST", kind, body)[member].(string)
}

func (w *world) call(t *testing.T, method, path, body string) map[string]any {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, w.url+"/iam/v1alpha1/"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Auth-Token", w.owner)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode/100 != 2 {
		t.Fatalf("%s %s: %d %s %v", method, path, response.StatusCode, data, err)
	}
	out := map[string]any{}
	if len(data) > 0 {
		if err := json.Unmarshal(data, &out); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// as returns a client with a secret key.
func (w *world) as(t *testing.T, secret string) *client.Client {
	t.Helper()
	c, err := client.New(client.Config{URL: w.url, SecretKey: secret, Timeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// read is the question whether a subject may read a record of the project.
func (w *world) read(s client.Subject) client.Question {
	return client.Question{Subject: s, Action: "library:record:read", Resource: client.Resource{Type: "library:record", ID: "r1", Project: iam.ProjectID(w.project)}}
}

func TestServerDecides(t *testing.T) {
	w := newWorld(t, "")
	reader := client.Application(iam.ApplicationID(w.reader))
	edit := func(change func(*client.Question)) client.Question {
		q := w.read(reader)
		change(&q)
		return q
	}
	operator, err := client.New(client.Config{URL: w.url, OperatorToken: bailiwicktest.OperatorToken, Timeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	for who, c := range map[string]*client.Client{"service": w.as(t, w.asker), "owner": w.as(t, w.owner), "operator": operator} {
		for name, c2 := range map[string]struct {
			question client.Question
			want     bool
		}{
			"application":       {w.read(reader), true},
			"its key":           {w.read(client.APIKey(iam.AccessKey(w.readerKey))), true},
			"bare names":        {edit(func(q *client.Question) { q.Action, q.Resource.Type = "read", "record" }), true},
			"list":              {edit(func(q *client.Question) { q.Action, q.Resource.ID = "library:record:list", "" }), true},
			"write":             {edit(func(q *client.Question) { q.Action = "library:record:write" }), false},
			"other project":     {edit(func(q *client.Question) { q.Resource.Project = project }), false},
			"organization":      {edit(func(q *client.Question) { q.Resource.Project = "" }), false},
			"other application": {w.read(client.Application(iam.ApplicationID(w.other))), false},
			"nobody's key":      {w.read(client.APIKey("SCW00000000000000000")), false},
			"nobody":            {w.read(client.User(alice)), false},
		} {
			got, err := c.Check(t.Context(), c2.question)
			if err != nil || got.Allowed != c2.want || got.ID == "" || got.Revision <= 0 || len(got.Reasons) == 0 {
				t.Errorf("%s asks about %s: %+v, %v; want %t", who, name, got, err, c2.want)
			}
		}
	}
}

// What the server refuses to answer is an error of the right kind.
func TestServerRefuses(t *testing.T) {
	w := newWorld(t, "")
	good := w.read(client.Application(iam.ApplicationID(w.reader)))
	bad := good
	bad.Action = "library:record:shred"
	stranger := w.create(t, "api-keys", `{"application_id":"`+w.other+`"}`, "secret_key")
	for name, c := range map[string]struct {
		secret   string
		question client.Question
		kind     iam.Kind
	}{
		"unknown permission": {w.asker, bad, iam.KindInvalidArguments},
		"may not ask":        {stranger, good, iam.KindPermissionsDenied},
		"unknown key":        {key, good, iam.KindDeniedAuthentication},
	} {
		got, err := w.as(t, c.secret).Check(t.Context(), c.question)
		if iam.KindOf(err) != c.kind || err == nil {
			t.Errorf("%s: %v, want kind %s", name, err, c.kind)
		}
		same(t, got, client.Decision{})
	}
}

// A right that is taken away is gone with the next question.
func TestRevocation(t *testing.T) {
	w := newWorld(t, "")
	c, question := w.as(t, w.asker), w.read(client.APIKey(iam.AccessKey(w.readerKey)))
	before, err := c.Check(t.Context(), question)
	if err != nil || !before.Allowed {
		t.Fatalf("%+v, %v", before, err)
	}
	w.call(t, "DELETE", "policies/"+w.policy, "")
	after, err := c.Check(client.WithMinRevision(t.Context(), before.Revision+1), question)
	if err != nil || after.Allowed || after.Revision <= before.Revision {
		t.Errorf("after the policy is deleted: %+v, %v", after, err)
	}
}

// A batch answers like single questions, in their order.
func TestServerDecidesBatches(t *testing.T) {
	w := newWorld(t, "")
	c := w.as(t, w.asker)
	asked := make([]client.Question, 1200)
	for i := range asked {
		asked[i] = w.read(client.Application(iam.ApplicationID(w.reader)))
		asked[i].Resource.ID = fmt.Sprint("r", i)
		if i%3 == 0 {
			asked[i].Action = "library:record:write"
		}
	}
	got, err := c.CheckAll(t.Context(), asked)
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range got {
		if d.Allowed != (i%3 != 0) || d.Err != nil || d.ID == "" || d.Revision <= 0 {
			t.Errorf("question %d: %+v", i, d)
		}
	}
}

// The address that a condition sees is the one that the middleware found out.
func TestMiddlewareAndConditions(t *testing.T) {
	w := newWorld(t, `inIpRange(request.ip, "203.0.113.0/24") && request.user_agent == "reader/1"`)
	service := []client.Route{{Pattern: "GET /records/{id}", Permission: "library:record:read", ID: client.PathValue("id"), Project: client.Fixed(w.project)}}
	local := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	wrap, err := client.Middleware(w.as(t, w.asker), service, client.HeaderSubject("X-Key", client.TypeAPIKey, local), client.Options{TrustedProxies: local})
	if err != nil {
		t.Fatal(err)
	}
	h := wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.PathValue("id")) }))
	for name, c := range map[string]struct {
		from, agent string
		status      int
	}{
		"in the range":     {"203.0.113.9", "reader/1", 200},
		"spoofed, outside": {"203.0.113.9, 198.51.100.1", "reader/1", 403},
		"no address":       {"", "reader/1", 403},
		"other agent":      {"203.0.113.9", "reader/2", 403},
		"no agent":         {"203.0.113.9", "", 403},
	} {
		r, answer := httptest.NewRequest("GET", "/records/r1", nil), httptest.NewRecorder()
		r.Header = http.Header{"X-Key": {w.readerKey}, "X-Forwarded-For": {c.from}, "User-Agent": {c.agent}}
		h.ServeHTTP(answer, r)
		if answer.Code != c.status || (answer.Body.String() == "r1") != (c.status == 200) {
			t.Errorf("%s: %d %s, want %d", name, answer.Code, answer.Body, c.status)
		}
	}
}
