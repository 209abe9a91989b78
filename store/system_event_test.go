package store_test

import (
	"sync/atomic"
	"testing"

	"bailiwick/iam"
	"bailiwick/store"
)

// Old system events go, the oldest first and not more than asked for, of one organization only, and
// an anchor stands for them.
func TestTrimSystemEvents(t *testing.T) {
	onTickingEngines(t, func(t *testing.T, s *store.Store, clock *atomic.Int64) {
		for _, o := range []iam.OrganizationID{mine, mine, mine, mine, theirs} {
			clock.Add(1)
			must(t, s.Record(t.Context(), func(tx *store.Tx) error {
				return tx.AppendSystemEvent(iam.SystemEvent{ID: id("0", int(clock.Load())), OrganizationID: o, Kind: iam.SystemEventCron, Source: "exports", Name: "export"})
			}))
		}
		all, err := got(t, s, func(tx *store.Tx) ([]iam.SystemEntry, error) { return tx.SystemEntries(mine, 0, 10) })
		must(t, err)
		for _, want := range []int64{2, 1, 0} {
			var n int64
			must(t, s.Record(t.Context(), func(tx *store.Tx) error {
				n = 0
				anchor, err := tx.Expired(mine, iam.ChainSystem, minute(int(clock.Load())-1), 2)
				if err != nil || anchor.Sequence == 0 {
					return err
				}
				n, err = tx.Trim(anchor)
				return err
			}))
			same(t, "removed", n, want)
		}
		for o, want := range map[iam.OrganizationID]int{mine: 1, theirs: 1} {
			left, err := s.Read(t.Context()).SystemEvents(iam.SystemEventFilter{OrganizationID: o, Size: 10})
			must(t, err)
			same(t, string(o), len(left), want)
		}
		anchor, err := s.Read(t.Context()).Anchor(mine, iam.ChainSystem)
		must(t, err)
		same(t, "anchor", anchor, iam.Statement{OrganizationID: mine, Chain: iam.ChainSystem, Sequence: 3, Hash: all[2].Hash})
		left, err := got(t, s, func(tx *store.Tx) ([]iam.SystemEntry, error) { return tx.SystemEntries(mine, 0, 10) })
		must(t, err)
		same(t, "what is left", left, all[3:])
		same(t, "its hash", left[0].ChainHash(anchor.Hash), left[0].Hash)
	})
}
