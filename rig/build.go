package rig

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// Clock is the build tag of a program whose wall clock a test can move, see [Node.SetClock].
const Clock = "rig_clock"

// Build builds the program of a source tree into a file, with build tags. Flags of the
// environment (GOFLAGS) hold, so that tests with the race detector also watch the program.
func Build(ctx context.Context, source, file string, tags ...string) error {
	build := exec.CommandContext(ctx, "go", "build", "-tags", strings.Join(tags, ","), "-o", file, "./cmd/bailiwick")
	build.Dir = source
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w: %s", filepath.Base(file), err, out)
	}
	return nil
}
