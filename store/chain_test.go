package store_test

import (
	"errors"
	"testing"

	"bailiwick/bailiwicktest"
	"bailiwick/iam"
	"bailiwick/store"
)

// TestAChainThatAnotherProcessGrew lets two processes append by turns: what the one knows of the end
// of a chain is wrong after the other has made an update, which it can see, and after it has
// recorded a refusal, which only the writing finds. The chain has each entry once, bound to the one before.
func TestAChainThatAnotherProcessGrew(t *testing.T) {
	bailiwicktest.Engines(t, func(t *testing.T, database string) {
		one, other := open(t, database, nil), open(t, database, nil)
		organizations(t, one)
		appended, runs := 0, 0
		event := func(tx *store.Tx) error {
			runs++
			return errors.Join(tx.AppendEvent(iam.Event{OrganizationID: mine, StatusCode: 200}),
				tx.AppendAuthenticationEvent(iam.AuthenticationEvent{OrganizationID: mine}),
				tx.AppendSystemEvent(iam.SystemEvent{OrganizationID: mine, Kind: iam.SystemEventCron}))
		}
		for _, turn := range []struct {
			name   string
			append func()
			runs   int
		}{
			{"an update", func() { update(t, one, event) }, 1},
			{"an update that knows the end", func() { update(t, one, event) }, 1},
			{"an update of the other", func() { update(t, other, event) }, 1},
			{"an update behind one of the other", func() { update(t, one, event) }, 1},
			{"a record of its own", func() { must(t, one.Record(t.Context(), event)) }, 1},
			{"an update behind a record of its own", func() { update(t, one, event) }, 1},
			{"a record of the other", func() { must(t, other.Record(t.Context(), event)) }, 1},
			{"an update behind a record of the other", func() { update(t, one, event) }, 2},
			{"an update after that", func() { update(t, one, event) }, 1},
		} {
			runs = 0
			turn.append()
			appended++
			same(t, "runs of "+turn.name, runs, turn.runs)
		}
		entries, err := got(t, one, func(tx *store.Tx) ([]iam.EventEntry, error) { return tx.EventEntries(mine, 0, 100) })
		must(t, err)
		same(t, "events", len(entries), appended)
		var before iam.Digest
		for i, e := range entries {
			same(t, "sequence", e.Sequence, int64(i+1))
			same(t, "hash", e.Hash, e.ChainHash(before))
			before = e.Hash
		}
		system, err := got(t, one, func(tx *store.Tx) ([]iam.SystemEntry, error) { return tx.SystemEntries(mine, 0, 100) })
		must(t, err)
		same(t, "system events", len(system), appended)
		before = iam.Digest{}
		for i, e := range system {
			same(t, "sequence", e.Sequence, int64(i+1))
			same(t, "hash", e.Hash, e.ChainHash(before))
			before = e.Hash
		}
		attempts, err := got(t, one, func(tx *store.Tx) ([]iam.AuthenticationEntry, error) { return tx.AuthenticationEntries(mine, 0, 100) })
		must(t, err)
		same(t, "attempts", len(attempts), appended)
		before = iam.Digest{}
		for i, e := range attempts {
			same(t, "sequence", e.Sequence, int64(i+1))
			same(t, "hash", e.Hash, e.ChainHash(before))
			before = e.Hash
		}
	})
}
