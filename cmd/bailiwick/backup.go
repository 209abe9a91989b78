package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// backupCommand is the command line of "backup".
type backupCommand struct {
	Out string `required:"" placeholder:"FILE" help:"File to write; it must not exist."`
	installation
}

// Help returns the second part of the help text.
func (*backupCommand) Help() string {
	return `The server may run. The backup holds one moment, does not depend on the engine, and is for its owner
alone (mode 0600). The master key is not in it: keep a copy of that apart from it. With both, all
secret keys can be read.

    bailiwick backup --data data --out monday.backup
    BAILIWICK_DATABASE=postgres://... bailiwick backup --out monday.backup`
}

// run writes into a file beside the wanted one and gives it its name when it is whole.
func (c *backupCommand) run(ctx context.Context, stdout, stderr io.Writer) (err error) {
	if _, err := os.Lstat(c.Out); err == nil {
		return fmt.Errorf("%s exists already", c.Out)
	}
	s, err := openAsIs(ctx, c.database())
	if err != nil {
		return err
	}
	defer closing(&err, s.Close)
	file, err := os.CreateTemp(filepath.Dir(c.Out), ".backup-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	head, foot, err := writeArchive(ctx, s, file, stderr)
	if err == nil {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	if err := os.Link(file.Name(), c.Out); err != nil { // does not replace
		return err
	}
	fmt.Fprintf(stdout, "%s: %d rows at revision %d, master key %s\n", c.Out, foot.Rows, head.Revision, head.Fingerprint)
	return nil
}
