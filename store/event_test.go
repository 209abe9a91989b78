package store_test

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bailiwick/bailiwicktest"
	"bailiwick/iam"
	"bailiwick/store"
)

// history stores events of both organizations, a minute apart, and returns those of mine in
// their order.
func history(t *testing.T, s *store.Store, clock *atomic.Int64) []iam.Event {
	t.Helper()
	kinds := []iam.ResourceType{iam.ResourceUser, iam.ResourceApplication, iam.ResourceProject, iam.ResourceAPIKey, iam.ResourceRule}
	actions := []iam.Action{iam.ActionCreated, iam.ActionUpdated, iam.ActionDeleted, ""}
	var events []iam.Event
	for i := range 40 {
		clock.Store(int64(i))
		e := iam.Event{
			ID: id("0", i), OrganizationID: mine, Principal: iam.UserID(id("b", i%3)).Principal(), ProjectID: iam.ProjectID(id("a", i%4)),
			SourceIP: []string{"10.0.0.1", "2001:db8::1", ""}[i%3], UserAgent: "agent/1 \"x\" ü", Product: []string{"iam", "account"}[i%2],
			Service: []string{"one", "two", "three"}[i%3], Method: []string{"CreateUser", "DeleteUser"}[i%2], RequestID: id("6", i),
			Body: []byte(`{"name":"é"}`), StatusCode: []int{200, 403}[i%5/4],
		}
		for n := range i % 4 {
			e.Resources = append(e.Resources, iam.EventResource{
				ID: id("7", (i+n)%6), Type: kinds[(i+2*n)%len(kinds)], Name: `name <&> "type":"fake"` + "\u2028", Action: actions[(i/4+n)%4],
				CreatedAt: minute(i), UpdatedAt: minute(i + 1), DeletedAt: time.Time{},
			})
		}
		if i%7 == 0 {
			e.Body, e.Principal, e.ProjectID = nil, iam.Operator().Principal, ""
		}
		foreign := e
		foreign.OrganizationID = theirs
		update(t, s, func(tx *store.Tx) error { return tx.AppendEvent(e) })
		must(t, s.Record(t.Context(), func(tx *store.Tx) error { return tx.AppendEvent(foreign) }))
		e.Sequence, e.RecordedAt = int64(i+1), minute(i)
		events = append(events, e)
	}
	return events
}

// onTickingEngines is onEngines with a clock that the test sets, in minutes after start.
func onTickingEngines(t *testing.T, test func(t *testing.T, s *store.Store, clock *atomic.Int64)) {
	t.Helper()
	bailiwicktest.Engines(t, func(t *testing.T, database string) {
		var clock atomic.Int64
		s := open(t, database, func() time.Time { return minute(int(clock.Load())) })
		organizations(t, s)
		test(t, s, &clock)
	})
}

func TestEvents(t *testing.T) {
	onTickingEngines(t, func(t *testing.T, s *store.Store, clock *atomic.Int64) {
		events := history(t, s, clock)
		touches := func(e iam.Event, kind iam.ResourceType, id string) bool {
			return slices.ContainsFunc(e.Resources, func(r iam.EventResource) bool {
				return (kind == "" || r.Type == kind) && (id == "" || r.ID == id)
			})
		}
		for name, test := range map[string]struct {
			filter iam.EventFilter
			passes func(iam.Event) bool
			none   bool
		}{
			"all":            {iam.EventFilter{}, func(iam.Event) bool { return true }, false},
			"project":        {iam.EventFilter{ProjectID: iam.ProjectID(id("a", 1))}, func(e iam.Event) bool { return e.ProjectID == iam.ProjectID(id("a", 1)) }, false},
			"resource type":  {iam.EventFilter{ResourceType: iam.ResourceAPIKey}, func(e iam.Event) bool { return touches(e, iam.ResourceAPIKey, "") }, false},
			"resource id":    {iam.EventFilter{ResourceID: id("7", 2)}, func(e iam.Event) bool { return touches(e, "", id("7", 2)) }, false},
			"very resource":  {iam.EventFilter{ResourceType: iam.ResourceApplication, ResourceID: id("7", 2)}, func(e iam.Event) bool { return touches(e, iam.ResourceApplication, id("7", 2)) }, false},
			"part of a type": {iam.EventFilter{ResourceType: "iam_appl"}, func(iam.Event) bool { return false }, true},
			"a wildcard":     {iam.EventFilter{ResourceType: "iam%"}, func(iam.Event) bool { return false }, true},
			"another member": {iam.EventFilter{ResourceType: `","name":"`}, func(iam.Event) bool { return false }, true},
			"type in a name": {iam.EventFilter{ResourceType: "fake"}, func(iam.Event) bool { return false }, true},
			"no such type":   {iam.EventFilter{ResourceType: iam.ResourceGroup}, func(iam.Event) bool { return false }, true},
			"no such id":     {iam.EventFilter{ResourceID: id("7", 99), ResourceType: iam.ResourceUser}, func(iam.Event) bool { return false }, true},
			"product":        {iam.EventFilter{Product: "iam"}, func(e iam.Event) bool { return e.Product == "iam" }, false},
			"service":        {iam.EventFilter{Service: "two"}, func(e iam.Event) bool { return e.Service == "two" }, false},
			"method":         {iam.EventFilter{Method: "DeleteUser"}, func(e iam.Event) bool { return e.Method == "DeleteUser" }, false},
			"principal":      {iam.EventFilter{PrincipalID: id("b", 1)}, func(e iam.Event) bool { return e.Principal.ID == id("b", 1) }, false},
			"source":         {iam.EventFilter{SourceIP: "2001:db8::1"}, func(e iam.Event) bool { return e.SourceIP == "2001:db8::1" }, false},
			"status":         {iam.EventFilter{Status: 403}, func(e iam.Event) bool { return e.StatusCode == 403 }, false},
			"after":          {iam.EventFilter{After: minute(7)}, func(e iam.Event) bool { return !e.RecordedAt.Before(minute(7)) }, false},
			"just after":     {iam.EventFilter{After: minute(7).Add(1000)}, func(e iam.Event) bool { return e.RecordedAt.After(minute(7)) }, false},
			"before":         {iam.EventFilter{Before: minute(7)}, func(e iam.Event) bool { return e.RecordedAt.Before(minute(7)) }, false},
			"between":        {iam.EventFilter{After: minute(7), Before: minute(9)}, func(e iam.Event) bool { return !e.RecordedAt.Before(minute(7)) && e.RecordedAt.Before(minute(9)) }, false},
			"before all":     {iam.EventFilter{Before: minute(0)}, func(iam.Event) bool { return false }, true},
			"after all":      {iam.EventFilter{After: minute(40)}, func(iam.Event) bool { return false }, true},
			"empty interval": {iam.EventFilter{After: minute(9), Before: minute(9)}, func(iam.Event) bool { return false }, true},
			"everything together": {iam.EventFilter{Product: "iam", Service: "two", Status: 200, After: minute(2), ResourceType: iam.ResourceProject}, func(e iam.Event) bool {
				return e.Product == "iam" && e.Service == "two" && e.StatusCode == 200 && e.Sequence > 2 && touches(e, iam.ResourceProject, "")
			}, false},
		} {
			t.Run(name, func(t *testing.T) {
				want := slices.DeleteFunc(slices.Clone(events), func(e iam.Event) bool { return !test.passes(e) })
				if test.none != (len(want) == 0) {
					t.Fatalf("%d events pass", len(want))
				}
				test.filter.Ascending = true
				same(t, "ascending", readAll(t, s, test.filter), want)
				slices.Reverse(want)
				test.filter.Ascending = false
				same(t, "descending", readAll(t, s, test.filter), want)
			})
		}
	})
}

// readAll reads events in pages of three, each from the cursor of the page before.
func readAll(t *testing.T, s *store.Store, f iam.EventFilter) []iam.Event {
	t.Helper()
	f.OrganizationID, f.Size = mine, 3
	all := []iam.Event{}
	for {
		page, err := got(t, s, func(tx *store.Tx) ([]iam.Event, error) { return tx.Events(f) })
		must(t, err)
		if len(page) > f.Size {
			t.Fatalf("a page of %d events", len(page))
		}
		all = append(all, page...)
		if len(page) < f.Size {
			return all
		}
		f.Cursor = page[len(page)-1].Sequence
	}
}

func TestLogs(t *testing.T) {
	onTickingEngines(t, func(t *testing.T, s *store.Store, clock *atomic.Int64) {
		covered := map[iam.ResourceType]string{iam.ResourceUser: "user", iam.ResourceApplication: "application", iam.ResourceAPIKey: "api_key"}
		var logs []iam.Log
		var uncovered []string
		for _, e := range history(t, s, clock) {
			if len(e.Resources) == 0 || e.Resources[0].Action == "" || covered[e.Resources[0].Type] == "" {
				uncovered = append(uncovered, e.ID)
				continue
			}
			r := e.Resources[0]
			logs = append(logs, iam.Log{
				ID: iam.LogID(e.ID), OrganizationID: mine, CreatedAt: e.RecordedAt, IP: e.SourceIP, UserAgent: e.UserAgent, Action: r.Action,
				BearerID: e.Principal.ID, ResourceType: covered[r.Type], ResourceID: r.ID,
			})
		}
		if len(uncovered) == 0 {
			t.Fatal("every event is in the log")
		}
		c := collection[iam.Log, iam.LogFilter]{
			objects: logs, key: func(iam.Log) string { return "" }, // no two at one time
			orders: map[string]func(a, b iam.Log) int{"created_at": func(a, b iam.Log) int { return a.CreatedAt.Compare(b.CreatedAt) }},
			list: func(tx *store.Tx, f iam.LogFilter, o iam.Order, p iam.Page) ([]iam.Log, int, error) {
				f.OrganizationID, f.Order, f.Page = mine, o, p
				return tx.Logs(f)
			},
			filters: map[string]filterCase[iam.Log, iam.LogFilter]{
				"action":           {iam.LogFilter{Action: iam.ActionUpdated}, func(l iam.Log) bool { return l.Action == iam.ActionUpdated }, false},
				"type":             {iam.LogFilter{ResourceType: "user"}, func(l iam.Log) bool { return l.ResourceType == "user" }, false},
				"type not covered": {iam.LogFilter{ResourceType: "rule"}, func(iam.Log) bool { return false }, true},
				"no such type":     {iam.LogFilter{ResourceType: "iam_user"}, func(iam.Log) bool { return false }, true},
				"bearer":           {iam.LogFilter{Search: id("b", 1)}, func(l iam.Log) bool { return l.BearerID == id("b", 1) }, false},
				"resource":         {iam.LogFilter{Search: id("7", 1)}, func(l iam.Log) bool { return l.ResourceID == id("7", 1) }, false},
				"from":             {iam.LogFilter{After: minute(7)}, func(l iam.Log) bool { return !l.CreatedAt.Before(minute(7)) }, false},
				"to":               {iam.LogFilter{Before: minute(7)}, func(l iam.Log) bool { return !l.CreatedAt.After(minute(7)) }, false},
				"from to and action": {iam.LogFilter{After: minute(5), Before: minute(30), Action: iam.ActionCreated}, func(l iam.Log) bool {
					return l.Action == iam.ActionCreated && l.CreatedAt.After(minute(4)) && l.CreatedAt.Before(minute(31))
				}, false},
			},
		}
		c.check(t, s)
		for _, want := range logs {
			log, err := got(t, s, func(tx *store.Tx) (iam.Log, error) { return tx.Log(mine, want.ID) })
			must(t, err)
			same(t, "log", log, want)
		}
		for _, missing := range append(uncovered, "", id("0", 99)) {
			_, err := got(t, s, func(tx *store.Tx) (iam.Log, error) { return tx.Log(mine, iam.LogID(missing)) })
			fails(t, "log "+missing, err, store.ErrNotFound)
		}
	})
}

// TestEventsInOneOrder appends events from all sides, some of them to no avail, while the
// clock jumps: the sequence has no gap, and time never goes back along it.
func TestEventsInOneOrder(t *testing.T) {
	onTickingEngines(t, func(t *testing.T, s *store.Store, clock *atomic.Int64) {
		const writers, rounds = 8, 12
		var wg sync.WaitGroup
		var written atomic.Int64
		for w := range writers {
			wg.Go(func() {
				random := rand.New(rand.NewPCG(1, uint64(w)))
				for r := range rounds {
					clock.Store(random.Int64N(1000))
					append := func(tx *store.Tx) error {
						if err := tx.AppendEvent(iam.Event{ID: id("0", w*rounds+r), OrganizationID: mine}); err != nil || r%3 != 2 {
							return err
						}
						return errStop
					}
					var err error
					if w%2 == 0 {
						_, err = s.Update(t.Context(), append)
					} else {
						err = s.Record(t.Context(), append)
					}
					if r%3 == 2 {
						fails(t, "roll back", err, errStop)
					} else if err != nil {
						t.Error(err)
					} else {
						written.Add(1)
					}
				}
			})
		}
		wg.Wait()
		events, err := got(t, s, func(tx *store.Tx) ([]iam.Event, error) {
			return tx.Events(iam.EventFilter{OrganizationID: mine, Ascending: true, Size: 1000})
		})
		must(t, err)
		same(t, "number", int64(len(events)), written.Load())
		var before iam.Event
		for i, e := range events {
			if e.Sequence != int64(i+1) {
				t.Fatalf("event %d has sequence %d", i+1, e.Sequence)
			}
			if cmp.Compare(e.RecordedAt.UnixMicro(), before.RecordedAt.UnixMicro()) < 0 {
				t.Errorf("event %d is of %v, after one of %v", e.Sequence, e.RecordedAt, before.RecordedAt)
			}
			before = e
		}
	})
}

func TestEventOfNoOrganization(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		err := s.Record(t.Context(), func(tx *store.Tx) error { return tx.AppendEvent(iam.Event{OrganizationID: mine}) })
		fails(t, "record", err, store.ErrNotFound)
	})
}
