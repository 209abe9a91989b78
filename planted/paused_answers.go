//go:build planted_paused_answers

package planted

const bug = "paused_answers"
