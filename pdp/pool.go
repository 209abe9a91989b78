package pdp

import "hash/maphash"

// pool keeps one copy of equal things. Most principals of an installation hold one of a few
// combinations of permissions, and most conditional rules one of a few conditions, so the
// memory of a snapshot is that of its ids. Uses are counted: what nobody uses any more goes.
//
// Things are shared across organizations. They hold no ids and no state, only what two
// tenants wrote alike by themselves.
type pool[V any] = table[string, pooled[V]]

type pooled[V any] struct {
	value V
	uses  int
}

func newPool[V any](seed maphash.Seed) pool[V] {
	return newTable[string, pooled[V]](seed, maphash.String)
}

// acquire notes one more use and returns the thing, made by create if it is new.
func acquire[V any](e *tableEdit[string, pooled[V]], content string, create func() (V, error)) (V, error) {
	if held := e.get(content); held != nil {
		e.put(content, pooled[V]{held.value, held.uses + 1})
		return held.value, nil
	}
	value, err := create()
	if err != nil {
		return value, err
	}
	e.put(content, pooled[V]{value, 1})
	return value, nil
}

// release takes one use back.
func release[V any](e *tableEdit[string, pooled[V]], content string) {
	held := e.get(content)
	if held.uses == 1 {
		e.remove(content)
		return
	}
	e.put(content, pooled[V]{held.value, held.uses - 1})
}
