package bailiwicktest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// PostgresVariable is the environment variable with the URL of a PostgreSQL server on which
// tests may create databases; scripts/with-postgres sets it.
const PostgresVariable = "BAILIWICK_TEST_POSTGRES"

// Engines runs a test once on each engine, with a database that is new and goes with the
// test: a SQLite file, and a database of the server that [PostgresVariable] names. Without
// that server the second run is skipped, except where CI=true: there a missing engine is a
// failure, or nobody would notice that half of the promises went untested.
func Engines(t *testing.T, test func(t *testing.T, database string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, filepath.Join(t.TempDir(), "bailiwick.db")) })
	t.Run("postgres", func(t *testing.T) { test(t, NewPostgres(t)) })
}

// NewPostgres creates an empty PostgreSQL database that is dropped at the end of the test,
// and returns its URL. It skips or fails the test like [Engines].
func NewPostgres(t testing.TB) string {
	t.Helper()
	server := os.Getenv(PostgresVariable)
	if server == "" {
		text := PostgresVariable + " IS NOT SET: THIS TEST DID NOT RUN ON POSTGRESQL; use scripts/with-postgres go test ..."
		if os.Getenv("CI") == "true" {
			t.Fatal(text)
		}
		t.Skip(text)
	}
	database, err := url.Parse(server)
	check(t, err)
	name := "bailiwick_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	database.Path = "/" + name
	check(t, administer(t, server, "CREATE DATABASE "+name))
	t.Cleanup(func() { check(t, administer(t, server, "DROP DATABASE "+name+" WITH (FORCE)")) })
	return database.String()
}

// administer runs a statement that no transaction may hold. It goes through psql, because
// only package store may import a database driver.
func administer(t testing.TB, server, statement string) error {
	ctx, cancel := context.WithTimeout(Context(t), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", server, "-c", statement).CombinedOutput()
	if err != nil {
		return fmt.Errorf("psql: %w: %s", err, out)
	}
	return nil
}
