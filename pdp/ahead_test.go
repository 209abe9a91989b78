package pdp

import (
	"fmt"
	"testing"

	"bailiwick/iam"
)

// TestFetchChangesNothing fetches for every kind of request, also about what is not there, and
// holds decisions before and after to each other.
func TestFetchChangesNothing(t *testing.T) {
	var ahead Ahead
	forWorlds(t, func(_ dice, _ *World, s *Snapshot, requests []*Request) {
		var list []Request
		var want []Decision
		for _, r := range requests {
			list, want = append(list, *r), append(want, s.Decide(r))
		}
		for _, n := range []int{0, 1, AheadMost, len(list)} {
			ahead.Fetch(s, list[:n])
		}
		for i := range list {
			if got := s.Decide(&list[i]); got != want[i] {
				t.Fatalf("%+v, before Fetch %+v: %+v", got, want[i], list[i])
			}
		}
	})
	ahead.Fetch(New(newEngine(t).catalog, newEngine(t).compiler), make([]Request, 3))
}

// TestFetchFinds holds Fetch to finding who is asked about, and its groups: otherwise it would
// only take time. The world is large enough for tables of many shards.
func TestFetchFinds(t *testing.T) {
	en := newEngine(t)
	e := New(en.catalog, en.compiler).Edit()
	e.PutOrganization(iam.Organization{ID: "o"})
	const applications = 1000
	for i := range applications {
		id := iam.ApplicationID(fmt.Sprint("a", i))
		e.PutApplication(iam.Application{OrganizationID: "o", ID: id})
		e.PutGroup(iam.Group{ID: iam.GroupID(fmt.Sprint("g", i)), OrganizationID: "o", ApplicationIDs: []iam.ApplicationID{id}})
	}
	s := e.Snapshot(1)
	var ahead Ahead
	requests := make([]Request, AheadMost)
	for from := 0; from+AheadMost <= applications; from += AheadMost {
		for i := range requests {
			requests[i] = Request{Organization: "o", Subject: iam.ApplicationID(fmt.Sprint("a", from+i)).Principal()}
		}
		ahead.subjects(s, requests)
		for i, n := range ahead.found {
			if n.key.id != requests[i].Subject.ID || n.key.kind != kindApplication {
				t.Fatalf("%v is fetched for %v", n.key, requests[i].Subject)
			}
		}
		subjects := len(ahead.found)
		ahead.groups(s)
		for i, n := range ahead.found {
			if want := fmt.Sprint("g", from+i); n.key.id != want || n.key.kind != kindGroup {
				t.Fatalf("%v is fetched for %v", n.key, want)
			}
		}
		if subjects != AheadMost || len(ahead.found) != AheadMost {
			t.Fatalf("%d subjects and %d groups are fetched", subjects, len(ahead.found))
		}
	}
	if n := testing.AllocsPerRun(100, func() { ahead.Fetch(s, requests) }); n != 0 {
		t.Errorf("Fetch allocates %v times", n)
	}
	for _, n := range ahead.found[:cap(ahead.found)] {
		if n != nil {
			t.Fatal("what was fetched is kept")
		}
	}
}
