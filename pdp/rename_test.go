package pdp

import (
	"slices"
	"strings"
	"testing"

	"bailiwick/iam"
)

// TestNamesNeverMatter: ids are only compared, so other ids give the same decisions.
func TestNamesNeverMatter(t *testing.T) {
	en := newEngine(t)
	forWorlds(t, func(_ dice, w *World, s *Snapshot, requests []*Request) {
		renamed, _ := en.load(w.renamed(), nil)
		for _, r := range requests {
			q := *r
			q.Organization, q.Resource.Organization = rename(q.Organization), rename(q.Resource.Organization)
			q.Resource.Project = rename(q.Resource.Project)
			q.Subject.ID, q.Resource.Owner.ID = rename(q.Subject.ID), rename(q.Resource.Owner.ID)
			if before, after := s.Decide(r), renamed.Decide(&q); before != after {
				t.Fatalf("%+v before, %+v after renaming: %+v", before, after, *r)
			}
		}
	})
}

// rename turns an id round, which also turns the order of ids round, and makes it long.
func rename[ID ~string](id ID) ID {
	if id == "" {
		return ""
	}
	text := []byte(id)
	slices.Reverse(text)
	return ID(strings.Repeat(string(text)+"-", 9))
}

func (w *World) renamed() *World {
	n := w.changed(func(r iam.Rule) (iam.Rule, bool) {
		r.Scope.OrganizationID = rename(r.Scope.OrganizationID)
		r.Scope.ProjectIDs = renameAll(r.Scope.ProjectIDs)
		return r, true
	})
	for i := range n.Policies {
		p := &n.Policies[i].Policy
		p.ID, p.OrganizationID, p.Principal.ID = rename(p.ID), rename(p.OrganizationID), rename(p.Principal.ID)
	}
	n.Organizations, n.Projects, n.Users = slices.Clone(n.Organizations), slices.Clone(n.Projects), slices.Clone(n.Users)
	n.Applications, n.Groups = slices.Clone(n.Applications), slices.Clone(n.Groups)
	for i := range n.Organizations {
		n.Organizations[i].ID = rename(n.Organizations[i].ID)
	}
	for i := range n.Projects {
		p := &n.Projects[i]
		p.ID, p.OrganizationID = rename(p.ID), rename(p.OrganizationID)
	}
	for i := range n.Users {
		u := &n.Users[i]
		u.ID, u.OrganizationID = rename(u.ID), rename(u.OrganizationID)
	}
	for i := range n.Applications {
		a := &n.Applications[i]
		a.ID, a.OrganizationID = rename(a.ID), rename(a.OrganizationID)
	}
	for i := range n.Groups {
		g := &n.Groups[i]
		g.ID, g.OrganizationID = rename(g.ID), rename(g.OrganizationID)
		g.UserIDs, g.ApplicationIDs = renameAll(g.UserIDs), renameAll(g.ApplicationIDs)
	}
	return n
}

func renameAll[ID ~string](ids []ID) []ID {
	var list []ID
	for _, id := range ids {
		list = append(list, rename(id))
	}
	return list
}
