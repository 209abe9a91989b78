package store

import (
	"database/sql"
	"time"
)

// What tests of package store_test, which may import the test kit, need from inside.

var (
	ErrNewer  = errNewer
	SQLiteDSN = sqliteDSN
)

// Pools returns the two pools of connections by their names.
func (s *Store) Pools() map[string]*sql.DB {
	return map[string]*sql.DB{"writes": s.writes.db, "reads": s.reads.db}
}

// Prepared returns how many statements the reading pool keeps.
func (s *Store) Prepared() (n int) {
	s.reads.stmts.Range(func(any, any) bool { n++; return true })
	return n
}

// OnSQLite returns a store that reads through db, which prepares nothing.
func OnSQLite(db *sql.DB) *Store {
	return &Store{dialect: sqliteDialect, clock: time.Now, reads: pool{db: db}}
}

// SchemaFiles returns how many migrations there are.
func SchemaFiles() int {
	files, err := schema.ReadDir("schema")
	if err != nil {
		panic(err)
	}
	return len(files)
}

// BlockSize is how many events a block of facets has.
const BlockSize = blockSize
