package pdp

import (
	"encoding/binary"
	"slices"

	"bailiwick/catalog"
)

// pool keeps one copy of equal things. Most principals of an installation hold one of a few
// combinations of permissions, and most conditional rules one of a few conditions, so the
// memory of a snapshot is that of its ids, and what a decision reads is mostly in the
// processor's cache. Uses are counted: what nobody uses any more goes.
type pool[V any] = table[pooled[V]]

type pooled[V any] struct {
	value V
	uses  int
}

// acquire notes one more use and returns the thing, made by create if it is new.
func acquire[V any](e *tableEdit[pooled[V]], k key, create func() (V, error)) (V, error) {
	if held := e.get(k); held != nil {
		e.put(k, pooled[V]{held.value, held.uses + 1})
		return held.value, nil
	}
	value, err := create()
	if err != nil {
		return value, err
	}
	e.put(k, pooled[V]{value, 1})
	return value, nil
}

// release takes one use back, and reports whether it was the last.
func release[V any](e *tableEdit[pooled[V]], k key) bool {
	held := e.get(k)
	if held.uses == 1 {
		e.remove(k)
		return true
	}
	e.put(k, pooled[V]{held.value, held.uses - 1})
	return false
}

// share replaces what rights consist of by the pools' copies.
func (e *Editor) share(org number, r *rights) {
	r.each(func(g *granted) {
		g.organization = e.shareBits(g.organization)
		if len(g.projects) == 0 {
			return
		}
		g.projects, _ = acquire(e.lists, org.content(listContent(g.projects)), func() ([]projectBits, error) {
			for i := range g.projects {
				g.projects[i].bits = e.shareBits(g.projects[i].bits)
			}
			return g.projects, nil
		})
	})
}

// unshare gives back what share took.
func (e *Editor) unshare(org number, r *rights) {
	r.each(func(g *granted) {
		e.unshareBits(g.organization)
		if len(g.projects) == 0 || !release(e.lists, org.content(listContent(g.projects))) {
			return
		}
		for _, p := range g.projects {
			e.unshareBits(p.bits)
		}
	})
}

func (e *Editor) shareBits(bits catalog.Bits) catalog.Bits {
	if len(bits) == 0 {
		return nil
	}
	bits, _ = acquire(e.bits, contentKey(string(appendBits(nil, bits))), func() (catalog.Bits, error) {
		return slices.Clip(bits), nil
	})
	return bits
}

func (e *Editor) unshareBits(bits catalog.Bits) {
	if len(bits) > 0 {
		release(e.bits, contentKey(string(appendBits(nil, bits))))
	}
}

// appendBits appends the words of a set, which equal sets have in common.
func appendBits(text []byte, bits catalog.Bits) []byte {
	for _, word := range bits {
		text = binary.LittleEndian.AppendUint64(text, word)
	}
	return text
}

// listContent returns a text that only equal lists have: each part comes after its length.
func listContent(list []projectBits) string {
	var text []byte
	for _, p := range list {
		text = binary.AppendUvarint(text, uint64(len(p.id)))
		text = append(text, p.id...)
		text = binary.AppendUvarint(text, uint64(len(p.bits)))
		text = appendBits(text, p.bits)
	}
	return string(text)
}
