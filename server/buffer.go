package server

import "sync"

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
