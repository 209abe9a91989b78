package store_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	"bailiwick/bailiwicktest"
	"bailiwick/iam"
	"bailiwick/store"

	gocmp "github.com/google/go-cmp/cmp"
)

// facetSeed makes every run of a random test the same.
const facetSeed = 20260302

// crowd appends n random events, many in a transaction, and returns them.
func crowd(t *testing.T, s *store.Store, clock *atomic.Int64, n int) []iam.Event {
	t.Helper()
	random := rand.New(rand.NewPCG(facetSeed, 1))
	pick := func(all ...string) string { return all[random.IntN(len(all))] }
	var events []iam.Event
	for len(events) < n {
		clock.Add(1)
		update(t, s, func(tx *store.Tx) error {
			for range min(500, n-len(events)) {
				i := len(events)
				e := iam.Event{
					ID: id("0", i), OrganizationID: mine, Principal: iam.UserID(id("b", random.IntN(40))).Principal(), SourceIP: pick("", "192.0.2.1", "192.0.2.2"),
					Product: pick("iam", "account"), Service: pick("one", "two"), Method: pick("CreateUser", "DeleteUser", "UpdateUser"), StatusCode: 200,
				}
				if random.IntN(300) == 0 {
					e.StatusCode, e.ProjectID = 403, iam.ProjectID(id("a", 1))
				}
				for range random.IntN(3) {
					e.Resources = append(e.Resources, iam.EventResource{ID: id("7", random.IntN(300)), Type: iam.ResourceType(pick("iam_user", "iam_group")), Name: "n", Action: iam.ActionUpdated})
				}
				if err := tx.AppendEvent(e); err != nil {
					return err
				}
				e.Sequence, e.RecordedAt = int64(i+1), minute(int(clock.Load()))
				events = append(events, e)
			}
			return nil
		})
	}
	return events
}

// TestFacets asks an organization with complete blocks of events, and some more, for every filter
// and pairs of them, from both ends, and compares with what looking at each event gives.
func TestFacets(t *testing.T) {
	onTickingEngines(t, func(t *testing.T, s *store.Store, clock *atomic.Int64) {
		events := crowd(t, s, clock, 2*store.BlockSize+700)
		must(t, s.Record(t.Context(), func(tx *store.Tx) error {
			return tx.AppendEvent(iam.Event{ID: id("0", 1), OrganizationID: theirs, Method: "CreateUser", StatusCode: 403})
		}))
		checkFacets(t, s, events)

		// Retention removes a block and a half.
		last := events[3*store.BlockSize/2]
		var removed int64
		for anchor := (iam.Statement{Sequence: 1}); anchor.Sequence > 0; {
			must(t, s.Record(t.Context(), func(tx *store.Tx) (err error) {
				if anchor, err = tx.Expired(mine, iam.ChainEvents, last.RecordedAt, 700); err != nil || anchor.Sequence == 0 {
					return err
				}
				n, err := tx.Trim(anchor)
				removed += n
				return err
			}))
		}
		kept := slices.DeleteFunc(slices.Clone(events), func(e iam.Event) bool { return e.RecordedAt.Before(last.RecordedAt) })
		same(t, "removed", int(removed), len(events)-len(kept))
		if removed < store.BlockSize {
			t.Fatalf("only %d events are removed", removed)
		}
		checkFacets(t, s, kept)
		view(t, s, func(tx *store.Tx) error {
			anchor, err := tx.Anchor(mine, iam.ChainEvents)
			must(t, err)
			entries, err := tx.EventEntries(mine, 0, 1)
			must(t, err)
			same(t, "first entry behind the anchor", entries[0].Sequence, anchor.Sequence+1)
			same(t, "its hash", entries[0].Hash, entries[0].ChainHash(anchor.Hash))
			other, err := tx.Anchor(theirs, iam.ChainEvents)
			same(t, "anchor of another organization", other.Sequence, 0)
			return err
		})
		for _, left := range []string{
			"SELECT COUNT(*) FROM event_facets WHERE block = 0",
		} {
			var n int
			must(t, s.Pools()["reads"].QueryRowContext(t.Context(), left).Scan(&n))
			same(t, left, n, 0)
		}
	})
}

func checkFacets(t *testing.T, s *store.Store, events []iam.Event) {
	t.Helper()
	random := rand.New(rand.NewPCG(facetSeed, 2))
	parts := []func(*iam.EventFilter){
		func(f *iam.EventFilter) { f.Method = "DeleteUser" },
		func(f *iam.EventFilter) { f.Service = "two" },
		func(f *iam.EventFilter) { f.Product = "iam" },
		func(f *iam.EventFilter) { f.Status = 403 },
		func(f *iam.EventFilter) { f.Status = 404 },
		func(f *iam.EventFilter) { f.SourceIP = "192.0.2.2" },
		func(f *iam.EventFilter) { f.PrincipalID = id("b", 3) },
		func(f *iam.EventFilter) { f.ProjectID = iam.ProjectID(id("a", 1)) },
		func(f *iam.EventFilter) { f.ResourceType = iam.ResourceGroup },
		func(f *iam.EventFilter) { f.ResourceID = id("7", 7) },
		func(f *iam.EventFilter) { f.After = minute(3) },
		func(f *iam.EventFilter) { f.Before = minute(8) },
	}
	passes := func(f iam.EventFilter, e iam.Event) bool {
		return (f.Method == "" || f.Method == e.Method) && (f.Service == "" || f.Service == e.Service) && (f.Product == "" || f.Product == e.Product) &&
			(f.Status == 0 || f.Status == e.StatusCode) && (f.SourceIP == "" || f.SourceIP == e.SourceIP) && (f.PrincipalID == "" || f.PrincipalID == e.Principal.ID) &&
			(f.ProjectID == "" || f.ProjectID == e.ProjectID) && (f.After.IsZero() || !e.RecordedAt.Before(f.After)) && (f.Before.IsZero() || e.RecordedAt.Before(f.Before)) &&
			(f.ResourceType+iam.ResourceType(f.ResourceID) == "" || slices.ContainsFunc(e.Resources, func(r iam.EventResource) bool {
				return (f.ResourceType == "" || f.ResourceType == r.Type) && (f.ResourceID == "" || f.ResourceID == r.ID)
			}))
	}
	view(t, s, func(tx *store.Tx) error {
		for i := range parts {
			for j := i; j < len(parts); j++ {
				f := iam.EventFilter{OrganizationID: mine, Ascending: random.IntN(2) == 0, Size: 1 + random.IntN(60)}
				parts[i](&f)
				parts[j](&f)
				want := slices.DeleteFunc(slices.Clone(events), func(e iam.Event) bool { return !passes(f, e) })
				if !f.Ascending {
					slices.Reverse(want)
				}
				for page := 0; ; page++ {
					got, err := tx.Events(f)
					if err != nil {
						return err
					}
					n := min(f.Size, len(want))
					if diff := gocmp.Diff(want[:n:n], append([]iam.Event{}, got...)); diff != "" {
						t.Fatalf("%+v, page %d (seed %d):\n%s", f, page, facetSeed, diff)
					}
					want = want[n:]
					if len(got) == 0 || page > 20 {
						break
					}
					f.Cursor = got[len(got)-1].Sequence
				}
			}
		}
		return nil
	})
}

// FuzzFacetRow reads any bytes as a stored row: what can be read stays the same when it is written.
func FuzzFacetRow(f *testing.F) {
	for _, first := range []int64{0, 1, store.RunBlocks} {
		for _, size := range []int{0, 2, 3, 255, 256, 257, 8192, 8193} {
			f.Add(first, bytes.Repeat([]byte{1}, size))
			f.Add(first, append([]byte{store.RunBlocks}, bytes.Repeat([]byte{255, 0}, size/2)...))
		}
	}
	f.Fuzz(func(t *testing.T, first int64, text []byte) {
		again, members, err := store.Recoded(first, text)
		if err != nil {
			return
		}
		if len(again) > max(len(text), 1) {
			t.Errorf("%d bytes became %d", len(text), len(again))
		}
		third, left, err := store.Recoded(first, again)
		must(t, err)
		same(t, "members", left, members)
		same(t, "bytes", third, again)
	})
}

// TestFacetsOfManyBlocks asks for what is in many blocks, in few that lie far apart, and nowhere, page
// by page from both ends, where the events are known by their numbers. The blocks are those of a run,
// which is joined, and of the next: before and after retention and erasure have reached into the run.
func TestFacetsOfManyBlocks(t *testing.T) {
	bailiwicktest.Engines(t, func(t *testing.T, database string) {
		if database == "" {
			database = filepath.Join(t.TempDir(), "bailiwick.db")
		}
		const size = 41*store.BlockSize + 500
		s := generated(t, database, size)
		joined := func(facet, value string) (rows int) {
			must(t, s.Pools()["reads"].QueryRowContext(t.Context(), "SELECT COUNT(*) FROM event_facets WHERE facet = $1 AND value = $2", facet, value).Scan(&rows))
			return rows
		}
		for facet, value := range map[string]string{"method": "m1", "service": "s2", "product": "account", "resource_type": "t4", "project": "j10", "source_ip": "office"} {
			same(t, "rows of "+value, joined(facet, value), 1+41-store.RunBlocks)
		}
		for facet, value := range map[string]string{"principal": "p77", "resource": "r77", "status": "403"} {
			same(t, "rows of "+value, joined(facet, value), 0)
		}
		for _, bucket := range []string{"00", "7f", "ff"} {
			same(t, "rows of bucket "+bucket, joined("rare", bucket), 1+41-store.RunBlocks)
		}
		checkManyBlocks(t, s, 0, size, nil)

		const removed = 3*store.BlockSize + 700
		must(t, s.Record(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Trim(iam.Statement{OrganizationID: mine, Chain: iam.ChainEvents, Sequence: removed})
			return err
		}))
		foundAt := func(address string) (found []int64) {
			view(t, s, func(tx *store.Tx) (err error) {
				found, err = tx.Found(iam.EventFilter{OrganizationID: mine, SourceIP: address}, size)
				return err
			})
			return found
		}
		erased := func(i int64) bool { return i%5000 == 80 || i%5000 == 77 }
		const inRun, inBlock = 50077, 80077 // events with addresses that are rare
		for _, i := range []int64{inRun, inBlock} {
			same(t, "an address before its erasure", slices.Contains(foundAt(rareAddress(i)), i), true)
		}
		must(t, s.Record(t.Context(), func(tx *store.Tx) error {
			for _, user := range []iam.UserID{"p77", "p80"} {
				if _, err := tx.Erase(mine, user, store.ErasureActors, 0, 1000); err != nil {
					return err
				}
			}
			return nil
		}))
		for _, i := range []int64{inRun, inBlock} {
			same(t, "an address after its erasure", slices.Contains(foundAt(rareAddress(i)), i), false)
		}
		same(t, "an address that was removed", slices.ContainsFunc(foundAt(rareAddress(removed)), func(i int64) bool { return i <= removed }), false)
		checkManyBlocks(t, s, removed, size, erased)
		for _, i := range foundAt("office") {
			if erased(i) || i <= removed {
				t.Errorf("event %d is still in the list of an address", i)
			}
		}
	})
}

// rareAddress is the source address of a generated event that is not from the office.
func rareAddress(i int64) string { return fmt.Sprint("a", i*7919%20000) }

// TestRareValuesThatLookAlike asks for values that share their bucket and their mark: those that were asked
// for are found, and no others, also after one of two that stand in one event is erased.
func TestRareValuesThatLookAlike(t *testing.T) {
	onTickingEngines(t, func(t *testing.T, s *store.Store, clock *atomic.Int64) {
		clock.Add(1)
		resource, address, twin := lookAlikes(t)
		event := func(i int) iam.Event {
			e := iam.Event{ID: id("0", i), OrganizationID: mine, Principal: iam.UserID("somebody").Principal(), Method: "CreateUser", StatusCode: 200}
			switch {
			case i == 3 || i > store.BlockSize && i <= store.BlockSize+20: // rare in a block, common in the next
				e.Resources = []iam.EventResource{{ID: resource, Type: iam.ResourceUser}}
			case i == 5 || i == store.BlockSize+21:
				e.Resources = []iam.EventResource{{ID: twin, Type: iam.ResourceUser}}
			case i == 7:
				e.SourceIP = address
			case i > 2*store.BlockSize && i <= 2*store.BlockSize+20: // the address is common here, and one event is a look-alike of itself
				e.SourceIP = address
				if i == 2*store.BlockSize+1 {
					e.Resources = []iam.EventResource{{ID: resource, Type: iam.ResourceUser}}
					e.Principal = iam.UserID("erased").Principal()
				}
			case i == 9:
				e.SourceIP, e.Resources = address, []iam.EventResource{{ID: resource, Type: iam.ResourceUser}}
				e.Principal = iam.UserID("erased").Principal()
			}
			return e
		}
		update(t, s, func(tx *store.Tx) error {
			for i := range 3 * store.BlockSize {
				if err := tx.AppendEvent(event(i + 1)); err != nil {
					return err
				}
			}
			return nil
		})
		check := func(what string, f iam.EventFilter, looked, want []int64) {
			t.Helper()
			f.OrganizationID, f.Size, f.Ascending = mine, 40, true
			view(t, s, func(tx *store.Tx) error {
				found, err := tx.Found(f, 40)
				must(t, err)
				same(t, what+", looked at", found, looked)
				var got []int64
				events, err := tx.Events(f)
				for _, e := range events {
					got = append(got, e.Sequence)
				}
				same(t, what, got, want)
				return err
			})
		}
		first, next := []int64{3, 5, 7, 9}, int64(store.BlockSize)
		var everywhere []int64 // that have the resource in the next block
		for i := range int64(20) {
			everywhere = append(everywhere, next+1+i)
		}
		last := 2*next + 1
		var addresses []int64 // that the address has in the last block
		for i := range int64(20) {
			addresses = append(addresses, last+i)
		}
		alike, having := slices.Concat(first, everywhere, []int64{last}), slices.Concat([]int64{3, 9}, everywhere, []int64{last})
		check("a resource", iam.EventFilter{ResourceID: resource}, alike, having)
		check("its twin", iam.EventFilter{ResourceID: twin}, append(first, next+21, last), []int64{5, next + 21})
		check("an address", iam.EventFilter{SourceIP: address}, slices.Concat(first, []int64{next + 21}, addresses), append([]int64{7, 9}, addresses...))
		check("a resource and an address", iam.EventFilter{ResourceID: twin, SourceIP: address}, append(first, next+21, last), nil)
		check("a method and a resource", iam.EventFilter{Method: "CreateUser", ResourceID: resource}, alike, having)
		must(t, s.Record(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Erase(mine, "erased", store.ErasureActors, 0, 10)
			return err
		}))
		check("the address after the erasure", iam.EventFilter{SourceIP: address}, slices.Concat(first, []int64{next + 21}, addresses[1:]), append([]int64{7}, addresses[1:]...))
		check("the resource after the erasure", iam.EventFilter{ResourceID: resource}, alike, having)
	})
}

// lookAlikes returns ids of two resources and an address that share their bucket and their mark.
func lookAlikes(t *testing.T) (resource, address, twin string) {
	t.Helper()
	resources, addresses := map[string][]string{}, map[string]string{}
	for i := range 150_000 {
		r, a := id("7", i), fmt.Sprint("2001:db8::", i)
		resources[store.LookOf("resource", r)] = append(resources[store.LookOf("resource", r)], r)
		addresses[store.LookOf("source_ip", a)] = a
	}
	for look, same := range resources {
		if len(same) > 1 && addresses[look] != "" {
			return same[0], addresses[look], same[1]
		}
	}
	t.Fatal("no values look alike")
	return "", "", ""
}

// FuzzBucketRow is FuzzFacetRow for rows of buckets.
func FuzzBucketRow(f *testing.F) {
	for _, first := range []int64{0, 1, store.RunBlocks} {
		for _, size := range []int{0, 3, 4, 5, 64, 65} {
			f.Add(first, bytes.Repeat([]byte{1}, size))
			f.Add(first, append([]byte{store.RunBlocks}, bytes.Repeat([]byte{255, 0}, size/2)...))
		}
	}
	f.Fuzz(func(t *testing.T, first int64, text []byte) {
		again, rares, err := store.RecodedBucket(first, text)
		if err != nil {
			return
		}
		same(t, "length", len(again), len(text))
		third, left, err := store.RecodedBucket(first, again)
		must(t, err)
		same(t, "rare values", left, rares)
		same(t, "bytes", third, again)
	})
}

// checkManyBlocks asks for the generated events behind a sequence, of which the address of some is erased.
func checkManyBlocks(t *testing.T, s *store.Store, removed, size int64, erased func(int64) bool) {
	t.Helper()
	isFrom := func(address string, i int64) bool {
		if erased != nil && erased(i) {
			return false
		}
		return address == "office" && i%8 == 0 || address == "a77" && i%8 != 0 && i*7919%20000 == 77
	}
	for _, test := range []struct {
		name string
		f    iam.EventFilter
		has  func(i int64) bool
	}{
		{"in every block", iam.EventFilter{Method: "m1", Service: "s1"}, func(i int64) bool { return i%40 == 1 }},
		{"nowhere, though both are in every block", iam.EventFilter{Method: "m1", Service: "s2"}, func(int64) bool { return false }},
		{"three facets", iam.EventFilter{Product: "account", ResourceType: "t4", ProjectID: "j10"}, func(i int64) bool { return i%10 == 0 && i%6 == 4 && i%50 == 10 }},
		{"in few blocks, and in every one", iam.EventFilter{SourceIP: "a77", Product: "iam"}, func(i int64) bool { return isFrom("a77", i) && i%10 != 0 }},
		{"in few blocks, and in few others", iam.EventFilter{SourceIP: "a77", PrincipalID: "p3"}, func(i int64) bool { return isFrom("a77", i) && i%5000 == 3 }},
		{"in some blocks, and in every one", iam.EventFilter{PrincipalID: "p77", Service: "s1"}, func(i int64) bool { return i%5000 == 77 }},
		{"in one block", iam.EventFilter{Method: "m7", Status: 403}, func(i int64) bool { return i%100000 == 7 && i%40 == 7 }},
		{"of an address", iam.EventFilter{SourceIP: "office", PrincipalID: "p80"}, func(i int64) bool { return isFrom("office", i) && i%5000 == 80 }},
		{"of an address and a product", iam.EventFilter{SourceIP: "office", Product: "account"}, func(i int64) bool { return isFrom("office", i) && i%10 == 0 }},
	} {
		for _, ascending := range []bool{false, true} {
			var want, got []int64
			for i := removed + 1; i <= size; i++ {
				if test.has(i) {
					want = append(want, i)
				}
			}
			if !ascending {
				slices.Reverse(want)
			}
			f := test.f
			f.OrganizationID, f.Ascending, f.Size = mine, ascending, 700
			for {
				page, err := s.Read(t.Context()).Events(f)
				must(t, err)
				for _, e := range page {
					got = append(got, e.Sequence)
				}
				if len(page) < f.Size {
					break
				}
				f.Cursor = page[len(page)-1].Sequence
			}
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("%s, ascending %t (-want +got):\n%s", test.name, ascending, diff)
			}
		}
	}
}
