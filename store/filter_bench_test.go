package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"bailiwick/bailiwicktest"
	"bailiwick/iam"
	"bailiwick/store"
)

// eventsVariable is the environment variable with the number of events that BenchmarkFilters
// looks through; without it there are 100,000.
const eventsVariable = "BAILIWICK_BENCH_EVENTS"

// filledVariable is the environment variable with a database that BenchmarkFilters has filled before
// and that was kept: filling one with ten million events takes most of an hour.
const filledVariable = "BAILIWICK_BENCH_FILLED"

// generate writes events in one statement, which both engines know. Most values repeat, some are
// rare, and two pairs never meet.
const generate = `INSERT INTO events (organization_id, sequence, id, recorded_at, principal_type, principal_id, project_id, source_ip,
	user_agent, product, service, method, resource_type, resource_id, action, resources, request_id, body, status_code)
	WITH RECURSIVE n (i) AS (SELECT CAST($2 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < $3)
	SELECT $1, i, 'e' || i, 1700000000000000 + i * 1000, 'user', 'p' || (i % 5000), 'j' || (i % 50),
	CASE i % 8 WHEN 0 THEN 'office' ELSE 'a' || (i * 7919 % 20000) END,
	'terraform-provider/2.40', CASE i % 10 WHEN 0 THEN 'account' ELSE 'iam' END, 's' || (i % 4), 'm' || (i % 40),
	't' || (i % 6), 'r' || (i % 100003), 'updated', '[{"id":"r' || (i % 100003) || '","type":"t' || (i % 6) || '","name":"thing"}]', 'q' || i,
	'{"name":"Application","description":"builds and deploys"}', CASE WHEN i % 100000 = 7 THEN 403 ELSE 200 END FROM n`

// BenchmarkFilters asks for a page of 100 with each filter and with pairs that meet seldom or
// never, and reports the slowest of five.
func BenchmarkFilters(b *testing.B) {
	size := int64(100_000)
	if text := os.Getenv(eventsVariable); text != "" {
		var err error
		size, err = strconv.ParseInt(text, 10, 64)
		must(b, err)
	}
	if filled := os.Getenv(filledVariable); filled != "" {
		began := time.Now()
		s := open(b, filled, nil)
		b.Logf("opened in %v", time.Since(began))
		askFilters(b, s, size)
		return
	}
	filledEngines(b, size, func(b *testing.B, s *store.Store) { askFilters(b, s, size) })
}

// filledEngines runs a benchmark on a store of each engine that there is, with so many generated events.
func filledEngines(b *testing.B, size int64, run func(b *testing.B, s *store.Store)) {
	fill := func(b *testing.B, database string) {
		began := time.Now()
		s := generated(b, database, size)
		b.Logf("%d events and their facets: %v", size, time.Since(began))
		run(b, s)
	}
	b.Run("sqlite", func(b *testing.B) { fill(b, filepath.Join(b.TempDir(), "bailiwick.db")) })
	if os.Getenv(bailiwicktest.PostgresVariable) != "" {
		b.Run("postgres", func(b *testing.B) { fill(b, bailiwicktest.NewPostgres(b)) })
	}
}

// generated returns a store with so many generated events.
func generated(t testing.TB, database string, size int64) *store.Store {
	s, err := store.Open(t.Context(), store.Config{Database: database})
	must(t, err)
	organizations(t, s)
	writer := s.Pools()["writes"]
	const step = 100_000
	for from := int64(1); from <= size; from += step {
		to := min(size, from+step-1)
		_, err := writer.ExecContext(t.Context(), generate, string(mine), from, to)
		must(t, err)
	}
	_, err = writer.ExecContext(t.Context(), "UPDATE organizations SET event_sequence = $2 WHERE id = $1", string(mine), size)
	must(t, err)
	must(t, s.Close())
	return open(t, database, nil)
}

func askFilters(b *testing.B, s *store.Store, size int64) {
	middle := time.UnixMicro(1700000000000000 + size/2*1000)
	for _, test := range []struct {
		name string
		f    iam.EventFilter
	}{
		{"none", iam.EventFilter{}}, {"time", iam.EventFilter{After: middle, Before: middle.Add(time.Hour)}},
		{"product", iam.EventFilter{Product: "account"}}, {"service", iam.EventFilter{Service: "s3"}}, {"method", iam.EventFilter{Method: "m7"}},
		{"principal", iam.EventFilter{PrincipalID: "p77"}}, {"project", iam.EventFilter{ProjectID: "j7"}}, {"status", iam.EventFilter{Status: 403}},
		{"no status", iam.EventFilter{Status: 404}}, {"source address", iam.EventFilter{SourceIP: "a77"}}, {"address and service that never meet", iam.EventFilter{SourceIP: "office", Service: "s3"}},
		{"resource type", iam.EventFilter{ResourceType: "t3"}}, {"resource", iam.EventFilter{ResourceID: "r77"}},
		{"status and method", iam.EventFilter{Status: 403, Method: "m7"}}, {"method and service that never meet", iam.EventFilter{Method: "m1", Service: "s2"}},
		{"product and type that never meet", iam.EventFilter{Product: "account", ResourceType: "t3"}},
		{"address and project", iam.EventFilter{SourceIP: "a77", ProjectID: "j7"}}, {"principal and status", iam.EventFilter{PrincipalID: "p7", Status: 403}},
	} {
		for _, ascending := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/ascending=%t", test.name, ascending), func(b *testing.B) {
				f := test.f
				f.OrganizationID, f.Size, f.Ascending = mine, 100, ascending
				var took []time.Duration
				for range 5 {
					began := time.Now()
					_, err := s.Read(b.Context()).Events(f)
					must(b, err)
					took = append(took, time.Since(began))
				}
				b.ReportMetric(float64(slices.Max(took).Microseconds())/1000, "ms/slowest")
				b.ReportMetric(float64(slices.Min(took).Microseconds())/1000, "ms/fastest")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}
