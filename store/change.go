package store

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

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

func (t *Tx) changeStatements() (all []statement) {
	for c := range t.notes.changes {
		all = append(all, statement{text: "INSERT INTO changes (organization_id, revision, kind, id) VALUES ($1, $2, $3, $4)",
			args: []any{string(c.OrganizationID), t.revision, string(c.Kind), c.ID}})
	}
	return all
}

// ErrPruned says that changes were removed which were asked for.
var ErrPruned = errors.New("the change log does not go back that far")

// Changes returns the objects that changed after one revision up to another, each once, in
// no particular order. ErrPruned if the change log does not go back that far.
func (t *Tx) Changes(after, upTo int64) ([]Change, error) {
	changes, err := collect(t, func(row scanner) (c Change, err error) {
		err = row.Scan(&c.OrganizationID, &c.Kind, &c.ID)
		return c, err
	}, "SELECT DISTINCT organization_id, kind, id FROM changes WHERE revision > $1 AND revision <= $2", after, upTo)
	if err != nil {
		return nil, err
	}
	// Asked after the changes were read: what was removed meanwhile is seen.
	pruned, err := t.pruned()
	if err == nil && after < pruned {
		err = ErrPruned
	}
	return changes, err
}

// Since returns the revision of the state that the transaction sees, and the objects that changed after
// another one, each once, in no particular order. It is one statement: a node asks at each change of
// any other node, and for as long as it waits for answers a revoked key lives there.
// ErrPruned, with the revision, if the change log does not go back that far.
func (t *Tx) Since(after int64) (latest int64, changes []Change, err error) {
	found, pruned, seen := false, "", map[Change]bool{}
	err = each(t, func(row scanner) (c Change, err error) {
		err = row.Scan(&latest, &pruned, &c.OrganizationID, &c.Kind, &c.ID)
		return c, err
	}, func(c Change) error {
		found = true
		if c != (Change{}) && !seen[c] {
			seen[c], changes = true, append(changes, c)
		}
		return nil
	}, `SELECT revision.value, COALESCE(installation.value, '0'), COALESCE(organization_id, ''), COALESCE(kind, ''), COALESCE(changes.id, '')
		FROM revision LEFT JOIN installation ON installation.name = $2 LEFT JOIN changes ON changes.revision > $1 WHERE revision.id = 1`, after, FactPruned)
	switch {
	case err != nil:
		return 0, nil, err
	case !found:
		return 0, nil, errors.New("the database has no revision")
	}
	last, err := strconv.ParseInt(pruned, 10, 64)
	switch {
	case err != nil:
		return 0, nil, fmt.Errorf("%s is stored as %q", FactPruned, pruned)
	case after < last:
		return latest, nil, ErrPruned
	}
	return latest, changes, nil
}

// Logged reports whether the change log has a change of an object.
func (t *Tx) Logged(c Change) (bool, error) {
	n, err := one(t.row("SELECT COUNT(*) FROM changes WHERE organization_id = $1 AND kind = $2 AND id = $3", string(c.OrganizationID), string(c.Kind), c.ID), scanNumber)
	return n > 0, err
}

// pruned is the last revision whose changes were removed; 0 if none were.
func (t *Tx) pruned() (int64, error) { return t.numberFact(FactPruned) }

func (t *Tx) numberFact(name string) (int64, error) {
	text, err := t.Fact(name)
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s is stored as %q", name, text)
	}
	return n, nil
}

// PruneChanges removes changes of the oldest n revisions that have any, but only of such as were
// made longer ago than keep, and reports whether there may be more. The log has no times: what the
// newest revision was at some moment is noted, and counts when that moment is long enough ago.
func (t *Tx) PruneChanges(keep time.Duration, n int64) (more bool, err error) {
	marked, err := t.numberFact(FactPruneMark)
	if err != nil {
		return false, err
	}
	at, err := t.numberFact(FactPruneMarkAt)
	if err != nil {
		return false, err
	}
	if at > micros(t.Now.Add(-keep)) {
		return false, nil
	}
	oldest, err := one(t.row("SELECT revision FROM changes ORDER BY revision LIMIT 1"), scanNumber)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return false, err
	}
	if err == nil && oldest <= marked {
		last := min(marked, oldest+n-1)
		_, err := t.exec("DELETE FROM changes WHERE revision <= $1", last)
		return true, errors.Join(err, t.SetFact(FactPruned, strconv.FormatInt(last, 10)))
	}
	latest, err := t.Latest()
	return false, errors.Join(err, t.SetFact(FactPruneMark, strconv.FormatInt(latest, 10)), t.SetFact(FactPruneMarkAt, strconv.FormatInt(micros(t.Now), 10)))
}

// Latest returns the revision of the state that the transaction sees. In an update that is
// its own revision.
func (t *Tx) Latest() (revision int64, err error) {
	err = t.row("SELECT value FROM revision WHERE id = 1").Scan(&revision)
	return revision, err
}
