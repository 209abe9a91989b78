package rig_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"bailiwick/rig"
)

// accepted reports whether an answer says that the key proves somebody.
func accepted(o rig.Operation) bool {
	return o.Status != http.StatusUnauthorized && o.Status/100 != 5 && o.Err == nil
}

// A node that alone loses its database says so, leaves readiness, and falls silent when its
// time is over; the others notice nothing. When it is back its first answer is right.
func TestCutNode(t *testing.T) {
	t.Parallel()
	for _, weather := range []rig.Weather{{Cut: true}, {Hole: true}} {
		t.Run(fmt.Sprintf("%+v", weather), func(t *testing.T) {
			b := setUp(t, rig.Options{Nodes: 3, Args: []string{"--max-staleness", "3s"}})
			const cut = 2
			k, _ := b.key(0, "revoked", false)
			b.eventually("the key is known everywhere", func() bool { return accepted(b.with(cut, k)) })
			begun := time.Now()
			b.Nodes[cut].Database.Set(weather)
			b.revoke(0, k)
			// The first probe tells; it takes no longer than the promise.
			if b.isReady(cut) {
				t.Error("a node without a database is ready")
			}
			if took := time.Since(begun); took > 5*time.Second {
				t.Errorf("it took %s to leave readiness", took)
			}
			var stale, silent rig.Operation
			b.eventually("the node falls silent", func() bool {
				silent = b.with(cut, k)
				if accepted(silent) {
					stale = silent
				}
				if accepted(silent) && time.Since(begun) > 10*time.Second {
					t.Fatal("the node goes on deciding")
				}
				return silent.Status == 503
			})
			if !strings.Contains(string(silent.Answer), "without its database for too long") {
				t.Errorf("its refusal: %s", silent.Answer)
			}
			if stale.Status == 0 {
				t.Log("the machine was so slow that the node was silent before it was asked")
			} else if !stale.Stale {
				t.Errorf("the last answer before does not say that it is stale: %d %s", stale.Status, stale.Answer)
			}
			if o := b.owner(cut, "POST", appsPath, `{"name":"lost"}`); o.Status != 503 {
				t.Errorf("a change without a database: %d %s", o.Status, o.Answer)
			}
			for node := range cut {
				if o := b.with(node, k); o.Status != 401 || o.Stale || !b.isReady(node) {
					t.Errorf("node %d, which has its database: %d %s, stale: %t", node, o.Status, o.Answer, o.Stale)
				}
			}
			b.Nodes[cut].Database.Set(rig.Weather{})
			b.eventually("the node answers again", func() bool { silent = b.with(cut, k); return silent.Status != 503 })
			if silent.Status != 401 || silent.Stale {
				t.Errorf("its first answer: %d %s, stale: %t", silent.Status, silent.Answer, silent.Stale)
			}
			b.ready(cut)
		})
	}
}

// A process that was stopped catches up before it answers: its database is slow, so an answer
// that did not wait would come from before the revocation. One that waited in vain, for as long
// as it may, says that it is stale.
func TestPause(t *testing.T) {
	t.Parallel()
	b := setUp(t, rig.Options{Nodes: 2, Args: []string{"--log-level", "debug"}})
	for i := range 2 * *rounds {
		k, _ := b.key(0, fmt.Sprintf("key %d", i), true)
		b.eventually("the key is known", func() bool { return accepted(b.with(1, k)) })
		b.check(b.Nodes[1].Pause())
		b.revoke(0, k)
		time.Sleep(1200 * time.Millisecond) // longer than the age from which on a snapshot is stale
		b.Nodes[1].Database.Set(rig.Weather{Delay: 20 * time.Millisecond})
		b.check(b.Nodes[1].Resume())
		o := b.with(1, k)
		inVain := o.Stale && strings.Contains(b.Nodes[1].Log(), "cannot catch up with the database")
		if o.Status != 401 && !inVain {
			t.Errorf("the first answer after the pause: %d %s, stale: %t", o.Status, o.Answer, o.Stale)
		}
		b.Nodes[1].Database.Set(rig.Weather{})
		b.ready(1)
	}
}

// Whatever a node knows: no mutation that began after the answer to the revocation commits.
// Nothing tells the node of it, and all of the attempts come before it looks by itself.
func TestRevokedKeyNeverMutates(t *testing.T) {
	t.Parallel()
	b := setUp(t, rig.Options{Nodes: 2})
	b.Nodes[1].Database.Set(rig.Weather{NoNotifications: true})
	late := 0
	for i := range 8 * *rounds {
		k, made := b.key(0, fmt.Sprintf("key %d", i), true)
		// Both sides of the race: with and without having been seen by the node.
		if o := b.Ask(t.Context(), rig.Request{Node: 1, Method: "GET", Path: appsPath + "/" + k.application, Secret: k.secret, Least: made.Revision}); o.Status != 200 {
			t.Fatalf("the key does not work at its revision: %d %s", o.Status, o.Answer)
		}
		b.revoke(0, k)
		for range 3 {
			o := b.Ask(t.Context(), rig.Request{Node: 1, Method: "POST", Path: appsPath, Secret: k.secret, Body: fmt.Sprintf(`{"name":"made by the dead key %d"}`, i)})
			if o.Status != 401 {
				t.Fatalf("a mutation with a revoked key: %d %s", o.Status, o.Answer)
			}
		}
		if accepted(b.with(1, k)) {
			late++
		}
	}
	t.Logf("%d of %d revocations were not known to the node after three refused mutations", late, 8**rounds)
	b.checkTrail(0)
}

// Every notification is lost: nodes hear of changes all the same, because they look.
func TestLostNotifications(t *testing.T) {
	t.Parallel()
	b := setUp(t, rig.Options{Nodes: 3})
	for _, n := range b.Nodes {
		n.Database.Set(rig.Weather{NoNotifications: true})
	}
	var longest time.Duration
	for i := range 5 * *rounds {
		k, _ := b.key(0, fmt.Sprintf("key %d", i), false)
		for node := 1; node < len(b.Nodes); node++ {
			b.eventually("the key is known", func() bool { return accepted(b.with(node, k)) })
		}
		gone := b.revoke(0, k)
		if o := b.with(0, k); o.Status != 401 {
			t.Errorf("the node that revoked the key: %d %s", o.Status, o.Answer)
		}
		for node := 1; node < len(b.Nodes); node++ {
			b.eventually("the key is refused", func() bool {
				o := b.with(node, k)
				longest = max(longest, o.Start-gone.End)
				if accepted(o) && o.Start-gone.End > 10*time.Second {
					t.Fatalf("node %d takes the key %s after its end", node, o.Start-gone.End)
				}
				return o.Status == 401
			})
		}
	}
	t.Logf("a revoked key was refused everywhere after at most %s", longest)
}

// Mutations at all nodes at once: whatever order they commit in, no node misses one.
func TestCommitsOutOfOrder(t *testing.T) {
	t.Parallel()
	b := setUp(t, rig.Options{Nodes: 3})
	var keys []key
	for i := range 24 * *rounds {
		k, _ := b.key(0, fmt.Sprintf("key %d", i), false)
		keys = append(keys, k)
	}
	for node := range b.Nodes {
		last := keys[len(keys)-1]
		b.eventually("all keys are known", func() bool { return accepted(b.with(node, last)) })
	}
	ended := make(chan rig.Operation)
	for writer := range 6 {
		go func() {
			var last rig.Operation
			for i := writer; i < len(keys); i += 6 {
				o := b.owner(writer%3, "DELETE", "/iam/v1alpha1/api-keys/"+keys[i].access, "")
				if last.Err = o.Err; o.Outcome != rig.Done {
					t.Errorf("delete: %d %s %v", o.Status, o.Answer, o.Err)
				}
				last.Revision = max(last.Revision, o.Revision)
			}
			ended <- last
		}()
	}
	var newest int64
	for range 6 {
		newest = max(newest, (<-ended).Revision)
	}
	for node := range b.Nodes {
		for _, k := range keys {
			r := rig.Request{Node: node, Method: "GET", Path: appsPath + "/" + k.application, Secret: k.secret, Least: newest}
			if o := b.Ask(t.Context(), r); o.Status != 401 {
				t.Errorf("node %d at revision %d takes a key that was deleted by %d: %d %s", node, o.Revision, newest, o.Status, o.Answer)
			}
		}
	}
	b.checkTrail(1)
}
