package store_test

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"bailiwick/iam"
	"bailiwick/store"
)

func TestListProjects(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		organizations(t, s)
		type (
			object = iam.Project
			filter = iam.ProjectFilter
		)
		c := collection[object, filter]{
			key: func(p object) string { return string(p.ID) },
			orders: map[string]func(a, b object) int{
				"created_at": func(a, b object) int { return a.CreatedAt.Compare(b.CreatedAt) },
				"name":       func(a, b object) int { return byName(a.Name, b.Name) },
			},
			list: func(tx *store.Tx, f filter, o iam.Order, p iam.Page) ([]object, int, error) {
				f.OrganizationID, f.Order, f.Page = mine, o, p
				return tx.Projects(f)
			},
			filters: map[string]filterCase[object, filter]{
				"name": {filter{Name: "under_score"}, func(p object) bool { return p.Name == "under_score" }, false},
				"ids":  {filter{ProjectIDs: []iam.ProjectID{iam.ProjectID(id("a", 3)), iam.ProjectID(id("9", 3))}}, func(p object) bool { return p.ID == iam.ProjectID(id("a", 3)) }, false},
			},
		}
		searchCases(c.filters, func(text string) filter { return filter{Search: text} }, func(p object) []string { return []string{p.Name} })
		var others []object
		for i, name := range names {
			p := object{ID: iam.ProjectID(id("a", i)), OrganizationID: mine, Name: name, CreatedAt: scrambled(i), UpdatedAt: scrambled(i + 3)}
			other := p
			other.OrganizationID, other.ID = theirs, iam.ProjectID(id("9", i))
			c.objects, others = append(c.objects, p), append(others, other)
		}
		fill(t, s, append(others, c.objects...), (*store.Tx).InsertProject)
		c.check(t, s)
	})
}

func TestListSSHKeys(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		organizations(t, s)
		type (
			object = iam.SSHKey
			filter = iam.SSHKeyFilter
		)
		project := func(n int) iam.ProjectID { return iam.ProjectID(id("a", n)) }
		c := collection[object, filter]{
			key: func(k object) string { return string(k.ID) },
			orders: map[string]func(a, b object) int{
				"created_at": func(a, b object) int { return a.CreatedAt.Compare(b.CreatedAt) },
				"updated_at": func(a, b object) int { return a.UpdatedAt.Compare(b.UpdatedAt) },
				"name":       func(a, b object) int { return byName(a.Name, b.Name) },
			},
			list: func(tx *store.Tx, f filter, o iam.Order, p iam.Page) ([]object, int, error) {
				f.OrganizationID, f.Order, f.Page = mine, o, p
				return tx.SSHKeys(f)
			},
			filters: map[string]filterCase[object, filter]{
				"name":        {filter{Name: "under_score"}, func(k object) bool { return k.Name == "under_score" }, false},
				"project":     {filter{ProjectID: project(1)}, func(k object) bool { return k.ProjectID == project(1) }, false},
				"disabled":    {filter{Disabled: pointer(true)}, func(k object) bool { return k.Disabled }, false},
				"enabled":     {filter{Disabled: pointer(false), ProjectID: project(1)}, func(k object) bool { return !k.Disabled && k.ProjectID == project(1) }, false},
				"no such one": {filter{ProjectID: project(9)}, func(object) bool { return false }, true},
			},
		}
		searchCases(c.filters, func(text string) filter { return filter{Search: text} }, func(k object) []string { return []string{k.Name} })
		var others []object
		for i, name := range names {
			k := object{ID: iam.SSHKeyID(id("5", i)), OrganizationID: mine, ProjectID: project(i % 3), Name: name, Disabled: i%4 == 0, CreatedAt: scrambled(i), UpdatedAt: scrambled(i + 3)}
			other := k
			other.OrganizationID, other.ID = theirs, iam.SSHKeyID(id("9", i))
			c.objects, others = append(c.objects, k), append(others, other)
		}
		fill(t, s, append(others, c.objects...), (*store.Tx).InsertSSHKey)
		c.check(t, s)
		keys, err := got(t, s, func(tx *store.Tx) ([]object, error) { return tx.SSHKeysOf(mine, project(1)) })
		must(t, err)
		want := slices.DeleteFunc(slices.Clone(c.objects), func(k object) bool { return k.ProjectID != project(1) })
		slices.SortFunc(want, func(a, b object) int { return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID)) })
		same(t, "keys of a project", keys, want)
	})
}

func TestListAPIKeys(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		organizations(t, s)
		type (
			object = iam.APIKey
			filter = iam.APIKeyFilter
		)
		user, application := iam.UserID(id("b", 1)), iam.ApplicationID(id("d", 1))
		c := collection[object, filter]{
			key: func(k object) string { return string(k.AccessKey) },
			orders: map[string]func(a, b object) int{
				"created_at": func(a, b object) int { return a.CreatedAt.Compare(b.CreatedAt) },
				"updated_at": func(a, b object) int { return a.UpdatedAt.Compare(b.UpdatedAt) },
				"access_key": func(a, b object) int { return cmp.Compare(a.AccessKey, b.AccessKey) },
				"expires_at": func(a, b object) int { return neverLast(a.ExpiresAt).Compare(neverLast(b.ExpiresAt)) },
			},
			list: func(tx *store.Tx, f filter, o iam.Order, p iam.Page) ([]object, int, error) {
				f.OrganizationID, f.Order, f.Page = mine, o, p
				return tx.APIKeys(f)
			},
			filters: map[string]filterCase[object, filter]{
				"editable":     {filter{Editable: pointer(true)}, func(k object) bool { return !k.Managed }, false},
				"not editable": {filter{Editable: pointer(false)}, func(k object) bool { return k.Managed }, false},
				"expired":      {filter{Expired: pointer(true)}, func(k object) bool { return k.Expired(start) }, false},
				"not expired":  {filter{Expired: pointer(false)}, func(k object) bool { return !k.Expired(start) }, false},
				"description":  {filter{Description: "under_score"}, func(k object) bool { return k.Description == "under_score" }, false},
				"access keys":  {filter{AccessKeys: []iam.AccessKey{"SCWC", "SCWD", "scwe"}}, func(k object) bool { return k.AccessKey == "SCWC" || k.AccessKey == "SCWD" }, false},
				"bearer":       {filter{BearerID: string(user)}, func(k object) bool { return k.Bearer.ID == string(user) }, false},
				"users":        {filter{BearerType: iam.TypeUser}, func(k object) bool { return k.Bearer.Type == iam.TypeUser }, false},
				"of no user":   {filter{BearerType: iam.TypeUser, BearerID: string(application)}, func(object) bool { return false }, true},
				"key search":   {filter{Search: "wd"}, func(k object) bool { return k.AccessKey == "SCWD" }, false},
			},
		}
		searchCases(c.filters, func(text string) filter { return filter{Search: text} }, func(k object) []string { return []string{k.Description, string(k.AccessKey)} })
		var others []object
		for i, name := range names {
			k := object{
				AccessKey: iam.AccessKey("SCW" + string(rune('A'+i))), OrganizationID: mine, Bearer: user.Principal(), Description: name, Managed: i%5 == 0,
				CreatedAt: scrambled(i), UpdatedAt: scrambled(i + 3), ExpiresAt: minute(i%7 - 3),
			}
			if i%2 == 0 {
				k.Bearer = application.Principal()
			}
			if i%6 == 0 {
				k.ExpiresAt = time.Time{}
			}
			other := k
			other.OrganizationID, other.AccessKey = theirs, "X"+k.AccessKey
			c.objects, others = append(c.objects, k), append(others, other)
		}
		fill(t, s, append(others, c.objects...), func(tx *store.Tx, k object) error {
			return tx.InsertAPIKey(k, store.Secret{Hash: []byte(k.AccessKey)})
		})
		c.check(t, s)
		keys, err := got(t, s, func(tx *store.Tx) ([]object, error) { return tx.APIKeysOf(mine, user.Principal()) })
		must(t, err)
		want := slices.DeleteFunc(slices.Clone(c.objects), func(k object) bool { return k.Bearer != user.Principal() })
		slices.SortFunc(want, func(a, b object) int {
			return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.AccessKey, b.AccessKey))
		})
		same(t, "keys of a bearer", keys, want)
	})
}

// neverLast is when a key expires, for an order in which "never" comes last.
func neverLast(at time.Time) time.Time {
	if at.IsZero() {
		return start.AddDate(1000, 0, 0)
	}
	return at
}

func TestListOrganizations(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		var want []iam.Organization
		for i, name := range names {
			o := organization(iam.OrganizationID(id("8", i)), name)
			o.CreatedAt = scrambled(i)
			want = append(want, o)
		}
		fill(t, s, want, (*store.Tx).InsertOrganization)
		slices.SortFunc(want, func(a, b iam.Organization) int {
			return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
		})
		var all []iam.Organization
		view(t, s, func(tx *store.Tx) error {
			for number := range 6 {
				page, total, err := tx.Organizations(iam.Page{Number: number + 1, Size: 7})
				if err != nil {
					return err
				}
				same(t, "total", total, len(names))
				all = append(all, page...)
			}
			return nil
		})
		same(t, "organizations", all, want)
	})
}
