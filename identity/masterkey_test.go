package identity

import (
	"encoding/base64"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

func TestOpenKeyringCreatesOnceAndReads(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	first, created, err := OpenKeyring(path)
	if err != nil || !created {
		t.Fatalf("first open: created %v, %v", created, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Fatalf("mode %v, %v; want 0600", info.Mode(), err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if master, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(string(text), "\n")); err != nil || len(master) != 32 {
		t.Fatalf("the file is not 32 bytes of base64 and a newline: %d bytes, %v", len(master), err)
	}
	second, created, err := OpenKeyring(path)
	if err != nil || created || second.Fingerprint() != first.Fingerprint() {
		t.Fatalf("second open: created %v, fingerprints %s and %s, %v", created, first.Fingerprint(), second.Fingerprint(), err)
	}
	if again, _ := os.ReadFile(path); string(again) != string(text) {
		t.Error("the second open changed the file")
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestOpenKeyringTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	const openers = 16
	var (
		wait         sync.WaitGroup
		fingerprints [openers]string
		creators     [openers]bool
	)
	for i := range openers {
		wait.Go(func() {
			k, created, err := OpenKeyring(path)
			if err != nil {
				t.Error(err)
				return
			}
			fingerprints[i], creators[i] = k.Fingerprint(), created
		})
	}
	wait.Wait()
	count := 0
	for i := range openers {
		if fingerprints[i] != fingerprints[0] {
			t.Errorf("opener %d has another key", i)
		}
		if creators[i] {
			count++
		}
	}
	if count != 1 {
		t.Errorf("%d openers say that they created the file, want 1", count)
	}
}

func TestOpenKeyringRefuses(t *testing.T) {
	good := base64.StdEncoding.EncodeToString(make([]byte, 31)) // 31 bytes also take 44 characters
	whole := strings.Repeat("A", 42) + "8="
	for _, c := range []struct {
		name, text string
		mode       fs.FileMode
		want       string
	}{
		{"group may read", whole + "\n", 0o640, "mode 0640 lets others use the key; run: chmod 600 "},
		{"others may read", whole + "\n", 0o604, "mode 0604"},
		{"others may write", whole + "\n", 0o602, "mode 0602"},
		{"group may write", whole + "\n", 0o620, "mode 0620"},
		{"empty", "", 0o600, "want one line of 44 base64 characters (32 bytes)"},
		{"one byte short", good + "\n", 0o600, "not 32 bytes of base64"},
		{"too short", whole[:40] + "\n", 0o600, "want one line"},
		{"too long", whole + "AAAA\n", 0o600, "want one line"},
		{"two lines", whole + "\n\n", 0o600, "want one line"},
		{"very long", strings.Repeat("A", 1<<20), 0o600, "want one line"},
		{"raw bytes", string(make([]byte, 32)), 0o600, "want one line"},
		{"hexadecimal", strings.Repeat("0f", 32), 0o600, "want one line"},
		{"not base64", strings.Repeat("?", 44) + "\n", 0o600, "not 32 bytes of base64"},
		{"base64url", strings.Repeat("_", 43) + "=\n", 0o600, "not 32 bytes of base64"},
		{"stray bits in the last symbol", strings.Repeat("A", 42) + "9=\n", 0o600, "not 32 bytes of base64"},
		{"newline inside", whole[:20] + "\n" + whole[20:43] + "\n", 0o600, "not 32 bytes of base64"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "master.key")
			if err := os.WriteFile(path, []byte(c.text), c.mode); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, c.mode); err != nil { // past the umask
				t.Fatal(err)
			}
			k, created, err := OpenKeyring(path)
			if err == nil || k != nil || created {
				t.Fatalf("keyring %v, created %v, error %v; want a refusal", k, created, err)
			}
			if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %q does not hold %q and the path", err, c.want)
			}
			if len(c.text) > 8 && strings.Contains(err.Error(), c.text[:8]) {
				t.Errorf("error %q quotes the file", err)
			}
			if after, err := os.ReadFile(path); err != nil || string(after) != c.text {
				t.Errorf("the refused file was changed (%v)", err)
			}
		})
	}
}

func TestOpenKeyringTakesFilesMadeByHand(t *testing.T) {
	for name, mode := range map[string]fs.FileMode{"read only": 0o400, "read and write": 0o600} {
		path := filepath.Join(t.TempDir(), "master.key")
		if err := os.WriteFile(path, []byte(base64.StdEncoding.EncodeToString(make([]byte, 32))), mode); err != nil {
			t.Fatal(err)
		}
		if _, created, err := OpenKeyring(path); err != nil || created {
			t.Errorf("%s, without newline: created %v, %v", name, created, err)
		}
	}
}

func TestOpenKeyringRefusesWhatIsNotAFile(t *testing.T) {
	dir := t.TempDir()
	if _, _, err := OpenKeyring(dir); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a directory: %v", err)
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := OpenKeyring(pipe); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a named pipe: %v", err)
	}
	if _, _, err := OpenKeyring(filepath.Join(dir, "missing", "master.key")); err == nil {
		t.Error("a missing directory is accepted")
	}
}

// The group may read only what is another user's, and nobody else may do anything.
func TestTooOpen(t *testing.T) {
	for mode := fs.FileMode(0); mode <= 0o777; mode++ {
		if got, want := tooOpen(mode, 7, 7), mode&0o077 != 0; got != want {
			t.Errorf("our own file, mode %04o: %v", mode, got)
		}
		if got, want := tooOpen(mode, 0, 7), mode&0o037 != 0; got != want {
			t.Errorf("another user's file, mode %04o: %v", mode, got)
		}
	}
}
