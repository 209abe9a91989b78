package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bailiwick/iam"
	"bailiwick/store"
)

// A key that was made a week ago expires today: the server that starts tells its owner, in the
// folder that mail goes to without a mail server.
func TestExpiringKeyIsTold(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir)
	p.command.Process.Signal(os.Interrupt)
	if err := p.wait(); err != nil {
		t.Fatal(err)
	}
	organization := iam.OrganizationID(credentials(t, filepath.Join(dir, "data"))["SCW_DEFAULT_ORGANIZATION_ID"])
	s, err := store.Open(t.Context(), store.Config{Database: filepath.Join(dir, "data", "bailiwick.db")})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Update(t.Context(), func(tx *store.Tx) error {
		org, err := tx.Organization(organization)
		if err != nil {
			return err
		}
		made := tx.Now.Add(-7 * 24 * time.Hour)
		return tx.InsertAPIKey(iam.APIKey{
			AccessKey: "SCWEXPIRES0000000000", OrganizationID: organization, Bearer: org.OwnerID.Principal(), Description: "old laptop",
			CreatedAt: made, UpdatedAt: made, ExpiresAt: tx.Now.Add(12 * time.Hour),
		}, store.Secret{Hash: make([]byte, 32), Sealed: []byte("sealed")})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	start(t, dir)
	var letters []string
	for deadline := time.Now().Add(time.Minute); len(letters) == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("no letter came")
		}
		letters, _ = filepath.Glob(filepath.Join(dir, "data", "outbox", "*.eml"))
	}
	text, err := os.ReadFile(letters[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"To: <owner@localhost>", "SCWEXPIRES0000000000 (old laptop)", "of yours in the organization default"} {
		if plain := strings.ReplaceAll(string(text), "=\r\n", ""); !strings.Contains(plain, want) {
			t.Errorf("the letter has no %q:\n%s", want, plain)
		}
	}
}
