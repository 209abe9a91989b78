//go:build planted_hidden_staleness

package planted

const bug = "hidden_staleness"
