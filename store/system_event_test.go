package store_test

import (
	"sync/atomic"
	"testing"

	"bailiwick/iam"
	"bailiwick/store"
)

// Old system events go, the oldest first and not more than asked for, of one organization only.
func TestTrimSystemEvents(t *testing.T) {
	onTickingEngines(t, func(t *testing.T, s *store.Store, clock *atomic.Int64) {
		for _, o := range []iam.OrganizationID{mine, mine, mine, mine, theirs} {
			clock.Add(1)
			must(t, s.Record(t.Context(), func(tx *store.Tx) error {
				return tx.AppendSystemEvent(iam.SystemEvent{ID: id("0", int(clock.Load())), OrganizationID: o, Kind: iam.SystemEventCron, Source: "exports", Name: "export"})
			}))
		}
		for _, want := range []int64{2, 1, 0} {
			var n int64
			must(t, s.Record(t.Context(), func(tx *store.Tx) (err error) {
				n, err = tx.TrimSystemEvents(mine, minute(int(clock.Load())-1), 2)
				return err
			}))
			same(t, "removed", n, want)
		}
		for o, want := range map[iam.OrganizationID]int{mine: 1, theirs: 1} {
			left, err := s.Read(t.Context()).SystemEvents(iam.SystemEventFilter{OrganizationID: o, Size: 10})
			must(t, err)
			same(t, string(o), len(left), want)
		}
	})
}
