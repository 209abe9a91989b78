package rig_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	cryptorand "crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bailiwick/rig"
)

// refusal starts the server on a database that it cannot use, and returns the one line that it
// says. Its exit status must be 1, and it must have written nothing.
func refusal(t *testing.T, database string) string {
	t.Helper()
	dir := t.TempDir()
	command := exec.CommandContext(t.Context(), must(program())(t), "serve", "--listen", "127.0.0.1:0", "--data", filepath.Join(dir, "data"), "--database", database)
	command.Dir, command.Env = dir, rig.CleanEnviron()
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 && exit.ExitCode() != 2 {
		t.Errorf("the server ended with %v", err)
	}
	said := stderr.String()
	if stdout.Len() > 0 || strings.Count(said, "\n") != 1 || !strings.HasPrefix(said, "bailiwick: ") {
		t.Errorf("it is not one line:\n%s%s", stdout.String(), said)
	}
	if strings.Contains(said, "hunter2") {
		t.Errorf("the password is in it: %s", said)
	}
	err = filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			t.Errorf("it wrote %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return said
}

// A database that cannot be used is refused in one line that says why, and left as it is.
func TestRefusedDatabases(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("the rig takes long")
	}
	// Only over TCP the server speaks TLS. Each process has a loopback address of its own.
	pid := os.Getpid()
	address := fmt.Sprintf("127.%d.%d.%d", 1+pid>>16&127, pid>>8&255, 1+pid&127)
	certificate, key := selfSigned(t, address)
	// A commit waits until the standby shows it, too: one of the databases is looked at there.
	p, err := rig.NewPostgres(t.Context(), "listen_addresses="+address, "synchronous_commit=remote_apply")
	if errors.Is(err, rig.ErrNoPostgres) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { check(t, p.Remove()) })
	sql := func(database string, statements ...string) string {
		t.Helper()
		return must(p.SQL(database, statements...))(t)
	}
	standby := must(p.NewStandby(t.Context()))(t)
	t.Cleanup(func() { check(t, standby.Remove()) })
	sql("postgres", "ALTER SYSTEM SET ssl_cert_file = '"+must(p.Put("server.crt", certificate))(t)+"'",
		"ALTER SYSTEM SET ssl_key_file = '"+must(p.Put("server.key", key))(t)+"'", "ALTER SYSTEM SET ssl = on", "SELECT pg_reload_conf()")
	sql("postgres", "CREATE DATABASE newer", "CREATE DATABASE foreigner", "CREATE DATABASE closed", "CREATE DATABASE watched", "CREATE DATABASE replicated",
		"CREATE ROLE guest LOGIN", "CREATE ROLE reader LOGIN", "REVOKE CREATE ON DATABASE closed FROM PUBLIC")
	sql("newer", "CREATE TABLE goose_db_version (id SERIAL PRIMARY KEY, version_id BIGINT NOT NULL, is_applied BOOLEAN NOT NULL, tstamp TIMESTAMP DEFAULT now())",
		"INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true), (99999, true)")
	sql("foreigner", "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)", "INSERT INTO users VALUES (1, 'somebody')")
	sql("closed", "REVOKE CREATE ON SCHEMA public FROM PUBLIC")

	as := func(user, database string) string {
		return strings.Replace(p.URL(database), "postgres://postgres@", "postgres://"+user+"@", 1)
	}
	over := func(address, parameters string) string {
		return "postgres://postgres:hunter2@" + address + "/newer?connect_timeout=5&" + parameters
	}
	mine, _ := selfSigned(t, address)
	issuer := func(name string, pem []byte) string {
		path := filepath.Join(t.TempDir(), name)
		check(t, os.WriteFile(path, pem, 0o600))
		return url.QueryEscape(path)
	}
	plain := must(rig.NewLink("unix", p.Socket()))(t) // no TLS over a socket
	t.Cleanup(func() { check(t, plain.Close()) })
	for name, c := range map[string]struct{ database, say, in string }{
		"no URL":                        {"postgres://%zz", "--database", ""},
		"nobody listens":                {"postgres://postgres:hunter2@127.0.0.1:1/bailiwick", "connect", ""},
		"no such database":              {p.URL("nowhere"), `database "nowhere" does not exist`, ""},
		"no such user":                  {as("nobody", "closed"), `role "nobody" does not exist`, "closed"},
		"a newer schema":                {p.URL("newer"), "run a newer program", "newer"},
		"tables of somebody else":       {p.URL("foreigner"), `tables of something else, such as "users"`, "foreigner"},
		"no right to make tables":       {as("guest", "closed"), "permission denied", "closed"},
		"a read-only replica":           {standby.URL("replicated"), "read-only", "replicated"},
		"TLS of an unknown issuer":      {over(address, "sslmode=verify-full&sslrootcert="+issuer("mine.crt", mine)), "certificate signed by unknown authority", "newer"},
		"TLS where the server has none": {over(plain.Address(), "sslmode=require"), "TLS", "newer"},
	} {
		t.Run(name, func(t *testing.T) {
			before := ""
			if c.in != "" {
				before = dump(t, p, c.in)
			}
			said := refusal(t, c.database)
			t.Logf("%s", said)
			if !strings.Contains(said, c.say) {
				t.Errorf("it does not say %q: %s", c.say, said)
			}
			if c.in != "" && dump(t, p, c.in) != before {
				t.Errorf("the database has changed:\n%s\nwas:\n%s", dump(t, p, c.in), before)
			}
		})
	}
}

// dump lists the tables of a database with how many rows they have.
func dump(t *testing.T, p *rig.Postgres, database string) string {
	t.Helper()
	return must(p.SQL(database, `SELECT relname, relkind, CASE relkind WHEN 'r' THEN (xpath('/row/c/text()', query_to_xml('SELECT count(*) AS c FROM ' || oid::regclass, false, true, '')))[1]::TEXT END
		FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY relname`))(t)
}

// selfSigned makes a certificate for an address that is its own issuer, and its key, as PEM.
func selfSigned(t *testing.T, address string) (certificate, key []byte) {
	t.Helper()
	private := must(ecdsa.GenerateKey(elliptic.P256(), cryptorand.Reader))(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: address}, IPAddresses: []net.IP{net.ParseIP(address)},
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der := must(x509.CreateCertificate(cryptorand.Reader, template, template, private.Public(), private))(t)
	encoded := must(x509.MarshalPKCS8PrivateKey(private))(t)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}
