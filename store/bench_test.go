package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"bailiwick/bailiwicktest"
	"bailiwick/iam"
	"bailiwick/store"
)

// many is the size of a large organization.
const many = 100_000

// benchEngines runs a benchmark on a new store of each engine that there is.
func benchEngines(b *testing.B, run func(b *testing.B, s *store.Store)) {
	b.Run("sqlite", func(b *testing.B) { run(b, open(b, filepath.Join(b.TempDir(), "bailiwick.db"), nil)) })
	if os.Getenv(bailiwicktest.PostgresVariable) != "" {
		b.Run("postgres", func(b *testing.B) { run(b, open(b, bailiwicktest.NewPostgres(b), nil)) })
	}
}

// benchApplication is the n-th of a large organization; their ids are in no order.
func benchApplication(n int) iam.Application {
	return iam.Application{
		ID: iam.ApplicationID(id("d", n*7919%many)), OrganizationID: mine, Name: fmt.Sprintf("Application %d", n*104729%many),
		Description: "builds and deploys", Tags: []string{"env=prod", "team=payments"}, CreatedAt: minute(n), UpdatedAt: minute(n),
	}
}

// benchEvent is the event of a creation.
func benchEvent(n int) iam.Event {
	return iam.Event{
		ID: id("0", n), OrganizationID: mine, Principal: iam.UserID(id("b", n%50)).Principal(), SourceIP: "203.0.113.7", UserAgent: "scw/2.40",
		Product: "iam", Service: "scaleway.iam.v1alpha1.Api", Method: []string{"CreateApplication", "UpdateApplication"}[n%2], RequestID: id("6", n),
		Resources:  []iam.EventResource{{ID: id("d", n%1000), Type: []iam.ResourceType{iam.ResourceApplication, iam.ResourceGroup}[n%100/99], Name: "Application", Action: iam.ActionCreated}},
		StatusCode: 200, Body: []byte(`{"name":"Application","description":"builds and deploys"}`),
	}
}

// BenchmarkUpdate sets a mutation as the server makes it (the row, its event with one
// resource, its change, its number, the revision) against the least that any durable
// mutation costs: one row in a transaction of its own, on the same connection with the same
// settings. Both run in turns, so that what disturbs the machine disturbs both.
func BenchmarkUpdate(b *testing.B) {
	benchEngines(b, func(b *testing.B, s *store.Store) {
		organizations(b, s)
		writer := s.Pools()["writes"]
		_, err := writer.ExecContext(b.Context(), "CREATE TABLE bare (organization_id TEXT, id TEXT, name TEXT, PRIMARY KEY (organization_id, id))")
		must(b, err)
		insert, err := writer.PrepareContext(b.Context(), "INSERT INTO bare (organization_id, id, name) VALUES ($1, $2, $3)")
		must(b, err)
		defer insert.Close()
		var bare, full time.Duration
		n := 0
		for b.Loop() {
			begin := time.Now()
			must(b, insertBare(b, writer, insert, id("d", n)))
			middle := time.Now()
			a := benchApplication(n)
			update(b, s, func(tx *store.Tx) error { return errors.Join(tx.InsertApplication(a), tx.AppendEvent(benchEvent(n))) })
			bare, full = bare+middle.Sub(begin), full+time.Since(middle)
			n++
		}
		b.ReportMetric(float64(bare.Microseconds())/float64(n), "bare-µs/op")
		b.ReportMetric(float64(full.Microseconds())/float64(n), "update-µs/op")
		b.ReportMetric(float64(full)/float64(bare), "update/bare")
	})
}

func insertBare(b *testing.B, writer *sql.DB, insert *sql.Stmt, id string) error {
	tx, err := writer.BeginTx(b.Context(), nil)
	if err != nil {
		return err
	}
	if _, err := tx.StmtContext(b.Context(), insert).ExecContext(b.Context(), string(mine), id, "Application"); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// BenchmarkLarge reads an organization of 100,000 applications.
func BenchmarkLarge(b *testing.B) {
	benchEngines(b, func(b *testing.B, s *store.Store) {
		organizations(b, s)
		update(b, s, func(tx *store.Tx) error {
			for n := range many {
				if err := tx.InsertApplication(benchApplication(n)); err != nil {
					return err
				}
			}
			return nil
		})
		analyze(b, s)
		pages := map[string]iam.ApplicationFilter{
			"first by time":      {Order: iam.Order{Field: "created_at"}, Page: iam.Page{Number: 1}},
			"newest by time":     {Order: iam.Order{Field: "created_at", Descending: true}, Page: iam.Page{Number: 1}},
			"last by time":       {Order: iam.Order{Field: "created_at"}, Page: iam.Page{Number: many / 100}},
			"first by name":      {Order: iam.Order{Field: "name"}, Page: iam.Page{Number: 1}},
			"first by change":    {Order: iam.Order{Field: "updated_at"}, Page: iam.Page{Number: 1}},
			"of a name":          {Name: "Application 77", Order: iam.Order{Field: "created_at"}, Page: iam.Page{Number: 1}},
			"with a tag of all":  {Tag: "env=", Order: iam.Order{Field: "created_at"}, Page: iam.Page{Number: 1}},
			"with a tag of none": {Tag: "none", Order: iam.Order{Field: "created_at"}, Page: iam.Page{Number: 1}},
		}
		for name, filter := range pages {
			filter.OrganizationID, filter.Page.Size = mine, 100
			b.Run(name, func(b *testing.B) {
				for b.Loop() {
					view(b, s, func(tx *store.Tx) error { _, _, err := tx.Applications(filter); return err })
				}
			})
		}
		b.Run("each", func(b *testing.B) {
			for b.Loop() {
				n := 0
				view(b, s, func(tx *store.Tx) error { return tx.EachApplication(func(iam.Application) error { n++; return nil }) })
				if n != many {
					b.Fatal(n)
				}
			}
		})
	})
}

// BenchmarkEvents reads an audit trail of 100,000 events.
func BenchmarkEvents(b *testing.B) {
	benchEngines(b, func(b *testing.B, s *store.Store) {
		organizations(b, s)
		for n := 0; n < many; n += 1000 {
			update(b, s, func(tx *store.Tx) error {
				for i := range 1000 {
					if err := tx.AppendEvent(benchEvent(n + i)); err != nil {
						return err
					}
				}
				return nil
			})
		}
		analyze(b, s)
		half, err := s.Read(b.Context()).Events(iam.EventFilter{OrganizationID: mine, Ascending: true, Cursor: many / 2, Size: 1})
		must(b, err)
		for name, f := range map[string]iam.EventFilter{
			"newest":             {},
			"until a time":       {Before: half[0].RecordedAt},
			"from a time":        {After: half[0].RecordedAt, Ascending: true},
			"of a principal":     {PrincipalID: id("b", 7)},
			"of a resource":      {ResourceType: iam.ResourceApplication, ResourceID: id("d", 7)},
			"of no resource":     {ResourceID: id("d", 9_999)},
			"of a common type":   {ResourceType: iam.ResourceApplication},
			"of a rarer type":    {ResourceType: iam.ResourceGroup},
			"of no type":         {ResourceType: iam.ResourceSSHKey},
			"of a common method": {Method: "CreateApplication"},
			"of no method":       {Method: "CreateGroup"},
			"refused, none":      {Status: 403},
		} {
			f.OrganizationID, f.Size = mine, 100
			b.Run(name, func(b *testing.B) {
				for b.Loop() {
					_, err := s.Read(b.Context()).Events(f)
					must(b, err)
				}
			})
		}
		for name, f := range map[string]iam.LogFilter{"logs": {}, "logs of a bearer": {Search: id("b", 7)}} {
			f.OrganizationID, f.Order, f.Page = mine, iam.Order{Field: "created_at", Descending: true}, iam.Page{Number: 1, Size: 100}
			b.Run(name, func(b *testing.B) {
				for b.Loop() {
					view(b, s, func(tx *store.Tx) error { _, _, err := tx.Logs(f); return err })
				}
			})
		}
	})
}

// analyze gives PostgreSQL's planner the numbers that it collects by itself after a minute.
func analyze(b *testing.B, s *store.Store) {
	b.Helper()
	if s.Engine() == "postgres" {
		_, err := s.Pools()["writes"].ExecContext(b.Context(), "ANALYZE")
		must(b, err)
	}
}
