package catalog_test

import (
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"bailiwick/catalog"
	"bailiwick/iam"
)

func load(t testing.TB, dirs ...string) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Load(dirs...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// published is what the vendor publishes about a permission set.
type published struct {
	ScopeType   iam.ScopeType
	Categories  []string
	Description string
}

// TestPublishedSets holds the built-in sets equal to the published list, both ways; only
// this server's own set is extra.
func TestPublishedSets(t *testing.T) {
	file, err := os.Open("testdata/permission-sets.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]published{
		"ResourceRegistryFullAccess": {
			iam.ScopeOrganization, []string{"Bailiwick"},
			"Register the resources of an operator's own services, for searches and conditions on their properties",
		},
		"DecisionPointAccess": {
			iam.ScopeOrganization, []string{"Bailiwick"},
			"Ask the decision point about any principal of the organization; for services that enforce decisions",
		},
	}
	for _, row := range rows[1:] {
		want[row[0]] = published{iam.ScopeType(row[1]), strings.Split(row[2], "; "), row[3]}
	}
	got := map[string]published{}
	for _, s := range load(t).Sets() {
		got[s.Name] = published{s.ScopeType, s.Categories, s.Description}
	}
	if len(want) != 204 {
		t.Fatalf("the published list has %d sets, want 202", len(want)-2)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("sets (-published +built in):\n%s", diff)
	}
}

func TestSetOfOperator(t *testing.T) {
	c := load(t, "../examples/catalog")
	got, ok := c.Set("LibraryReadOnly")
	if !ok {
		t.Fatal("no set LibraryReadOnly")
	}
	list, _ := c.Number("library:record:list")
	read, _ := c.Number("library:record:read")
	var bits catalog.Bits
	bits.Add(list)
	bits.Add(read)
	want := &catalog.Set{
		ID: got.ID, Name: "LibraryReadOnly", ScopeType: iam.ScopeProjects,
		Categories: []string{"Own products"}, Description: "List and read records",
		Permissions: []string{"library:record:list", "library:record:read"}, Bits: bits, Attributes: true, Operator: true,
		CreatedAt: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("set (-want +got):\n%s", diff)
	}
	resource, _ := c.Resource("library", "record")
	wantResource := &catalog.Resource{
		Name: "record", Alias: "record", Actions: []string{"delete", "list", "read", "write"}, Attributes: true,
	}
	if diff := cmp.Diff(wantResource, resource); diff != "" {
		t.Errorf("resource (-want +got):\n%s", diff)
	}
	service, name, ok := c.Alias("record")
	if service != "library" || name != "record" || !ok {
		t.Errorf("Alias(record) = %q, %q, %v", service, name, ok)
	}
}

// TestUnknown asks for what is not there, and for near misses of what is.
func TestUnknown(t *testing.T) {
	c := load(t, "../examples/catalog")
	for _, permission := range []string{
		"", "iam", "iam:policy", "iam:policy:", "iam:policy:*", "iam:*:*", "iam:policy:writes",
		"IAM:policy:write", "iam:policy:write ", "iam:policy:write:x", "record:read",
	} {
		if n, ok := c.Number(permission); ok {
			t.Errorf("Number(%q) = %d, want unknown", permission, n)
		}
	}
	if _, ok := c.Set("iammanager"); ok {
		t.Error("set names are case-sensitive")
	}
	if _, ok := c.Resource("library", "book"); ok {
		t.Error("Resource(library, book) exists")
	}
	if service, name, ok := c.Alias("library"); ok || service != "" || name != "" {
		t.Errorf("Alias(library) = %q, %q, %v", service, name, ok)
	}
	if reason, ok := c.Unassigned("iam:policy:write"); ok {
		t.Errorf("iam:policy:write is unassigned: %s", reason)
	}
}

// TestOperatorCannotWiden adds a product and requires every built-in set to stay as it is.
func TestOperatorCannotWiden(t *testing.T) {
	plain, with := load(t), load(t, "../examples/catalog")
	if with.Len() != plain.Len()+4 {
		t.Fatalf("%d permissions with the example, %d without", with.Len(), plain.Len())
	}
	for _, set := range plain.Sets() {
		again, _ := with.Set(set.Name)
		if diff := cmp.Diff(set.Permissions, again.Permissions); diff != "" {
			t.Errorf("%s changed (-without +with):\n%s", set.Name, diff)
		}
	}
}

// TestNumbers requires numbers, names, bits and permission lists to agree.
func TestNumbers(t *testing.T) {
	c := load(t)
	names := make([]string, c.Len())
	for i := range names {
		names[i] = c.Name(catalog.Number(i))
		if n, ok := c.Number(names[i]); !ok || n != catalog.Number(i) {
			t.Errorf("Number(%s) = %d, %v, want %d", names[i], n, ok, i)
		}
	}
	if !slices.IsSorted(names) {
		t.Error("permissions are not numbered in the order of their names")
	}
	var defined []string
	for _, service := range c.Services() {
		for _, resource := range service.Resources {
			for _, action := range resource.Actions {
				defined = append(defined, service.Name+":"+resource.Name+":"+action)
			}
		}
	}
	slices.Sort(defined)
	if diff := cmp.Diff(defined, names); diff != "" {
		t.Errorf("permissions (-of the services +numbered):\n%s", diff)
	}
	for _, set := range c.Sets() {
		var members []string
		for n := range set.Bits.All() {
			members = append(members, c.Name(n))
		}
		if diff := cmp.Diff(set.Permissions, members); diff != "" {
			t.Errorf("%s: permissions (-by name +by bit):\n%s", set.Name, diff)
		}
	}
}

// TestStable loads twice and compares everything; ids are pinned, because clients keep them.
func TestStable(t *testing.T) {
	first, second := load(t, "../examples/catalog"), load(t, "../examples/catalog")
	if diff := cmp.Diff(first.Sets(), second.Sets()); diff != "" {
		t.Errorf("sets differ between loads:\n%s", diff)
	}
	if diff := cmp.Diff(first.Services(), second.Services()); diff != "" {
		t.Errorf("services differ between loads:\n%s", diff)
	}
	namespace := uuid.MustParse("7a510c3e-921d-4b6f-8c2a-5e10b743d966")
	seen := map[string]string{}
	for _, set := range first.Sets() {
		if want := uuid.NewSHA1(namespace, []byte(set.Name)).String(); set.ID != want {
			t.Errorf("%s: id %s, want %s", set.Name, set.ID, want)
		}
		if other, taken := seen[set.ID]; taken {
			t.Errorf("%s and %s have the same id", set.Name, other)
		}
		seen[set.ID] = set.Name
	}
	sorted := func(a, b *catalog.Set) int { return strings.Compare(a.Name, b.Name) }
	if !slices.IsSortedFunc(first.Sets(), sorted) {
		t.Error("sets are not sorted by name")
	}
	services := func(a, b *catalog.Service) int { return strings.Compare(a.Name, b.Name) }
	if !slices.IsSortedFunc(first.Services(), services) {
		t.Error("services are not sorted by name")
	}
}
