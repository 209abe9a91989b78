//go:build planted_notifications_only

package planted

const bug = "notifications_only"
