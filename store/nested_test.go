package store_test

import (
	"errors"
	"testing"
	"time"

	"bailiwick/iam"
	"bailiwick/store"
)

// A part that fails is undone alone: the parts before and after it are stored, and what they
// see of each other is right on the way.
func TestNested(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		organizations(t, s)
		project := func(n int) iam.Project {
			return iam.Project{ID: iam.ProjectID(id("a", n)), OrganizationID: mine, Name: string(rune('a' + n))}
		}
		event := iam.Event{OrganizationID: mine, Resources: []iam.EventResource{{ID: "1", Type: iam.ResourceUser, Action: iam.ActionCreated}}}
		counted := func(tx *store.Tx, want int) {
			t.Helper()
			n, err := tx.CountProjects(mine)
			must(t, err)
			same(t, "projects on the way", n, want)
		}
		revision := update(t, s, func(tx *store.Tx) error {
			must(t, tx.Nested(func() error { return errors.Join(tx.InsertProject(project(1)), tx.AppendEvent(event)) }))
			counted(tx, 1)
			fails(t, "a part that gives up", tx.Nested(func() error {
				must(t, errors.Join(tx.InsertProject(project(2)), tx.AppendEvent(event)))
				counted(tx, 2)
				same(t, "what the part touched", tx.Changed(), []store.Change{{OrganizationID: mine, Kind: store.KindProject, ID: id("a", 2)}})
				return errStop
			}), errStop)
			counted(tx, 1)
			fails(t, "a part whose statement fails", tx.Nested(func() error {
				must(t, tx.InsertProject(project(3)))
				return tx.InsertProject(project(1))
			}), store.ErrDuplicate)
			fails(t, "a part that does not look at its statement's error", tx.Nested(func() error {
				_ = tx.InsertProject(project(1))
				return nil
			}), store.ErrDuplicate)
			must(t, tx.Nested(func() error { return errors.Join(tx.DeleteProject(mine, project(1).ID), tx.InsertProject(project(4))) }))
			counted(tx, 1)
			same(t, "what the update touched", len(tx.Changed()), 2)
			return nil
		})
		all := stateOf(t, s)
		same(t, "revision", all.Revision, revision)
		same(t, "count", all.Count, 1)
		same(t, "events", all.Events, 1)
		same(t, "changes", changes(t, s, revision-1, revision), []store.Change{
			{OrganizationID: mine, Kind: store.KindProject, ID: id("a", 1)}, {OrganizationID: mine, Kind: store.KindProject, ID: id("a", 4)},
		})
		if len(all.Projects) != 1 || all.Projects[0].ID != project(4).ID {
			t.Errorf("projects: %v", all.Projects)
		}
	})
}

// Nothing of an update whose part panics is stored, also if somebody recovers on the way.
func TestNestedPanic(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		organizations(t, s)
		before := stateOf(t, s)
		_, err := s.Update(t.Context(), func(tx *store.Tx) error {
			must(t, tx.Nested(func() error { return act(tx) }))
			func() {
				defer func() { _ = recover() }()
				_ = tx.Nested(func() error { _ = insertNamed(tx, "x"); panic("in a part") })
			}()
			return nil
		})
		if err == nil {
			t.Error("no error")
		}
		same(t, "state", stateOf(t, s), before)
		update(t, s, act)
	})
}

// Each part has a timestamp of its own.
func TestNestedNow(t *testing.T) {
	now := start
	s := open(t, t.TempDir()+"/x.db", func() time.Time { now = now.Add(time.Second); return now })
	var at []time.Time
	update(t, s, func(tx *store.Tx) error {
		note := func() error { at = append(at, tx.Now); return nil }
		return errors.Join(tx.Nested(note), tx.Nested(note))
	})
	if len(at) != 2 || !at[0].Before(at[1]) {
		t.Errorf("timestamps: %v", at)
	}
}
