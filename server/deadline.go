package server

import (
	"context"
	"sync"
	"time"
)

// deadline is a context that ends at a moment, like one of context.WithDeadline, except that
// its timer is made when somebody first looks whether it has ended. What is answered from
// memory never looks, and most requests are.
type deadline struct {
	context.Context // the parent
	at              time.Time
	once            sync.Once
	timed           context.Context
	cancel          context.CancelFunc
}

// look returns the context with the timer, for which it is time now.
func (d *deadline) look() context.Context {
	d.once.Do(func() { d.timed, d.cancel = context.WithDeadline(d.Context, d.at) })
	if d.timed == nil { // it was stopped before
		ctx, cancel := context.WithCancel(d.Context)
		cancel()
		return ctx
	}
	return d.timed
}

// stop ends the context, and its timer if there is one.
func (d *deadline) stop() {
	d.once.Do(func() {})
	if d.cancel != nil {
		d.cancel()
	}
}

// Deadline implements context.Context.
func (d *deadline) Deadline() (time.Time, bool) {
	if parent, ok := d.Context.Deadline(); ok && parent.Before(d.at) {
		return parent, true
	}
	return d.at, true
}

// Done implements context.Context.
func (d *deadline) Done() <-chan struct{} { return d.look().Done() }

// Err implements context.Context.
func (d *deadline) Err() error { return d.look().Err() }

// AfterFunc is what package context looks for in a context that is not its own: contexts
// that are derived from this one need no goroutine to watch it.
func (d *deadline) AfterFunc(f func()) func() bool { return context.AfterFunc(d.look(), f) }
