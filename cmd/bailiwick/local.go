package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"bailiwick/store"
)

// local is a command that works on a database by itself, without a server.
type local interface {
	// check notes the faults of the arguments, and touches nothing.
	check(*faults)
	// run does the work. What it has to say goes to stdout, how far it is to stderr.
	run(ctx context.Context, stdout, stderr io.Writer) error
}

// local returns the chosen command if it works on a database by itself, else nil, and the
// faults of its arguments.
func (c *commands) local(chosen string) (local, []string) {
	l, ok := map[string]local{"backup": &c.Backup, "restore": &c.Restore, "move": &c.Move, "rotate-master-key": &c.RotateMasterKey}[chosen]
	if !ok {
		return nil, nil
	}
	var f faults
	l.check(&f)
	return l, f
}

// work runs a local command and returns the exit status.
func work(ctx context.Context, l local, stdout, stderr io.Writer) int {
	syscall.Umask(0o077) // what it writes is for its user alone, also files that a library makes
	if err := l.run(ctx, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "bailiwick: "+oneLine(err))
		return exitFailure
	}
	return exitOK
}

// installation says which database a command works on, as the server's flags do.
type installation struct {
	Data      string `default:"data" placeholder:"DIR" help:"Data directory of the server."`
	Database  string `placeholder:"URL" help:"postgres:// URL of the server's database, if it is not the embedded one."`
	MasterKey string `placeholder:"FILE" help:"File of the master key. Without this flag DIR/master.key."`
}

func (i *installation) check(f *faults) { checkDatabase(i.Database, f) }

func (i *installation) database() string {
	if i.Database != "" {
		return i.Database
	}
	return filepath.Join(i.Data, databaseName)
}

func (i *installation) masterKey() string {
	if i.MasterKey != "" {
		return i.MasterKey
	}
	return filepath.Join(i.Data, masterKeyName)
}

// openAsIs opens a database that must be there, and does not change its schema.
func openAsIs(ctx context.Context, database string) (*store.Store, error) {
	if !store.IsPostgresURL(database) {
		if _, err := os.Stat(database); err != nil {
			return nil, fmt.Errorf("database: %w", err)
		}
	}
	return store.Open(ctx, store.Config{Database: database, AsIs: true})
}

// hold takes the data directory for as long as an embedded database must not be served.
// For another database there is nothing to take: its nodes must be stopped by hand.
func hold(dir, database string) (release func() error, err error) {
	if store.IsPostgresURL(database) {
		return func() error { return nil }, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	return lock.Close, nil
}

// closing closes something at the end of a function and keeps what that says.
func closing(err *error, close func() error) { *err = errors.Join(*err, close()) }
