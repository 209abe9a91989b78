package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// lockDir makes this process the only one that uses a data directory. Two servers on one
// SQLite file would each decide on their own snapshot and not see the other's revocations.
// The kernel gives the lock back when the process ends, however it ends, so a lock never
// outlives its holder. The caller keeps the file open for as long as it needs the lock.
func lockDir(dir string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	switch err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return nil, errors.Join(fmt.Errorf("the data directory %s is in use by another bailiwick%s", dir, holder(file)), file.Close())
	case err != nil:
		return nil, errors.Join(fmt.Errorf("lock %s: %w", file.Name(), err), file.Close())
	}
	// The process id is for people only; the lock does not depend on it.
	if err := errors.Join(file.Truncate(0), writeAt(file, strconv.Itoa(os.Getpid())+"\n")); err != nil {
		return nil, errors.Join(fmt.Errorf("write %s: %w", file.Name(), err), file.Close())
	}
	return file, nil
}

func writeAt(file *os.File, text string) error {
	_, err := file.WriteAt([]byte(text), 0)
	return err
}

// holder names the process that holds the lock, when it can be read.
func holder(file *os.File) string {
	text := make([]byte, 16)
	n, _ := file.ReadAt(text, 0)
	var id int
	if _, err := fmt.Sscan(string(text[:n]), &id); err != nil {
		return ""
	}
	return fmt.Sprintf(" (process %d)", id)
}
