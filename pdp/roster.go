package pdp

import (
	"hash/maphash"
	"iter"
	"slices"
)

// roster is a persistent set that is walked, not searched: the policies of an organization
// that name a permission set, or the principals of an organization. Most are short and are
// one list. A long one is split into many, so that a change copies one of them.
type roster[T comparable] struct {
	size int
	few  []T             // of a short roster
	many *[rosterFan][]T // of a long one, by hash of the item's id
}

const (
	rosterFan   = 256
	rosterShort = 64 // items of the longest roster that is one list
)

// all gives the items in no particular order.
func (r *roster[T]) all() iter.Seq[T] {
	return func(yield func(T) bool) {
		for _, item := range r.few {
			if !yield(item) {
				return
			}
		}
		if r.many == nil {
			return
		}
		for _, list := range r.many {
			for _, item := range list {
				if !yield(item) {
					return
				}
			}
		}
	}
}

// rosterEdit gathers the changes of a roster, so that each list is copied once, however
// many of its items come and go.
type rosterEdit[T comparable] struct {
	came, went map[T]struct{}
}

func (e *rosterEdit[T]) add(item T) {
	if _, gone := e.went[item]; gone {
		delete(e.went, item)
		return
	}
	e.came[item] = struct{}{}
}

func (e *rosterEdit[T]) remove(item T) {
	if _, new := e.came[item]; new {
		delete(e.came, item)
		return
	}
	e.went[item] = struct{}{}
}

// rosters are the rosters of a snapshot under edit.
type rosters[T comparable] struct {
	*tableEdit[roster[T]]
	id    func(T) string // what spreads the items over the lists
	edits map[key]*rosterEdit[T]
}

func editRosters[T comparable](t table[roster[T]], id func(T) string) rosters[T] {
	return rosters[T]{editTable(t), id, map[key]*rosterEdit[T]{}}
}

// edit returns the changes of one roster.
func (r *rosters[T]) edit(k key) *rosterEdit[T] {
	e := r.edits[k]
	if e == nil {
		e = &rosterEdit[T]{map[T]struct{}{}, map[T]struct{}{}}
		r.edits[k] = e
	}
	return e
}

// finish makes the changes.
func (r *rosters[T]) finish() table[roster[T]] {
	for k, e := range r.edits {
		var old roster[T]
		if held := r.get(k); held != nil {
			old = *held
		}
		if next := r.apply(old, e); next.size > 0 {
			r.put(k, next)
		} else {
			r.remove(k)
		}
	}
	clear(r.edits)
	return r.freeze()
}

func (r *rosters[T]) apply(old roster[T], e *rosterEdit[T]) roster[T] {
	size := old.size + len(e.came) - len(e.went)
	if size <= rosterShort && old.many == nil {
		list := slices.DeleteFunc(slices.Clone(old.few), func(item T) bool { _, gone := e.went[item]; return gone })
		for item := range e.came {
			list = append(list, item)
		}
		return roster[T]{size: size, few: list}
	}
	next := roster[T]{size: size, many: new([rosterFan][]T)}
	if old.many != nil {
		*next.many = *old.many
	}
	came, went := map[int][]T{}, map[int]bool{}
	for item := range e.came {
		came[r.place(item)] = append(came[r.place(item)], item)
	}
	if old.many == nil {
		for _, item := range old.few {
			if _, gone := e.went[item]; !gone {
				came[r.place(item)] = append(came[r.place(item)], item)
			}
		}
	} else {
		for item := range e.went {
			went[r.place(item)] = true
		}
	}
	for i := range went {
		next.many[i] = slices.DeleteFunc(slices.Clone(next.many[i]), func(item T) bool { _, gone := e.went[item]; return gone })
	}
	for i, items := range came {
		next.many[i] = append(slices.Clip(next.many[i]), items...)
	}
	return next
}

func (r *rosters[T]) place(item T) int {
	return int(maphash.String(r.seed, r.id(item)) % rosterFan)
}
