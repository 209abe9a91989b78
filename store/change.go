package store

import (
	"maps"
	"slices"

	"bailiwick/iam"
)

// Kind is the kind of an object in the change log.
type Kind string

// The kinds whose changes reach the decision snapshot.
const (
	KindOrganization Kind = "organization"
	KindProject      Kind = "project"
	KindUser         Kind = "user"
	KindApplication  Kind = "application"
	KindGroup        Kind = "group"
	KindPolicy       Kind = "policy"
	KindAPIKey       Kind = "api_key"
	KindSession      Kind = "session"
)

// Change says that an object was created, changed or deleted; which of them, the row itself
// tells.
type Change struct {
	OrganizationID iam.OrganizationID
	Kind           Kind
	ID             string
}

// change notes that this transaction touches an object. The rows are written before the
// commit.
func (t *Tx) change(organization iam.OrganizationID, kind Kind, id string) {
	if t.notes.changes == nil {
		t.notes.changes = make(map[Change]bool)
	}
	t.notes.changes[Change{organization, kind, id}] = true
}

// Changed returns the objects that this transaction has touched so far, or, inside of
// [Tx.Nested], the nested part of it, in no particular order.
func (t *Tx) Changed() []Change { return slices.Collect(maps.Keys(t.notes.changes)) }

func (t *Tx) insertChanges() error {
	for c := range t.notes.changes {
		_, err := t.exec("INSERT INTO changes (organization_id, revision, kind, id) VALUES ($1, $2, $3, $4)",
			string(c.OrganizationID), t.revision, string(c.Kind), c.ID)
		if err != nil {
			return err
		}
	}
	return nil
}

// Changes returns the objects that changed after one revision up to another, each once, in
// no particular order.
func (t *Tx) Changes(after, upTo int64) ([]Change, error) {
	return collect(t, func(row scanner) (c Change, err error) {
		err = row.Scan(&c.OrganizationID, &c.Kind, &c.ID)
		return c, err
	}, "SELECT DISTINCT organization_id, kind, id FROM changes WHERE revision > $1 AND revision <= $2", after, upTo)
}

// Latest returns the revision of the state that the transaction sees. In an update that is
// its own revision.
func (t *Tx) Latest() (revision int64, err error) {
	err = t.row("SELECT value FROM revision WHERE id = 1").Scan(&revision)
	return revision, err
}
