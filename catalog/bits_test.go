package catalog_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"bailiwick/catalog"
)

// TestBits holds Bits equal to a plain map of numbers.
func TestBits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.SliceOf(rapid.Uint16())
		left, right := numbers.Draw(t, "left"), numbers.Draw(t, "right")
		a, wantA := fill(left)
		b, wantB := fill(right)
		both := a.Or(b)
		want := maps.Clone(wantA)
		maps.Copy(want, wantB)
		for _, check := range []struct {
			name string
			got  catalog.Bits
			want map[catalog.Number]bool
		}{{"left", a, wantA}, {"right", b, wantB}, {"union", both, want}, {"reversed union", b.Or(a), want}} {
			sorted := slices.Sorted(maps.Keys(check.want))
			if diff := cmp.Diff(sorted, slices.Collect(check.got.All())); diff != "" {
				t.Fatalf("%s (-want +got):\n%s", check.name, diff)
			}
			if got := check.got.Count(); got != len(sorted) {
				t.Fatalf("%s: Count = %d, want %d", check.name, got, len(sorted))
			}
			probe := catalog.Number(rapid.Uint16().Draw(t, "probe"))
			if got := check.got.Has(probe); got != check.want[probe] {
				t.Fatalf("%s: Has(%d) = %v, want %v", check.name, probe, got, check.want[probe])
			}
		}
	})
}

func TestBitsAllStops(t *testing.T) {
	bits, _ := fill([]uint16{1, 2, 70})
	for n := range bits.All() {
		if n != 1 {
			t.Fatalf("the loop went on to %d", n)
		}
		break
	}
}

func fill(numbers []uint16) (catalog.Bits, map[catalog.Number]bool) {
	var bits catalog.Bits
	want := map[catalog.Number]bool{}
	for _, n := range numbers {
		bits.Add(catalog.Number(n))
		want[catalog.Number(n)] = true
	}
	return bits, want
}
