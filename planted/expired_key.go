//go:build planted_expired_key

package planted

const bug = "expired_key"
