package authority

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"bailiwick/pdp"
	"bailiwick/store"
)

// maxGroup bounds how many mutations share a transaction, and with it how long the first
// waits for the last.
const maxGroup = 64

// groupTimeout bounds a transaction on a database that other processes use, too.
const groupTimeout = 10 * time.Second

// commits puts mutations that come at the same time into one transaction: whoever finds
// nobody at work leads, and takes those that have come by then with it. What costs most, the
// flush to the disk, is paid once for all of them; a mutation that comes alone waits for
// nobody.
type commits struct {
	mu      sync.Mutex
	waiting []*pending
	led     bool
}

// pending is a mutation on its way into the store.
type pending struct {
	update   func(*store.Tx, *pdp.Snapshot) error
	turn     chan bool // true: lead the next group; false: it is done
	leads    bool
	err      error
	panicked any
}

// enter puts a mutation into the queue and reports whether it must lead.
func (c *commits) enter(p *pending) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = append(c.waiting, p)
	if c.led {
		return false
	}
	c.led, p.leads = true, true
	return true
}

// leave takes a mutation out of the queue whose caller has gone, unless its turn has come.
func (c *commits) leave(p *pending) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, other := range c.waiting {
		if other == p && !p.leads {
			c.waiting = append(c.waiting[:i:i], c.waiting[i+1:]...)
			return true
		}
	}
	return false
}

// take returns the next group; the leader is the first of it.
func (c *commits) take() []*pending {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := min(len(c.waiting), maxGroup)
	group := c.waiting[:n:n]
	c.waiting = c.waiting[n:]
	return group
}

// pass ends a group: its members learn their results, and the next in the queue leads.
func (c *commits) pass(group []*pending) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.led = len(c.waiting) > 0
	if c.led {
		c.waiting[0].leads = true
		c.waiting[0].turn <- true
	}
	for _, p := range group[1:] {
		p.turn <- false
	}
}

// commit runs an update and brings the snapshot up to it: when it returns nil the change is
// durable and in force here. The update is given the state before it, and may be run more
// than once. A caller that hangs up takes its update back only while that waits.
func (a *Authority) commit(ctx context.Context, update func(*store.Tx, *pdp.Snapshot) error) error {
	p := &pending{update: update, turn: make(chan bool, 1)}
	lead := a.commits.enter(p)
	if !lead {
		select {
		case lead = <-p.turn:
		case <-ctx.Done():
			if a.commits.leave(p) {
				return ctx.Err()
			}
			lead = <-p.turn
		}
	}
	if lead {
		a.lead(ctx)
	}
	if p.panicked != nil {
		panic(p.panicked) // in the goroutine whose update it was
	}
	return p.err
}

// lead commits the next group and gives its members their results. Once the group is under
// way, the leader's hanging up must not end it: it is not the leader's alone.
func (a *Authority) lead(ctx context.Context) {
	group := a.commits.take()
	for _, p := range group {
		p.err = errUnfinished
	}
	defer a.commits.pass(group)
	ctx = context.WithoutCancel(ctx)
	if a.store.Engine() != store.EngineSQLite {
		bound := groupTimeout
		if a.lost.Load() {
			bound = followTimeout // who waits for a database that has just failed to answer would most likely wait in vain
		}
		bounded, cancel := context.WithTimeout(ctx, bound)
		defer cancel()
		ctx = bounded
	}
	err := a.commitGroup(ctx, group)
	for _, p := range group {
		if p.err == nil || p.err == errUnfinished {
			p.err = err
		}
	}
}

var (
	// errUnfinished is the result of an update that was never run to its end.
	errUnfinished = errors.New("the transaction did not come to its end")
	// errNothing ends a transaction all of whose updates were refused.
	errNothing = errors.New("nothing to commit")
)

// commitGroup runs the updates of a group in one transaction, each on the state that the one
// before leaves, and swaps the snapshot after the commit. An update that fails is undone alone.
func (a *Authority) commitGroup(ctx context.Context, group []*pending) error {
	var base *pdp.Snapshot
	var next *draft
	revision, err := a.store.Update(ctx, func(tx *store.Tx) (err error) {
		if base, err = a.current(tx); err != nil {
			return err
		}
		next = &draft{state: base}
		done := 0
		for _, p := range group {
			step := func() error { return a.step(tx, next, p) }
			if len(group) == 1 {
				p.err = step()
			} else {
				p.err = tx.Nested(step)
			}
			if p.err == nil {
				done++
			}
		}
		if done == 0 {
			return errNothing
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := a.publish(ctx, base, next, revision); err != nil {
		return fmt.Errorf("the change is stored but not yet in force on this node: %w", err)
	}
	return nil
}

// step runs one update and takes what it changed into the draft.
func (a *Authority) step(tx *store.Tx, next *draft, p *pending) (err error) {
	defer func() {
		if p.panicked = recover(); p.panicked != nil {
			err = errors.New("the update panicked")
		}
	}()
	if err := p.update(tx, next.state); err != nil {
		return err
	}
	return a.advance(tx, next, tx.Changed(), tx.Revision())
}

// publish puts the draft into force. If another follower has been faster the snapshot has
// the change already, or will have it from the change log.
func (a *Authority) publish(ctx context.Context, base *pdp.Snapshot, next *draft, revision int64) error {
	a.following.Lock()
	if a.snapshot.Load() == base {
		a.swap(next)
	}
	a.following.Unlock()
	if a.Revision() >= revision {
		return nil
	}
	return a.Follow(ctx)
}
