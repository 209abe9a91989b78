//go:build planted_event_outside

package planted

const bug = "event_outside"
