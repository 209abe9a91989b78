package pdp

import (
	"cmp"
	"iter"
	"slices"
)

// roster is a persistent list in the order of ids that is walked, not searched: the policies
// of an organization that grant a permission set somewhere, or its users. Most are short and
// are one list. A long one is split into many, so that a change copies one of them.
type roster[T any] struct {
	size int
	few  []T             // of a short roster
	many *[rosterFan][]T // of a long one, by the beginning of the id
}

const (
	rosterFan   = 256
	rosterShort = 64 // items of the longest roster that is one list
)

// all gives the items in the order of their ids.
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

// rosterPlace returns the list of a long roster to which an id belongs. The lists follow each
// other as the ids do. Ids are random UUIDs of our own making, so their first two digits
// spread them evenly; others are in order, too.
func rosterPlace(id string) int {
	if id == "" {
		return 0
	}
	first, exact := hexDigit(id[0])
	switch {
	case exact && len(id) > 1:
		second, _ := hexDigit(id[1])
		return first<<4 | second
	case exact || first == 0:
		return first << 4
	}
	return first<<4 | 15 // after all that begin with the digit
}

// hexDigit returns the value of a digit, and for another byte that of the nearest digit
// before it, or 0.
func hexDigit(c byte) (value int, exact bool) {
	switch {
	case c < '0':
		return 0, false
	case c <= '9':
		return int(c - '0'), true
	case c < 'a':
		return 9, false
	case c <= 'f':
		return int(c-'a') + 10, true
	}
	return 15, false
}

// rosterChange is an item that comes, in the place of one of the same id if there is one, or
// an id that goes.
type rosterChange[T any] struct {
	id   string
	item T
	came bool
}

// rosters are the rosters of a snapshot under edit. Changes are gathered, so that each list
// is copied once, however many of its items come and go.
type rosters[T any] struct {
	*tableEdit[roster[T]]
	id      func(T) string // each item of a roster has its own
	changes map[key][]rosterChange[T]
}

func editRosters[T any](t table[roster[T]], id func(T) string) rosters[T] {
	return rosters[T]{editTable(t), id, map[key][]rosterChange[T]{}}
}

func (r *rosters[T]) add(k key, item T) {
	r.changes[k] = append(r.changes[k], rosterChange[T]{r.id(item), item, true})
}

func (r *rosters[T]) remove(k key, id string) {
	r.changes[k] = append(r.changes[k], rosterChange[T]{id: id})
}

// finish makes the changes.
func (r *rosters[T]) finish() table[roster[T]] {
	for k, changes := range r.changes {
		var old roster[T]
		if held := r.get(k); held != nil {
			old = *held
		}
		if next := r.apply(old, last(changes)); next.size > 0 {
			r.put(k, next)
		} else {
			r.tableEdit.remove(k)
		}
	}
	clear(r.changes)
	return r.freeze()
}

// last returns the last change of each id, in the order of the ids.
func last[T any](changes []rosterChange[T]) []rosterChange[T] {
	slices.SortStableFunc(changes, func(a, b rosterChange[T]) int { return cmp.Compare(a.id, b.id) })
	kept := changes[:0]
	for i, c := range changes {
		if i+1 == len(changes) || changes[i+1].id != c.id {
			kept = append(kept, c)
		}
	}
	return kept
}

func (r *rosters[T]) apply(old roster[T], changes []rosterChange[T]) roster[T] {
	if old.many == nil {
		list := r.changed(old.few, changes)
		if len(list) <= rosterShort {
			return roster[T]{size: len(list), few: list}
		}
		old, changes = roster[T]{many: new([rosterFan][]T)}, changes[:0:0]
		for _, item := range list {
			changes = append(changes, rosterChange[T]{r.id(item), item, true})
		}
	}
	next := roster[T]{size: old.size, many: new([rosterFan][]T)}
	*next.many = *old.many
	for len(changes) > 0 {
		place, n := rosterPlace(changes[0].id), 1
		for n < len(changes) && rosterPlace(changes[n].id) == place {
			n++
		}
		list := r.changed(next.many[place], changes[:n])
		next.size += len(list) - len(next.many[place])
		next.many[place], changes = list, changes[n:]
	}
	return next
}

// changed returns a copy of a list with changes. A few items are put where they belong, since
// to look at the ids of all others would cost more than to copy the list.
func (r *rosters[T]) changed(old []T, changes []rosterChange[T]) []T {
	list := append(make([]T, 0, len(old)+len(changes)), old...)
	sorted := len(list)
	for _, c := range changes {
		i, found := slices.BinarySearchFunc(list[:sorted], c.id, func(item T, id string) int { return cmp.Compare(r.id(item), id) })
		switch {
		case c.came && found:
			list[i] = c.item
		case c.came && len(changes) <= 8:
			list = slices.Insert(list, i, c.item)
			sorted++
		case c.came:
			list = append(list, c.item)
		case found:
			list = slices.Delete(list, i, i+1)
			sorted--
		}
	}
	if sorted < len(list) {
		slices.SortFunc(list, func(a, b T) int { return cmp.Compare(r.id(a), r.id(b)) })
	}
	return compact(list)
}
