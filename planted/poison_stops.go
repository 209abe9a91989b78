//go:build planted_poison_stops

package planted

const bug = "poison_stops"
