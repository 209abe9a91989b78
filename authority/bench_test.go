package authority_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"bailiwick/bailiwicktest"
	"bailiwick/iam"
)

// BenchmarkCreateApplication creates applications on each engine, durably and with their events.
// With the tag planted_no_event it tells what the same costs without: the benchmarks compare both.
func BenchmarkCreateApplication(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchCreate(b, filepath.Join(b.TempDir(), "bailiwick.db")) })
	if os.Getenv(bailiwicktest.PostgresVariable) != "" {
		b.Run("postgres", func(b *testing.B) { benchCreate(b, bailiwicktest.NewPostgres(b)) })
	}
}

func benchCreate(b *testing.B, database string) {
	k := bailiwicktest.New(b, bailiwicktest.Options{Database: database, Quotas: map[string]int{}})
	call := iam.Call{Operation: bailiwicktest.Operations()["CreateApplication"], Caller: k.Owner(), Body: []byte(`{"organization_id":"","name":"bench","description":"","tags":[]}`)}
	var number atomic.Int64
	for _, writers := range []int{1, 8} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			var left atomic.Int64
			left.Store(int64(b.N))
			var running sync.WaitGroup
			cpu := processorTime(b)
			for range writers {
				running.Go(func() {
					for left.Add(-1) >= 0 {
						if _, err := k.Authority.CreateApplication(b.Context(), call, iam.NewApplication{Name: fmt.Sprint("bench ", number.Add(1))}); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			running.Wait()
			b.ReportMetric(float64((processorTime(b)-cpu).Microseconds())/float64(b.N), "cpu-µs/op")
		})
	}
}

// processorTime is what this process has used: unlike time, it tells nearly the same on a machine
// that is busy with other things.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
