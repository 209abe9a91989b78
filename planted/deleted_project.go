//go:build planted_deleted_project

package planted

const bug = "deleted_project"
