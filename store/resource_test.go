package store_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"bailiwick/iam"
	"bailiwick/store"
)

func TestResources(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		organizations(t, s)
		get := func(kind, id string) (iam.Resource, error) {
			return got(t, s, func(tx *store.Tx) (iam.Resource, error) { return tx.Resource(mine, kind, id) })
		}
		remove := func(org iam.OrganizationID, kind, id string) error {
			return try(t, s, func(tx *store.Tx) error { return tx.DeleteResource(org, kind, id) })
		}
		var want []iam.Resource
		for n, id := range []string{"1", "B", "a", "_", "é", "2"} {
			for _, kind := range []string{"library:record", "library:shelf", "Library:record"} {
				r := iam.Resource{
					OrganizationID: mine, Type: kind, ID: id, ProjectID: iam.ProjectID(mine), Name: "name " + id, Locality: "fr-par",
					Properties: fmt.Appendf(nil, `{"n":%d,"é":"\u0000"}`, n), CreatedAt: minute(n), UpdatedAt: minute(n + 1),
				}
				other := r
				other.OrganizationID = theirs
				want = append(want, r)
				update(t, s, func(tx *store.Tx) error { return tx.PutResource(r) }, func(tx *store.Tx) error { return tx.PutResource(other) })
			}
		}
		slices.SortFunc(want, func(a, b iam.Resource) int { return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID)) })
		list := func(kind string) (all []iam.Resource) {
			t.Helper()
			view(t, s, func(tx *store.Tx) error {
				for number := range 5 {
					page, _, err := tx.Resources(iam.ResourceFilter{OrganizationID: mine, Type: kind, Page: iam.Page{Number: number + 1, Size: 4}})
					if err != nil {
						return err
					}
					all = append(all, page...)
				}
				return nil
			})
			return all
		}
		same(t, "all", list(""), want)
		same(t, "of a type", list("library:shelf"), slices.DeleteFunc(slices.Clone(want), func(r iam.Resource) bool { return r.Type != "library:shelf" }))
		same(t, "of no type", list("library:%"), nil)

		changed := want[0]
		changed.Name, changed.Locality, changed.Properties, changed.UpdatedAt = "", "", []byte("{}"), minute(50)
		again := changed
		again.CreatedAt = minute(50)
		update(t, s, func(tx *store.Tx) error { return tx.PutResource(again) })
		r, err := get(changed.Type, changed.ID)
		must(t, err)
		same(t, "put again", r, changed)
		r, err = get("library:record", changed.ID)
		must(t, err)
		same(t, "of the other type", r.Type, "library:record")

		fails(t, "remove a missing one", remove(mine, "library:record", "?"), store.ErrNotFound)
		must(t, remove(mine, changed.Type, changed.ID))
		_, err = get(changed.Type, changed.ID)
		fails(t, "get a removed one", err, store.ErrNotFound)
		must(t, remove(theirs, changed.Type, changed.ID))
		same(t, "the rest", list(""), want[1:])
	})
}
