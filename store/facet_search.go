package store

import (
	"database/sql"
	"errors"
	"fmt"
	"math"

	"bailiwick/iam"
)

// span is a range of sequences, both ends included.
type span struct{ first, last int64 }

// behind returns what is left of the range behind a sequence, in a direction.
func (s span) behind(sequence int64, ascending bool) span {
	if ascending {
		return span{sequence + 1, s.last}
	}
	return span{s.first, sequence - 1}
}

// spanOf returns the range of sequences that a filter leaves. Sequence and time give one order,
// so a range of time is a range of sequence, and a search finds its ends.
func (t *Tx) spanOf(f iam.EventFilter) (s span, err error) {
	s = span{1, math.MaxInt64}
	if !f.After.IsZero() {
		if s.first, err = t.firstAt(f.OrganizationID, micros(f.After)); err != nil {
			return s, err
		}
	}
	if !f.Before.IsZero() {
		first, err := t.firstAt(f.OrganizationID, micros(f.Before))
		if err != nil {
			return s, err
		}
		s.last = first - 1
	}
	switch {
	case f.Cursor != 0 && f.Ascending:
		s.first = max(s.first, f.Cursor+1)
	case f.Cursor != 0:
		s.last = min(s.last, f.Cursor-1)
	}
	return s, nil
}

// firstAt returns the sequence of the first event that was recorded at a time or later, or the one
// behind the last event. Most lists are of the newest events: the search begins at that end, with
// steps that double.
func (t *Tx) firstAt(organization iam.OrganizationID, at int64) (int64, error) {
	edge := func(text constant) (int64, error) { return one(t.row(text, string(organization)), scanNumber) }
	low, err := edge("SELECT sequence FROM events WHERE organization_id = $1 ORDER BY sequence LIMIT 1")
	if errors.Is(err, ErrNotFound) {
		return 1, nil
	}
	if err != nil {
		return 0, err
	}
	last, err := edge("SELECT sequence FROM events WHERE organization_id = $1 ORDER BY sequence DESC LIMIT 1")
	if err != nil {
		return 0, err
	}
	early := func(sequence int64) (bool, error) {
		recorded, err := one(t.row("SELECT recorded_at FROM events WHERE organization_id = $1 AND sequence = $2", string(organization), sequence), scanNumber)
		if errors.Is(err, ErrNotFound) { // removed since: what is removed is old
			return true, nil
		}
		return recorded < at, err
	}
	// Everything before low is early, everything from high on is not.
	high := last + 1
	for step := int64(1); high-step >= low; step *= 2 {
		isEarly, err := early(high - step)
		if err != nil {
			return 0, err
		}
		if isEarly {
			low = high - step + 1
			break
		}
		high -= step
	}
	for low < high {
		middle := low + (high-low)/2
		isEarly, err := early(middle)
		if err != nil {
			return 0, err
		}
		if isEarly {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, nil
}

// stepRows is how many rows of a facet meet looks at first; each further look is at four times as many,
// up to mostRows. An answer that is not read to its end costs its whole length on PostgreSQL, and most
// pages are full after a block or two.
const (
	stepRows = 4
	mostRows = 256
)

// meet returns the first n sequences of a range, in the filter's direction, at which all facets
// meet. Only complete blocks are looked at.
func (t *Tx) meet(f iam.EventFilter, facets []facet, s span, n int) (found []int64, err error) {
	for step := stepRows; len(found) < n && s.first <= s.last; step = min(4*step, mostRows) {
		rows, err := t.rowsOf(f, facets[0], s, step)
		if err != nil || len(rows) == 0 {
			return found, err
		}
		last := rows[len(rows)-1]
		whole := len(rows) == step
		for _, other := range facets[1:] {
			if rows, err = t.narrow(f, facets[0], other, rows); err != nil {
				return nil, err
			}
		}
		for _, r := range rows {
			found = r.appendTo(found, s, f.Ascending)
		}
		if !whole {
			break
		}
		if f.Ascending {
			s.first = (last.first+int64(len(last.blocks)))*blockSize + 1
		} else {
			s.last = last.first * blockSize
		}
	}
	return found[:min(n, len(found))], nil
}

// rowsOf returns the first n rows of a facet that may have events of a range.
func (t *Tx) rowsOf(f iam.EventFilter, of facet, s span, n int) ([]facetRow, error) {
	w := inOrganization(f.OrganizationID)
	w.whereFacet(of)
	w.whereBlocks((s.first-1)/blockSize, (s.last-1)/blockSize)
	rows, err := t.queryBuilt(fmt.Sprintf("SELECT block, members FROM event_facets WHERE %s ORDER BY block %s LIMIT %s", w.text(), direction(f), w.place(n)), w.args...)
	return gather(rows, err, scanFacetRow)
}

// narrow leaves of rows, which are in order, only members that have another facet, too. If the rows
// lie close together, all between them are read in one go: looking each of them up takes the engine
// longer than the rows that nobody asked for.
func (t *Tx) narrow(f iam.EventFilter, driver, other facet, rows []facetRow) (both []facetRow, err error) {
	if len(rows) == 0 {
		return nil, nil
	}
	var blocks int64
	for _, r := range rows {
		blocks += int64(len(r.blocks))
	}
	first, last := rows[0], rows[len(rows)-1]
	if first.first > last.first {
		first, last = last, first
	}
	from, to := first.first, last.first+int64(len(last.blocks))-1
	const sparse = 4
	w := inOrganization(f.OrganizationID)
	w.whereFacet(other)
	w.whereBlocks(from, to)
	if to-from >= sparse*blocks {
		d := filter{args: w.args}
		d.whereFacet(driver)
		d.where("block >= ?", from)
		d.where("block <= ?", to)
		w.args = d.args
		asked := "FROM event_facets WHERE organization_id = $1 AND " + d.text()
		w.clauses = append(w.clauses, fmt.Sprintf("block IN (SELECT block %s UNION SELECT block / %d * %d %s)", asked, runBlocks, runBlocks, asked))
	}
	answer, err := t.queryBuilt("SELECT block, members FROM event_facets WHERE "+w.text(), w.args...)
	others, err := gather(answer, err, scanFacetRow)
	if err != nil {
		return nil, err
	}
	has := make(map[int64]*members, len(others))
	for _, r := range others {
		for i := range r.blocks {
			has[r.first+int64(i)] = &r.blocks[i]
		}
	}
	for _, r := range rows {
		for i := range r.blocks {
			r.blocks[i].retain(has[r.first+int64(i)])
		}
		if !r.isEmpty() {
			both = append(both, r)
		}
	}
	return both, nil
}

func (f *filter) whereFacet(of facet) {
	f.where("facet = ?", of.name)
	f.where("value = ?", of.value)
}

// whereBlocks adds "has members in these blocks", or in others of the run of the first one.
func (f *filter) whereBlocks(first, last int64) {
	f.where("block >= ?", runOf(first))
	f.where("block <= ?", last)
	if runOf(first) < first {
		other := filter{args: f.args}
		other.where("block >= ?", first)
		other.where("block = ?", runOf(first))
		f.either(other)
	}
}

func scanFacetRow(row scanner) (r facetRow, err error) {
	var text sql.RawBytes
	if err = row.Scan(&r.first, &text); err != nil {
		return r, err
	}
	return decodeFacetRow(r.first, text)
}
