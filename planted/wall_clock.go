//go:build planted_wall_clock

package planted

const bug = "wall_clock"
