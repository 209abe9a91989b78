package pdp

import (
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func contents(t table[int]) map[string]int {
	m := map[string]int{}
	t.all(func(k key, v int) { m[fmt.Sprintf("%d/%d/%s", k.organization, k.kind, k.id)] = v })
	return m
}

// TestTable holds a table, and every version of it that is kept, to a map.
func TestTable(t *testing.T) {
	source := newSource(t)
	type version struct {
		table table[int]
		want  map[string]int
	}
	now := map[string]int{}
	var kept []version
	e := editTable(table[int]{seed: maphash.MakeSeed()})
	for i := range 20_000 {
		// Few keys first and many versions, so that some are of before the table is long.
		often, names := 1000, 3000
		if i < 2000 {
			often, names = 50, 50+i/20
		}
		k := key{fmt.Sprint(source.IntN(names)), number(1 + source.IntN(2)), kind(1 + source.IntN(2))}
		name := fmt.Sprintf("%d/%d/%s", k.organization, k.kind, k.id)
		if source.IntN(3) == 0 {
			e.remove(k)
			delete(now, name)
		} else {
			e.put(k, i+1)
			now[name] = i + 1
		}
		if got := e.get(k); (got == nil) != (now[name] == 0) || got != nil && *got != now[name] {
			t.Fatalf("step %d: %v", i, got)
		}
		switch source.IntN(often) {
		case 0:
			kept = append(kept, version{e.freeze(), maps.Clone(now)})
		case 1:
			kept = append(kept, version{e.freeze(), maps.Clone(now)})
			e = editTable(kept[source.IntN(len(kept))].table)
			now = contents(e.table)
		}
	}
	kept = append(kept, version{e.freeze(), now})
	short := slices.ContainsFunc(kept, func(v version) bool { return v.table.root == nil && v.table.size > 100 })
	if !short || kept[len(kept)-1].table.root == nil {
		t.Error("the table was never short, or never long")
	}
	for i, v := range kept {
		if diff := cmp.Diff(v.want, contents(v.table)); diff != "" {
			t.Fatalf("version %d changed after it was frozen:\n%s", i, diff)
		}
		if v.table.size != len(v.want) {
			t.Fatalf("version %d: size %d of %d", i, v.table.size, len(v.want))
		}
	}
}

// TestTableAbsent asks empty tables and empty shards.
func TestTableAbsent(t *testing.T) {
	e := editTable(table[int]{seed: maphash.MakeSeed()})
	k := key{"a", 1, kindProject}
	if e.get(k) != nil {
		t.Error("found in an empty table")
	}
	e.remove(k)
	e.put(k, 1)
	e.remove(k)
	for _, absent := range []key{k, {"a", 2, kindProject}, {"a", 1, kindPolicy}, {}} {
		if e.get(absent) != nil {
			t.Errorf("%+v found", absent)
		}
	}
	if e.size != 0 {
		t.Errorf("size %d", e.size)
	}
}
