package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"bailiwick/authority"
	"bailiwick/catalog"
	"bailiwick/identity"
	"bailiwick/store"
)

// restoreCommand is the command line of "restore".
type restoreCommand struct {
	File        string `arg:"" help:"The backup."`
	Replace     bool   `help:"Put the backup in place of the embedded database that is there; that one is kept beside it."`
	Newer       string `placeholder:"DIR|URL" help:"A newer state, to tell what happened since the backup. With --replace it is the database that is replaced."`
	EndSessions bool   `help:"End all sessions and make new keys to sign with: sessions that were ended after the backup would live again."`
	installation
}

// Help returns the second part of the help text.
func (*restoreCommand) Help() string {
	return `Stop all nodes first. The target is the data directory, or an empty PostgreSQL database; the master key must be
in place. All of the backup is checked before anything is written, and the result is compared with it.

Whatever was revoked after the backup was made holds again. If the newer state can still be read, the restore lists
what is lost; otherwise it says since when. Revoke again what must not hold.

    bailiwick restore monday.backup --data data --replace
    BAILIWICK_DATABASE=postgres://... bailiwick restore monday.backup --newer postgres://...`
}

func (c *restoreCommand) check(f *faults) {
	c.installation.check(f)
	if c.Replace && c.Database != "" {
		f.wrong("--replace: a PostgreSQL database is not replaced; give an empty one")
	}
	if c.Newer != "" {
		checkSide("newer", c.Newer, f)
	}
}

func (c *restoreCommand) run(ctx context.Context, stdout, stderr io.Writer) (err error) {
	a, err := openArchive(c.File)
	if err != nil {
		return err
	}
	defer closing(&err, a.close)
	release, err := hold(c.Data, c.database())
	if err != nil {
		return err
	}
	defer closing(&err, release)
	keyring, err := c.keyring(a.head)
	if err != nil {
		return err
	}
	seen := eventEnds{}
	foot, err := a.verify(stderr, func(r store.Row) { seen.note(a.head.Contents, r) })
	if err != nil {
		return err
	}
	target, err := c.target()
	if err != nil {
		return err
	}
	if err := c.tell(ctx, a.head, seen, stdout); err != nil {
		return err
	}
	if err := c.fill(ctx, a, target, foot, keyring, stderr); err != nil {
		return err
	}
	if err := c.publish(target, stdout); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "restored: %d rows of %s, revision %d\n", foot.Rows, a.head.MadeAt.Format(time.RFC3339), a.head.Revision)
	return nil
}

// keyring refuses to go on without the master key of the backup: the restored database
// would open for nobody.
func (c *restoreCommand) keyring(head archiveHead) (*identity.Keyring, error) {
	if _, err := os.Stat(c.masterKey()); err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	keyring, _, err := identity.OpenKeyring(c.masterKey())
	if err != nil {
		return nil, err
	}
	if keyring.Fingerprint() != head.Fingerprint {
		return nil, fmt.Errorf("the master key %s is not that of the backup (fingerprint %s): give the right one with --master-key", c.masterKey(), head.Fingerprint)
	}
	return keyring, nil
}

// tell says what the restore undoes.
func (c *restoreCommand) tell(ctx context.Context, head archiveHead, seen eventEnds, stdout io.Writer) (err error) {
	newer := c.Newer
	if newer == "" && c.Replace {
		newer = c.Data
	}
	if newer == "" {
		fmt.Fprintf(stdout, "Whatever was revoked after %s (revision %d) holds again.\n", head.MadeAt.Format(time.RFC3339), head.Revision)
		return nil
	}
	s, err := openAsIs(ctx, sideDatabase(newer))
	if err != nil {
		return fmt.Errorf("the newer state: %w", err)
	}
	defer closing(&err, s.Close)
	return seen.tellLost(ctx, s, stdout)
}

// target returns where the backup is put: a file beside the one that it shall become, so that
// a restore that fails changes nothing.
func (c *restoreCommand) target() (string, error) {
	if c.Database != "" {
		return c.Database, nil
	}
	if _, err := os.Stat(c.database()); err == nil && !c.Replace {
		return "", fmt.Errorf("there is a database in %s already: give --replace to put the backup in its place", c.Data)
	}
	return c.database() + ".restoring", nil
}

func (c *restoreCommand) fill(ctx context.Context, a *archive, target string, foot archiveFoot, keyring *identity.Keyring, stderr io.Writer) (err error) {
	s, err := store.Open(ctx, store.Config{Database: target, Filling: true})
	if err != nil {
		return err
	}
	defer closing(&err, s.Close)
	p := newProgress(stderr, "restore", a.head.Rows())
	err = s.Load(ctx, "backup "+foot.SHA256, a.head.Contents, func() (store.Row, error) {
		p.add(1)
		return a.next()
	})
	p.end()
	if err != nil {
		return err
	}
	if err := compare(ctx, s, "compare", foot, stderr); err != nil {
		return err
	}
	all, err := catalog.Load()
	if err != nil {
		return err
	}
	// Sets of the operator's own catalogue are unknown here; nothing is decided with it.
	au, err := authority.New(ctx, authority.Config{Store: s, Catalog: all, Keyring: keyring, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	return au.Restored(ctx, a.head.MadeAt, a.head.Revision, c.EndSessions)
}

// publish gives an embedded database its name; one that it replaces is kept.
func (c *restoreCommand) publish(target string, stdout io.Writer) error {
	if c.Database != "" {
		return nil
	}
	kept := c.database() + ".before-" + time.Now().UTC().Format("20060102T150405Z")
	for _, suffix := range []string{"-wal", "-shm", ""} {
		switch err := os.Rename(c.database()+suffix, kept+suffix); {
		case err == nil && suffix == "":
			fmt.Fprintf(stdout, "the database before is %s\n", kept)
		case err != nil && !errors.Is(err, os.ErrNotExist):
			return err
		}
	}
	if err := os.Rename(target, c.database()); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(c.database()))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
