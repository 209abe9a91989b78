//go:build planted_locked_user

package planted

const bug = "locked_user"
