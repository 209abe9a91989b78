package store_test

import (
	"testing"

	"bailiwick/iam"
	"bailiwick/store"
)

func TestMembersKeepTheirOrder(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		organizations(t, s)
		user, application := func(n int) iam.UserID { return iam.UserID(id("b", n)) }, func(n int) iam.ApplicationID { return iam.ApplicationID(id("d", n)) }
		g := iam.Group{ID: iam.GroupID(id("e", 1)), OrganizationID: mine, Name: "g", CreatedAt: start}
		empty := iam.Group{ID: iam.GroupID(id("e", 2)), OrganizationID: mine, Name: "empty", CreatedAt: start}
		check := func(what string, users []iam.UserID, applications []iam.ApplicationID) {
			t.Helper()
			g.UserIDs, g.ApplicationIDs = users, applications
			group, err := got(t, s, func(tx *store.Tx) (iam.Group, error) { return tx.Group(mine, g.ID) })
			must(t, err)
			same(t, what, group, g)
			groups, err := got(t, s, func(tx *store.Tx) (all []iam.Group, err error) {
				all, _, err = tx.Groups(iam.GroupFilter{OrganizationID: mine, Order: iam.Order{Field: "created_at"}, Page: iam.Page{Number: 1, Size: 10}})
				return all, err
			})
			must(t, err)
			same(t, what+", in a list", groups, []iam.Group{g, empty})
			groups = nil
			view(t, s, func(tx *store.Tx) error {
				return tx.EachGroup(func(g iam.Group) error {
					if g.Name != "empty" {
						groups = append(groups, g)
					}
					return nil
				})
			})
			same(t, what+", each", groups, []iam.Group{g})
		}
		update(t, s, func(tx *store.Tx) error { return tx.InsertGroup(g) }, func(tx *store.Tx) error { return tx.InsertGroup(empty) })
		check("none", nil, nil)
		add := func(m iam.Members) {
			t.Helper()
			update(t, s, func(tx *store.Tx) error { return tx.AddMembers(mine, g.ID, m) })
		}
		add(iam.Members{UserIDs: []iam.UserID{user(3), user(1)}, ApplicationIDs: []iam.ApplicationID{application(9)}})
		check("added", []iam.UserID{user(3), user(1)}, []iam.ApplicationID{application(9)})
		add(iam.Members{UserIDs: []iam.UserID{user(2)}, ApplicationIDs: []iam.ApplicationID{application(4)}})
		check("added behind", []iam.UserID{user(3), user(1), user(2)}, []iam.ApplicationID{application(9), application(4)})
		update(t, s, func(tx *store.Tx) error { return tx.RemoveMember(mine, g.ID, user(1).Principal()) })
		check("removed", []iam.UserID{user(3), user(2)}, []iam.ApplicationID{application(9), application(4)})
		add(iam.Members{UserIDs: []iam.UserID{user(1)}})
		check("added again", []iam.UserID{user(3), user(2), user(1)}, []iam.ApplicationID{application(9), application(4)})
		for what, m := range map[string]iam.Principal{
			"no member": user(8).Principal(), "another type": iam.ApplicationID(user(1)).Principal(), "nobody": {},
		} {
			fails(t, what, try(t, s, func(tx *store.Tx) error { return tx.RemoveMember(mine, g.ID, m) }), store.ErrNotFound)
		}
		fails(t, "the other organization", try(t, s, func(tx *store.Tx) error { return tx.RemoveMember(theirs, g.ID, user(1).Principal()) }), store.ErrNotFound)
		if err := try(t, s, func(tx *store.Tx) error {
			return tx.AddMembers(theirs, g.ID, iam.Members{UserIDs: []iam.UserID{user(5)}})
		}); err == nil {
			t.Error("a group took a member of another organization")
		}
		update(t, s, func(tx *store.Tx) error {
			return tx.SetMembers(iam.Group{OrganizationID: mine, ID: g.ID, UserIDs: []iam.UserID{user(1), user(3)}})
		})
		check("set", []iam.UserID{user(1), user(3)}, nil)
		update(t, s, func(tx *store.Tx) error { return tx.InsertUser(iam.User{OrganizationID: mine, ID: user(1)}, "") },
			func(tx *store.Tx) error { return tx.DeleteUser(mine, user(1)) })
		check("after the user is gone", []iam.UserID{user(3)}, nil)
	})
}

func TestOrganizationOf(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		organizations(t, s)
		user, application := iam.UserID(id("b", 1)), iam.ApplicationID(id("d", 1))
		update(t, s, func(tx *store.Tx) error { return tx.InsertUser(iam.User{OrganizationID: mine, ID: user}, "") },
			func(tx *store.Tx) error {
				return tx.InsertApplication(iam.Application{OrganizationID: theirs, ID: application})
			})
		for _, test := range []struct {
			principal iam.Principal
			want      iam.OrganizationID
		}{
			{user.Principal(), mine}, {application.Principal(), theirs}, {iam.UserID(application).Principal(), ""},
			{iam.ApplicationID(user).Principal(), ""}, {iam.GroupID(user).Principal(), ""}, {iam.Principal{}, ""},
		} {
			org, err := got(t, s, func(tx *store.Tx) (iam.OrganizationID, error) { return tx.OrganizationOf(test.principal) })
			same(t, test.principal.ID, org, test.want)
			if (test.want == "") != (err != nil) {
				t.Errorf("%v: error %v", test.principal, err)
			}
		}
	})
}
