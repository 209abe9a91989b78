package pdp

import (
	"math/bits"
	"slices"
)

// seat is the number of a principal's place in its organization. Seats are dense, so that a
// set of principals is a row of bits: to find who of a hundred thousand may do something is
// to set and count bits. A seat means nothing outside of one line of snapshots; a place that
// goes leaves its seat to the next one that comes.
type seat uint32

// seating is the seats of an organization.
type seating struct {
	taken  seatSet
	active seatSet // those of users and applications that exist and are not locked
}

// seatSet is a persistent set of seats: a change copies the list of blocks and one block.
type seatSet []*seatBlock

type seatBlock [blockWords]uint64

const blockWords = 64

// word returns the i-th 64 members of the set.
func (s seatSet) word(i int) uint64 {
	if i >= blockWords*len(s) {
		return 0
	}
	return s[i/blockWords][i%blockWords]
}

func (s seatSet) has(n seat) bool { return s.word(int(n>>6))>>(n&63)&1 != 0 }

// seatSetEdit changes a seatSet. It clones each block once, however many of its members
// change.
type seatSetEdit struct {
	seatSet
	ownsList bool
	owned    []bool // by block
}

func (e *seatSetEdit) set(n seat, member bool) {
	if e.has(n) == member {
		return
	}
	if !e.ownsList {
		e.seatSet, e.ownsList, e.owned = slices.Clone(e.seatSet), true, make([]bool, len(e.seatSet))
	}
	b := int(n >> 6 / blockWords)
	for b >= len(e.seatSet) {
		e.seatSet, e.owned = append(e.seatSet, new(seatBlock)), append(e.owned, true)
	}
	if !e.owned[b] {
		own := *e.seatSet[b]
		e.seatSet[b], e.owned[b] = &own, true
	}
	e.seatSet[b][n>>6%blockWords] ^= 1 << (n & 63)
}

// freeze returns the set as it is now. Later changes clone again, so they do not reach it.
func (e *seatSetEdit) freeze() seatSet {
	e.ownsList, e.owned = false, nil
	return e.seatSet
}

// seatingEdit changes the seats of an organization.
type seatingEdit struct {
	taken, active seatSetEdit
	full          int // words of taken before this one have no room
}

func editSeating(s seating) *seatingEdit {
	return &seatingEdit{taken: seatSetEdit{seatSet: s.taken}, active: seatSetEdit{seatSet: s.active}}
}

// take returns a seat that nobody has.
func (e *seatingEdit) take() seat {
	for e.taken.word(e.full) == ^uint64(0) {
		e.full++
	}
	n := seat(64*e.full + bits.TrailingZeros64(^e.taken.word(e.full)))
	e.taken.set(n, true)
	return n
}

// give takes a seat back.
func (e *seatingEdit) give(n seat) {
	e.taken.set(n, false)
	e.active.set(n, false)
	e.full = min(e.full, int(n>>6))
}

// marks is a set of seats that one question fills.
type marks []uint64

func newMarks(s seating) marks { return make(marks, blockWords*len(s.taken)) }

func (m marks) set(n seat)      { m[n>>6] |= 1 << (n & 63) }
func (m marks) has(n seat) bool { return m[n>>6]>>(n&63)&1 != 0 }

func (m marks) count() int {
	n := 0
	for _, word := range m {
		n += bits.OnesCount64(word)
	}
	return n
}
