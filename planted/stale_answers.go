//go:build planted_stale_answers

package planted

const bug = "stale_answers"
