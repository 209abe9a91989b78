package server

import (
	"sync"

	"bailiwick/authority"
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

// batches keeps the memory of the questions of a batch for the next one. It is cleared before
// it is kept: nothing of a question stays, for the next caller or for the collector.
type batches struct{ pool sync.Pool }

// get returns n empty questions.
func (b *batches) get(n int) []authority.Asked {
	if kept, ok := b.pool.Get().(*[]authority.Asked); ok && cap(*kept) >= n {
		return (*kept)[:n]
	}
	return make([]authority.Asked, n)
}

// put gives questions back, which nobody may use any more. There are at most
// authority.MaxQuestions.
func (b *batches) put(used []authority.Asked) {
	clear(used)
	b.pool.Put(&used)
}
