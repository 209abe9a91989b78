//go:build planted_absent_value

package planted

const bug = "absent_value"
