package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver of package store, for the bare insert

	"bailiwick/iam"
)

// writes measures the use cases in process: a page of a long list, a durable and audited
// write against a bare insert, and a policy change in a small and in a large installation.
func writes(ctx context.Context, o options) (s section, err error) {
	s = section{
		title: "The store",
		text: "Through package authority, in process, SQLite in a file with synchronous=FULL. Creating an application checks rights on the newest state, writes the application, " +
			"its audit event and the change log, and brings the decision snapshot up to date. The bare insert is one prepared INSERT of the same row in its own transaction, with the same driver and pragmas. " +
			"Eight clients at once is how a server writes: mutations that come together share a flush. One client waits for each write before the next.",
		table: [][]string{{"What", "Time", "Compared with", "Its time", "Ratio"}},
	}
	var sides []*inside
	for _, sz := range []size{sizes()[0], large()} {
		in, err := install(ctx, o, sz)
		if err != nil {
			return s, err
		}
		side, err := in.open(ctx)
		if err != nil {
			return s, err
		}
		defer func() { err = errors.Join(err, side.store.Close()) }()
		sides = append(sides, side)
	}
	if err := sides[1].page(ctx, o, &s); err != nil {
		return s, err
	}
	if err := sides[0].create(ctx, o, &s); err != nil {
		return s, err
	}
	return s, changes(ctx, o, sides, &s)
}

func (in *inside) page(ctx context.Context, o options, s *section) error {
	call := in.call("ListApplications", "iam:application:list", "")
	for _, number := range []int{1, 1000} {
		filter := iam.ApplicationFilter{Order: iam.Order{Field: "created_at"}, Page: iam.Page{Number: number, Size: 100}}
		var fault error
		c := contest(o.turn, o.rounds, func(_, n int) {
			for range n {
				items, total, err := in.authority.ListApplications(ctx, call, filter)
				if err == nil && (len(items) != 100 || total < large().principals) {
					err = fmt.Errorf("the page has %d of %d applications", len(items), total)
				}
				fault = errors.Join(fault, err)
			}
		})
		if fault != nil {
			return fault
		}
		s.table = append(s.table, []string{fmt.Sprintf("page %d of 100 out of 100,000 applications", number), duration(c[0].wall), "", "", ""})
		if number == 1 {
			s.goals = append(s.goals, goal{"ListApplications, a page of 100 out of 100,000: under 5 ms", duration(c[0].wall), c[0].wall < 5e6})
		}
	}
	return nil
}

// bareInsert opens a database with one table, and returns an action that inserts a row
// durably.
func bareInsert(ctx context.Context, path string) (*sql.DB, func() error, error) {
	query := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
		"case_sensitive_like(1)", "cache_size(-65536)", "temp_store(MEMORY)", "wal_autocheckpoint(4000)",
	}}
	db, err := sql.Open("sqlite", "file:"+path+"?"+query.Encode())
	if err != nil {
		return nil, nil, err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, `CREATE TABLE applications (organization_id TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL,
		tags TEXT NOT NULL, managed BOOLEAN NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, PRIMARY KEY (organization_id, id))`); err != nil {
		return nil, nil, err
	}
	insert, err := db.PrepareContext(ctx, "INSERT INTO applications VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
	if err != nil {
		return nil, nil, err
	}
	ids := newWorld(size{}, "")
	var drawing sync.Mutex
	newID := func() string {
		drawing.Lock()
		defer drawing.Unlock()
		return ids.id()
	}
	return db, func() error {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		now := time.Now().UnixMicro()
		if _, err := tx.StmtContext(ctx, insert).ExecContext(ctx, string(ids.organization), newID(), "bench", "", "[]", false, now, now); err != nil {
			return errors.Join(err, tx.Rollback())
		}
		return tx.Commit()
	}, nil
}

func (in *inside) create(ctx context.Context, o options, s *section) error {
	db, insert, err := bareInsert(ctx, filepath.Join(o.scratch, "bare.db"))
	if err != nil {
		return err
	}
	err = in.compareWrites(ctx, o, insert, s, "bare insert", "durable audited writes: at least 70% of a bare insert transaction")
	return errors.Join(err, db.Close())
}

// changes replaces the rules of a policy.
func changes(ctx context.Context, o options, sides []*inside, s *section) error {
	var fault error
	var actions []action
	for _, in := range sides {
		policies, _, err := in.authority.ListPolicies(ctx, in.call("ListPolicies", "iam:policy:list", ""), iam.PolicyFilter{Order: iam.Order{Field: "created_at", Descending: true}, Page: iam.Page{Number: 1, Size: 50}})
		if err != nil {
			return err
		}
		call := in.call("SetRules", "iam:rule:write", iam.ResourcePolicy)
		actions = append(actions, func(from, n int) {
			for i := from; i < from+n; i++ {
				_, err := in.authority.SetRules(ctx, call, policies[i%len(policies)].ID, []iam.RuleSpec{
					{PermissionSetNames: setNames()[i%2:][:1], Scope: iam.Scope{OrganizationID: in.caller.Organization}},
				})
				fault = errors.Join(fault, err)
			}
		})
	}
	c := contest(4*o.turn, o.rounds, actions...)
	ratio := c[1].wall / c[0].wall
	s.table = append(s.table, []string{"set the rules of one of 100,000 policies", duration(c[1].wall), "of one of 100", duration(c[0].wall), times(ratio)})
	s.goals = append(s.goals, goal{"one policy change, durable and in force, costs the same with 100 as with 100,000 policies", times(ratio), ratio <= 1.25})
	return fault
}
