package store

import (
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

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

// sets are members of blocks, by the block; a block without members is not there.
type sets map[int64]*members

// add takes in who has a value in the blocks of a row, where that is not known yet: a value is common in
// a block or rare, so what a bucket has of a block in which it is common only looks alike.
func (s sets) add(r facetRow) {
	for i := range r.blocks {
		if block := r.first + int64(i); s[block] == nil && r.blocks[i] != (members{}) {
			s[block] = &r.blocks[i]
		}
	}
}

// retain leaves only members that are in other sets, too.
func (s sets) retain(others sets) {
	for block, m := range s {
		if m.retain(others[block]); *m == (members{}) {
			delete(s, block)
		}
	}
}

// appendTo appends the sequences of the members that lie in a range, in a direction.
func (s sets) appendTo(found []int64, in span, ascending bool) []int64 {
	blocks := slices.Sorted(maps.Keys(s))
	if !ascending {
		slices.Reverse(blocks)
	}
	for _, block := range blocks {
		found = s[block].appendTo(found, block, in, ascending)
	}
	return found
}

// meet returns the first n sequences of a range, in the filter's direction, at which all facets
// meet, and perhaps some at which rare values do that look alike. Only complete blocks are looked at.
func (t *Tx) meet(f iam.EventFilter, facets []facet, s span, n int) (found []int64, err error) {
	for step := stepRows; len(found) < n && s.first <= s.last; step = min(4*step, mostRows) {
		all, looked, err := t.setsOf(f, facets[0], s, step)
		if err != nil {
			return nil, err
		}
		for _, other := range facets[1:] {
			if err := t.narrow(f, other, all); err != nil {
				return nil, err
			}
		}
		found = all.appendTo(found, looked, f.Ascending)
		if f.Ascending {
			s.first = looked.last + 1
		} else {
			s.last = looked.first - 1
		}
	}
	return found[:min(n, len(found))], nil
}

// listing is where rows with a value are, and how they are read.
type listing struct {
	facet facet
	scan  func(scanner) (facetRow, error)
}

// listsOf returns where a value has members: in rows of its own, and where it is rare in those of its bucket.
func listsOf(of facet) [2]listing {
	bucket, mark := bucketOf(of)
	return [2]listing{{of, scanFacetRow}, {bucket, scanMarked(mark)}}
}

// setsOf returns the members that have a facet, of the first part of a range in the filter's direction,
// and which part that is: all of it, or as far as the first n rows go.
func (t *Tx) setsOf(f iam.EventFilter, of facet, s span, n int) (all sets, looked span, err error) {
	all, looked = sets{}, s
	for _, lists := range listsOf(of) {
		w := inOrganization(f.OrganizationID)
		w.whereFacet(lists.facet)
		w.whereBlocks((s.first-1)/blockSize, (s.last-1)/blockSize)
		answer, err := t.queryBuilt(fmt.Sprintf("SELECT block, members FROM event_facets WHERE %s ORDER BY block %s LIMIT %s", w.text(), direction(f), w.place(n)), w.args...)
		rows, err := gather(answer, err, lists.scan)
		if err != nil {
			return nil, looked, err
		}
		for _, r := range rows {
			all.add(r)
		}
		if len(rows) < n {
			continue
		}
		if last := rows[n-1]; f.Ascending {
			looked.last = min(looked.last, last.end()*blockSize)
		} else {
			looked.first = max(looked.first, last.first*blockSize+1)
		}
	}
	return all, looked, nil
}

// fewBlocks is how many blocks are looked up one by one if they lie far apart. Otherwise all between them
// are read in one go: looking each of them up takes the engine longer than the rows that nobody asked for.
const fewBlocks = 32

// narrow leaves only members that have another facet, too.
func (t *Tx) narrow(f iam.EventFilter, other facet, all sets) error {
	if len(all) == 0 {
		return nil
	}
	blocks := slices.Sorted(maps.Keys(all))
	first, last := blocks[0], blocks[len(blocks)-1]
	others := sets{}
	for _, lists := range listsOf(other) {
		w := inOrganization(f.OrganizationID)
		w.whereFacet(lists.facet)
		const sparse = 4
		if len(blocks) <= fewBlocks && last-first >= sparse*int64(len(blocks)) {
			w.whereInBlocks(blocks)
		} else {
			w.whereBlocks(first, last)
		}
		answer, err := t.queryBuilt("SELECT block, members FROM event_facets WHERE "+w.text(), w.args...)
		rows, err := gather(answer, err, lists.scan)
		if err != nil {
			return err
		}
		for _, r := range rows {
			others.add(r)
		}
	}
	all.retain(others)
	return nil
}

func (f *filter) whereFacet(of facet) {
	f.where("facet = ?", of.name)
	f.where("value = ?", of.value)
}

// whereInBlocks adds "begins at one of these blocks, or where a run of one of them does".
func (f *filter) whereInBlocks(blocks []int64) {
	places := make([]string, 0, 2*len(blocks))
	for _, block := range blocks {
		places = append(places, f.place(block), f.place(runOf(block)))
	}
	f.clauses = append(f.clauses, "block IN ("+strings.Join(places, ", ")+")")
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
	first, text, err := scanMembers(row)
	if err != nil {
		return r, err
	}
	return decodeFacetRow(first, text)
}

// scanMarked reads rows of a bucket, of which it takes the events with a mark.
func scanMarked(mark uint16) func(scanner) (facetRow, error) {
	return func(row scanner) (facetRow, error) {
		r, err := scanBucketRow(row)
		return r.marked(mark), err
	}
}

// scanMembers reads a row of event_facets: its first block, and a text that is good until the next row.
func scanMembers(row scanner) (first int64, text sql.RawBytes, err error) {
	err = row.Scan(&first, &text)
	return first, text, err
}
