package audit

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"bailiwick/iam"
)

// Object is an object of an organization as its audit trail tells of it, and as its row does.
type Object struct {
	Type      iam.ResourceType
	ID        string
	Name      string    // what events call it: of a user the username, of an API key the description
	CreatedAt time.Time // in UTC
	UpdatedAt time.Time // in UTC; zero if objects of this type have none
	// NameErased says that the last event that named the object does so no more: its personal
	// data were erased.
	NameErased bool
}

// object names an object in its organization.
type object struct {
	kind iam.ResourceType
	id   string
}

// Fold replays the events of one organization and so learns which objects live. The zero value
// is ready for the first event of a whole trail. With [Fold.Differences] it proves what a hash
// chain cannot: that no change went past the trail.
type Fold struct {
	live   map[object]Object
	faults []string
}

// folded reports whether the events of a type of object tell of its whole life.
//
// Preconfigured alert rules are part of the product: they are enabled and disabled, but nobody
// creates or deletes them. Resources of an operator's services are known by a type and an id,
// and an event has only the id: two of them would be one.
func folded(kind iam.ResourceType) bool {
	return kind != iam.ResourceAlertRule && kind != iam.ResourceOther
}

// Add replays the next event. What cannot have happened, such as the change of an object that is
// not there, is remembered for [Fold.Differences].
func (f *Fold) Add(e iam.EventEntry) {
	if e.StatusCode != 200 {
		return // refused: nothing happened
	}
	for _, r := range e.Resources {
		if r.Action == "" || !folded(r.Type) {
			continue // touched, not changed
		}
		f.apply(e, r)
	}
}

func (f *Fold) apply(e iam.EventEntry, r iam.EventResource) {
	key := object{r.Type, r.ID}
	old, lives := f.live[key]
	switch {
	case r.Action == iam.ActionCreated && lives:
		f.fault(e, r, "it is there already")
	case r.Action != iam.ActionCreated && !lives:
		f.fault(e, r, "it is not there")
	case lives && !old.CreatedAt.Equal(r.CreatedAt):
		f.fault(e, r, fmt.Sprintf("created at %s, before that it said %s", told(r.CreatedAt), told(old.CreatedAt)))
	case (r.Action == iam.ActionDeleted) == r.DeletedAt.IsZero():
		f.fault(e, r, fmt.Sprintf("deleted at %s", told(r.DeletedAt)))
	}
	if r.Action == iam.ActionDeleted {
		delete(f.live, key)
		return
	}
	if f.live == nil {
		f.live = map[object]Object{}
	}
	f.live[key] = Object{Type: r.Type, ID: r.ID, Name: r.Name, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, NameErased: e.Content.Erased()}
}

func (f *Fold) fault(e iam.EventEntry, r iam.EventResource, what string) {
	f.faults = append(f.faults, fmt.Sprintf("event %d, %s: %s %s %s, but %s", e.Sequence, e.Method, r.Type, r.ID, r.Action, what))
}

// told is a time as a fault tells it.
func told(at time.Time) string {
	if at.IsZero() {
		return "no time"
	}
	return at.UTC().Format(time.RFC3339Nano)
}

// Live returns the objects that live, by type and id.
func (f *Fold) Live() []Object {
	return slices.SortedFunc(maps.Values(f.live), func(a, b Object) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID))
	})
}

// Differences compares what the events say with the rows that are there, and returns a line for
// each contradiction; none means that the trail, replayed, is the state. Rows of objects of whose
// life events do not tell are not compared.
func (f *Fold) Differences(rows []Object) []string {
	found := slices.Clone(f.faults)
	missing := maps.Clone(f.live)
	for _, row := range rows {
		if !folded(row.Type) {
			continue
		}
		key := object{row.Type, row.ID}
		said, lives := f.live[key]
		delete(missing, key)
		name := fmt.Sprintf("%s %s", row.Type, row.ID)
		if !lives {
			found = append(found, name+": there is a row, but the trail does not say that it lives")
			continue
		}
		if said.Name != row.Name && !said.NameErased {
			found = append(found, fmt.Sprintf("%s: its name is %q, the trail says %q", name, row.Name, said.Name))
		}
		if !said.CreatedAt.Equal(row.CreatedAt) {
			found = append(found, fmt.Sprintf("%s: created at %s, the trail says %s", name, told(row.CreatedAt), told(said.CreatedAt)))
		}
		if !said.UpdatedAt.Equal(row.UpdatedAt) {
			found = append(found, fmt.Sprintf("%s: updated at %s, the trail says %s", name, told(row.UpdatedAt), told(said.UpdatedAt)))
		}
	}
	for key := range missing {
		found = append(found, fmt.Sprintf("%s %s: the trail says that it lives, but there is no row", key.kind, key.id))
	}
	slices.Sort(found)
	return found
}
