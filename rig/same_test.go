package rig_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"bailiwick/rig"
)

// tenant is an organization on one of the installations that are compared.
type tenant struct {
	*rig.Installation
	name     string
	secret   string
	revision int64             // of the newest answer: no node may answer from before it
	names    map[string]string // of ids and secrets, by what they are called in all installations
	ids      map[string]string // the other way around
}

// machine asks the same of all installations, and knows itself what lives.
type machine struct {
	*testing.T
	r       *rapid.T
	tenants []*tenant
	alive   map[string]string // name of an object -> its path
	n       int
}

var (
	secretText = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|SCW[A-Z0-9]{17}`)
	instant    = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)
	reference  = regexp.MustCompile(`<\d+>`)
)

// common writes an answer as all installations would: each id by the order in which it first
// came, times not at all.
func (s *tenant) common(answer []byte) string {
	var value any
	if json.Unmarshal(answer, &value) == nil {
		answer, _ = json.Marshal(value) // members in one order
	}
	text := instant.ReplaceAllString(string(answer), "TIME")
	return secretText.ReplaceAllStringFunc(text, func(id string) string {
		if s.names[id] == "" {
			name := fmt.Sprintf("<%d>", len(s.names))
			s.names[id], s.ids[name] = name, id
		}
		return s.names[id]
	})
}

// ask asks for the same everywhere, with ids as in common, and returns the status and the
// answer that all gave.
func (m *machine) ask(method, path, body string) (status int, answer string) {
	m.r.Helper()
	var first string
	for i, s := range m.tenants {
		own := func(text string) string {
			return reference.ReplaceAllStringFunc(text, func(name string) string { return s.ids[name] })
		}
		node := rapid.IntRange(0, len(s.Nodes)-1).Draw(m.r, "node")
		o := s.Ask(m.Context(), rig.Request{Node: node, Method: method, Path: own(path), Secret: s.secret, Body: own(body), Least: s.revision})
		if o.Err != nil {
			m.r.Fatalf("%s: %s %s: %v", s.name, method, path, o.Err)
		}
		if o.Revision < s.revision {
			m.r.Fatalf("%s: revision %d after %d", s.name, o.Revision, s.revision)
		}
		s.revision = o.Revision
		got := fmt.Sprintf("%d %s", o.Status, s.common(o.Answer))
		if i == 0 {
			first, status, answer = got, o.Status, s.common(o.Answer)
		} else if diff := cmp.Diff(first, got); diff != "" {
			m.r.Fatalf("%s %s %s: %s and %s differ:\n%s", method, path, body, m.tenants[0].name, s.name, diff)
		}
	}
	return status, answer
}

// demand is ask for what must have a status.
func (m *machine) demand(want int, method, path, body string) string {
	m.r.Helper()
	status, answer := m.ask(method, path, body)
	if status != want {
		m.r.Fatalf("%s %s %s: status %d, want %d: %s", method, path, body, status, want, answer)
	}
	return answer
}

// pick draws an object of a kind that lives; "" if there is none.
func (m *machine) pick(kind string) string {
	var list []string
	for id, path := range m.alive {
		if strings.HasPrefix(path, "/iam/v1alpha1/"+kind+"/") {
			list = append(list, id)
		}
	}
	if len(list) == 0 {
		return ""
	}
	slices.Sort(list)
	return rapid.SampledFrom(list).Draw(m.r, kind)
}

// made notes a new object.
func (m *machine) made(kind, answer, field string) {
	var value map[string]any
	if err := json.Unmarshal([]byte(answer), &value); err != nil {
		m.r.Fatal(err)
	}
	id, _ := value[field].(string)
	m.alive[id] = "/iam/v1alpha1/" + kind + "/" + id
}

// actions are what the machine does, by name.
func (m *machine) actions() map[string]func(*rapid.T) {
	create := func(kind, body string) func() {
		return func() {
			m.n++
			m.made(kind, m.demand(200, "POST", "/iam/v1alpha1/"+kind, fmt.Sprintf(`{"name":"%s %d"%s}`, kind, m.n, body)), "id")
		}
	}
	on := func(kind string, act func(id string)) func() {
		return func() {
			if id := m.pick(kind); id != "" {
				act(id)
			}
		}
	}
	moves := map[string]func(){
		"application": create("applications", ""),
		"group":       create("groups", ""),
		"twin": on("groups", func(id string) { // a name that is taken
			var g struct{ Name string }
			_ = json.Unmarshal([]byte(m.demand(200, "GET", m.alive[id], "")), &g)
			m.ask("POST", "/iam/v1alpha1/groups", fmt.Sprintf(`{"name":%q}`, g.Name))
		}),
		"key": on("applications", func(id string) {
			m.made("api-keys", m.demand(200, "POST", "/iam/v1alpha1/api-keys", fmt.Sprintf(`{"application_id":%q}`, id)), "access_key")
		}),
		"policy": on("applications", func(id string) {
			create("policies", fmt.Sprintf(`,"application_id":%q,"rules":[{"permission_set_names":["IAMReadOnly"],"organization_id":"<0>"}]`, id))()
		}),
		"rename": on("applications", func(id string) {
			m.n++
			m.demand(200, "PATCH", m.alive[id], fmt.Sprintf(`{"name":"renamed %d","description":"é, ß and 日本","tags":["a","%d"]}`, m.n, m.n))
		}),
		"join": on("groups", func(id string) {
			if application := m.pick("applications"); application != "" {
				m.ask("POST", m.alive[id]+"/add-member", fmt.Sprintf(`{"application_id":%q}`, application))
			}
		}),
		"give": on("policies", func(id string) {
			if group := m.pick("groups"); group != "" {
				m.demand(200, "PATCH", m.alive[id], fmt.Sprintf(`{"group_id":%q}`, group))
			}
		}),
		"nothing there": func() { m.demand(404, "GET", appsPath+"/11111111-1111-4111-8111-111111111111", "") },
		"bad input":     func() { m.demand(400, "POST", appsPath, `{"name":"","tags":["x","x"]}`) },
	}
	for _, kind := range []string{"applications", "groups", "policies", "api-keys"} {
		moves["get "+kind] = on(kind, func(id string) { m.demand(200, "GET", m.alive[id], "") })
		moves["delete "+kind] = on(kind, func(id string) {
			path := m.alive[id]
			delete(m.alive, id)
			m.demand(204, "DELETE", path, "")
			m.demand(404, "GET", path, "")
			// What went with it is gone from the model, too.
			for other, path := range m.alive {
				if status, _ := m.ask("GET", path, ""); status == 404 {
					delete(m.alive, other)
				}
			}
		})
		moves["list "+kind] = func() {
			order := rapid.SampledFrom([]string{"created_at_asc", "created_at_desc"}).Draw(m.r, "order")
			m.demand(200, "GET", fmt.Sprintf("/iam/v1alpha1/%s?organization_id=<0>&order_by=%s&page_size=3&page=%d", kind, order, 1+rapid.IntRange(0, 2).Draw(m.r, "page")), "")
		}
	}
	actions := map[string]func(*rapid.T){}
	for name, move := range moves {
		actions[name] = func(r *rapid.T) { m.r = r; move() }
	}
	return actions
}

// The same requests get the same answers from an embedded database, from PostgreSQL, and from
// three nodes each of which may be asked.
func TestSameAnswers(t *testing.T) {
	t.Parallel()
	installations := []bench{setUp(t, rig.Options{}), setUp(t, rig.Options{Nodes: 1}), setUp(t, rig.Options{Nodes: 3})}
	rapid.Check(t, func(r *rapid.T) {
		m := &machine{T: t, r: r, alive: map[string]string{}}
		for i, b := range installations {
			s := &tenant{Installation: b.Installation, name: []string{"SQLite", "PostgreSQL", "three nodes"}[i], names: map[string]string{}, ids: map[string]string{}}
			o := b.Ask(t.Context(), rig.Request{Method: "POST", Path: "/bailiwick/v1/organizations", Bearer: b.Keys["BAILIWICK_OPERATOR_TOKEN"],
				Body: `{"name":"tenant","owner_email":"owner@example.com","owner_password":"vivid-lantern-orbit-47"}`})
			var made struct {
				Organization struct{ ID string }
				APIKey       struct {
					SecretKey string `json:"secret_key"`
				} `json:"api_key"`
			}
			if err := json.Unmarshal(o.Answer, &made); err != nil || made.APIKey.SecretKey == "" {
				r.Fatalf("%s: %d %s %v", s.name, o.Status, o.Answer, err)
			}
			s.secret, s.revision = made.APIKey.SecretKey, o.Revision
			s.common([]byte(made.Organization.ID)) // <0>
			// What an organization begins with was made at one moment: its order is that of random ids.
			for _, kind := range []string{"policies", "groups"} {
				path := "/iam/v1alpha1/" + kind
				var list map[string]json.RawMessage
				var items []struct{ ID string }
				o := b.Ask(t.Context(), rig.Request{Method: "GET", Path: path + "?organization_id=" + made.Organization.ID, Secret: s.secret})
				if err := errors.Join(json.Unmarshal(o.Answer, &list), json.Unmarshal(list[kind], &items)); err != nil {
					r.Fatalf("%d %s: %v", o.Status, o.Answer, err)
				}
				for _, item := range items {
					if o := b.Ask(t.Context(), rig.Request{Method: "DELETE", Path: path + "/" + item.ID, Secret: s.secret}); o.Outcome != rig.Done {
						r.Fatalf("%d %s", o.Status, o.Answer)
					}
					s.revision = max(s.revision, o.Revision)
				}
			}
			m.tenants = append(m.tenants, s)
		}
		r.Repeat(m.actions())
	})
}
