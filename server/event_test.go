package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bailiwick/authority"
	"bailiwick/bailiwicktest"
	"bailiwick/iam"
	"bailiwick/server"
	"bailiwick/store"
)

// toldFile holds what every operation of the table must leave in the audit trail, event by event,
// each of them whole. It was read line by line when it was written: with writeTold in the
// environment the test writes it anew, and fails.
const (
	toldFile  = "testdata/events.json"
	writeTold = "BAILIWICK_WRITE_EVENTS"
)

// told is what one request left in the trails of all organizations.
type told struct {
	Operation string
	Outcome   string
	Status    int
	Events    []json.RawMessage `json:",omitempty"`
	Logins    []json.RawMessage `json:",omitempty"`
	System    []json.RawMessage `json:",omitempty"`
}

// asked is a request that is ready to be made.
type asked struct {
	path, body string
	headers    []string
	names      map[string]string // what stands for an id, or another text that is new each time
}

// stage is the world of the matrix, with a clock of its own: what was made before a request is
// older than what the request makes.
type stage struct {
	*world
	browser
	clock *clock
	idp   *bailiwicktest.Provider
}

// browser is an edge that does not hide what a world has.
type browser struct{ *edge }

func newStage(t *testing.T, database string) *stage {
	t.Helper()
	c := newClock()
	idp := bailiwicktest.NewProvider(t, "nobody@example.com", c.now)
	w := newWorldWith(t, bailiwicktest.Options{Database: database, Clock: c.now, SignUp: iam.SignUpOpen, ExportBuckets: []string{"evidence"},
		Providers: []authority.Provider{idp.At(bailiwicktest.PublicURL, "acme")}})
	return &stage{world: w, browser: browser{&edge{Kit: w.Kit, url: w.url}}, clock: c, idp: idp}
}

// TestEveryOperationTellsTheTrail drives every mutation of the table once with success and once
// refused, and every step of a login, and compares all that they leave in the trails, whole.
func TestEveryOperationTellsTheTrail(t *testing.T) {
	bailiwicktest.Engines(t, func(t *testing.T, database string) {
		s := newStage(t, database)
		var got []told
		var later []string
		for _, line := range server.Lines() {
			cases, recorded := s.cases(line)
			switch {
			case !line.Implemented && line.Mutates:
				later = append(later, line.Name)
			case recorded:
				for _, c := range cases {
					got = append(got, s.drive(t, line, c))
				}
			case line.Mutates, line.Anonymous && line.Method == "POST":
				t.Errorf("%s changes something and is not driven", line.Name)
			}
		}
		got = append(got, s.onPages(t)...)
		got = append(got, s.byItself(t)...)
		if want := notYet(); !slices.Equal(later, want) {
			t.Errorf("not implemented: %q, want %q", later, want)
		}
		compareTold(t, got)
	})
}

// notYet lists the mutations that are answered with 501: they leave nothing.
func notYet() []string {
	return strings.Fields(`EnableOrganizationSaml UpdateSaml DeleteSaml AddSamlCertificate DeleteSamlCertificate
		EnableOrganizationScim DeleteScim CreateScimToken DeleteScimToken DeleteProjectWithResources SetProjectQualification
		CreateContractSignature ValidateContractSignature`)
}

func compareTold(t *testing.T, got []told) {
	t.Helper()
	text := mustIndent(t, got)
	if os.Getenv(writeTold) != "" {
		if err := os.WriteFile(toldFile, text, 0o600); err != nil {
			t.Fatal(err)
		}
		t.Fatal("the expected events were written anew: read them")
	}
	kept, err := os.ReadFile(toldFile)
	if err != nil {
		t.Fatal(err)
	}
	var want []told
	if err := json.Unmarshal(kept, &want); err != nil {
		t.Fatal(err)
	}
	// Compared as values: the layout of the file is nobody's business.
	if diff := cmp.Diff(valuesOf(t, want), valuesOf(t, got)); diff != "" {
		t.Errorf("what the operations leave (-want +got):\n%s", diff)
	}
	operations := map[string]bool{}
	for _, g := range got {
		operations[g.Operation] = true
	}
	t.Logf("%d operations, %d requests", len(operations), len(got))
}

func valuesOf(t *testing.T, all []told) (values []any) {
	t.Helper()
	for _, one := range all {
		text, err := json.Marshal(one)
		if err != nil {
			t.Fatal(err)
		}
		var value any
		if err := json.Unmarshal(text, &value); err != nil {
			t.Fatal(err)
		}
		values = append(values, value)
	}
	return values
}

func mustIndent(t *testing.T, all []told) []byte {
	t.Helper()
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(all); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// drive makes one request and returns what it left.
func (s *stage) drive(t *testing.T, line server.Line, c outcome) told {
	t.Helper()
	ask := c.prepare(t)
	before := s.heads(t)
	s.clock.pass(time.Second)
	headers := append([]string{"User-Agent", "trail-test/1"}, ask.headers...)
	answer := s.edge.send(t, line.Method, ask.path, ask.body, headers...)
	if c.status != answer.status {
		t.Errorf("%s, %s: %d %s, want %d", line.Name, c.name, answer.status, answer.body, c.status)
	}
	one := told{Operation: line.Name, Outcome: c.name, Status: answer.status}
	s.collect(t, &one, before, s.naming(ask.names, answer.header.Get("X-Request-Id")))
	if line.Mutates && line.Implemented && len(one.Events) == 0 && (c.status/100 == 2 || c.status == 403) {
		t.Errorf("%s, %s: no event", line.Name, c.name)
	}
	return one
}

// byItself is what the server and its command line do without a request.
func (s *stage) byItself(t *testing.T) (all []told) {
	t.Helper()
	a := s.account(t)
	guest, _ := s.invited(t, a)
	s.clock.pass(8 * 24 * time.Hour)
	s.object(t, "export_job", own)
	s.fires(t)
	for _, act := range []struct {
		name string
		do   func() error
	}{
		{"an invitation expires", func() error { _, err := s.Authority.ExpireInvitations(t.Context()); return err }},
		{"a letter is mailed", func() error {
			s.must(t, "POST", "/bailiwick/v1/login/reset/start", fmt.Sprintf(`{"email":%q}`, bailiwicktest.OwnerEmail), nil)
			return s.Authority.Deliver(t.Context(), func(context.Context, iam.Letter) error { return nil })
		}},
		{"an alert fires", func() error { return s.Authority.EvaluateAlerts(t.Context()) }},
		{"an export job runs", func() error { return s.exported(t, nil) }},
		{"an export job fails", func() error {
			s.clock.pass(24 * time.Hour)
			return s.exported(t, errBucket)
		}},
		{"an export job fails again", func() error {
			s.clock.pass(time.Hour)
			return s.exported(t, errBucket)
		}},
		{"bailiwick restore --end-sessions", func() error { return s.Authority.Restored(t.Context(), s.clock.now(), 7, true) }},
	} {
		before := s.heads(t)
		s.clock.pass(time.Second)
		if err := act.do(); err != nil {
			t.Errorf("%s: %v", act.name, err)
		}
		one := told{Operation: act.name}
		s.collect(t, &one, before, s.naming(map[string]string{guest: "guest"}, ""))
		one.Events = one.Events[:min(len(one.Events), 1)] // the others are those of other organizations
		all = append(all, one)
	}
	return all
}

// ends are the last sequences of an organization's three trails.
type ends struct{ events, logins, system int64 }

func (s *stage) heads(t *testing.T) map[iam.OrganizationID]ends {
	t.Helper()
	all := map[iam.OrganizationID]ends{}
	err := s.Store.View(t.Context(), func(tx *store.Tx) error {
		organizations, _, err := tx.Organizations(iam.Page{Number: 1, Size: 1000})
		for _, o := range organizations {
			var e ends
			events, err1 := tx.Events(iam.EventFilter{OrganizationID: o.ID, Size: 1})
			logins, err2 := tx.AuthenticationEvents(iam.AuthenticationEventFilter{OrganizationID: o.ID, Size: 1})
			system, err3 := tx.SystemEvents(iam.SystemEventFilter{OrganizationID: o.ID, Size: 1})
			for _, err := range []error{err1, err2, err3} {
				if err != nil {
					return err
				}
			}
			for _, x := range events {
				e.events = x.Sequence
			}
			for _, x := range logins {
				e.logins = x.Sequence
			}
			for _, x := range system {
				e.system = x.Sequence
			}
			all[o.ID] = e
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// collect takes what all trails have behind their ends of before.
func (s *stage) collect(t *testing.T, one *told, before map[iam.OrganizationID]ends, n *naming) {
	t.Helper()
	const most = 100
	after := s.heads(t)
	organizations := []iam.OrganizationID{s.First.Organization.ID, s.foreign.Organization.ID}
	for id := range after {
		if !slices.Contains(organizations, id) && after[id] != before[id] {
			organizations = append(organizations, id)
		}
	}
	for i, o := range organizations {
		if i > 1 {
			n.known = append(n.known, string(o), fmt.Sprintf("<organization %d>", i-1))
		}
	}
	tx := s.Store.Read(t.Context())
	for _, o := range organizations {
		was := before[o]
		for _, e := range ok(tx.Events(iam.EventFilter{OrganizationID: o, Cursor: was.events, Ascending: true, Size: most})).in(t) {
			n.own(e.ID)
			e.Sequence -= was.events
			body := json.RawMessage(e.Body)
			e.Body = nil
			one.Events = append(one.Events, n.text(t, struct {
				iam.Event
				Body json.RawMessage
			}{e, body}))
		}
		for _, e := range ok(tx.AuthenticationEvents(iam.AuthenticationEventFilter{OrganizationID: o, Cursor: was.logins, Ascending: true, Size: most})).in(t) {
			n.own(e.ID)
			e.Sequence -= was.logins
			one.Logins = append(one.Logins, n.text(t, e))
		}
		for _, e := range ok(tx.SystemEvents(iam.SystemEventFilter{OrganizationID: o, Cursor: was.system, Ascending: true, Size: most})).in(t) {
			n.own(e.ID)
			e.Sequence -= was.system
			one.System = append(one.System, n.text(t, e))
		}
	}
}

// naming puts words in the place of what differs from run to run.
type naming struct {
	known []string // pairs of a text and its word
	seen  map[string]string
	now   time.Time
}

func (s *stage) naming(names map[string]string, request string) *naming {
	n := &naming{seen: map[string]string{}, now: s.clock.now()}
	for text, word := range names {
		n.known = append(n.known, text, "<"+word+">")
	}
	n.known = append(n.known,
		string(s.First.Owner.ID), "<owner>", string(s.foreign.Owner.ID), "<other owner>",
		string(s.First.Organization.ID), "<organization>", string(s.foreign.Organization.ID), "<other organization>",
	)
	if request != "" {
		n.known = append(n.known, request, "<request>")
	}
	return n
}

func (n *naming) own(event string) { n.known = append(n.known, event, "<event>") }

// Forms of what is named in the order in which it is met.
var forms = []struct {
	word string
	form *regexp.Regexp
}{
	{"id", regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)},
	{"access key", regexp.MustCompile(`SCW[A-Z0-9]{17}`)},
	{"text", regexp.MustCompile(`text-[0-9]+`)},
}

var timeForm = regexp.MustCompile(`"[0-9]{4}-[0-9]{2}-[0-9]{2}T[^"]*Z"`)

func (n *naming) text(t *testing.T, value any) json.RawMessage {
	t.Helper()
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(n.known...).Replace(strings.TrimSpace(out.String()))
	for _, f := range forms {
		text = f.form.ReplaceAllStringFunc(text, func(found string) string {
			if n.seen[found] == "" {
				of := 1
				for _, word := range n.seen {
					if strings.HasPrefix(word, "<"+f.word+" ") {
						of++
					}
				}
				n.seen[found] = fmt.Sprintf("<%s %d>", f.word, of)
			}
			return n.seen[found]
		})
	}
	text = timeForm.ReplaceAllStringFunc(text, func(found string) string {
		at, err := time.Parse(`"`+time.RFC3339Nano+`"`, found)
		switch {
		case err != nil:
			return found
		case at.IsZero():
			return `"never"`
		case at.Equal(n.now):
			return `"now"`
		case at.Before(n.now):
			return `"earlier"`
		default:
			return `"later"`
		}
	})
	return json.RawMessage(text)
}
