//go:build planted_foreign_organization

package planted

const bug = "foreign_organization"
