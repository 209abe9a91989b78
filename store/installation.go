package store

import "fmt"

// Facts of an installation that are stored by name.
const (
	FactKeyFingerprint = "key_fingerprint" // of the master key under which secrets are stored
	FactWrappedKey     = "key_wrapped"     // that key, under a newer one, if there is one
	FactWrapper        = "key_wrapper"     // the newer one's fingerprint
	FactOperatorToken  = "operator_token_hash"
	FactPruned         = "changes_pruned"  // the last revision whose changes were removed
	FactPruneMark      = "changes_mark"    // the newest revision at some moment
	FactPruneMarkAt    = "changes_mark_at" // that moment, in microseconds
	FactNobody         = "nobody"          // says nothing; see the authority's feign
)

// Fact returns a fact of the installation, or ErrNotFound.
func (t *Tx) Fact(name string) (string, error) {
	return one(t.row("SELECT value FROM installation WHERE name = $1", name), func(row scanner) (value string, err error) {
		err = row.Scan(&value)
		return value, err
	})
}

// SetFact stores a fact of the installation.
func (t *Tx) SetFact(name, value string) error {
	_, err := t.exec(`INSERT INTO installation (name, value) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	if err != nil {
		return fmt.Errorf("store %s: %w", name, err)
	}
	return nil
}
