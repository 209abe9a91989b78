//go:build rig_clock

package main

import (
	"os"
	"time"
)

// clock is where the wall clock is read from: that of the machine, moved by what stands in the
// file that RIG_CLOCK names. For tests of jumps; no released program is built so. The reading
// has no monotonic part, as what another process shows has none.
func clock() func() time.Time {
	path := os.Getenv("RIG_CLOCK")
	return func() time.Time {
		text, _ := os.ReadFile(path) // without a file nothing is moved
		offset, _ := time.ParseDuration(string(text))
		return time.Now().Round(0).Add(offset)
	}
}
