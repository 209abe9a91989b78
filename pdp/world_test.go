package pdp

import (
	"slices"

	"bailiwick/iam"
)

// What an Editor does to a Snapshot, done to a World.

func put[T any](list *[]T, v T, same func(T) bool) {
	if i := slices.IndexFunc(*list, same); i >= 0 {
		(*list)[i] = v
		return
	}
	*list = append(*list, v)
}

func (w *World) putOrganization(o iam.Organization) {
	put(&w.Organizations, o, func(x iam.Organization) bool { return x.ID == o.ID })
}

func (w *World) putProject(p iam.Project) {
	put(&w.Projects, p, func(x iam.Project) bool { return x.OrganizationID == p.OrganizationID && x.ID == p.ID })
}

func (w *World) deleteProject(p iam.Project) {
	w.Projects = slices.DeleteFunc(w.Projects, func(x iam.Project) bool { return x.OrganizationID == p.OrganizationID && x.ID == p.ID })
}

func (w *World) putUser(u iam.User) {
	put(&w.Users, u, func(x iam.User) bool { return x.OrganizationID == u.OrganizationID && x.ID == u.ID })
}

func (w *World) deleteUser(u iam.User) {
	w.Users = slices.DeleteFunc(w.Users, func(x iam.User) bool { return x.OrganizationID == u.OrganizationID && x.ID == u.ID })
}

func (w *World) putApplication(a iam.Application) {
	put(&w.Applications, a, func(x iam.Application) bool { return x.OrganizationID == a.OrganizationID && x.ID == a.ID })
}

func (w *World) deleteApplication(a iam.Application) {
	w.Applications = slices.DeleteFunc(w.Applications, func(x iam.Application) bool { return x.OrganizationID == a.OrganizationID && x.ID == a.ID })
}

func (w *World) putGroup(g iam.Group) {
	put(&w.Groups, g, func(x iam.Group) bool { return x.OrganizationID == g.OrganizationID && x.ID == g.ID })
}

func (w *World) deleteGroup(g iam.Group) {
	w.Groups = slices.DeleteFunc(w.Groups, func(x iam.Group) bool { return x.OrganizationID == g.OrganizationID && x.ID == g.ID })
}

func (w *World) putPolicy(p PolicyRules) {
	put(&w.Policies, p, func(x PolicyRules) bool {
		return x.Policy.OrganizationID == p.Policy.OrganizationID && x.Policy.ID == p.Policy.ID
	})
}

func (w *World) deletePolicy(p iam.Policy) {
	w.Policies = slices.DeleteFunc(w.Policies, func(x PolicyRules) bool {
		return x.Policy.OrganizationID == p.OrganizationID && x.Policy.ID == p.ID
	})
}
