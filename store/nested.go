package store

import (
	"errors"
	"fmt"
	"maps"
)

// Nested runs fn as a part of an update that fails alone: if fn returns an error, or one of
// its statements failed, what it did is undone and the update goes on. It returns fn's
// error. Now is a timestamp of the part's own. An error after which the engine wants the
// whole update again, and one that leaves the transaction in an unknown state, fail the
// update.
func (t *Tx) Nested(fn func() error) (err error) {
	if _, err := t.exec("SAVEPOINT part"); err != nil {
		return err
	}
	before := t.notes
	t.notes, t.Now = notes{outer: &before}, t.clock()
	done := false
	defer func() {
		if !done { // fn panics; the update is rolled back on the way
			t.notes, t.failed = before, errors.New("a part of the transaction did not come to its end")
		}
	}()
	err = fn()
	done = true
	if err == nil {
		err = t.failed
	}
	part := t.notes
	t.notes = before
	if err != nil {
		return errors.Join(err, t.undo(err))
	}
	t.notes.add(part)
	_, err = t.exec("RELEASE SAVEPOINT part")
	return err
}

// undo takes the part back after an error of it.
func (t *Tx) undo(err error) error {
	if retryable(err) {
		t.failed = err
		return nil
	}
	t.failed = nil
	if _, err := t.exec("ROLLBACK TO SAVEPOINT part"); err != nil {
		return fmt.Errorf("undo a part of the transaction: %w", err)
	}
	_, err = t.exec("RELEASE SAVEPOINT part")
	return err
}

// add puts the notes of a part to those of the parts before.
func (n *notes) add(part notes) {
	if n.changes == nil {
		n.changes = make(map[Change]bool)
	}
	if n.counts == nil {
		n.counts = make(map[counter]int)
	}
	maps.Copy(n.changes, part.changes)
	for _, one := range part.heads {
		n.heads.set(one.chainOf, one.head)
	}
	n.later = append(n.later, part.later...)
	for c, by := range part.counts {
		n.counts[c] += by
	}
}
