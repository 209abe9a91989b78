package bailiwicktest

import (
	"math"
	"slices"
	"testing"
	"time"

	"bailiwick/audit"
	"bailiwick/iam"
	"bailiwick/server"
	"bailiwick/store"
)

// maxFolded bounds the events that the kit replays after a test, so that a test with very many of
// them is not slower for it.
const maxFolded = 2000

// NoFold keeps the kit from comparing the audit trail with the tables after this test, for tests
// that change rows without a use case. why is for the reader.
func (k *Kit) NoFold(why string) { k.noFold = why }

// CheckFold replays the audit trail of every organization and compares it with the tables: a
// change without its event, or an event without its change, fails the test. The kit does so after
// every test; a test may at any moment. Keys that the kit wrote itself are left out.
func (k *Kit) CheckFold(t testing.TB) {
	t.Helper()
	checkFold(t, k.Store, maxFolded, func(id string) bool { return k.planted[iam.AccessKey(id)] })
}

// CheckFold is [Kit.CheckFold] for a store that no kit made, with as many events as there are.
func CheckFold(t testing.TB, s *store.Store) {
	t.Helper()
	checkFold(t, s, math.MaxInt32, func(string) bool { return false })
}

// checkFold compares unless there are more than a number of events. own tells which keys to leave out.
func checkFold(t testing.TB, s *store.Store, most int, own func(id string) bool) {
	t.Helper()
	check(t, s.View(Context(t), func(tx *store.Tx) error {
		organizations, _, err := tx.Organizations(iam.Page{Number: 1, Size: maxFolded})
		if err != nil {
			return err
		}
		var trails [][]iam.EventEntry
		left := most
		for _, o := range organizations {
			entries, err := tx.EventEntries(o.ID, 0, left+1)
			if err != nil {
				return err
			}
			if left -= len(entries); left < 0 {
				return nil
			}
			trails = append(trails, entries)
		}
		for i, o := range organizations {
			if err := checkFoldOf(t, tx, o, trails[i], own); err != nil {
				return err
			}
		}
		return nil
	}))
}

func checkFoldOf(t testing.TB, tx *store.Tx, o iam.Organization, entries []iam.EventEntry, own func(id string) bool) error {
	t.Helper()
	anchor, err := tx.Anchor(o.ID, iam.ChainEvents)
	if err != nil || anchor.Sequence > 0 {
		return err // retention took the beginning: what lives cannot be told any more
	}
	rows, err := objectsOf(tx, o, 4*max(maxFolded, len(entries)))
	if err != nil {
		return err
	}
	var fold audit.Fold
	for _, e := range entries {
		e.Resources = slices.DeleteFunc(e.Resources, func(r iam.EventResource) bool { return own(r.ID) })
		fold.Add(e)
	}
	for _, difference := range fold.Differences(slices.DeleteFunc(rows, func(row audit.Object) bool { return own(row.ID) })) {
		t.Errorf("organization %s: the audit trail is not the state: %s", o.ID, difference)
	}
	return nil
}

// objectsOf returns the rows of an organization of whose changes events tell, at most a number of
// each kind.
func objectsOf(tx *store.Tx, o iam.Organization, most int) ([]audit.Object, error) {
	l := lister{page: iam.Page{Number: 1, Size: most}, order: iam.Order{Field: "created_at"}}
	l.rows = append(l.rows, audit.Object{Type: iam.ResourceOrganization, ID: string(o.ID), Name: o.Name, CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt})
	rowsOf(&l, iam.ResourceProject, func(p iam.Project) (string, string, time.Time, time.Time) {
		return string(p.ID), p.Name, p.CreatedAt, p.UpdatedAt
	})(tx.Projects(iam.ProjectFilter{OrganizationID: o.ID, Page: l.page, Order: l.order}))
	rowsOf(&l, iam.ResourceUser, func(u iam.User) (string, string, time.Time, time.Time) {
		return string(u.ID), u.Username, u.CreatedAt, u.UpdatedAt
	})(tx.Users(iam.UserFilter{OrganizationID: o.ID, Page: l.page, Order: l.order}))
	rowsOf(&l, iam.ResourceApplication, func(a iam.Application) (string, string, time.Time, time.Time) {
		return string(a.ID), a.Name, a.CreatedAt, a.UpdatedAt
	})(tx.Applications(iam.ApplicationFilter{OrganizationID: o.ID, Page: l.page, Order: l.order}))
	rowsOf(&l, iam.ResourceGroup, func(g iam.Group) (string, string, time.Time, time.Time) {
		return string(g.ID), g.Name, g.CreatedAt, g.UpdatedAt
	})(tx.Groups(iam.GroupFilter{OrganizationID: o.ID, Page: l.page, Order: l.order}))
	rowsOf(&l, iam.ResourcePolicy, func(p iam.Policy) (string, string, time.Time, time.Time) {
		return string(p.ID), p.Name, p.CreatedAt, p.UpdatedAt
	})(tx.Policies(iam.PolicyFilter{OrganizationID: o.ID, Page: l.page, Order: l.order}))
	rowsOf(&l, iam.ResourceAPIKey, func(a iam.APIKey) (string, string, time.Time, time.Time) {
		return string(a.AccessKey), a.Description, a.CreatedAt, a.UpdatedAt
	})(tx.APIKeys(iam.APIKeyFilter{OrganizationID: o.ID, Page: l.page, Order: l.order}))
	rowsOf(&l, iam.ResourceSSHKey, func(s iam.SSHKey) (string, string, time.Time, time.Time) {
		return string(s.ID), s.Name, s.CreatedAt, s.UpdatedAt
	})(tx.SSHKeys(iam.SSHKeyFilter{OrganizationID: o.ID, Page: l.page, Order: l.order}))
	for _, region := range server.DefaultRegions() {
		rowsOf(&l, iam.ResourceExportJob, func(j iam.ExportJob) (string, string, time.Time, time.Time) {
			return string(j.ID), j.Name, j.CreatedAt, time.Time{}
		})(tx.ExportJobs(iam.ExportJobFilter{OrganizationID: o.ID, Region: region, Page: l.page, Order: l.order}))
		rowsOf(&l, iam.ResourceCustomAlert, func(r iam.CustomAlertRule) (string, string, time.Time, time.Time) {
			return string(r.ID), r.Name, r.CreatedAt, r.UpdatedAt
		})(tx.CustomAlertRules(iam.AlertRuleFilter{OrganizationID: o.ID, Region: region, Page: l.page}))
	}
	return l.rows, l.err
}

// lister collects rows of many lists, up to the first error.
type lister struct {
	page  iam.Page
	order iam.Order
	rows  []audit.Object
	err   error
}

// rowsOf takes what a list of the store returns. what tells the id, the name, and when an object
// was created and updated.
func rowsOf[T any](l *lister, kind iam.ResourceType, what func(T) (id, name string, created, updated time.Time)) func([]T, int, error) {
	return func(items []T, _ int, err error) {
		if l.err == nil {
			l.err = err
		}
		for _, item := range items {
			o := audit.Object{Type: kind}
			o.ID, o.Name, o.CreatedAt, o.UpdatedAt = what(item)
			l.rows = append(l.rows, o)
		}
	}
}
