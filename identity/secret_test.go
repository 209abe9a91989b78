package identity

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"bailiwick/iam"
)

func TestNewAccessKey(t *testing.T) {
	counts := map[rune]int{}
	seen := map[iam.AccessKey]bool{}
	const keys = 10_000
	for range keys {
		key := NewAccessKey()
		if !iam.ValidAccessKey(string(key)) || seen[key] {
			t.Fatalf("key %s: valid %v, seen %v", key, iam.ValidAccessKey(string(key)), seen[key])
		}
		seen[key] = true
		for _, r := range key[3:] {
			counts[r]++
		}
	}
	if len(counts) != 32 || strings.ContainsAny(accessKeySymbols, "ILOU") {
		t.Errorf("%d symbols, want 32 without I, L, O, U: %v", len(counts), counts)
	}
	// 5,312 hits a symbol are expected; the standard deviation is 72. Eight of them away
	// happens by chance once in 10^13 runs.
	for r, n := range counts {
		if want := keys * 17 / 32; n < want-8*72 || n > want+8*72 {
			t.Errorf("symbol %c: %d hits, want about %d", r, n, want)
		}
	}
}

func TestGeneratedForms(t *testing.T) {
	v4 := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	v7 := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	token := regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)
	for _, c := range []struct {
		name string
		make func() string
		form *regexp.Regexp
	}{
		{"secret key", NewSecretKey, v4}, {"id", NewID, v4}, {"event id", NewEventID, v7}, {"token", NewToken, token},
	} {
		seen := map[string]bool{}
		for range 1000 {
			value := c.make()
			if !c.form.MatchString(value) || seen[value] {
				t.Fatalf("%s %q: has the form %s: %v; seen before: %v", c.name, value, c.form, c.form.MatchString(value), seen[value])
			}
			seen[value] = true
		}
	}
}

func TestIDsTogether(t *testing.T) {
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen, digits := map[string]bool{}, [36]map[byte]bool{}
	var source IDs
	var apart []string
	for range 1000 {
		apart = append(apart, source.New())
	}
	for _, ids := range [][]string{NewIDs(0), NewIDs(1), NewIDs(2), NewIDs(1000), apart} {
		for _, id := range ids {
			if !form.MatchString(id) || seen[id] {
				t.Fatalf("%q, seen before: %v", id, seen[id])
			}
			seen[id] = true
			for i := range digits {
				if digits[i] == nil {
					digits[i] = map[byte]bool{}
				}
				digits[i][id[i]] = true
			}
		}
	}
	// That one of 16 digits is missing in a place by chance happens once in 10^25 runs.
	for i, found := range digits {
		want := 16
		switch i {
		case 8, 13, 14, 18, 23:
			want = 1
		case 19:
			want = 4
		}
		if len(found) != want {
			t.Errorf("place %d has %d digits, not %d", i, len(found), want)
		}
	}
}

// As many as are asked for are made; and of those that are made at the same time no two are the same.
func TestIDsAtOnce(t *testing.T) {
	for _, n := range []int{0, 1, 2, 1000} {
		if ids := NewIDs(n); len(ids) != n {
			t.Fatalf("%d ids, not %d", len(ids), n)
		}
	}
	var source IDs
	var wait sync.WaitGroup
	made := make([][]string, 8)
	for i := range made {
		wait.Go(func() {
			for range 500 {
				made[i] = append(made[i], source.New())
			}
		})
	}
	wait.Wait()
	if all := slices.Compact(slices.Sorted(slices.Values(slices.Concat(made...)))); len(all) != 4000 {
		t.Errorf("%d of 4000 ids", len(all))
	}
}

func TestEventIDsSortByCreation(t *testing.T) {
	last := ""
	for range 1000 {
		id := NewEventID()
		if id <= last {
			t.Fatalf("%s was made after %s", id, last)
		}
		last = id
	}
}
