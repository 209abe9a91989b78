//go:build planted_old_revision

package planted

const bug = "old_revision"
