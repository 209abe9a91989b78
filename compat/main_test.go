package compat

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// installation is the server that the tests share.
var installation *server

// calls notes what every SDK client of these tests has called.
var calls = newRecorder()

// TestMain builds the server, starts it, runs the tests, stops it, and then judges two
// things that no single test can: that the server ended well, and that the tests have
// together called every operation that the SDK knows.
func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	folder, err := os.MkdirTemp("", "bailiwick-compat-")
	if err != nil {
		return complain(err)
	}
	defer os.RemoveAll(folder)
	binary := filepath.Join(folder, "bailiwick")
	if err := build(binary); err != nil {
		return complain(err)
	}
	if installation, err = start(binary, filepath.Join(folder, "data"), nowhereToExport()...); err != nil {
		return complain(err)
	}
	code := m.Run()
	if err := installation.stop(); err != nil {
		return complain(err)
	}
	if everythingRan() && code == 0 {
		return judgeCompleteness()
	}
	return code
}

// nowhereToExport are the flags of object storage that is not there: export jobs can be made, and
// fail.
func nowhereToExport() []string {
	return []string{"--export-s3-endpoint", "http://127.0.0.1:9", "--export-s3-access-key", "SCWXXXXXXXXXXXXXXXXX", "--export-s3-secret-key", "nobody", "--export-s3-bucket", "audit-{organization_id}"}
}

func complain(err error) int {
	fmt.Fprintln(os.Stderr, "compat:", err)
	return 1
}

// everythingRan reports whether no test was left out by a flag.
func everythingRan() bool {
	for _, name := range []string{"test.run", "test.skip", "test.list"} {
		if flag.Lookup(name).Value.String() != "" {
			return false
		}
	}
	return true
}
