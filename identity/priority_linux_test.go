package identity

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// All threads of the process that hashes are of the lowest priority, also those that were made later.
func TestPriority(t *testing.T) {
	p, process, _ := elsewhere(t, "serve")
	hashed(t, p)
	threads, err := filepath.Glob("/proc/" + strconv.Itoa(process.running.Process.Pid) + "/task/*/stat")
	if err != nil || len(threads) == 0 {
		t.Fatalf("%v, %v", threads, err)
	}
	for _, path := range threads {
		stat, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(stat), ") ")
		fields := strings.Fields(rest) // from the third field on (proc_pid_stat(5))
		if nice, policy := fields[19-3], fields[41-3]; nice != "19" || policy != "3" {
			t.Errorf("%s has nice value %s and policy %s", path, nice, policy)
		}
	}
}
