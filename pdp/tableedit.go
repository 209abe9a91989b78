package pdp

import "slices"

// tableEdit changes a table. It clones each shard once, however many of its keys change, and
// remembers which are its own already: building a table costs what filling a map does.
type tableEdit[V any] struct {
	table[V]
	ownsFew    bool
	ownsBranch uint64       // bit b: branch b
	ownsShard  *[fan]uint64 // bit s of word b: shard s of branch b; nil: not even the root
}

func editTable[V any](t table[V]) *tableEdit[V] {
	return &tableEdit[V]{table: t}
}

// freeze returns the table as it is now. Later changes clone again, so they do not reach it.
func (e *tableEdit[V]) freeze() table[V] {
	e.ownsFew, e.ownsBranch, e.ownsShard = false, 0, nil
	return e.table
}

// own returns the shard of a hash, which may be written to.
func (e *tableEdit[V]) own(h uint64) *shard[V] {
	if e.root == nil {
		if !e.ownsFew {
			e.few.slots, e.ownsFew = slices.Clone(e.few.slots), true
		}
		return &e.few
	}
	b, s := place(h)
	if e.ownsShard == nil {
		root := *e.root
		e.root, e.ownsShard = &root, new([fan]uint64)
	}
	if e.ownsBranch>>b&1 == 0 {
		own := new(branch[V])
		if e.root[b] != nil {
			*own = *e.root[b]
		}
		e.root[b] = own
		e.ownsBranch |= 1 << b
	}
	own := &e.root[b][s]
	if e.ownsShard[b]>>s&1 == 0 {
		own.slots = slices.Clone(own.slots)
		e.ownsShard[b] |= 1 << s
	}
	return own
}

// put sets the value of a key.
func (e *tableEdit[V]) put(k key, v V) {
	if e.root == nil && e.size >= tableShort {
		e.spread()
	}
	h := k.hash(e.seed)
	s := e.own(h)
	if s.put(slot[V]{h, &node[V]{k, v}}) {
		e.size++
	}
}

// spread makes a long table of a short one.
func (e *tableEdit[V]) spread() {
	few := e.few
	e.few, e.root, e.ownsShard = shard[V]{}, new([fan]*branch[V]), new([fan]uint64)
	for _, at := range few.slots {
		if at.node != nil {
			e.own(at.hash).put(at)
		}
	}
}

// put puts a slot into a shard, and reports whether its key is new there.
func (s *shard[V]) put(new slot[V]) bool {
	if 4*(s.used+1) > 3*len(s.slots) {
		s.resize(2*(s.used+1), nil)
	}
	at := s.find(new.hash, new.node.key)
	added := at.node == nil
	if added {
		s.used++
	}
	*at = new
	return added
}

// remove takes a key away; a key that is not there is left alone.
func (e *tableEdit[V]) remove(k key) {
	if e.get(k) == nil {
		return
	}
	h := k.hash(e.seed)
	s := e.own(h)
	s.resize(s.used-1, s.find(h, k).node)
	e.size--
}
