package pdp

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"bailiwick/iam"
)

// machine edits a snapshot and a world alike.
type machine struct {
	en       engine
	world    World
	keys     []iam.APIKey
	snapshot *Snapshot
	editor   *Editor
}

// edit does one random edit to both.
func (m *machine) edit(d dice) {
	w, e := &m.world, m.editor
	switch d(14) {
	case 0:
		o := d.organization()
		w.putOrganization(o)
		e.PutOrganization(o)
	case 1:
		p := d.project()
		w.putProject(p)
		e.PutProject(p.OrganizationID, p.ID)
	case 2:
		p := d.project()
		w.deleteProject(p)
		e.DeleteProject(p.OrganizationID, p.ID)
	case 3:
		u := d.user()
		w.putUser(u)
		e.PutUser(u)
	case 4:
		u := d.user()
		w.deleteUser(u)
		e.DeleteUser(u.OrganizationID, u.ID)
	case 5:
		a := d.application()
		w.putApplication(a)
		e.PutApplication(a)
	case 6:
		a := d.application()
		w.deleteApplication(a)
		e.DeleteApplication(a.OrganizationID, a.ID)
	case 7, 8:
		g := d.group()
		w.putGroup(g)
		e.PutGroup(g)
	case 9:
		g := d.group()
		w.deleteGroup(g)
		e.DeleteGroup(g.OrganizationID, g.ID)
	case 10, 11:
		p := d.policy()
		w.putPolicy(p)
		_ = e.PutPolicy(p.Policy, p.Rules) // random rules may be faulty
	case 12:
		p := d.policy().Policy
		w.deletePolicy(p)
		e.DeletePolicy(p.OrganizationID, p.ID)
	case 13:
		m.editKey(d)
	}
}

func (m *machine) editKey(d dice) {
	k := d.key()
	if d(2) == 0 {
		put(&m.keys, k, func(x iam.APIKey) bool { return x.AccessKey == k.AccessKey })
		m.editor.PutAPIKey(k)
		return
	}
	for i, x := range m.keys {
		if x.AccessKey == k.AccessKey && x.OrganizationID == k.OrganizationID {
			m.keys = append(m.keys[:i:i], m.keys[i+1:]...)
			break
		}
	}
	m.editor.DeleteAPIKey(k.OrganizationID, k.AccessKey)
}

// rebuild makes the snapshot of the world from nothing.
func (m *machine) rebuild(source *rand.Rand) *Snapshot {
	editor := New(m.en.catalog, m.en.compiler).Edit()
	_ = m.world.put(editor, source) // random rules may be faulty
	for _, k := range m.keys {
		editor.PutAPIKey(k)
	}
	return editor.Snapshot(m.snapshot.Revision())
}

// rebuilt returns what differs between the snapshot and one that is made from nothing.
func (m *machine) rebuilt(source *rand.Rand) string {
	got := newDump(m.snapshot)
	return strings.Join(got.Faults, "\n") + cmp.Diff(newDump(m.rebuild(source)), got)
}

// TestIncrementalIsRebuild holds a snapshot that went through any edits equal to one that is
// made at once from what the edits left, and both to the oracle.
func TestIncrementalIsRebuild(t *testing.T) {
	en := newEngine(t)
	rapid.Check(t, func(t *rapid.T) {
		d := dice(func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "d") })
		m := &machine{en: en, snapshot: New(en.catalog, en.compiler)}
		m.editor = m.snapshot.Edit()
		t.Repeat(map[string]func(*rapid.T){
			"edit": func(*rapid.T) { m.edit(d) },
			"snapshot": func(*rapid.T) { // and go on with the same editor
				m.snapshot = m.editor.Snapshot(m.snapshot.Revision() + 1)
			},
			"restart": func(*rapid.T) { // with a new editor
				m.snapshot = m.editor.Snapshot(m.snapshot.Revision() + 1)
				m.editor = m.snapshot.Edit()
			},
			"check": func(t *rapid.T) {
				m.snapshot = m.editor.Snapshot(m.snapshot.Revision() + 1)
				source := rand.New(rand.NewPCG(uint64(d(1000)), 0))
				if diff := m.rebuilt(source); diff != "" {
					t.Fatalf("after edits (+) not as rebuilt (-):\n%s", diff)
				}
				r := d.request(en.catalog)
				if got, want := m.snapshot.Decide(r), Naive(en.catalog, en.compiler, &m.world, r); got != want {
					t.Fatalf("Decide: %+v, Naive: %+v", got, want)
				}
			},
		})
	})
}

// TestLongHistory is the same over one long line of snapshots, each of a few edits, where
// what is not given back would pile up. At the end everything is deleted, and the tables
// must be empty.
func TestLongHistory(t *testing.T) {
	en, source := newEngine(t), newSource(t)
	d := dice(source.IntN)
	m := &machine{en: en, snapshot: New(en.catalog, en.compiler)}
	for i := range 2000 {
		m.editor = m.snapshot.Edit()
		for range d(8) {
			m.edit(d)
		}
		m.snapshot = m.editor.Snapshot(int64(i))
		if i%100 == 0 {
			if diff := m.rebuilt(source); diff != "" {
				t.Fatalf("after edits (+) not as rebuilt (-):\n%s", diff)
			}
		}
		en.agree(t, m.snapshot, &m.world, d.request(en.catalog))
	}
	e := m.snapshot.Edit()
	for _, o := range someOrganizations {
		for _, id := range someProjects {
			e.DeleteProject(o, id)
		}
		for _, id := range someUsers {
			e.DeleteUser(o, id)
		}
		for _, id := range someApplications {
			e.DeleteApplication(o, id)
		}
		for _, id := range someGroups {
			e.DeleteGroup(o, id)
		}
		for _, id := range somePolicies {
			e.DeletePolicy(o, id)
		}
		for _, k := range someKeys {
			e.DeleteAPIKey(o, k)
		}
	}
	if got := newDump(e.Snapshot(0)).Sizes; got != [9]int{} {
		t.Errorf("entries that are left when all is deleted: %v", got)
	}
}
