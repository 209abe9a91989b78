//go:build planted_repeated_commit

package planted

const bug = "repeated_commit"
