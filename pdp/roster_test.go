package pdp

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestRosters holds rosters of several kinds of ids to a map, over many snapshots, each of
// which must stay as it was.
func TestRosters(t *testing.T) {
	source := newSource(t)
	hex := func(n int) string { return fmt.Sprintf("%08x", uint32(n)*2654435761) }
	for name, id := range map[string]func(n int) string{
		"UUIDs":         hex,
		"names":         func(n int) string { return fmt.Sprint("name ", n) },
		"odd beginning": func(n int) string { return string(rune(1+n%300)) + hex(n) },
		"short":         func(n int) string { return hex(n)[:1+n%3] },
	} {
		s := New(newEngine(t).catalog, nil)
		edit := editRosters(s.members, func(m sitting) string { return m.id })
		k := number(1).users()
		want := map[string]sitting{}
		list := func(held *roster[sitting]) []sitting {
			if held == nil {
				return nil
			}
			got := slices.Collect(held.all())
			if len(got) != held.size {
				t.Fatalf("%s: %d items, size %d", name, len(got), held.size)
			}
			return got
		}
		var earlier []sitting
		var before *roster[sitting]
		for step := range 300 {
			changes := 1 + source.IntN(3)
			if step%50 == 0 {
				changes = 300 // many at once
			}
			for range changes {
				n := source.IntN(500)
				m := sitting{id(n), seat(step)}
				if step >= 280 || source.IntN(3) == 0 {
					edit.remove(k, m.id)
					delete(want, m.id)
				} else {
					edit.add(k, m)
					want[m.id] = m
				}
			}
			table := edit.finish()
			got := list(table.get(k))
			var expected []sitting
			for _, m := range want {
				expected = append(expected, m)
			}
			slices.SortFunc(expected, func(a, b sitting) int { return strings.Compare(a.id, b.id) })
			if !slices.Equal(got, expected) {
				t.Fatalf("%s, step %d: %v, want %v", name, step, got, expected)
			}
			if now := list(before); !slices.Equal(now, earlier) {
				t.Fatalf("%s, step %d: the roster before was %v and is %v", name, step, earlier, now)
			}
			before, earlier = table.get(k), got
		}
		for id := range want {
			edit.remove(k, id)
		}
		table := edit.finish()
		if table.get(k) != nil || table.size != 0 {
			t.Errorf("%s: an empty roster is left", name)
		}
	}
}

// The lists of a long roster follow each other as the ids do, whatever bytes ids begin with.
func TestRosterPlaces(t *testing.T) {
	var ids []string
	for a := range 256 {
		ids = append(ids, string([]byte{byte(a)}))
		for b := range 256 {
			ids = append(ids, string([]byte{byte(a), byte(b)}))
		}
	}
	ids = append(ids, "")
	slices.Sort(ids)
	places := map[int]bool{}
	for i, id := range ids {
		place := rosterPlace(id)
		places[place] = true
		if place < 0 || place >= rosterFan || i > 0 && place < rosterPlace(ids[i-1]) {
			t.Fatalf("%q is at %d, after %q at %d", id, place, ids[max(0, i-1)], rosterPlace(ids[max(0, i-1)]))
		}
	}
	if len(places) != rosterFan {
		t.Errorf("only %d places are used", len(places))
	}
}
