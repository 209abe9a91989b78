//go:build planted_no_event

package planted

const bug = "no_event"
