package rig_test

import (
	"fmt"
	"testing"
	"time"

	"bailiwick/rig"
)

// Links that are slow, that carry a few bytes at a time, that stand still for a moment, and
// that break: what was acknowledged is there once, and nothing that nobody asked for.
func TestWeather(t *testing.T) {
	t.Parallel()
	b := setUp(t, rig.Options{Nodes: 3})
	recorder, stop := b.load()
	weathers := []rig.Weather{{Delay: 5 * time.Millisecond}, {Slice: 7}, {Cut: true}, {Slice: 100, Delay: time.Millisecond}, {Hole: true}, {}}
	for range 8 * *rounds {
		node := b.Nodes[b.random.IntN(len(b.Nodes))]
		link := node.Database
		if b.random.IntN(3) == 0 {
			link = node.Front
		}
		w := weathers[b.random.IntN(len(weathers))]
		link.Set(w)
		if w.Hole {
			time.Sleep(100 * time.Millisecond) // nobody may be left to whom anything happens
			link.Set(rig.Weather{})
		}
		recorder.Await(20)
		link.Set(rig.Weather{})
	}
	// Connections break between a commit and its answer: nobody knows whether it happened.
	for range 5 * *rounds {
		n := b.Nodes[b.random.IntN(len(b.Nodes))]
		n.Database.Set(rig.Weather{LostCommits: true})
		recorder.Await(10)
		n.Database.Set(rig.Weather{})
		recorder.Await(10)
	}
	operations := stop()
	for node := range b.Nodes {
		b.ready(node)
	}
	b.checkKept(operations)
	b.checkTrail(0)
}

// The primary dies under load and its synchronous standby takes over: nothing that was
// acknowledged is lost, no node goes back, and all of them go on.
func TestFailover(t *testing.T) {
	t.Parallel()
	b := setUp(t, rig.Options{Nodes: 3})
	standby := must(b.Postgres.NewStandby(t.Context()))(t)
	t.Cleanup(func() { b.check(standby.Remove()) })
	recorder, stop := b.load()
	recorder.Await(150)
	before := make([]int64, len(b.Nodes))
	for node := range b.Nodes {
		before[node] = b.Ask(t.Context(), rig.Request{Node: node, Method: "GET", Path: "/healthz"}).Revision
	}
	// The standby hears no more, and a moment later the primary is gone: what is acknowledged
	// in between would be lost.
	standby.Stream().Set(rig.Weather{Hole: true})
	time.Sleep(300 * time.Millisecond)
	b.Postgres.Kill()
	b.check(standby.Promote())
	for _, n := range b.Nodes {
		n.Database.Lead("unix", standby.Socket())
	}
	for node := range b.Nodes {
		b.ready(node)
	}
	recorder.Await(100)
	operations := stop()
	b.Installation.Postgres, standby = standby, b.Installation.Postgres
	for node := range b.Nodes {
		if now := b.Ask(t.Context(), rig.Request{Node: node, Method: "GET", Path: "/healthz"}).Revision; now < before[node] {
			t.Errorf("node %d was at revision %d and is at %d", node, before[node], now)
		}
	}
	b.checkKept(operations)
	b.checkTrail(0)
}

// A wall clock that jumps ends no node and revives no key: how old a snapshot is does not
// depend on it, and the audit trail goes by its sequence.
func TestClockJump(t *testing.T) {
	t.Parallel()
	b := setUp(t, rig.Options{Nodes: 2, Program: must(clocked())(t), Args: []string{"--max-staleness", "3s"}})
	k, _ := b.key(0, "key", false)
	expiring := b.mustDo(0, "POST", "/iam/v1alpha1/api-keys", fmt.Sprintf(`{"application_id":%q,"expires_at":%q}`, k.application,
		time.Now().Add(30*time.Minute).UTC().Format(time.RFC3339)))
	short := key{k.application, expiring.Decode("access_key"), expiring.Decode("secret_key")}
	b.eventually("the keys are known", func() bool { return accepted(b.with(1, k)) && accepted(b.with(1, short)) })
	for _, offset := range []time.Duration{time.Hour, -time.Hour, 20 * 365 * 24 * time.Hour, 0} {
		b.check(b.Nodes[1].SetClock(offset))
		if o := b.with(1, k); o.Status != 200 || o.Stale {
			t.Errorf("clock %s: %d %s, stale: %t", offset, o.Status, o.Answer, o.Stale)
		}
		if got, want := accepted(b.with(1, short)), offset < 30*time.Minute; got != want {
			t.Errorf("clock %s: a key that expires in 30 minutes is accepted: %t", offset, got)
		}
		if !accepted(b.with(0, short)) {
			t.Errorf("clock %s of the other node: the key is refused here", offset)
		}
		b.mustDo(1, "POST", appsPath, fmt.Sprintf(`{"name":"made at %s"}`, offset))
		b.mustDo(0, "POST", appsPath, fmt.Sprintf(`{"name":"made here at %s"}`, offset))
	}
	// A clock that goes back must not make a snapshot young.
	b.Nodes[1].Database.Set(rig.Weather{Cut: true})
	b.check(b.Nodes[1].SetClock(-time.Hour))
	begun := time.Now()
	b.eventually("the node falls silent", func() bool {
		o := b.with(1, k)
		if accepted(o) && time.Since(begun) > 10*time.Second {
			t.Fatal("a node whose clock went back goes on deciding without its database")
		}
		return o.Status == 503
	})
	b.Nodes[1].Database.Set(rig.Weather{})
	b.check(b.Nodes[1].SetClock(0))
	b.ready(1)
	b.checkTrail(0)
}

// A full disk refuses changes and nothing else, and when there is room again they go on by
// themselves.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]rig.Options{
		"sqlite":   {Disk: 32 << 20},
		"postgres": {Disk: 160 << 20, Nodes: 2, Postgres: []string{"min_wal_size=32MB", "max_wal_size=32MB"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := setUp(t, o)
			k, _ := b.key(0, "key", false)
			recorder, stop := b.load()
			make := func(name string) rig.Operation {
				return b.AskAs(t.Context(), recorder, clients, rig.Request{Method: "POST", Path: appsPath, Secret: b.Keys["SCW_SECRET_KEY"], Body: fmt.Sprintf(`{"name":%q}`, name)})
			}
			recorder.Await(100)
			b.check(b.FillDisk())
			refused := 0
			b.eventually("a change is refused", func() bool {
				refused++ // each name is used once
				o := make(fmt.Sprintf("refused %d", refused))
				if o.Outcome == rig.Done {
					return false
				}
				if o.Status != 503 {
					t.Errorf("a change on a full disk: %d %s %v", o.Status, o.Answer, o.Err)
				}
				return true
			})
			for range 50 {
				if o := b.with(0, k); o.Status != 200 {
					t.Errorf("a decision on a full disk: %d %s", o.Status, o.Answer)
				}
			}
			recorder.Await(100)
			b.check(b.FreeDisk())
			b.eventually("changes go on", func() bool {
				refused++
				return make(fmt.Sprintf("after %d", refused)).Outcome == rig.Done
			})
			recorder.Await(100)
			b.checkKept(stop(), "key")
			b.checkTrail(0)
		})
	}
}
