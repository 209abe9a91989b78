//go:build planted_local_commit

package planted

const bug = "local_commit"
