package store_test

import (
	"errors"
	"sync/atomic"
	"testing"

	"bailiwick/iam"
	"bailiwick/store"
)

// TestLogByID finds entries by their ids, which the store gave: among many of the same moment, of
// other moments, and after the clock went back. An id of the right time that nobody has is none.
func TestLogByID(t *testing.T) {
	onTickingEngines(t, func(t *testing.T, s *store.Store, clock *atomic.Int64) {
		append := func(untimed string) {
			update(t, s, func(tx *store.Tx) error {
				for range 3 {
					if err := tx.AppendEvent(iam.Event{ID: untimed, OrganizationID: mine, Principal: iam.UserID(id("b", 1)).Principal(), StatusCode: 200,
						Resources: []iam.EventResource{{ID: id("7", 1), Type: iam.ResourceUser, Action: iam.ActionUpdated}}}); err != nil {
						return err
					}
					untimed = ""
				}
				return nil
			})
		}
		for _, at := range []int64{5, 6, 2, 9} { // the clock goes back once
			clock.Store(at)
			append("")
		}
		append(id("0", 4)) // of before ids had a time
		read := s.Read(t.Context())
		logs, n, err := read.Logs(iam.LogFilter{OrganizationID: mine, Order: iam.Order{Field: "created_at"}, Page: iam.Page{Number: 1, Size: 100}})
		must(t, err)
		same(t, "entries", n, 15)
		seen := map[iam.LogID]bool{}
		for _, l := range logs {
			got, err := read.Log(mine, l.ID)
			must(t, err)
			same(t, "entry", got, l)
			seen[l.ID] = true
			_, err = read.Log(theirs, l.ID)
			same(t, "of another organization", errors.Is(err, store.ErrNotFound), true)
		}
		same(t, "ids", len(seen), 15)
		last := string(logs[0].ID)
		_, err = read.Log(mine, iam.LogID(last[:35]+string('0'+(last[35]+1)%8)))
		same(t, "an id of nobody", errors.Is(err, store.ErrNotFound), true)
		for _, search := range []string{id("b", 1), id("7", 1)} {
			_, n, err = read.Logs(iam.LogFilter{OrganizationID: mine, Search: search, After: minute(6), Before: minute(6), Order: iam.Order{Field: "created_at"}, Page: iam.Page{Number: 1, Size: 100}})
			must(t, err)
			same(t, "of one moment", n, 6)
		}
	})
}
