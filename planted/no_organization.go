//go:build planted_no_organization

package planted

const bug = "no_organization"
