package store

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// blockSize is how many events a block has: block b those with the sequences b*blockSize+1 to
// (b+1)*blockSize. runBlocks is how many blocks a run has, which begins at a block that it divides:
// its places fit into two bytes. Both are a part of the stored format.
const (
	blockSize = 2048
	runBlocks = 32
)

// members are the events of a block that have a value: bit i is the event i of the block.
type members [blockSize / 64]uint64

// clearUpTo takes the first n events of the block out.
func (m *members) clearUpTo(n int64) {
	for i := range m {
		switch left := n - int64(i)*64; {
		case left >= 64:
			m[i] = 0
		case left > 0:
			m[i] &^= 1<<left - 1
		}
	}
}

// retain leaves only those who are members of another set, too; nil has none.
func (m *members) retain(other *members) {
	if other == nil {
		*m = members{}
		return
	}
	for i := range m {
		m[i] &= other[i]
	}
}

// appendTo appends the sequences of the members that lie in a range.
func (m *members) appendTo(found []int64, block int64, s span, ascending bool) []int64 {
	for i := range m {
		word := i
		if !ascending {
			word = len(m) - 1 - i
		}
		for set := m[word]; set != 0; {
			bit := bits.TrailingZeros64(set)
			if !ascending {
				bit = 63 - bits.LeadingZeros64(set)
			}
			set &^= 1 << bit
			if sequence := block*blockSize + int64(word*64+bit) + 1; sequence >= s.first && sequence <= s.last {
				found = append(found, sequence)
			}
		}
	}
	return found
}

// facetRow is what is stored of a value: who has it in a block, or in all blocks of a run.
type facetRow struct {
	first  int64 // block
	blocks []members
}

// add makes an event a member: the one at a place behind the first event of the row.
func (r *facetRow) add(place int64) {
	r.blocks[place/blockSize][place%blockSize/64] |= 1 << (place % 64)
}

// end is the block behind the row.
func (r *facetRow) end() int64 { return r.first + int64(len(r.blocks)) }

// runOf returns at which block the run of a block begins.
func runOf(block int64) int64 { return block / runBlocks * runBlocks }

// clearUpTo takes the events up to a sequence out.
func (r *facetRow) clearUpTo(last int64) {
	for i := range r.blocks {
		r.blocks[i].clearUpTo(last - (r.first+int64(i))*blockSize)
	}
}

// encode writes few members as their places, in two bytes each, and many as all the bits: the length
// tells which. That of a block is even; a run has one more byte in front, so its length is odd.
func (r *facetRow) encode() []byte {
	size := len(r.blocks) * blockSize / 8
	out := make([]byte, 0, 1+size)
	if len(r.blocks) > 1 {
		out = append(out, runBlocks)
	}
	empty := len(out)
	for b := range r.blocks {
		for word, set := range r.blocks[b] {
			for ; set != 0; set &= set - 1 {
				if len(out)-empty+2 >= size {
					return r.appendBits(out[:empty])
				}
				out = binary.BigEndian.AppendUint16(out, uint16(b*blockSize+word*64+bits.TrailingZeros64(set)))
			}
		}
	}
	return out
}

func (r *facetRow) appendBits(out []byte) []byte {
	for b := range r.blocks {
		for _, set := range r.blocks[b] {
			out = binary.BigEndian.AppendUint64(out, set)
		}
	}
	return out
}

// decode reads what encode wrote of a row that begins at a block.
func decodeFacetRow(first int64, text []byte) (r facetRow, err error) {
	r = facetRow{first: first, blocks: make([]members, 1)}
	if len(text)%2 != 0 {
		if text[0] != runBlocks || first != runOf(first) {
			return r, fmt.Errorf("members of %d blocks from block %d on: there is no such run", text[0], first)
		}
		text, r.blocks = text[1:], make([]members, runBlocks)
	}
	size := len(r.blocks) * blockSize / 8
	switch {
	case len(text) > size:
		return r, fmt.Errorf("members of %d blocks are stored in %d bytes", len(r.blocks), len(text))
	case len(text) == size:
		for i := range size / 8 {
			r.blocks[i/(blockSize/64)][i%(blockSize/64)] = binary.BigEndian.Uint64(text[8*i:])
		}
		return r, nil
	}
	for i := 0; i < len(text); i += 2 {
		place := int64(binary.BigEndian.Uint16(text[i:]))
		if place >= int64(len(r.blocks))*blockSize {
			return r, fmt.Errorf("a block has no member %d", place)
		}
		r.add(place)
	}
	return r, nil
}
