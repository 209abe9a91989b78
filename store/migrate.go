package store

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"testing/fstest"
	"time"

	"github.com/pressly/goose/v3"
)

//go:embed schema/*.sql
var schema embed.FS

// migrate brings the schema to the version of this program. Several nodes may start at the
// same time: the engine lets one of them do the work, and who lost looks again and finds it
// done. That needs no lock, which the engines do not have in common.
func (s *Store) migrate(ctx context.Context) error {
	const attempts = 20 // one may lose each file of the schema once
	for attempt := 1; ; attempt++ {
		err := s.migrateOnce(ctx)
		if err == nil || attempt == attempts || errors.Is(err, errNewer) || ctx.Err() != nil {
			return err
		}
	}
}

var errNewer = errors.New("run a newer program")

// provider returns the runner of the migrations.
func (s *Store) provider() (*goose.Provider, error) {
	files, err := schemaFor(s.dialect)
	if err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	provider, err := goose.NewProvider(s.dialect.goose, s.writes.db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	return provider, nil
}

// version returns the version of the database's schema, without a touch to it.
func (s *Store) version(ctx context.Context) (version int64, err error) {
	err = s.Read(ctx).row("SELECT MAX(version_id) FROM " + goose.DefaultTablename).Scan(&version)
	if err != nil {
		return 0, fmt.Errorf("this is no database of this program: %w", err)
	}
	return version, nil
}

// checkVersion refuses a schema that is not that of this program, and leaves it alone.
func (s *Store) checkVersion(ctx context.Context) error {
	provider, err := s.provider()
	if err != nil {
		return err
	}
	current, err := s.version(ctx)
	if err != nil {
		return err
	}
	sources := provider.ListSources()
	if target := sources[len(sources)-1].Version; current != target {
		return fmt.Errorf("the database has schema version %d, this program version %d: use the program that runs on it, or start the newer one on it first", current, target)
	}
	return nil
}

func (s *Store) migrateOnce(ctx context.Context) error {
	provider, err := s.provider()
	if err != nil {
		return err
	}
	current, target, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	if current > target {
		return fmt.Errorf("the database has schema version %d, this program knows versions up to %d: %w", current, target, errNewer)
	}
	if current == target {
		return nil
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("bring the schema from version %d to %d: %w", current, target, err)
	}
	return nil
}

// schemaFor returns the migrations in the words of an engine.
func schemaFor(d dialect) (fs.FS, error) {
	entries, err := schema.ReadDir("schema")
	if err != nil {
		return nil, err
	}
	files := fstest.MapFS{}
	for _, entry := range entries {
		text, err := schema.ReadFile(path.Join("schema", entry.Name()))
		if err != nil {
			return nil, err
		}
		text = bytes.ReplaceAll(text, []byte(" TEXT "), []byte(" "+d.textType+" "))
		if !d.withoutRowID {
			text = bytes.ReplaceAll(text, []byte(") WITHOUT ROWID;"), []byte(");"))
		}
		files[entry.Name()] = &fstest.MapFile{Data: text, Mode: 0o444, ModTime: time.Time{}}
	}
	return files, nil
}
