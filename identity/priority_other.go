//go:build !linux

package identity

// YieldProcessor does nothing here: where priorities are not those of Linux, the kernel shares the
// processors as it does.
func YieldProcessor() error { return nil }
