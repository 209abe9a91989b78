// Command bailiwick is the server and its tools; run "bailiwick --help".
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Exit statuses.
const (
	exitOK      = 0
	exitFailure = 1 // something failed while running
	exitUsage   = 2 // the command line or the environment is wrong; nothing was touched
)

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	go func() {
		<-signals
		// The default behaviour comes back before the clean-up begins: a second signal ends
		// the process at once, however long that clean-up takes.
		signal.Reset(syscall.SIGTERM, os.Interrupt)
		cancel()
	}()
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// run runs one command until it ends or the context does, and returns the exit status.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	var c commands
	chosen, faults := parse(&c, args, environ, stdout)
	var s settings
	if chosen == "serve" {
		var wrong []string
		s, wrong = c.Serve.settings()
		faults = append(faults, wrong...)
	}
	if chosen == "audit verify" {
		faults = append(faults, c.Audit.Verify.faults()...)
	}
	asked, wrong := c.question(chosen)
	faults = append(faults, wrong...)
	alone, wrong := c.local(chosen)
	faults = append(faults, wrong...)
	for _, fault := range faults {
		fmt.Fprintln(stderr, "bailiwick: "+fault)
	}
	switch {
	case len(faults) > 0:
		return exitUsage
	case chosen == "serve":
		return serve(ctx, s, environ, stdout, stderr)
	case asked != nil:
		return askServer(ctx, asked, environ, stdout, stderr)
	case chosen == "audit verify":
		return c.Audit.Verify.run(ctx, stdout, stderr)
	case alone != nil:
		return work(ctx, alone, stdout, stderr)
	case chosen == "hash-passwords":
		return c.HashPasswords.run(os.Stdin, stdout, stderr)
	case chosen == "version":
		return c.Version.run(stdout)
	}
	return exitOK // help was asked for and printed
}
