//go:build planted_stale_delete

package planted

const bug = "stale_delete"
