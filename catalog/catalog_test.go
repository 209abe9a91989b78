package catalog_test

import (
	"testing"

	"bailiwick/catalog"
)

func load(t testing.TB, dirs ...string) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Load(dirs...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestLoad(t *testing.T) {
	c := load(t)
	if c.Len() == 0 || len(c.Sets()) == 0 {
		t.Fatalf("the built-in catalogue has %d permissions and %d sets", c.Len(), len(c.Sets()))
	}
}
