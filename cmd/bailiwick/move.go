package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"bailiwick/store"
)

// moveCommand is the command line of "move".
type moveCommand struct {
	From string `required:"" placeholder:"DIR|URL" help:"Data directory, or postgres:// URL, that holds the installation; all its nodes must be stopped."`
	To   string `required:"" placeholder:"DIR|URL" help:"Data directory, or postgres:// URL of an empty database, to fill."`
}

// Help returns the second part of the help text.
func (*moveCommand) Help() string {
	return `Stop all nodes first. If the move is cut off, run it again: it goes on where it was. At the end both sides
are compared, row by row. The old side stays as it was; the master key is yours to copy.

    bailiwick move --from data --to postgres://bailiwick@db.example.com/bailiwick`
}

func (c *moveCommand) check(f *faults) {
	checkSide("from", c.From, f)
	checkSide("to", c.To, f)
	if c.From == c.To {
		f.wrong("--to: want another place than --from")
	}
}

func checkSide(flag, side string, f *faults) {
	if store.IsPostgresURL(side) {
		var wrong faults
		if checkDatabase(side, &wrong); len(wrong) > 0 {
			f.wrong("--%s: want a directory, or a URL such as postgres://user:password@host/name", flag)
		}
	}
}

// sideDatabase returns the database of a data directory or URL.
func sideDatabase(side string) string {
	if store.IsPostgresURL(side) {
		return side
	}
	return filepath.Join(side, databaseName)
}

func (c *moveCommand) run(ctx context.Context, stdout, stderr io.Writer) (err error) {
	for _, side := range []string{c.From, c.To} {
		release, err := hold(side, side)
		if err != nil {
			return err
		}
		defer closing(&err, release)
	}
	from, err := openAsIs(ctx, sideDatabase(c.From))
	if err != nil {
		return err
	}
	defer closing(&err, from.Close)
	to, err := store.Open(ctx, store.Config{Database: sideDatabase(c.To), Filling: true})
	if err != nil {
		return err
	}
	defer closing(&err, to.Close)
	want, err := pour(ctx, from, to, stderr)
	if err != nil {
		return err
	}
	if err := compare(ctx, from, "compare source", want, stderr); err != nil {
		return fmt.Errorf("the source changed while it was moved: is a node still running? The target must be emptied: %w", err)
	}
	if err := compare(ctx, to, "compare target", want, stderr); err != nil {
		return fmt.Errorf("the target must not be used: %w", err)
	}
	fmt.Fprintf(stdout, "moved: %d rows, the same on both sides (sha256 %s)\n", want.Rows, want.SHA256)
	return nil
}

// pour fills one database with the rows of another one. A row is not held in memory longer
// than it takes to hand it over.
func pour(ctx context.Context, from, to *store.Store, stderr io.Writer) (archiveFoot, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	rows, begun, ended := make(chan store.Row), make(chan store.Contents, 1), make(chan error, 1)
	d := newRowsDigest()
	go func() {
		defer close(rows)
		ended <- from.Dump(ctx, func(c store.Contents) error { begun <- c; return nil }, func(r store.Row) error {
			if _, err := d.add(r); err != nil {
				return err
			}
			select {
			case rows <- r:
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		})
	}()
	var contents store.Contents
	select {
	case contents = <-begun:
	case err := <-ended:
		return archiveFoot{}, err
	}
	p := newProgress(stderr, "move", contents.Rows())
	err := to.Load(ctx, moveSource(contents), contents, func() (store.Row, error) {
		row, more := <-rows
		if !more {
			if err := <-ended; err != nil {
				return row, err
			}
			return row, io.EOF
		}
		p.add(1)
		return row, nil
	})
	if err != nil {
		cancel(err)
		for range rows { // the source is read to its end or has seen that it is over
		}
		return archiveFoot{}, err
	}
	p.end()
	return d.foot(), nil
}

// moveSource names what a move takes, so that another run recognises it.
func moveSource(c store.Contents) string {
	return fmt.Sprintf("move of revision %d under master key %s", c.Revision, c.Fingerprint)
}

var errDiffers = errors.New("it does not hold what was read")

// compare refuses a database that does not hold what a foot says.
func compare(ctx context.Context, s *store.Store, what string, want archiveFoot, stderr io.Writer) error {
	_, have, err := digest(ctx, s, what, stderr)
	if err == nil && have != want {
		err = errDiffers
	}
	return err
}
