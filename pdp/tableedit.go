package pdp

import "slices"

// tableEdit changes a table. It clones each shard once, however many of its keys change, and
// remembers which are its own already: building a table costs what filling a map does.
type tableEdit[V any] struct {
	table[V]
	ownsRoot   bool
	ownsBranch uint64      // bit b: branch b
	ownsShard  [fan]uint64 // bit s of word b: shard s of branch b
}

func editTable[V any](t table[V]) *tableEdit[V] {
	return &tableEdit[V]{table: t}
}

// freeze returns the table as it is now. Later changes clone again, so they do not reach it.
func (e *tableEdit[V]) freeze() table[V] {
	e.ownsRoot, e.ownsBranch, e.ownsShard = false, 0, [fan]uint64{}
	return e.table
}

// own returns the shard of a hash, which may be written to.
func (e *tableEdit[V]) own(h uint64) *shard[V] {
	b, s := place(h)
	if !e.ownsRoot {
		root := new([fan]*branch[V])
		if e.root != nil {
			*root = *e.root
		}
		e.root, e.ownsRoot = root, true
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
	h := k.hash(e.seed)
	s := e.own(h)
	if 4*(s.used+1) > 3*len(s.slots) {
		s.resize(2*(s.used+1), nil)
	}
	at := s.find(h, k)
	if at.node == nil {
		s.used++
		e.size++
	}
	*at = slot[V]{h, &node[V]{k, v}}
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
