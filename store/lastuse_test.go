package store_test

import (
	"testing"

	"bailiwick/iam"
	"bailiwick/store"
)

// The tests of last uses have one application with a key, and ann.
var (
	robot    = iam.Principal{Type: iam.TypeApplication, ID: id("c", 1)}
	robotKey = iam.AccessKey("SCWROBOT000000000001")
)

func insertRobot(t *testing.T, s *store.Store) {
	t.Helper()
	insertAnn(t, s)
	update(t, s, func(tx *store.Tx) error {
		return tx.InsertApplication(iam.Application{ID: iam.ApplicationID(robot.ID), OrganizationID: mine, Name: "robot", CreatedAt: start, UpdatedAt: start})
	}, func(tx *store.Tx) error {
		return tx.InsertAPIKey(iam.APIKey{
			AccessKey: robotKey, OrganizationID: mine, Bearer: robot, Description: "build", CreatedAt: minute(1), UpdatedAt: minute(1),
		}, store.Secret{Hash: []byte("hash"), Sealed: []byte("sealed")})
	})
}

func mark(t *testing.T, s *store.Store, uses ...iam.LastUse) {
	t.Helper()
	must(t, s.Record(t.Context(), func(tx *store.Tx) error { return tx.MarkUses(uses) }))
}

func lastUses(t *testing.T, s *store.Store, f iam.LastUseFilter) []iam.LastUse {
	t.Helper()
	f.OrganizationID = mine
	if f.Page.Size == 0 {
		f.Page = iam.Page{Number: 1, Size: 100}
	}
	var total int
	list, err := got(t, s, func(tx *store.Tx) (list []iam.LastUse, err error) {
		list, total, err = tx.LastUses(f)
		return list, err
	})
	must(t, err)
	if total != len(list) {
		t.Errorf("total %d of %d", total, len(list))
	}
	return list
}

func setUses(t *testing.T, s *store.Store, o iam.OrganizationID) []iam.LastUse {
	t.Helper()
	list, err := got(t, s, func(tx *store.Tx) ([]iam.LastUse, error) { return tx.SetUses(o, robot) })
	must(t, err)
	return list
}

func TestLastUses(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		insertRobot(t, s)
		key := iam.LastUse{OrganizationID: mine, Kind: iam.UseOfAPIKey, Principal: robot, AccessKey: robotKey, Name: "build", CreatedAt: minute(1)}
		app := iam.LastUse{OrganizationID: mine, Kind: iam.UseOfApplication, Principal: robot, Name: "robot", CreatedAt: start}
		user := iam.LastUse{OrganizationID: mine, Kind: iam.UseOfUser, Principal: ann.Principal(), Name: "ann", CreatedAt: start}
		set := iam.LastUse{OrganizationID: mine, Kind: iam.UseOfPermissionSet, Principal: robot, Name: "InstancesReadOnly"}
		same(t, "a key that was never used", lastUses(t, s, iam.LastUseFilter{Kind: key.Kind}), []iam.LastUse{key})

		// The latest of each kind stays, in whatever order the nodes tell.
		before := revisionOf(t, s)
		for _, kind := range []*iam.LastUse{&key, &app, &user, &set} {
			early, late := *kind, *kind
			early.CalledAt, early.DecidedAt = minute(5), minute(9)
			late.CalledAt, late.DecidedAt = minute(7), minute(3)
			kind.CalledAt, kind.DecidedAt = minute(7), minute(9)
			mark(t, s, early)
			mark(t, s, late, iam.LastUse{OrganizationID: theirs, Kind: kind.Kind, Principal: kind.Principal, AccessKey: kind.AccessKey, Name: kind.Name, CalledAt: minute(99)})
		}
		same(t, "revision", revisionOf(t, s), before)
		same(t, "key", lastUses(t, s, iam.LastUseFilter{Kind: key.Kind, PrincipalType: iam.TypeApplication, PrincipalID: robot.ID}), []iam.LastUse{key})
		same(t, "application", lastUses(t, s, iam.LastUseFilter{Kind: app.Kind}), []iam.LastUse{app})
		same(t, "user", lastUses(t, s, iam.LastUseFilter{Kind: user.Kind, PrincipalID: string(ann)}), []iam.LastUse{user})
		same(t, "permission set", setUses(t, s, mine), []iam.LastUse{set})
		same(t, "keys of another bearer", lastUses(t, s, iam.LastUseFilter{Kind: key.Kind, PrincipalID: string(ann)}), nil)
		same(t, "keys of users", lastUses(t, s, iam.LastUseFilter{Kind: key.Kind, PrincipalType: iam.TypeUser}), nil)
		same(t, "unused since before", lastUses(t, s, iam.LastUseFilter{Kind: key.Kind, UnusedSince: minute(9)}), nil)
		same(t, "unused since after", lastUses(t, s, iam.LastUseFilter{Kind: key.Kind, UnusedSince: minute(10)}), []iam.LastUse{key})
		same(t, "of another organization", setUses(t, s, theirs), nil)

		// What is deleted leaves nothing, and a use that is told too late brings nothing back.
		update(t, s, func(tx *store.Tx) error { return tx.DeleteAPIKey(mine, robotKey) },
			func(tx *store.Tx) error { return tx.DeleteApplication(mine, iam.ApplicationID(robot.ID)) })
		mark(t, s, key, app, set)
		same(t, "deleted key", lastUses(t, s, iam.LastUseFilter{Kind: key.Kind}), nil)
		same(t, "deleted application", lastUses(t, s, iam.LastUseFilter{Kind: app.Kind}), nil)
		same(t, "permission set of a deleted one", setUses(t, s, mine), nil)
	})
}

func revisionOf(t *testing.T, s *store.Store) int64 {
	t.Helper()
	revision, err := s.Read(t.Context()).Latest()
	must(t, err)
	return revision
}
