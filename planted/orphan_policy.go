//go:build planted_orphan_policy

package planted

const bug = "orphan_policy"
