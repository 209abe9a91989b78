package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"bailiwick/authority"
	"bailiwick/identity"
)

// rotateMasterKeyCommand is the command line of "rotate-master-key".
type rotateMasterKeyCommand struct {
	New string `required:"" placeholder:"FILE" help:"File of the new master key; it is made if there is none."`
	installation
}

// Help returns the second part of the help text.
func (*rotateMasterKeyCommand) Help() string {
	return `Stop all nodes first. From then on only the new key opens the database; put it in place of the old one, or
name it with --master-key, and start. Backups made before still need the old key.

What is stored stays under the old key, which is kept in the database under the new one. If somebody may
hold the old key and a copy of the database, replace the secrets as well: API keys, passwords, second factors.`
}

func (c *rotateMasterKeyCommand) run(ctx context.Context, stdout, _ io.Writer) (err error) {
	release, err := hold(c.Data, c.database())
	if err != nil {
		return err
	}
	defer closing(&err, release)
	// OpenKeyring would make a key where there is none: the old one must be there.
	if _, err := os.Stat(c.masterKey()); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("master key: %w", err)
	}
	old, _, err := identity.OpenKeyring(c.masterKey())
	if err != nil {
		return err
	}
	s, err := openAsIs(ctx, c.database())
	if err != nil {
		return err
	}
	defer closing(&err, s.Close)
	next, _, err := identity.OpenKeyring(c.New)
	if err != nil {
		return err
	}
	if err := authority.RotateMasterKey(ctx, s, old, next); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "the master key is now %s (fingerprint %s)\n", c.New, next.Fingerprint())
	return nil
}
