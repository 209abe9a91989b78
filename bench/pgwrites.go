package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"bailiwick/iam"
	"bailiwick/rig"
)

// databaseWrites measures durable and audited writes on PostgreSQL against the bare serialised transaction.
func databaseWrites(ctx context.Context, o options) (s section, err error) {
	s = section{
		title: "Writes on PostgreSQL",
		text: "Through package authority, in process, on a PostgreSQL of its own with fsync and synchronous_commit on, over its socket. Creating an application checks rights on the newest state, writes the application, " +
			"its audit event and the change log, and brings the decision snapshot up to date. The bare transaction takes the one row of revisions, as we do, so that transactions come one after the other, and inserts the same row of an application: " +
			"the same driver, statements prepared, as many connections.",
		table: [][]string{{"What", "Time", "Compared with", "Its time", "Ratio"}},
	}
	database, err := rig.NewPostgres(ctx, "fsync=on", "synchronous_commit=on", "shared_buffers=128MB")
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, database.Remove()) }()
	if _, err := database.SQL("postgres", "CREATE DATABASE "+rig.Database); err != nil {
		return s, err
	}
	in := &installation{data: filepath.Join(o.scratch, "data-pgwrites"), database: database.URL(rig.Database)}
	if err := in.bootstrap(ctx, o, "--database", in.database, "--master-key", in.masterKey()); err != nil {
		return s, err
	}
	side, err := in.open(ctx)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, side.store.Close()) }()
	db, insert, err := barePostgres(ctx, in.database)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return s, side.compareWrites(ctx, o, insert, &s, "bare serialised transaction", "on PostgreSQL, durable audited writes: at least 70% of the bare serialised transaction")
}

// barePostgres opens a database, and returns an action that inserts the row of an application
// durably, one after the other.
func barePostgres(ctx context.Context, url string) (*sql.DB, func() error, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, nil, err
	}
	db := stdlib.OpenDB(*config)
	connections := max(4, 2*runtime.GOMAXPROCS(0))
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	for _, text := range []string{
		`CREATE TABLE bare_revision (id BIGINT PRIMARY KEY, value BIGINT NOT NULL)`, "INSERT INTO bare_revision VALUES (1, 0)",
		`CREATE TABLE bare_applications (organization_id TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL,
			tags TEXT NOT NULL, managed BOOLEAN NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, PRIMARY KEY (organization_id, id))`,
	} {
		if _, err := db.ExecContext(ctx, text); err != nil {
			return nil, nil, errors.Join(err, db.Close())
		}
	}
	ids := newWorld(size{}, "")
	var drawing sync.Mutex
	newID := func() string {
		drawing.Lock()
		defer drawing.Unlock()
		return ids.id()
	}
	return db, func() error {
		tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
		if err != nil {
			return err
		}
		var revision int64
		if err := tx.QueryRowContext(ctx, "UPDATE bare_revision SET value = value + 1 WHERE id = 1 RETURNING value").Scan(&revision); err != nil {
			return errors.Join(err, tx.Rollback())
		}
		now := time.Now().UnixMicro()
		if _, err := tx.ExecContext(ctx, "INSERT INTO bare_applications VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", string(ids.organization), newID(), "bench", "", "[]", false, now, now); err != nil {
			return errors.Join(err, tx.Rollback())
		}
		return tx.Commit()
	}, nil
}

// compareWrites measures the creation of an application against a bare write, with eight clients
// and with one.
func (in *inside) compareWrites(ctx context.Context, o options, insert func() error, s *section, bare, promise string) error {
	call := in.call("CreateApplication", "iam:application:create", iam.ResourceApplication)
	create := func() error {
		_, err := in.authority.CreateApplication(ctx, call, iam.NewApplication{Name: "bench"})
		return err
	}
	var fault atomic.Pointer[error]
	repeat := func(clients int, do func() error) action {
		return func(_, n int) {
			var left atomic.Int64
			left.Store(int64(n))
			var wg sync.WaitGroup
			for range clients {
				wg.Go(func() {
					for left.Add(-1) >= 0 {
						if err := do(); err != nil {
							fault.Store(&err)
						}
					}
				})
			}
			wg.Wait()
		}
	}
	c := contest(4*o.turn, 3*o.rounds, repeat(8, create), repeat(8, insert), repeat(1, create), repeat(1, insert))
	if err := fault.Load(); err != nil {
		return *err
	}
	for i, clients := range []string{"eight clients at once", "one client"} {
		full, other := c[2*i], c[2*i+1]
		s.table = append(s.table, []string{"create an application, " + clients, duration(full.wall), bare, duration(other.wall), percent(other.wall / full.wall)},
			[]string{"its processor time", duration(full.cpu), bare, duration(other.cpu), percent(other.cpu / full.cpu)})
	}
	ratio := c[1].wall / c[0].wall
	s.goals = append(s.goals, goal{promise, fmt.Sprintf("%s with eight clients, %s with one", percent(ratio), percent(c[3].wall/c[2].wall)), ratio >= 0.7})
	return nil
}
