package identity

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// masterKeyText is the length of a master key in its text form: base64 of 32 bytes.
const masterKeyText = 44

// OpenKeyring reads the master key file, or creates it when there is none; created tells
// which. The file holds one line, the key in standard base64, and only its owner may read
// it (mode 0600 or 0400; of another user's file its group, too): a looser mode, another length or another form is refused.
//
// A new file appears complete or not at all, also when the machine stops at any moment,
// and two processes that start together on the same path get the same key.
func OpenKeyring(path string) (k *Keyring, created bool, err error) {
	master, err := readMasterKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		created, err = createMasterKey(path)
		if err != nil {
			return nil, false, err
		}
		master, err = readMasterKey(path)
	}
	if err != nil {
		return nil, false, err
	}
	k, err = NewKeyring(master)
	return k, created, err
}

func readMasterKey(path string) ([]byte, error) {
	// Stat before Open: opening a named pipe would wait for a writer for ever.
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("master key %s: not a regular file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	defer file.Close()
	if info, err = file.Stat(); err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	if mode := info.Mode().Perm(); tooOpen(mode, info.Sys().(*syscall.Stat_t).Uid, os.Geteuid()) {
		return nil, fmt.Errorf("master key %s: mode %04o lets others use the key; run: chmod 600 %s", path, mode, path)
	}
	text, err := io.ReadAll(io.LimitReader(file, masterKeyText+2))
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	return parseMasterKey(path, string(text))
}

// tooOpen reports whether a mode lets anybody use the key who need not. What belongs to
// another user than ours can be ours to read through its group only: so do containers get
// their secrets.
func tooOpen(mode fs.FileMode, owner uint32, self int) bool {
	if int(owner) != self {
		return mode&0o037 != 0
	}
	return mode&0o077 != 0
}

// parseMasterKey never quotes the file's content: a typing error in --master-key could name
// any secret file.
func parseMasterKey(path, text string) ([]byte, error) {
	text = strings.TrimSuffix(text, "\n")
	if len(text) != masterKeyText {
		return nil, fmt.Errorf("master key %s: want one line of %d base64 characters (%d bytes)", path, masterKeyText, MasterKeySize)
	}
	master, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(master) != MasterKeySize {
		return nil, fmt.Errorf("master key %s: not %d bytes of base64", path, MasterKeySize)
	}
	return master, nil
}

// createMasterKey writes a new random key. It reports false when another process was
// faster; the file is then that process's.
func createMasterKey(path string) (bool, error) {
	master := make([]byte, MasterKeySize)
	rand.Read(master) // never fails (crypto/rand)
	text := base64.StdEncoding.EncodeToString(master) + "\n"

	dir := filepath.Dir(path)
	// os.CreateTemp opens with O_EXCL and mode 0600.
	temp, err := os.CreateTemp(dir, ".master-key-*")
	if err != nil {
		return false, fmt.Errorf("master key: %w", err)
	}
	defer os.Remove(temp.Name())
	if err := writeAndSync(temp, text); err != nil {
		return false, fmt.Errorf("master key: %w", err)
	}
	// Link, unlike rename, does not replace: a key that another process has just published
	// and begun to use must never be overwritten.
	switch err := os.Link(temp.Name(), path); {
	case errors.Is(err, fs.ErrExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("master key: %w", err)
	}
	if err := syncDir(dir); err != nil {
		return false, fmt.Errorf("master key: %w", err)
	}
	return true, nil
}

func writeAndSync(file *os.File, text string) error {
	_, err := file.WriteString(text)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// syncDir makes a new directory entry durable.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
