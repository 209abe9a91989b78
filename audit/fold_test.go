package audit_test

import (
	"testing"
	"time"

	"bailiwick/audit"
	"bailiwick/iam"

	"github.com/google/go-cmp/cmp"
)

// did is an event that touched resources.
func did(sequence int64, status int, resources ...iam.EventResource) iam.EventEntry {
	return iam.EventEntry{
		Event: iam.Event{Sequence: sequence, Method: "M", StatusCode: status, Resources: resources},
		Proof: iam.Proof{Content: iam.Personal{Salt: "salt"}},
	}
}

func created(id, name string) iam.EventResource {
	return iam.EventResource{Type: iam.ResourceUser, ID: id, Name: name, Action: iam.ActionCreated, CreatedAt: at(1), UpdatedAt: at(1)}
}

func updated(id, name string, now int) iam.EventResource {
	return iam.EventResource{Type: iam.ResourceUser, ID: id, Name: name, Action: iam.ActionUpdated, CreatedAt: at(1), UpdatedAt: at(now)}
}

func deleted(id string, now int) iam.EventResource {
	return iam.EventResource{Type: iam.ResourceUser, ID: id, Action: iam.ActionDeleted, CreatedAt: at(1), UpdatedAt: at(1), DeletedAt: at(now)}
}

func user(id, name string, now int) audit.Object {
	return audit.Object{Type: iam.ResourceUser, ID: id, Name: name, CreatedAt: at(1), UpdatedAt: at(now)}
}

// TestFold: the objects that live, and each way in which a trail and the rows can contradict.
func TestFold(t *testing.T) {
	anna := did(1, 200, created("a", "anna"))
	erased := did(2, 200, updated("a", "", 2))
	erased.Content = iam.Personal{Commitment: iam.Digest{1}}
	enabled := updated("r", "rule", 2)
	enabled.Type = iam.ResourceAlertRule
	late := updated("a", "anna", 2)
	late.CreatedAt = at(7)
	neverDeleted := deleted("a", 2)
	neverDeleted.DeletedAt = time.Time{}
	for name, c := range map[string]struct {
		events []iam.EventEntry
		rows   []audit.Object
		live   []audit.Object
		want   []string
	}{
		"nothing": {},
		"a life": {
			events: []iam.EventEntry{anna, did(2, 200, created("b", "ben"), updated("a", "ann", 2)), did(3, 200, deleted("b", 3))},
			rows:   []audit.Object{user("a", "ann", 2)}, live: []audit.Object{user("a", "ann", 2)},
		},
		"refused": {
			events: []iam.EventEntry{anna, did(2, 403, deleted("a", 2))}, rows: []audit.Object{user("a", "anna", 1)}, live: []audit.Object{user("a", "anna", 1)},
		},
		"touched": {
			events: []iam.EventEntry{anna, did(2, 200, iam.EventResource{Type: iam.ResourceUser, ID: "z"})},
			rows:   []audit.Object{user("a", "anna", 1)}, live: []audit.Object{user("a", "anna", 1)},
		},
		"not told of whole": {events: []iam.EventEntry{did(1, 200, enabled)}, rows: []audit.Object{{Type: iam.ResourceOther, ID: "x"}}},
		"erased": {
			events: []iam.EventEntry{anna, erased}, rows: []audit.Object{user("a", "anna", 2)},
			live: []audit.Object{{Type: iam.ResourceUser, ID: "a", CreatedAt: at(1), UpdatedAt: at(2), NameErased: true}},
		},
		"a change without event": {
			events: []iam.EventEntry{anna}, rows: []audit.Object{{Type: iam.ResourceUser, ID: "a", Name: "eve", CreatedAt: at(2), UpdatedAt: at(3)}}, live: []audit.Object{user("a", "anna", 1)},
			want: []string{
				"iam_user a: created at 2026-03-01T12:00:02.123456Z, the trail says 2026-03-01T12:00:01.123456Z",
				`iam_user a: its name is "eve", the trail says "anna"`,
				"iam_user a: updated at 2026-03-01T12:00:03.123456Z, the trail says 2026-03-01T12:00:01.123456Z",
			},
		},
		"a row without event": {
			rows: []audit.Object{user("a", "anna", 1)}, want: []string{"iam_user a: there is a row, but the trail does not say that it lives"},
		},
		"an event without row": {
			events: []iam.EventEntry{anna}, live: []audit.Object{user("a", "anna", 1)}, want: []string{"iam_user a: the trail says that it lives, but there is no row"},
		},
		"created twice": {
			events: []iam.EventEntry{anna, did(2, 200, created("a", "anna"))}, rows: []audit.Object{user("a", "anna", 1)}, live: []audit.Object{user("a", "anna", 1)},
			want: []string{"event 2, M: iam_user a created, but it is there already"},
		},
		"updated before": {
			events: []iam.EventEntry{did(1, 200, updated("a", "anna", 1))}, rows: []audit.Object{user("a", "anna", 1)}, live: []audit.Object{user("a", "anna", 1)},
			want: []string{"event 1, M: iam_user a updated, but it is not there"},
		},
		"another beginning": {
			events: []iam.EventEntry{anna, did(2, 200, late), did(3, 200, deleted("b", 3))}, live: []audit.Object{{Type: iam.ResourceUser, ID: "a", Name: "anna", CreatedAt: at(7), UpdatedAt: at(2)}},
			rows: []audit.Object{{Type: iam.ResourceUser, ID: "a", Name: "anna", CreatedAt: at(7), UpdatedAt: at(2)}},
			want: []string{
				"event 2, M: iam_user a updated, but created at 2026-03-01T12:00:07.123456Z, before that it said 2026-03-01T12:00:01.123456Z",
				"event 3, M: iam_user b deleted, but it is not there",
			},
		},
		"deleted without a time": {
			events: []iam.EventEntry{anna, did(2, 200, neverDeleted)}, want: []string{"event 2, M: iam_user a deleted, but deleted at no time"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var fold audit.Fold
			for _, e := range c.events {
				fold.Add(e)
			}
			if diff := cmp.Diff(c.live, fold.Live()); diff != "" {
				t.Errorf("live (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.want, fold.Differences(c.rows)); diff != "" {
				t.Errorf("differences (-want +got):\n%s", diff)
			}
		})
	}
}
