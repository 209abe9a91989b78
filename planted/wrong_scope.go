//go:build planted_wrong_scope

package planted

const bug = "wrong_scope"
