package server

import (
	"reflect"
	"sync"
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
// all of a request away and leaves bare memory; the texts lie in the body, which is never used
// again.
type reusable interface{ clean() }

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
