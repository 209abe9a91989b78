//go:build planted_lagging_proof

package planted

const bug = "lagging_proof"
