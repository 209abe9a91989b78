package store

import (
	"context"
	"database/sql"
	"fmt"
	"math/bits"
	"time"

	"bailiwick/iam"
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

// OpenAt opens a database with the schema of an older version.
func OpenAt(ctx context.Context, database string, version int64) (*Store, error) {
	s := &Store{dialect: sqliteDialect, clock: time.Now, database: database}
	if err := s.connect(database); err != nil {
		return nil, err
	}
	provider, err := s.provider()
	if err != nil {
		return nil, err
	}
	_, err = provider.UpTo(ctx, version)
	return s, err
}

// BlockSize is how many events a block of facets has.
const BlockSize = blockSize

// RunBlocks is how many blocks a run has.
const RunBlocks = runBlocks

// Found returns the sequences that the facets of complete blocks give for a filter, at most n.
func (t *Tx) Found(f iam.EventFilter, n int) ([]int64, error) {
	faceted, err := t.faceted(f.OrganizationID)
	if err != nil {
		return nil, err
	}
	return t.meet(f, facetsOfFilter(f), span{1, faceted}, n)
}

// Recoded reads a stored row of a facet that begins at a block, and writes it again. members are how
// many it has.
func Recoded(first int64, text []byte) (again []byte, members int, err error) {
	r, err := decodeFacetRow(first, text)
	if err != nil {
		return nil, 0, err
	}
	for i := range r.blocks {
		for _, set := range r.blocks[i] {
			members += bits.OnesCount64(set)
		}
	}
	return r.encode(), members, nil
}

// LookOf is what a stored rare value is known by.
func LookOf(name, value string) string {
	bucket, mark := bucketOf(facet{name, value})
	return fmt.Sprint(bucket.value, mark)
}

// RecodedBucket is Recoded for a row of a bucket.
func RecodedBucket(first int64, text []byte) (again []byte, rares int, err error) {
	r, err := decodeBucketRow(first, text)
	if err != nil {
		return nil, 0, err
	}
	return r.encode(), len(r.rares), nil
}

// Instant is the time that a number of microseconds stands for.
func Instant(n int64) time.Time { return instantOf(n) }
