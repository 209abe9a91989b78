//go:build !rig_clock

package main

import "time"

// clock is where the wall clock is read from.
func clock() func() time.Time { return time.Now }
