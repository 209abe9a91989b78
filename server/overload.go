package server

import (
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"bailiwick/iam"
)

// load is a class of requests by what they cost and what they are worth under overload.
type load int

// The classes. Decisions are let in always: services wait for them with their own requests,
// and they cost microseconds.
const (
	loadLight    load = iota // decisions, and reads of single objects
	loadStranger             // calls without a credential: logins, each of which costs a password hash
	loadList                 // lists and searches
	loadChange               // changes, which take turns at the database
)

// loadOf returns the class of an operation.
func loadOf(op operation) load {
	switch {
	case op.Access == accessAnonymous:
		return loadStranger
	case op.mutates():
		return loadChange
	case strings.HasPrefix(op.Name, "List") || strings.HasPrefix(op.Name, "Search"):
		return loadList
	}
	return loadLight
}

// gate bounds how many requests of a class are at work at a time.
//
// The attack that it meets: a flood of logins or of wide lists. Without a bound each waits for
// its turn until its time is over, holding memory and a connection, and the answers that
// come in the end come too late for everybody. Who is turned away at once may try again.
type gate struct {
	limit int64
	busy  atomic.Int64
	shed  func() prometheus.Counter
	kind  iam.Kind
}

// gates are the gates of the classes; a class without one is always let in.
type gates map[load]*gate

func newGates(m *metrics) gates {
	cores := int64(runtime.GOMAXPROCS(0))
	counted := func(class string) func() prometheus.Counter {
		return sync.OnceValue(func() prometheus.Counter { return m.shed.WithLabelValues(class) })
	}
	return gates{
		// Half of the cores hash passwords: the last one let in waits for thirty-two hashes, about a second.
		loadStranger: {limit: 16 * cores, shed: counted("stranger"), kind: iam.KindTooManyRequests},
		loadList:     {limit: 64 * cores, shed: counted("list"), kind: iam.KindUnavailable},
		loadChange:   {limit: 512, shed: counted("change"), kind: iam.KindUnavailable},
	}
}

// enter lets a request in, or turns it away. Who was let in must leave.
func (g *gate) enter() error {
	if g == nil {
		return nil
	}
	if g.busy.Add(1) > g.limit {
		g.busy.Add(-1)
		g.shed().Inc()
		return &iam.Error{Kind: g.kind, Help: "the server is busy; try again in a second"}
	}
	return nil
}

func (g *gate) leave() {
	if g != nil {
		g.busy.Add(-1)
	}
}
