package rig_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"bailiwick/rig"
)

// staleBound is how old the state may be on which an answer rests that does not say that it
// is stale.
const staleBound = time.Second

// subject is an application whose policy is given to it and taken away, again and again, by
// one client, so that its states have an order.
type subject struct {
	key
	policy string
	grants []step // what its client did
}

// step is a change of a subject: whether it then may, and what the client was told.
type step struct {
	may bool
	rig.Operation
}

// look is a question whether a subject may, and its answer.
type look struct {
	subject int
	may     bool
	rig.Operation
}

// history is what happened to some subjects.
type history struct {
	bench
	subjects []subject
	newest   atomic.Int64 // of the revisions that anybody was told

	mu    sync.Mutex
	looks []look
}

func newHistory(b bench, n int) *history {
	h := &history{bench: b, subjects: make([]subject, n)}
	for i := range h.subjects {
		s := &h.subjects[i]
		var made rig.Operation
		s.key, made = b.key(0, fmt.Sprintf("subject %d", i), true)
		s.policy = made.Decode("id")
		s.grants = []step{{true, made}}
		h.told(made)
	}
	return h
}

// told notes the revision of an answer, which tokens of all clients then include.
func (h *history) told(o rig.Operation) {
	for {
		newest := h.newest.Load()
		if o.Revision <= newest || h.newest.CompareAndSwap(newest, o.Revision) {
			return
		}
	}
}

// toggle gives a subject its policy and takes it away until the context ends.
func (h *history) toggle(ctx context.Context, i int) {
	random := rand.New(rand.NewPCG(*seed, uint64(i)))
	for ctx.Err() == nil {
		h.change(ctx, i, random.IntN(len(h.Nodes)))
		// A subject that changed all the time would explain every answer.
		time.Sleep(time.Duration(random.IntN(600)) * time.Millisecond)
	}
}

// change gives a subject its policy if it was taken away last, or takes it away, at a node.
func (h *history) change(ctx context.Context, i, node int) {
	s := &h.subjects[i]
	may, body := !s.grants[len(s.grants)-1].may, `{"no_principal":true}`
	if may {
		body = fmt.Sprintf(`{"application_id":%q}`, s.application)
	}
	o := h.Ask(context.WithoutCancel(ctx), rig.Request{Node: node, Method: "PATCH", Path: "/iam/v1alpha1/policies/" + s.policy, Secret: h.Keys["SCW_SECRET_KEY"], Body: body})
	if o.Outcome == rig.Refused {
		h.Errorf("PATCH of a policy: %d %s", o.Status, o.Answer)
	}
	if o.Outcome == rig.Done {
		h.told(o)
		o.End = h.Now() // only from here on a client is told by others, too
	}
	s.grants = append(s.grants, step{may, o})
}

// watch asks about random subjects at random nodes until the context ends: with the newest
// revision that anybody was told, or without any.
func (h *history) watch(ctx context.Context, client int) {
	random := rand.New(rand.NewPCG(*seed, uint64(client)+1000))
	for ctx.Err() == nil {
		i := random.IntN(len(h.subjects))
		r := rig.Request{Node: random.IntN(len(h.Nodes)), Method: "GET", Path: appsPath + "/" + h.subjects[i].application, Secret: h.subjects[i].secret}
		asked := h.Now()
		if random.IntN(2) == 0 {
			r.Least = h.newest.Load()
		}
		o := h.Ask(context.WithoutCancel(ctx), r)
		o.Client, o.Start = client, asked
		if o.Err == nil && r.Least > 0 { // whoever saw a state brings it along
			h.told(o)
			o.End = h.Now()
		}
		if o.Err != nil || o.Status/100 == 5 {
			continue // told nothing
		}
		if o.Status != 200 && o.Status != 403 {
			h.Errorf("GET: %d %s", o.Status, o.Answer)
		}
		h.mu.Lock()
		h.looks = append(h.looks, look{i, o.Status == 200, o})
		h.mu.Unlock()
	}
}

// operations are those whose order porcupine looks for: all changes, and the questions that
// brought a revision. A change whose outcome nobody knows may happen at any time later.
func (h *history) operations() (operations []porcupine.Operation) {
	for i, s := range h.subjects {
		for _, g := range s.grants {
			end := int64(g.End)
			if g.Outcome == rig.Unknown {
				end = math.MaxInt64
			}
			operations = append(operations, porcupine.Operation{ClientId: i, Input: event{i, true, g.may}, Call: int64(g.Start), Output: nil, Return: end})
		}
	}
	for _, l := range h.looks {
		if l.Least > 0 {
			operations = append(operations, porcupine.Operation{ClientId: 100 + l.Client, Input: event{subject: l.subject}, Call: int64(l.Start), Output: l.may, Return: int64(l.End)})
		}
	}
	return operations
}

// event is a change of a subject or a question about it, as porcupine sees it.
type event struct {
	subject     int
	change, may bool
}

// register is the model of a subject: a question is answered by the change before it.
var register = porcupine.Model{
	Partition: func(all []porcupine.Operation) [][]porcupine.Operation {
		parts := map[int][]porcupine.Operation{}
		for _, o := range all {
			i := o.Input.(event).subject
			parts[i] = append(parts[i], o)
		}
		var list [][]porcupine.Operation
		for _, part := range parts {
			list = append(list, part)
		}
		return list
	},
	Init: func() any { return false },
	Step: func(state, input, output any) (bool, any) {
		if e := input.(event); e.change {
			return true, e.may
		}
		return output == state, state
	},
}

// explained reports whether an answer may rest on one of the changes of a subject from a
// number on.
func (h *history) explained(l look, from int) bool {
	for _, g := range h.subjects[l.subject].grants[from:] {
		if g.Start <= l.End && g.may == l.may {
			return true
		}
	}
	return false
}

// since is the number of the last change that an answer must know if it may not know less
// than what holds for a change.
func (h *history) since(l look, holds func(step) bool) (from int) {
	for n, g := range h.subjects[l.subject].grants {
		if g.Outcome == rig.Done && holds(g) {
			from = n
		}
	}
	return from
}

// check judges every answer: by its time if it does not say that it is stale, by the revision
// that it names, and by the order of the revisions that its node named.
func (h *history) check() {
	h.Helper()
	var ages [4]int // answers that knew all, and those that were up to 10 ms, 100 ms and 1 s behind
	for _, l := range h.looks {
		if from := h.since(l, func(g step) bool { return g.End < l.Start-staleBound }); !l.Stale && !h.explained(l, from) {
			h.Errorf("node %d answers from a state more than %s ago, and does not say so: %+v", l.Node, staleBound, l)
		}
		if from := h.since(l, func(g step) bool { return g.Revision <= l.Revision }); !h.explained(l, from) {
			h.Errorf("node %d answers from a state before revision %d, which it names: %+v", l.Node, l.Revision, l)
		}
		if l.Revision < l.Least {
			h.Errorf("node %d names revision %d where %d was wanted", l.Node, l.Revision, l.Least)
		}
		for i, age := range []time.Duration{0, 10 * time.Millisecond, 100 * time.Millisecond, staleBound} {
			if h.explained(l, h.since(l, func(g step) bool { return g.End < l.Start-age })) {
				ages[i]++
				break
			}
		}
	}
	newest := map[int]look{} // of the answers of a node that ended
	for _, l := range h.looks {
		// Answers are in the order of their ends, so what began after an end comes later.
		if before, ok := newest[l.Node]; ok && before.End < l.Start && l.Revision < before.Revision {
			h.Errorf("node %d went back from revision %d to %d", l.Node, before.Revision, l.Revision)
		}
		if l.Revision > newest[l.Node].Revision {
			newest[l.Node] = l
		}
	}
	h.Logf("%d answers: %d knew all, %d were up to 10 ms behind, %d up to 100 ms, %d up to 1 s", len(h.looks), ages[0], ages[1], ages[2], ages[3])
	if result := porcupine.CheckOperations(register, h.operations()); !result {
		h.Error("changes and answers to questions that brought a revision have no order")
	}
}

// Rights are given and taken at all nodes, and asked for at all nodes, while nodes are killed,
// paused and cut off and hear of nothing: questions that bring a revision and the changes have
// one order, all others are at most as old as they say.
func TestHistory(t *testing.T) {
	t.Parallel()
	b := setUp(t, rig.Options{Nodes: 3})
	h := newHistory(b, 4)
	for _, n := range b.Nodes[1:] {
		n.Database.Set(rig.Weather{NoNotifications: true})
	}
	for i := range h.subjects {
		for node := range b.Nodes {
			b.eventually("the key is known", func() bool { return accepted(b.with(node, h.subjects[i].key)) })
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for i := range h.subjects[1:] { // the first changes only while a node is cut off
		running.Go(func() { h.toggle(ctx, i+1) })
	}
	for client := range clients {
		running.Go(func() { h.watch(ctx, client) })
	}
	for fault := range 6 * *rounds {
		time.Sleep(300 * time.Millisecond) // so that nodes are followed through healthy times, too
		victim := b.random.IntN(len(b.Nodes))
		n := b.Nodes[victim]
		switch fault % 3 {
		case 0:
			n.Kill()
			b.check(n.Start())
		case 1:
			b.check(n.Pause())
			time.Sleep(1200 * time.Millisecond) // longer than a snapshot stays fresh
			b.check(n.Resume())
		default:
			n.Database.Set(rig.Weather{Cut: true})
			h.change(ctx, 0, (victim+1)%len(b.Nodes))
			time.Sleep(2 * staleBound) // for the second half of it the node must say that it is stale
			n.Database.Set(rig.Weather{NoNotifications: true})
		}
	}
	cancel()
	running.Wait()
	h.check()
	if len(h.looks) < 500 {
		t.Errorf("%d answers are too few for this run to prove anything", len(h.looks))
	}
}
