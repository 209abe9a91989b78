//go:build planted_loose_revision

package planted

const bug = "loose_revision"
