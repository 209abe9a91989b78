//go:build planted_late_revision

package planted

const bug = "late_revision"
