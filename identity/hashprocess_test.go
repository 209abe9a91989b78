package identity

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"
)

// TestMain lets the test binary stand for the program that makes hashes.
func TestMain(m *testing.M) {
	switch os.Getenv("HASHES") {
	case "serve":
		if err := errors.Join(YieldProcessor(), ServeHashes(os.Stdin, os.Stdout)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	case "silence": // reads and never answers
		_, _ = io.Copy(io.Discard, os.Stdin)
	case "end":
	default:
		os.Exit(m.Run())
	}
}

// elsewhere returns passwords that are hashed by one process that this program stands for, the
// process, and what was reported.
func elsewhere(t testing.TB, how string) (*Passwords, *hashProcess, *[]error) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var faults []error
	p := NewPasswords(1)
	p.HashElsewhere(func() *exec.Cmd {
		return &exec.Cmd{Path: program, Args: []string{"hashes"}, Env: []string{"HASHES=" + how}, Stderr: os.Stderr}
	}, func(err error) { faults = append(faults, err) })
	process := <-p.slots
	process.patience = time.Hour // a busy machine is no fault
	p.slots <- process
	t.Cleanup(p.Close)
	return p, process, &faults
}

// hashed makes a hash with one Passwords and verifies it with another.
func hashed(t *testing.T, p *Passwords) {
	t.Helper()
	const password = "vivid lantern — orbit"
	hash, err := p.Hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	for _, by := range []*Passwords{NewPasswords(1), p} {
		right, _, err := by.Verify(t.Context(), hash, password)
		wrong, _, wrongErr := by.Verify(t.Context(), hash, password+".")
		if !right || wrong || err != nil || wrongErr != nil {
			t.Fatalf("right %v %v, wrong %v %v", right, err, wrong, wrongErr)
		}
	}
}

// What is hashed elsewhere is what would be hashed here, and costs this process nothing of the 19 MiB.
func TestHashElsewhere(t *testing.T) {
	p, process, faults := elsewhere(t, "serve")
	hashed(t, p)
	first := process.running
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := p.Hash(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes were allocated here", n)
	}
	for _, hash := range otherCosts {
		if ok, _, err := p.Verify(t.Context(), hash, "password"); !ok || err != nil {
			t.Errorf("%s: %v %v", hash, ok, err)
		}
	}
	if process.running != first || len(*faults) > 0 {
		t.Errorf("the process was replaced: %v", *faults)
	}
}

// A process that was killed while nobody needed it is replaced, and nobody notices.
func TestHashProcessIsReplaced(t *testing.T) {
	p, process, faults := elsewhere(t, "serve")
	hashed(t, p)
	first := process.running
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	hashed(t, p)
	if process.running == nil || process.running == first || len(*faults) > 0 {
		t.Errorf("it was not replaced: %v", *faults)
	}
}

// Where there is no process, or none that answers, passwords are hashed here, and the reason is
// told. Then no process is tried for a while: each attempt would cost somebody time.
func TestHashHereAfterAll(t *testing.T) {
	for _, how := range []string{"end", "silence"} {
		p, process, faults := elsewhere(t, how)
		if how == "silence" {
			process.patience = time.Millisecond // which is too little, however long it is
		}
		hashed(t, p)
		if process.running != nil || len(*faults) != 1 || errors.Is((*faults)[0], errHashSlow) != (how == "silence") {
			t.Errorf("%s: %v %v", how, process.running, *faults)
		}
		process.pause = time.Time{}
		hashed(t, p)
		if len(*faults) != 2 {
			t.Errorf("%s: it was not tried again: %v", how, *faults)
		}
	}
	p := NewPasswords(1)
	var fault error
	p.HashElsewhere(func() *exec.Cmd { return &exec.Cmd{Path: filepath.Join(t.TempDir(), "nothing")} }, func(err error) { fault = err })
	hashed(t, p)
	if !errors.Is(fault, os.ErrNotExist) {
		t.Errorf("the fault is %v", fault)
	}
}

// The process makes no hash that a stored one could not ask for, and ends when nobody asks.
func TestServeHashes(t *testing.T) {
	question := func(h hashHeader, rest string) string {
		text, err := binary.Append(nil, binary.LittleEndian, h)
		if err != nil {
			t.Fatal(err)
		}
		return string(text) + rest
	}
	good := hashHeader{Memory: 8, Passes: 1, Password: 3, Lanes: 1, Salt: 8, Key: 16}
	key := string(argon2.IDKey([]byte("abc"), []byte("saltsalt"), 1, 8, 1, 16))
	changed := func(change func(*hashHeader)) string {
		h := good
		change(&h)
		return question(h, "saltsaltabc")
	}
	whole := question(good, "saltsaltabc")
	for name, test := range map[string]struct {
		in, out string
		refused bool
	}{
		"nothing":       {"", "", false},
		"one":           {whole, key, false},
		"two":           {whole + whole, key + key, false},
		"half a header": {whole + whole[:5], key, true},
		"half a text":   {whole[:len(whole)-1], "", true},
		"no salt":       {question(good, ""), "", true},
		"no passes":     {changed(func(h *hashHeader) { h.Passes = 0 }), "", true},
		"all memory":    {changed(func(h *hashHeader) { h.Memory = 1 << 31 }), "", true},
		"no lanes":      {changed(func(h *hashHeader) { h.Lanes = 0 }), "", true},
		"a long text":   {changed(func(h *hashHeader) { h.Password = 1 << 31 }), "", true},
		"a long key":    {changed(func(h *hashHeader) { h.Key = 255 }), "", true},
	} {
		var out bytes.Buffer
		if err := ServeHashes(strings.NewReader(test.in), &out); err != nil != test.refused || out.String() != test.out {
			t.Errorf("%s: %q %v", name, out.String(), err)
		}
	}
}

func BenchmarkHashElsewhere(b *testing.B) {
	p, _, _ := elsewhere(b, "serve")
	for b.Loop() {
		if _, err := p.Hash(b.Context(), "password"); err != nil {
			b.Fatal(err)
		}
	}
}
