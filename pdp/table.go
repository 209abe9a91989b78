package pdp

import "hash/maphash"

// fan is the number of children on each of the two upper levels of a table.
const fan = 64

// tableShort is how many keys the longest table has that is one shard.
const tableShort = 256

// table is a persistent hash table: a copy of its few words is a copy of the table. It has
// 64 x 64 shards, each an open-addressing hash table of its own. A change copies the root,
// one branch and one shard, that is some kilobytes, whatever the size of the table. A table
// that was never large is one shard: most installations are small, and thousands of empty
// shards would be most of their memory.
type table[V any] struct {
	seed maphash.Seed
	size int
	few  shard[V]         // of a short table
	root *[fan]*branch[V] // of a long one
}

type branch[V any] [fan]shard[V]

// shard holds its nodes at hash mod length and after; the length is a power of two, and at
// most three quarters are in use, so that a search meets an empty slot.
type shard[V any] struct {
	slots []slot[V]
	used  int
}

type slot[V any] struct {
	hash uint64
	node *node[V] // nil: empty
}

// node is never written after it is in a table.
type node[V any] struct {
	key   key
	value V
}

// place tells where a hash belongs; shards use its low bits.
func place(hash uint64) (branch, shard int) { return int(hash >> 58), int(hash >> 52 & (fan - 1)) }

// get returns the value of a key, or nil. Nobody may write to it.
func (t *table[V]) get(k key) *V {
	slots := t.few.slots
	h := k.hash(t.seed)
	if t.root != nil {
		b, s := place(h)
		branch := t.root[b]
		if branch == nil {
			return nil
		}
		slots = branch[s].slots
	}
	if len(slots) == 0 {
		return nil
	}
	for i := h; ; i++ {
		switch at := &slots[i&uint64(len(slots)-1)]; {
		case at.node == nil:
			return nil
		case at.hash == h && at.node.key == k:
			return &at.node.value
		}
	}
}

// find returns the slot of a key, or the empty slot where it belongs. The shard has slots.
func (s *shard[V]) find(h uint64, k key) *slot[V] {
	for i := h; ; i++ {
		at := &s.slots[i&uint64(len(s.slots)-1)]
		if at.node == nil || at.hash == h && at.node.key == k {
			return at
		}
	}
}

// resize makes room for n nodes, without those that drop names.
func (s *shard[V]) resize(n int, drop *node[V]) {
	length := 4
	for 3*length < 4*n {
		length *= 2
	}
	old := s.slots
	s.slots, s.used = make([]slot[V], length), 0
	for _, o := range old {
		if o.node != nil && o.node != drop {
			*s.find(o.hash, o.node.key) = o
			s.used++
		}
	}
}
