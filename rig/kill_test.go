package rig_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"bailiwick/iam"
	"bailiwick/rig"
	"bailiwick/store"
)

const (
	clients    = 4
	appsPath   = "/iam/v1alpha1/applications"
	killsShort = 6 // kills in the usual tests
)

// work makes, changes and deletes applications at random nodes until the context ends, and
// records all of it. Each name is used once.
func (b bench) work(ctx context.Context, recorder *rig.Recorder, client int) {
	random := rand.New(rand.NewPCG(*seed, uint64(client)+1))
	var mine []string // ids that were acknowledged and that nobody has tried to delete
	for n := 0; ctx.Err() == nil; n++ {
		r := rig.Request{Node: random.IntN(len(b.Nodes)), Secret: b.Keys["SCW_SECRET_KEY"]}
		i := 0
		if len(mine) > 0 {
			i = random.IntN(len(mine))
		}
		switch dice := random.IntN(10); {
		case len(mine) == 0 || dice < 5:
			r.Method, r.Path, r.Body = "POST", appsPath, fmt.Sprintf(`{"name":"app %d of %d"}`, n, client)
		case dice < 7:
			r.Method, r.Path, r.Body = "PATCH", appsPath+"/"+mine[i], fmt.Sprintf(`{"description":"%d of %d"}`, n, client)
		case dice < 9:
			r.Method, r.Path = "DELETE", appsPath+"/"+mine[i]
			mine = append(mine[:i:i], mine[i+1:]...)
		default:
			r.Method, r.Path = "GET", appsPath+"/"+mine[i]
		}
		o := b.AskAs(context.WithoutCancel(ctx), recorder, client, r)
		if id := o.Decode("id"); r.Method == "POST" && o.Outcome == rig.Done && id != "" {
			mine = append(mine, id)
		}
		if o.Outcome == rig.Unknown {
			time.Sleep(5 * time.Millisecond) // a client that is refused the connection must not spin
		}
	}
}

// load runs clients until the returned function is called, which returns what they did.
func (b bench) load() (recorder *rig.Recorder, stop func() []rig.Operation) {
	ctx, cancel := context.WithCancel(b.Context())
	recorder = &rig.Recorder{}
	var running sync.WaitGroup
	for client := range clients {
		running.Go(func() { b.work(ctx, recorder, client) })
	}
	return recorder, func() []rig.Operation {
		cancel()
		running.Wait()
		return recorder.Operations()
	}
}

// done is how many changes were acknowledged.
func done(operations []rig.Operation) (n int) {
	for _, o := range operations {
		if o.Method != "GET" && o.Outcome == rig.Done {
			n++
		}
	}
	return n
}

// checkKept compares what the database holds with what the clients were told: what was
// acknowledged is there, what was refused is not, what nobody knows is there or not. others are
// applications that the test made itself.
func (b bench) checkKept(operations []rig.Operation, others ...string) {
	b.Helper()
	type wish struct{ name, description, id string }
	made := map[string]wish{}        // by name: acknowledged
	maybe := map[string]bool{}       // names whose making nobody knows of
	gone := map[string]rig.Outcome{} // by id: deletions, unless refused
	described := map[string]map[string]rig.Outcome{}
	last := map[string]string{} // by id: the description that was acknowledged last
	statuses := map[int]int{}   // of what nobody knows; 0: no answer
	for _, o := range operations {
		if o.Outcome == rig.Unknown {
			statuses[o.Status]++
			if o.Status == 500 {
				b.Errorf("a fault that is nobody's: %s %s: %s", o.Method, o.Path, o.Answer)
			}
		}
		id := o.Path[min(len(o.Path), len(appsPath)+1):]
		switch {
		case o.Method == "POST" && o.Outcome == rig.Done:
			made[o.Decode("id")] = wish{name: o.Decode("name"), id: o.Decode("id")}
		case o.Method == "POST" && o.Outcome == rig.Unknown:
			maybe[o.Body] = true
		case o.Method == "POST":
			b.Errorf("refused: %s: %d %s", o.Body, o.Status, o.Answer)
		case o.Method == "DELETE":
			if o.Outcome == rig.Refused {
				b.Errorf("the deletion of what was there was refused: %d %s", o.Status, o.Answer)
			}
			gone[id] = o.Outcome
		case o.Method == "PATCH":
			if described[id] == nil {
				described[id] = map[string]rig.Outcome{}
			}
			described[id][o.Body] = o.Outcome
			if o.Outcome == rig.Done {
				last[id] = o.Decode("description")
			}
		case o.Method == "GET" && o.Outcome == rig.Refused:
			b.Errorf("what was acknowledged is not there: %s: %d %s (client %d)", o.Path, o.Status, o.Answer, o.Client)
		}
	}
	kept := map[string]iam.Application{}
	s := b.openStore()
	b.check(s.View(b.Context(), func(tx *store.Tx) error {
		return tx.EachApplication(func(a iam.Application) error {
			kept[string(a.ID)] = a
			return nil
		})
	}))
	lost := 0
	for id, w := range made {
		_, there := kept[id]
		switch outcome, tried := gone[id]; {
		case !tried && !there:
			lost++
			b.Errorf("%s was acknowledged and is lost", w.name)
		case tried && outcome == rig.Done && there:
			lost++
			b.Errorf("%s was deleted, so it was said, and is there", w.name)
		}
	}
	unknown, names := 0, map[string]bool{}
	for id, a := range kept {
		if names[a.Name] {
			b.Errorf("%s was asked for once and is there twice", a.Name)
		}
		names[a.Name] = true
		if _, ok := made[id]; ok {
			b.checkDescription(a, last[id], described[id])
			continue
		}
		if slices.Contains(others, a.Name) {
			continue
		}
		if unknown++; !maybe[fmt.Sprintf(`{"name":%q}`, a.Name)] {
			b.Errorf("nobody asked for %s", a.Name)
		}
	}
	b.Logf("%d operations: %d changes acknowledged, %d lost; %d applications of unknown outcome are there; statuses of unknown outcome: %v", len(operations), done(operations), lost, unknown, statuses)
	if done(operations) < 20 {
		b.Error("too little happened for this run to prove anything")
	}
}

// checkDescription wants the description that was acknowledged last, or a later one of
// unknown outcome. Each text is written by one client, one after the other, so it tells when.
func (b bench) checkDescription(a iam.Application, acknowledged string, tried map[string]rig.Outcome) {
	b.Helper()
	if a.Description == acknowledged {
		return
	}
	if tried[fmt.Sprintf(`{"description":%q}`, a.Description)] != rig.Unknown {
		b.Errorf("%s is described as %q, acknowledged last was %q", a.Name, a.Description, acknowledged)
	}
}

// Whatever is killed, and however often: what was acknowledged is there, nothing else is, and
// the audit trail tells exactly that.
func TestKills(t *testing.T) {
	t.Parallel()
	b := setUp(t, rig.Options{Nodes: 3})
	recorder, stop := b.load()
	for range killsShort * *rounds {
		recorder.Await(10 + b.random.IntN(50))
		if victim := b.random.IntN(len(b.Nodes) + 1); victim < len(b.Nodes) {
			b.Nodes[victim].Kill()
			b.check(b.Nodes[victim].Start())
			continue
		}
		b.Postgres.Kill()
		b.check(b.Postgres.Start())
	}
	// A kill at the end, of a busy node: what it acknowledged last has nobody to be repeated by.
	recorder.Await(20)
	b.Nodes[0].Kill()
	b.check(b.Nodes[0].Start())
	operations := stop()
	for node := range b.Nodes {
		b.ready(node)
	}
	b.checkKept(operations)
	b.checkTrail(0)
}

// The same on the embedded database.
func TestKillsEmbedded(t *testing.T) {
	t.Parallel()
	b := setUp(t, rig.Options{})
	recorder, stop := b.load()
	for range killsShort * *rounds {
		recorder.Await(10 + b.random.IntN(50))
		b.Nodes[0].Kill()
		b.check(b.Nodes[0].Start())
	}
	b.checkKept(stop())
	b.checkTrail(0)
}
