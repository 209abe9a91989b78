package store_test

import (
	"slices"
	"testing"
	"time"

	"bailiwick/iam"
	"bailiwick/store"
)

// BenchmarkTrim removes the older half of 200,000 events, 500 at a time, as retention does, and reports
// how long a batch keeps others from writing.
func BenchmarkTrim(b *testing.B) {
	const size, batch = 200_000, 500
	filledEngines(b, size, func(b *testing.B, s *store.Store) {
		var took []time.Duration
		for range size / 2 / batch {
			began := time.Now()
			must(b, s.Record(b.Context(), func(tx *store.Tx) error {
				anchor, err := tx.Expired(mine, iam.ChainEvents, time.Now(), batch)
				if err != nil {
					return err
				}
				_, err = tx.Trim(anchor)
				return err
			}))
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms/median")
		b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "ms/slowest")
		b.ReportMetric(0, "ns/op")
	})
}
