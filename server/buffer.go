package server

import (
	"reflect"
	"sync"
	"unsafe"
)

// buffers keeps the memory of answers, or of bodies, for the next ones.
//
// The attack that it must not open: bytes of one tenant in the answer to another. A buffer
// is given back when its answer is written, and Write does not keep what it is given
// (io.Writer), or when its body is copied out of it; who gets it next appends to its empty
// start and uses only what it appended.
type buffers struct{ pool sync.Pool }

// maxKept bounds what is kept, in bytes: one long list must not hold its memory for ever.
const maxKept = 64 << 10

// get returns an empty buffer.
func (b *buffers) get() []byte {
	if kept, ok := b.pool.Get().(*[]byte); ok {
		return (*kept)[:0]
	}
	return nil
}

// put gives a buffer back, which nobody may use any more.
func (b *buffers) put(used []byte) {
	if cap(used) <= maxKept {
		b.pool.Put(&used)
	}
}

// reusable is a request whose memory serves the next of its kind: those of decisions, which come
// by the thousand, and of which one may ask a thousand questions.
//
// The attack is that of buffers: a member of one caller's request in that of another. clean takes
// all of a request away and leaves bare memory.
type reusable interface{ clean() }

// bodyOwner is a reusable request whose texts lie in its body as it was read, not in a copy of it.
type bodyOwner interface {
	reusable
	bodyMemory() *bodyMemory
}

// bodyMemory holds the body of one request after the other.
//
// The attack is a text of one caller's body that outlives its request, in a list of last uses or a
// line of the decision log, and turns into the bytes of the next caller's. So it is kept only after
// an answer is written, never after an error or a panic, whose text may hold a part of it; what goes
// on to others is copied or written out where it leaves the request (uses.note, decisionlog.Log); and
// clean wipes it, so that what was forgotten shows as NUL and not as somebody's secret.
type bodyMemory struct{ data []byte }

func (m *bodyMemory) text() string { return unsafe.String(unsafe.SliceData(m.data), len(m.data)) }

func (m *bodyMemory) clean() {
	if cap(m.data) > maxKept {
		m.data = nil
	}
	clear(m.data)
	m.data = m.data[:0]
}

// take returns a new request of the plan's type.
func (p *plan) take() reflect.Value {
	if used := p.used.Get(); used != nil {
		return reflect.ValueOf(used)
	}
	return reflect.New(p.in)
}

// keep takes a request back that nobody may use any more, nor its answer.
func (p *plan) keep(in any) {
	if r, ok := in.(reusable); ok {
		r.clean()
		p.used.Put(in)
	}
}
