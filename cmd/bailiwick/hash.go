package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"

	"bailiwick/identity"
)

// hashPasswordsCommand is this program as the process in which a server hashes passwords.
type hashPasswordsCommand struct{}

// run hashes until the server that asks is gone. A signal for the server and all that belongs to it
// is not meant for this process: logins in flight still need it.
func (hashPasswordsCommand) run(in io.Reader, out, stderr io.Writer) int {
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	// A hash is one thread's work. With a second one Go gives the 19 MiB back to the kernel behind it while
	// the next hash takes them again: a thousand page faults each, which no request on that core interrupts.
	runtime.GOMAXPROCS(1)
	if err := identity.YieldProcessor(); err != nil {
		fmt.Fprintln(stderr, "bailiwick: the priority stays as it is:", err)
	}
	if err := identity.ServeHashes(in, out); err != nil {
		fmt.Fprintln(stderr, "bailiwick:", err)
		return exitFailure
	}
	return exitOK
}

// openPasswords returns what hashes passwords: in processes of their own where that is possible.
func openPasswords(log *slog.Logger) *identity.Passwords {
	p := identity.NewPasswords(0)
	if program, err := self(); err != nil {
		log.Warn("passwords are hashed in the server itself", "error", err)
	} else {
		p.HashElsewhere(func() *exec.Cmd {
			// No environment: it may hold the password of a database, and is for others to read.
			return &exec.Cmd{Path: program, Args: []string{"bailiwick", "hash-passwords"}, Env: []string{}, Dir: "/"}
		}, func(err error) { log.Warn("a password was hashed in the server itself", "error", err) })
	}
	return p
}

// self is the path of this program: on Linux of the very file that runs, also when it was replaced
// since.
func self() (string, error) {
	const running = "/proc/self/exe"
	if _, err := os.Stat(running); err == nil {
		return running, nil
	}
	return os.Executable()
}
