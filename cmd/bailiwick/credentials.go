package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"bailiwick/authority"
	"bailiwick/iam"
	"bailiwick/identity"
)

// The only copy of a first start's secrets must survive a crash at any moment, and must
// never replace the only copy of another installation's. So they are written to a pending
// file while the transaction that stores their hashes is still open, and the file gets its
// name after the commit. A start that finds a pending file asks the store whether its key
// is known: if it is, the crash came after the commit and the file gets its name now; if
// not, the crash came before it.
const (
	credentialsName = "credentials.env"
	pendingName     = "credentials.env.pending"
)

const secretKeyName = "SCW_SECRET_KEY"

// variables is an ordered list of names and values.
type variables [][2]string

// String returns a shell file that sets the variables.
func (v variables) String() string {
	var text strings.Builder
	for _, pair := range v {
		fmt.Fprintf(&text, "%s=%s\n", pair[0], shellQuote(pair[1]))
	}
	return text.String()
}

// shellQuote returns a word that a shell reads as exactly the value. Plain values stay
// bare, so that readers of .env files that know no quotes (docker --env-file) agree.
func shellQuote(value string) string {
	plain := func(r rune) bool {
		return ('0' <= r && r <= '9') || ('a' <= r && r <= 'z') || ('A' <= r && r <= 'Z') || strings.ContainsRune("_-.:/@+,", r)
	}
	if value != "" && !strings.ContainsFunc(value, func(r rune) bool { return !plain(r) }) {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}

// bootstrap fills an empty store and leaves its credentials in dir. On a store that has
// been filled it only brings a pending file to its end. It returns the path of the
// credentials that are new with this start, or "".
func bootstrap(ctx context.Context, a *authority.Authority, dir, ownerEmail, url string) (string, error) {
	path, pending := filepath.Join(dir, credentialsName), filepath.Join(dir, pendingName)
	if err := settlePending(ctx, a, pending, path); err != nil {
		return "", err
	}
	first := authority.Bootstrap{OwnerEmail: ownerEmail, OwnerPassword: identity.NewToken(), OperatorToken: identity.NewToken()}
	filled, err := a.Bootstrap(ctx, first, func(created authority.CreatedOrganization) error {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(fmt.Errorf("the database is empty but %s exists: it belongs to another database, move it away", path), err)
		}
		return writeFile(pending, variables{
			{"SCW_ACCESS_KEY", string(created.APIKey.AccessKey)},
			{secretKeyName, created.APIKey.SecretKey},
			{"SCW_DEFAULT_ORGANIZATION_ID", string(created.Organization.ID)},
			{"SCW_DEFAULT_PROJECT_ID", string(created.DefaultProject.ID)},
			{"SCW_API_URL", url},
			{"BAILIWICK_OWNER_EMAIL", ownerEmail},
			{"BAILIWICK_OWNER_PASSWORD", first.OwnerPassword},
			{"BAILIWICK_OPERATOR_TOKEN", first.OperatorToken},
		}.String())
	})
	if err != nil || !filled {
		return "", err
	}
	return path, rename(pending, path)
}

// settlePending gives a pending file its name if the store knows its key. Otherwise it
// leaves the file alone: the next first start replaces it, and until then nothing that
// might be the only copy of a secret is thrown away.
func settlePending(ctx context.Context, a *authority.Authority, pending, path string) error {
	text, err := os.ReadFile(pending)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	_, after, _ := strings.Cut(string(text), "\n"+secretKeyName+"=")
	secret, _, _ := strings.Cut(after, "\n")
	_, err = a.Authenticate(ctx, authority.Credential{Kind: authority.SecretKey, Value: secret})
	switch {
	case err == nil:
		return rename(pending, path)
	case iam.KindOf(err) == iam.KindDeniedAuthentication:
		return nil
	}
	return err
}

// writeFile writes a file that only its owner may read, and makes it durable. The file
// appears whole or not at all.
func writeFile(path, text string) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".credentials-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = temp.WriteString(text)
	if err == nil {
		err = temp.Sync()
	}
	if err = errors.Join(err, temp.Close()); err == nil {
		err = rename(temp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return nil
}

// rename moves a file within its directory and makes the move durable.
func rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(to))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
