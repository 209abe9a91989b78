//go:build planted_error_grants

package planted

const bug = "error_grants"
