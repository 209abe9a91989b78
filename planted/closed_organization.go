//go:build planted_closed_organization

package planted

const bug = "closed_organization"
