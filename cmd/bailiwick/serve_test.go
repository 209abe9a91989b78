package main

import "testing"

// The heap of a small installation grows to three times what lives, that of a large one by a
// gibibyte, and that of a huge one by half.
func TestCollectAt(t *testing.T) {
	t.Parallel()
	for live, want := range map[uint64]int{0: 200, 100 << 20: 200, 512 << 20: 200, 1 << 30: 100, 1280 << 20: 80, 4 << 30: 50} {
		if got := collectAt(live); got != want {
			t.Errorf("with %d MiB: %d, want %d", live>>20, got, want)
		}
	}
}
