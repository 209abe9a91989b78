package catalog

import (
	"iter"
	"math/bits"
)

// Number is the number of a permission in one loaded catalogue: 0 to Len()-1, in the
// order of the permissions' names. It is not stable across catalogues: store names.
type Number uint16

// Bits is a set of permission numbers. The zero value is the empty set.
type Bits []uint64

// Has reports whether the set holds n. A number beyond the end is not in the set.
func (b Bits) Has(n Number) bool {
	i := int(n >> 6)
	return i < len(b) && b[i]&(1<<(n&63)) != 0
}

// Add puts n into the set and makes it longer where needed.
func (b *Bits) Add(n Number) {
	for int(n>>6) >= len(*b) {
		*b = append(*b, 0)
	}
	(*b)[n>>6] |= 1 << (n & 63)
}

// Or returns a new set with the members of both.
func (b Bits) Or(other Bits) Bits {
	long, short := b, other
	if len(long) < len(short) {
		long, short = short, long
	}
	union := append(Bits(nil), long...)
	for i, word := range short {
		union[i] |= word
	}
	return union
}

// Count returns how many numbers the set holds.
func (b Bits) Count() int {
	n := 0
	for _, word := range b {
		n += bits.OnesCount64(word)
	}
	return n
}

// All yields the members in ascending order.
func (b Bits) All() iter.Seq[Number] {
	return func(yield func(Number) bool) {
		for i, word := range b {
			for ; word != 0; word &= word - 1 {
				if !yield(Number(i<<6 + bits.TrailingZeros64(word))) {
					return
				}
			}
		}
	}
}
