package store_test

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"bailiwick/iam"
	"bailiwick/store"
)

// names are hard to order and to tell apart: case, underscores, wildcards, what is not
// ASCII, and prefixes. An engine that compared by language would order or match them otherwise.
var names = []string{
	"alpha", "Alpha", "ALPHA", "alpha ", "beta", "Beta", "_under", "under_score", "underXscore", "under%score", "Under_Score",
	"Émile", "émile", "e\u0301mile", "zeta", "Zeta", "ÿ", "Å", "Z", "日本", "İ", "ı", "ß", "ss", "0", "00", "\U0001f600",
}

// scrambled returns times with an order of their own, some of them equal.
func scrambled(i int) time.Time { return minute(i * 7 % 10) }

// collection is one list of the store: its objects, and an oracle for its orders and filters.
type collection[T, F any] struct {
	objects []T
	key     func(T) string
	orders  map[string]func(a, b T) int
	list    func(tx *store.Tx, f F, o iam.Order, p iam.Page) ([]T, int, error)
	filters map[string]filterCase[T, F]
}

// filterCase is a filter and which objects pass it. No filter may pass none by accident.
type filterCase[T, F any] struct {
	filter F
	passes func(T) bool
	none   bool
}

// check compares every filter in every order on every page with the oracle.
func (c collection[T, F]) check(t *testing.T, s *store.Store) {
	var all F
	c.filters["all"] = filterCase[T, F]{all, func(T) bool { return true }, false}
	for name, f := range c.filters {
		t.Run(name, func(t *testing.T) {
			for field, compare := range c.orders {
				for _, descending := range []bool{false, true} {
					order := iam.Order{Field: field, Descending: descending}
					want := slices.DeleteFunc(slices.Clone(c.objects), func(o T) bool { return !f.passes(o) })
					if f.none != (len(want) == 0) {
						t.Fatalf("%d objects pass", len(want))
					}
					slices.SortFunc(want, func(a, b T) int {
						sign := 1
						if descending {
							sign = -1
						}
						return sign * cmp.Or(compare(a, b), cmp.Compare(c.key(a), c.key(b)))
					})
					same(t, "order by "+field, c.pages(t, s, f.filter, order, len(want)), want)
				}
			}
		})
	}
	t.Run("unknown order", func(t *testing.T) {
		for _, order := range []string{"", "id", "organization_id", "name; --"} {
			if _, ok := c.orders[order]; !ok {
				c.refuses(t, s, iam.Order{Field: order}, iam.Page{Number: 1, Size: 1})
			}
		}
	})
	t.Run("no such page", func(t *testing.T) {
		for _, page := range []iam.Page{{Number: 0, Size: 1}, {Number: -1, Size: 1}, {Number: 1, Size: -1}} {
			c.refuses(t, s, iam.Order{Field: "created_at"}, page)
		}
	})
}

func (c collection[T, F]) refuses(t *testing.T, s *store.Store, o iam.Order, p iam.Page) {
	t.Helper()
	err := s.View(t.Context(), func(tx *store.Tx) error {
		var all F
		_, _, err := c.list(tx, all, o, p)
		return err
	})
	if err == nil {
		t.Errorf("%v %v is not refused", o, p)
	}
}

// pages reads a list in small pages, one of them beyond its end.
func (c collection[T, F]) pages(t *testing.T, s *store.Store, f F, order iam.Order, total int) []T {
	t.Helper()
	const size = 11
	all := []T{}
	view(t, s, func(tx *store.Tx) error {
		for number := 1; number <= total/size+2; number++ {
			page, n, err := c.list(tx, f, order, iam.Page{Number: number, Size: size})
			if err != nil {
				return err
			}
			same(t, "total", n, total)
			all = append(all, page...)
		}
		return nil
	})
	return all
}

// fill stores objects of both organizations in a random order.
func fill[T any](t *testing.T, s *store.Store, objects []T, insert func(*store.Tx, T) error) {
	t.Helper()
	update(t, s, func(tx *store.Tx) error {
		for _, i := range rand.New(rand.NewPCG(1, 2)).Perm(len(objects)) {
			if err := insert(tx, objects[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func containsTag(tags []string, text string) bool {
	return slices.ContainsFunc(tags, func(tag string) bool { return strings.Contains(tag, text) })
}

// tagged are the tags of the i-th object: what they contain must be found as text, never as
// a pattern, and never across two tags.
func tagged(i int) []string {
	return [][]string{nil, {"a_c"}, {"abc", "x"}, {"a%c"}, {"Case"}, {"case", "y", "z"}, {"back/slash", "é"}, {"env=prod"}}[i%8]
}

// tagCases are the cases of the tag filter, which four lists share.
func tagCases[T, F any](filters map[string]filterCase[T, F], filter func(tag string) F, tags func(T) []string) {
	for _, text := range []string{"a_c", "a%c", "_", "%", "abc", "case", "Case", "é", "env=", "x", "c"} {
		filters["tag "+text] = filterCase[T, F]{filter(text), func(o T) bool { return containsTag(tags(o), text) }, false}
	}
	for _, text := range []string{`"`, `,`, `","`, `[`, `]`, `[]`, `\`, `abc","x`, "CASE", "É", "a?c"} {
		filters["tag "+text] = filterCase[T, F]{filter(text), func(o T) bool { return containsTag(tags(o), text) }, true}
	}
}

// searchCases are the cases of the search, which four lists share.
func searchCases[T, F any](filters map[string]filterCase[T, F], filter func(text string) F, columns func(T) []string) {
	for text, none := range map[string]bool{"ALPHA": false, "lpH": false, "_": false, "%": false, "r_S": false, "é": false, "É": false, "日": false, "s": false, "a%a": true, `\`: true, "'": true} {
		filters["search "+text] = filterCase[T, F]{filter(text), func(o T) bool {
			return slices.ContainsFunc(columns(o), func(column string) bool { return strings.Contains(lower(column), lower(text)) })
		}, none}
	}
}

func TestListApplications(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		organizations(t, s)
		type (
			object = iam.Application
			filter = iam.ApplicationFilter
		)
		c := collection[object, filter]{
			key: func(a object) string { return string(a.ID) },
			orders: map[string]func(a, b object) int{
				"created_at": func(a, b object) int { return a.CreatedAt.Compare(b.CreatedAt) },
				"updated_at": func(a, b object) int { return a.UpdatedAt.Compare(b.UpdatedAt) },
				"name":       func(a, b object) int { return byName(a.Name, b.Name) },
			},
			list: func(tx *store.Tx, f filter, o iam.Order, p iam.Page) ([]object, int, error) {
				f.OrganizationID, f.Order, f.Page = mine, o, p
				return tx.Applications(f)
			},
			filters: map[string]filterCase[object, filter]{
				"editable":         {filter{Editable: pointer(true)}, func(a object) bool { return !a.Managed }, false},
				"not editable":     {filter{Editable: pointer(false)}, func(a object) bool { return a.Managed }, false},
				"name":             {filter{Name: "Alpha"}, func(a object) bool { return a.Name == "Alpha" }, false},
				"name, pattern":    {filter{Name: "under_score"}, func(a object) bool { return a.Name == "under_score" }, false},
				"name, not ASCII":  {filter{Name: "Émile"}, func(a object) bool { return a.Name == "Émile" }, false},
				"name, no such":    {filter{Name: "alphA"}, func(a object) bool { return a.Name == "alphA" }, true},
				"ids":              {filter{ApplicationIDs: []iam.ApplicationID{iam.ApplicationID(id("d", 3)), iam.ApplicationID(id("d", 3)), "x", iam.ApplicationID(id("9", 3))}}, func(a object) bool { return a.ID == iam.ApplicationID(id("d", 3)) }, false},
				"name and the ids": {filter{Name: "Alpha", ApplicationIDs: []iam.ApplicationID{iam.ApplicationID(id("d", 3))}}, func(a object) bool { return a.Name == "Alpha" && a.ID == iam.ApplicationID(id("d", 3)) }, true},
			},
		}
		searchCases(c.filters, func(text string) filter { return filter{Search: text} }, func(a object) []string { return []string{a.Name} })
		tagCases(c.filters, func(tag string) filter { return filter{Tag: tag} }, func(a object) []string { return a.Tags })
		var others []object
		for i, name := range names {
			a := object{
				ID: iam.ApplicationID(id("d", i)), OrganizationID: mine, Name: name, Tags: tagged(i), Managed: i%5 == 0,
				CreatedAt: scrambled(i), UpdatedAt: scrambled(i + 3),
			}
			other := a
			other.OrganizationID, other.ID = theirs, iam.ApplicationID(id("9", i))
			a.NbAPIKeys = i % 2
			c.objects, others = append(c.objects, a), append(others, other)
		}
		fill(t, s, append(others, c.objects...), func(tx *store.Tx, a object) error {
			for range a.NbAPIKeys {
				key := iam.APIKey{OrganizationID: mine, AccessKey: iam.AccessKey(a.ID), Bearer: a.ID.Principal()}
				if err := tx.InsertAPIKey(key, store.Secret{Hash: []byte(a.ID)}); err != nil {
					return err
				}
			}
			return tx.InsertApplication(a)
		})
		c.check(t, s)
	})
}

func TestListUsers(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		organizations(t, s)
		type (
			object = iam.User
			filter = iam.UserFilter
		)
		c := collection[object, filter]{
			key: func(u object) string { return string(u.ID) },
			orders: map[string]func(a, b object) int{
				"created_at": func(a, b object) int { return a.CreatedAt.Compare(b.CreatedAt) },
				"updated_at": func(a, b object) int { return a.UpdatedAt.Compare(b.UpdatedAt) },
				"last_login": func(a, b object) int { return a.LastLoginAt.Compare(b.LastLoginAt) },
				"email":      func(a, b object) int { return byName(a.Email, b.Email) },
				"username":   func(a, b object) int { return byName(a.Username, b.Username) },
			},
			list: func(tx *store.Tx, f filter, o iam.Order, p iam.Page) ([]object, int, error) {
				f.OrganizationID, f.Order, f.Page = mine, o, p
				return tx.Users(f)
			},
			filters: map[string]filterCase[object, filter]{
				"mfa":    {filter{MFA: pointer(true)}, func(u object) bool { return u.MFA }, false},
				"no mfa": {filter{MFA: pointer(false)}, func(u object) bool { return !u.MFA }, false},
				"owners": {filter{Type: iam.UserOwner}, func(u object) bool { return u.Type == iam.UserOwner }, false},
				"guests": {filter{Type: iam.UserGuest}, func(u object) bool { return u.Type == iam.UserGuest }, true},
				"ids":    {filter{UserIDs: []iam.UserID{iam.UserID(id("b", 1)), iam.UserID(id("b", 2))}}, func(u object) bool { return u.ID == iam.UserID(id("b", 1)) || u.ID == iam.UserID(id("b", 2)) }, false},
			},
		}
		searchCases(c.filters, func(text string) filter { return filter{Search: text} }, func(u object) []string { return []string{u.Username, u.Email, u.FirstName, u.LastName} })
		tagCases(c.filters, func(tag string) filter { return filter{Tag: tag} }, func(u object) []string { return u.Tags })
		var others []object
		for i, name := range names {
			u := object{
				ID: iam.UserID(id("b", i)), OrganizationID: mine, Type: iam.UserMember, Username: name, Email: names[(i+5)%len(names)], Tags: tagged(i),
				MFA: i%3 == 0, CreatedAt: scrambled(i), UpdatedAt: scrambled(i + 3), LastLoginAt: scrambled(i + 5),
			}
			if i == 4 {
				u.Type, u.LastLoginAt = iam.UserOwner, time.Time{}
			}
			other := u
			other.OrganizationID, other.ID = theirs, iam.UserID(id("9", i))
			c.objects, others = append(c.objects, u), append(others, other)
		}
		fill(t, s, append(others, c.objects...), func(tx *store.Tx, u object) error { return tx.InsertUser(u, "") })
		c.check(t, s)
	})
}

func TestListGroups(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		organizations(t, s)
		type (
			object = iam.Group
			filter = iam.GroupFilter
		)
		user, application := func(n int) iam.UserID { return iam.UserID(id("b", n)) }, func(n int) iam.ApplicationID { return iam.ApplicationID(id("d", n)) }
		c := collection[object, filter]{
			key: func(g object) string { return string(g.ID) },
			orders: map[string]func(a, b object) int{
				"created_at": func(a, b object) int { return a.CreatedAt.Compare(b.CreatedAt) },
				"updated_at": func(a, b object) int { return a.UpdatedAt.Compare(b.UpdatedAt) },
				"name":       func(a, b object) int { return byName(a.Name, b.Name) },
			},
			list: func(tx *store.Tx, f filter, o iam.Order, p iam.Page) ([]object, int, error) {
				f.OrganizationID, f.Order, f.Page = mine, o, p
				return tx.Groups(f)
			},
			filters: map[string]filterCase[object, filter]{
				"name":             {filter{Name: "ALPHA"}, func(g object) bool { return g.Name == "ALPHA" }, false},
				"ids":              {filter{GroupIDs: []iam.GroupID{iam.GroupID(id("e", 3))}}, func(g object) bool { return g.ID == iam.GroupID(id("e", 3)) }, false},
				"user":             {filter{UserIDs: []iam.UserID{user(1)}}, func(g object) bool { return slices.Contains(g.UserIDs, user(1)) }, false},
				"one of two users": {filter{UserIDs: []iam.UserID{user(1), user(2)}}, func(g object) bool { return slices.Contains(g.UserIDs, user(1)) || slices.Contains(g.UserIDs, user(2)) }, false},
				"application":      {filter{ApplicationIDs: []iam.ApplicationID{application(1)}}, func(g object) bool { return slices.Contains(g.ApplicationIDs, application(1)) }, false},
				"user, application": {filter{UserIDs: []iam.UserID{user(1)}, ApplicationIDs: []iam.ApplicationID{application(1)}}, func(g object) bool {
					return slices.Contains(g.UserIDs, user(1)) || slices.Contains(g.ApplicationIDs, application(1))
				}, false},
				"user as application": {filter{ApplicationIDs: []iam.ApplicationID{iam.ApplicationID(user(1))}}, func(object) bool { return false }, true},
			},
		}
		searchCases(c.filters, func(text string) filter { return filter{Search: text} }, func(g object) []string { return []string{g.Name} })
		tagCases(c.filters, func(tag string) filter { return filter{Tag: tag} }, func(g object) []string { return g.Tags })
		var others []object
		for i, name := range names {
			g := object{
				ID: iam.GroupID(id("e", i)), OrganizationID: mine, Name: name, Tags: tagged(i), CreatedAt: scrambled(i), UpdatedAt: scrambled(i + 3),
			}
			for n := range i % 4 {
				g.UserIDs = append(g.UserIDs, user(3-n))
			}
			for n := range i % 3 {
				g.ApplicationIDs = append(g.ApplicationIDs, application(2-n))
			}
			other := g
			other.OrganizationID, other.ID = theirs, iam.GroupID(id("9", i))
			c.objects, others = append(c.objects, g), append(others, other)
		}
		fill(t, s, append(others, c.objects...), func(tx *store.Tx, g object) error {
			if err := tx.InsertGroup(g); err != nil {
				return err
			}
			return tx.SetMembers(g)
		})
		c.check(t, s)
	})
}

func TestListPolicies(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		organizations(t, s)
		type (
			object = iam.Policy
			filter = iam.PolicyFilter
		)
		principals := []iam.Principal{{}, iam.UserID(id("b", 1)).Principal(), iam.ApplicationID(id("b", 1)).Principal(), iam.GroupID(id("e", 1)).Principal(), iam.UserID(id("b", 2)).Principal()}
		of := func(numbers ...int) func(object) bool {
			return func(p object) bool {
				return slices.ContainsFunc(numbers, func(n int) bool { return p.Principal == principals[n] })
			}
		}
		c := collection[object, filter]{
			key: func(p object) string { return string(p.ID) },
			orders: map[string]func(a, b object) int{
				"created_at":  func(a, b object) int { return a.CreatedAt.Compare(b.CreatedAt) },
				"policy_name": func(a, b object) int { return byName(a.Name, b.Name) },
			},
			list: func(tx *store.Tx, f filter, o iam.Order, p iam.Page) ([]object, int, error) {
				f.OrganizationID, f.Order, f.Page = mine, o, p
				return tx.Policies(f)
			},
			filters: map[string]filterCase[object, filter]{
				"name":                   {filter{Name: "Émile"}, func(p object) bool { return p.Name == "Émile" }, false},
				"editable":               {filter{Editable: pointer(true)}, func(p object) bool { return !p.Managed }, false},
				"not editable":           {filter{Editable: pointer(false)}, func(p object) bool { return p.Managed }, false},
				"no principal":           {filter{NoPrincipal: pointer(true)}, of(0), false},
				"a principal":            {filter{NoPrincipal: pointer(false)}, of(1, 2, 3, 4), false},
				"ids":                    {filter{PolicyIDs: []iam.PolicyID{iam.PolicyID(id("f", 3))}}, func(p object) bool { return p.ID == iam.PolicyID(id("f", 3)) }, false},
				"user":                   {filter{UserIDs: []iam.UserID{iam.UserID(id("b", 1))}}, of(1), false},
				"application":            {filter{ApplicationIDs: []iam.ApplicationID{iam.ApplicationID(id("b", 1))}}, of(2), false},
				"group":                  {filter{GroupIDs: []iam.GroupID{iam.GroupID(id("e", 1))}}, of(3), false},
				"users or group":         {filter{UserIDs: []iam.UserID{iam.UserID(id("b", 1)), iam.UserID(id("b", 2))}, GroupIDs: []iam.GroupID{iam.GroupID(id("e", 1))}}, of(1, 3, 4), false},
				"user or group, and id":  {filter{UserIDs: []iam.UserID{iam.UserID(id("b", 1))}, GroupIDs: []iam.GroupID{iam.GroupID(id("e", 1))}, PolicyIDs: []iam.PolicyID{iam.PolicyID(id("f", 3))}}, func(p object) bool { return p.ID == iam.PolicyID(id("f", 3)) && of(1, 3)(p) }, false},
				"user, and no principal": {filter{UserIDs: []iam.UserID{iam.UserID(id("b", 1))}, NoPrincipal: pointer(true)}, of(), true},
			},
		}
		searchCases(c.filters, func(text string) filter { return filter{Search: text} }, func(p object) []string { return []string{p.Name} })
		tagCases(c.filters, func(tag string) filter { return filter{Tag: tag} }, func(p object) []string { return p.Tags })
		var others []object
		for i, name := range names {
			p := object{
				ID: iam.PolicyID(id("f", i)), OrganizationID: mine, Name: name, Tags: tagged(i), Managed: i%6 == 1,
				Principal: principals[i%len(principals)], CreatedAt: scrambled(i), UpdatedAt: scrambled(i + 3), NbRules: i, NbScopes: i + 1, NbPermissionSets: i + 2,
			}
			other := p
			other.OrganizationID, other.ID = theirs, iam.PolicyID(id("9", i))
			c.objects, others = append(c.objects, p), append(others, other)
		}
		fill(t, s, append(others, c.objects...), func(tx *store.Tx, p object) error { return tx.InsertPolicy(p, nil) })
		c.check(t, s)
	})
}
