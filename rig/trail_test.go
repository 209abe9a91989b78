package rig_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bailiwick/iam"
	"bailiwick/rig"
	"bailiwick/store"
)

// mutations is how many changes [TestEveryChangeHasItsEvent] asks for on each engine, see
// "make soak-audit".
var mutations = flag.Int("mutations", 400, "how many changes are asked for while programs are killed")

// One kill for so many changes, but not fewer than leastKills in all.
const (
	changesForAKill = 2500
	leastKills      = 4
	trailClients    = 8
)

// mark numbers the changes that are asked for. It is in what each of them writes, so that an event
// and a row tell which change made them.
func mark(n int) string { return fmt.Sprintf("change %d.", n) }

// marked reads a mark; 0 if the text has none.
func marked(text string) int {
	_, rest, _ := strings.Cut(text, "change ")
	digits, _, found := strings.Cut(rest, ".")
	n, err := strconv.Atoi(digits)
	if !found || err != nil {
		return 0
	}
	return n
}

// diary is what clients asked for and were told: one byte for each change, since there are many.
type diary struct {
	next     atomic.Int64
	outcomes []rig.Outcome // by number
	statuses []int16
	deleted  sync.Map // id of a deleted application -> number of the deletion
	grown    chan struct{}
}

func newDiary(changes int) *diary {
	return &diary{outcomes: make([]rig.Outcome, changes+1), statuses: make([]int16, changes+1), grown: make(chan struct{}, changes+1)}
}

// change asks for changes until there are enough. stranger is a key without rights, whose changes
// are refused.
func (b bench) change(d *diary, client int, stranger string) {
	random := rand.New(rand.NewPCG(*seed, uint64(client)+100))
	var mine []string
	for {
		n := int(d.next.Add(1))
		if n >= len(d.outcomes) {
			return
		}
		r := rig.Request{Node: random.IntN(len(b.Nodes)), Secret: b.Keys["SCW_SECRET_KEY"]}
		create := false
		switch dice := random.IntN(20); {
		case dice == 0:
			r.Method, r.Path, r.Body, r.Secret = "POST", appsPath, fmt.Sprintf(`{"name":%q}`, mark(n)), stranger
		case len(mine) == 0 || dice < 10:
			create = true
			r.Method, r.Path, r.Body = "POST", appsPath, fmt.Sprintf(`{"name":%q}`, mark(n))
		case dice < 16:
			r.Method, r.Path, r.Body = "PATCH", appsPath+"/"+mine[random.IntN(len(mine))], fmt.Sprintf(`{"description":%q}`, mark(n))
		default:
			i := random.IntN(len(mine))
			r.Method, r.Path = "DELETE", appsPath+"/"+mine[i]
			d.deleted.Store(mine[i], n)
			mine[i] = mine[len(mine)-1]
			mine = mine[:len(mine)-1]
		}
		o := b.Ask(context.WithoutCancel(b.Context()), r)
		d.outcomes[n], d.statuses[n] = o.Outcome, int16(o.Status)
		if create && o.Outcome == rig.Done {
			mine = append(mine, o.Decode("id"))
		}
		d.grown <- struct{}{}
		if o.Outcome == rig.Unknown {
			b.awaitReady(r.Node) // a client that is refused the connection must not spin
		}
	}
}

// awaitReady waits until a node is ready, as [bench.ready] does, but in any goroutine: it gives up
// without a word, and the next change tells.
func (b bench) awaitReady(node int) {
	for begun := time.Now(); time.Since(begun) < rig.Patience && !b.isReady(node); time.Sleep(10 * time.Millisecond) {
	}
}

// TestEveryChangeHasItsEvent kills programs at random while clients change things. Afterwards the
// trail has exactly one event for each change that was acknowledged or refused, at most one for
// each whose answer was lost, and none for anything else; and the tables hold exactly what the
// events say.
func TestEveryChangeHasItsEvent(t *testing.T) {
	for name, options := range map[string]rig.Options{"sqlite": {}, "postgres": {Nodes: 2}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			setUp(t, options).killAndCheck(*mutations)
		})
	}
}

func (b bench) killAndCheck(changes int) {
	b.Helper()
	stranger, _ := b.key(0, "stranger", false)
	for node := range b.Nodes { // a node that does not know the key yet refuses it with 401, which leaves no event
		b.eventually("the stranger's key is known", func() bool { return b.with(node, stranger).Outcome == rig.Done })
	}
	d := newDiary(changes)
	var running sync.WaitGroup
	for client := range trailClients {
		running.Go(func() { b.change(d, client, stranger.secret) })
	}
	kills := max(leastKills, changes/changesForAKill)
	for range kills {
		for range 1 + b.random.IntN(2*changes/(kills+1)) {
			if int(d.next.Load()) >= changes {
				break
			}
			<-d.grown
		}
		b.killOne()
	}
	running.Wait()
	for node := range b.Nodes {
		b.ready(node)
	}
	b.checkEvents(d, kills)
	b.checkTrail(0)
}

// killOne kills a node or the database server, as kill -9 does, and starts it again.
func (b bench) killOne() {
	b.Helper()
	if b.Postgres != nil && b.random.IntN(4) == 0 {
		b.Postgres.Kill()
		b.check(b.Postgres.Start())
		return
	}
	victim := b.Nodes[b.random.IntN(len(b.Nodes))]
	victim.Kill()
	b.check(victim.Start())
}

// replayed is what events say of an application.
type replayed struct{ name, description string }

// checkEvents compares the trail with the diary, and the table with the trail.
func (b bench) checkEvents(d *diary, kills int) {
	b.Helper()
	s := b.openStore()
	events := make([]uint8, len(d.outcomes)) // by number of the change
	live := map[string]replayed{}
	count := 0
	b.eachEvent(s, func(e iam.Event) {
		n := b.replay(d, live, e)
		if n == 0 {
			return
		}
		count++
		if events[n]++; events[n] > 1 {
			b.Errorf("change %d has %d events", n, events[n])
		}
		if status := int(d.statuses[n]); d.outcomes[n] != rig.Unknown && (status/100 == 2) != (e.StatusCode == 200) {
			b.Errorf("change %d was answered with %d, its event says %d", n, status, e.StatusCode)
		}
	})
	told := map[rig.Outcome]int{}
	for n, outcome := range d.outcomes[1:] {
		n++
		told[outcome]++
		status := d.statuses[n]
		switch {
		case outcome == rig.Done && events[n] != 1, status == 403 && events[n] != 1:
			b.Errorf("change %d was answered with %d and has %d events", n, status, events[n])
		case outcome == rig.Refused && status != 403:
			b.Errorf("change %d was answered with %d", n, status)
		}
	}
	b.compareApplications(s, live)
	b.Logf("%d changes, %d kills: %d done, %d refused, %d without an answer; %d events", len(d.outcomes)-1, kills, told[rig.Done], told[rig.Refused], told[rig.Unknown], count)
}

// eachEvent reads the trail of the first organization in its order.
func (b bench) eachEvent(s *store.Store, yield func(iam.Event)) {
	b.Helper()
	f := iam.EventFilter{OrganizationID: iam.OrganizationID(b.Keys["SCW_DEFAULT_ORGANIZATION_ID"]), Ascending: true, Size: 1000}
	for {
		page := must(s.Read(b.Context()).Events(f))(b)
		for _, e := range page {
			if e.Sequence != f.Cursor+1 {
				b.Errorf("behind event %d comes event %d", f.Cursor, e.Sequence)
			}
			f.Cursor = e.Sequence
			yield(e)
		}
		if len(page) == 0 {
			return
		}
	}
}

// replay takes an event into the state that events tell, and returns the number of its change; 0
// for what the clients did not do.
func (b bench) replay(d *diary, live map[string]replayed, e iam.Event) int {
	b.Helper()
	var body struct {
		ApplicationID string `json:"application_id"`
		Name          string
		Description   string
	}
	b.check(json.Unmarshal(e.Body, &body))
	id := ""
	if len(e.Resources) > 0 {
		id = e.Resources[0].ID
	}
	switch e.Method {
	case "CreateApplication":
		n := marked(body.Name)
		if n > 0 && e.StatusCode == 200 {
			live[id] = replayed{name: body.Name}
		}
		return n
	case "UpdateApplication":
		was := live[id]
		was.description = body.Description
		live[id] = was
		return marked(body.Description)
	case "DeleteApplication":
		delete(live, id)
		if n, ok := d.deleted.Load(body.ApplicationID); ok {
			return n.(int)
		}
		b.Errorf("nobody asked for the deletion of %s", body.ApplicationID)
	}
	return 0
}

// compareApplications compares the table with what the events say that it holds.
func (b bench) compareApplications(s *store.Store, live map[string]replayed) {
	b.Helper()
	rows := 0
	err := s.View(b.Context(), func(tx *store.Tx) error {
		return tx.EachApplication(func(a iam.Application) error {
			if marked(a.Name) == 0 {
				return nil
			}
			rows++
			if said, ok := live[string(a.ID)]; !ok || said != (replayed{a.Name, a.Description}) {
				return fmt.Errorf("application %s is %q, %q; the events say %+v, %t", a.ID, a.Name, a.Description, said, ok)
			}
			return nil
		})
	})
	if err != nil {
		b.Error(err)
	}
	if rows != len(live) {
		b.Errorf("%d applications are in the table, %d by the events", rows, len(live))
	}
}
