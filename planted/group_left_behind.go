//go:build planted_group_left_behind

package planted

const bug = "group_left_behind"
