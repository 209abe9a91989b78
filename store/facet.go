package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"bailiwick/iam"
)

// blockSize is how many events a block has: block b those with the sequences b*blockSize+1 to
// (b+1)*blockSize. It is a part of the stored format.
const blockSize = 2048

// members are the events of a block that have a value: bit i is the event i of the block.
type members [blockSize / 64]uint64

// encode writes few members as their places, in two bytes each, and many as all the bits: the
// length tells which.
func (m *members) encode() []byte {
	out := make([]byte, 0, blockSize/8)
	for word, set := range m {
		for ; set != 0; set &= set - 1 {
			if len(out)+2 >= blockSize/8 {
				out = out[:0]
				for _, set := range m {
					out = binary.BigEndian.AppendUint64(out, set)
				}
				return out
			}
			out = binary.BigEndian.AppendUint16(out, uint16(word*64+bits.TrailingZeros64(set)))
		}
	}
	return out
}

func decodeMembers(text []byte) (m members, err error) {
	switch {
	case len(text) == blockSize/8:
		for i := range m {
			m[i] = binary.BigEndian.Uint64(text[8*i:])
		}
		return m, nil
	case len(text)%2 != 0 || len(text) > blockSize/8:
		return m, fmt.Errorf("members of a block are stored in %d bytes", len(text))
	}
	for i := 0; i < len(text); i += 2 {
		place := binary.BigEndian.Uint16(text[i:])
		if place >= blockSize {
			return m, fmt.Errorf("a block has no member %d", place)
		}
		m[place/64] |= 1 << (place % 64)
	}
	return m, nil
}

// facet is a value that an event has.
type facet struct{ name, value string }

// Facets that are asked for by name.
const (
	facetPrincipal = "principal"
	facetResource  = "resource"
)

// facetsOf returns the facets of an event. An event without a value, such as one of no project,
// is in no list: nobody can ask for it.
func facetsOf(e iam.Event) []facet {
	all := []facet{
		{"source_ip", e.SourceIP}, {facetPrincipal, e.Principal.ID}, {"project", string(e.ProjectID)}, {"method", e.Method},
		{"service", e.Service}, {"product", e.Product}, {"status", strconv.Itoa(e.StatusCode)},
	}
	for _, r := range e.Resources {
		all = append(all, facet{facetResource, r.ID}, facet{"resource_type", string(r.Type)})
	}
	given := all[:0]
	for _, f := range all {
		if f.value != "" {
			given = append(given, f)
		}
	}
	return given
}

// facetsOfFilter returns the facets that a filter asks for, those first that are likely to have
// the fewest events.
func facetsOfFilter(f iam.EventFilter) []facet {
	e := iam.Event{SourceIP: f.SourceIP, ProjectID: f.ProjectID, Method: f.Method, Service: f.Service, Product: f.Product, StatusCode: f.Status}
	e.Principal.ID = f.PrincipalID
	if f.ResourceType != "" || f.ResourceID != "" {
		e.Resources = []iam.EventResource{{Type: f.ResourceType, ID: f.ResourceID}}
	}
	asked := facetsOf(e)
	if f.Status == 0 { // which facetsOf takes for a value
		for i, a := range asked {
			if a.name == "status" {
				return append(asked[:i:i], asked[i+1:]...)
			}
		}
	}
	return asked
}

// fillCompleted writes the facets of the blocks that the events of this transaction have completed,
// which are written: one transaction in many does something.
func (t *Tx) fillCompleted() error {
	for c, h := range t.notes.heads {
		if c.chain != iam.ChainEvents || h.sequence/blockSize == h.before.sequence/blockSize {
			continue
		}
		for filled := true; filled; {
			var err error
			if filled, err = t.fillBlock(c.organization, h.sequence); err != nil {
				return err
			}
		}
	}
	return nil
}

// fillBlock writes the facets of the first block of an organization that has none yet, if all of
// its events are there, up to the last one, and reports whether it did. Its caller has locked the
// organization's row.
func (t *Tx) fillBlock(organization iam.OrganizationID, last int64) (bool, error) {
	faceted, err := t.faceted(organization)
	if err != nil || last < faceted+blockSize {
		return false, err
	}
	blocks := map[facet]*members{}
	err = each(t, scanFaceted, func(e iam.Event) error {
		place := e.Sequence - faceted - 1
		for _, f := range facetsOf(e) {
			if blocks[f] == nil {
				blocks[f] = new(members)
			}
			blocks[f][place/64] |= 1 << (place % 64)
		}
		return nil
	}, `SELECT sequence, principal_id, project_id, source_ip, product, service, method, resources, status_code
		FROM events WHERE organization_id = $1 AND sequence > $2 AND sequence <= $3`, string(organization), faceted, faceted+blockSize)
	if err != nil {
		return false, err
	}
	if err := t.insertFacets(organization, faceted/blockSize, blocks); err != nil {
		return false, fmt.Errorf("write the facets of a block: %w", err)
	}
	return true, touched(t.exec("UPDATE organizations SET event_facets = $2 WHERE id = $1", string(organization), faceted+blockSize))
}

// scanFaceted reads of an event what facets are made of.
func scanFaceted(row scanner) (e iam.Event, err error) {
	err = row.Scan(&e.Sequence, &e.Principal.ID, &e.ProjectID, &e.SourceIP, &e.Product, &e.Service, &e.Method, resourceList{&e.Resources}, &e.StatusCode)
	return e, err
}

// facetRows is how many rows one statement writes: each statement costs as much as some rows do.
// Most of what the rows of a block cost was the parsing of their statements.
const facetRows = 64

// insertFacets writes the rows of a block in the order of their key, so that neighbours share the
// pages that they change.
func (t *Tx) insertFacets(organization iam.OrganizationID, block int64, all map[facet]*members) error {
	order := slices.SortedFunc(maps.Keys(all), func(a, b facet) int {
		return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(a.value, b.value))
	})
	var statements []statement
	for rows := range slices.Chunk(order, facetRows) {
		args := []any{string(organization), block}
		for _, f := range rows {
			args = append(args, f.name, f.value, all[f].encode())
		}
		statements = append(statements, statement{text: facetText(len(rows)), args: args})
	}
	return t.runAll(statements)
}

// facetText is the statement that writes n rows of a block, at most facetRows: there are few texts, so
// each is worth being prepared.
func facetText(n int) constant {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = fmt.Sprintf("($1, $%d, $%d, $2, $%d)", 3*i+3, 3*i+4, 3*i+5)
	}
	return constant("INSERT INTO event_facets (organization_id, facet, value, block, members) VALUES " + strings.Join(texts, ", "))
}

// fillBlocks writes the facets of blocks that have none yet: those of a database that is older
// than facets are.
func (s *Store) fillBlocks(ctx context.Context) error {
	organizations, err := collect(s.Read(ctx), func(row scanner) (id iam.OrganizationID, err error) {
		err = row.Scan(&id)
		return id, err
	},
		"SELECT id FROM organizations WHERE event_sequence >= event_facets + $1", blockSize)
	if err != nil {
		return err
	}
	for _, id := range organizations {
		for filled := true; filled; {
			err := s.write(ctx, func(t *Tx) error {
				h, err := t.lockHead(chainOf{id, iam.ChainEvents})
				if err != nil {
					return err
				}
				filled, err = t.fillBlock(id, h.sequence)
				return err
			})
			if err != nil {
				return fmt.Errorf("write the facets of older events: %w", err)
			}
		}
	}
	return nil
}

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

// stepBlocks is how many blocks meet looks at first; each further look is at four times as many, up to
// mostBlocks. An answer that is not read to its end costs its whole length on PostgreSQL, and most
// pages are full after a block or two.
const (
	stepBlocks = 16
	mostBlocks = 1024
)

// blockMembers are the members of one block.
type blockMembers struct {
	block int64
	members
}

// meet returns the first n sequences of a range, in the filter's direction, at which all facets
// meet. Only complete blocks are looked at.
func (t *Tx) meet(f iam.EventFilter, facets []facet, s span, n int) (found []int64, err error) {
	for step := stepBlocks; len(found) < n && s.first <= s.last; step = min(4*step, mostBlocks) {
		blocks, err := t.blocksOf(f, facets[0], s, step)
		if err != nil || len(blocks) == 0 {
			return found, err
		}
		last := blocks[len(blocks)-1].block
		whole := len(blocks) == step
		for _, other := range facets[1:] {
			if blocks, err = t.narrow(f, facets[0], other, blocks); err != nil {
				return nil, err
			}
		}
		for i := range blocks {
			found = blocks[i].appendTo(found, blocks[i].block, s, f.Ascending)
		}
		if !whole {
			break
		}
		if f.Ascending {
			s.first = (last+1)*blockSize + 1
		} else {
			s.last = last * blockSize
		}
	}
	return found[:min(n, len(found))], nil
}

// blocksOf returns who has a facet in the first n blocks of a range in which somebody does.
func (t *Tx) blocksOf(f iam.EventFilter, of facet, s span, n int) ([]blockMembers, error) {
	w := inOrganization(f.OrganizationID)
	w.whereFacet(of)
	w.where("block >= ?", (s.first-1)/blockSize)
	w.where("block <= ?", (s.last-1)/blockSize)
	rows, err := t.queryBuilt(fmt.Sprintf("SELECT block, members FROM event_facets WHERE %s ORDER BY block %s LIMIT %s", w.text(), direction(f), w.place(n)), w.args...)
	return gather(rows, err, scanBlock)
}

// narrow leaves of blocks, which are in order, only members that have another facet, too. If the blocks
// lie close together, all between them are read in one go: looking each of them up takes the engine
// longer than the rows that nobody asked for.
func (t *Tx) narrow(f iam.EventFilter, driver, other facet, blocks []blockMembers) (both []blockMembers, err error) {
	if len(blocks) == 0 {
		return nil, nil
	}
	first, last := blocks[0].block, blocks[len(blocks)-1].block
	first, last = min(first, last), max(first, last)
	const sparse = 4
	w := inOrganization(f.OrganizationID)
	from, column := "event_facets", "members"
	if last-first < sparse*int64(len(blocks)) {
		w.whereFacet(other)
	} else {
		column = "(SELECT members FROM event_facets WHERE organization_id = $1 AND block = driver.block AND facet = " +
			w.place(other.name) + " AND value = " + w.place(other.value) + ")"
		from = "event_facets AS driver"
		w.whereFacet(driver)
	}
	w.where("block >= ?", first)
	w.where("block <= ?", last)
	rows, err := t.queryBuilt(fmt.Sprintf("SELECT block, %s FROM %s WHERE %s", column, from, w.text()), w.args...)
	others, err := gather(rows, err, scanBlock)
	if err != nil {
		return nil, err
	}
	has := make(map[int64]*members, len(others))
	for i := range others {
		has[others[i].block] = &others[i].members
	}
	for _, b := range blocks {
		m := has[b.block]
		if m == nil {
			continue
		}
		for i := range b.members {
			b.members[i] &= m[i]
		}
		if b.members != (members{}) {
			both = append(both, b)
		}
	}
	return both, nil
}

func (f *filter) whereFacet(of facet) {
	f.where("facet = ?", of.name)
	f.where("value = ?", of.value)
}

func scanBlock(row scanner) (b blockMembers, err error) {
	var text sql.RawBytes
	if err = row.Scan(&b.block, &text); err != nil {
		return b, err
	}
	b.members, err = decodeMembers(text)
	return b, err
}

// appendTo appends the sequences of the members that lie in a range.
func (m *members) appendTo(found []int64, block int64, s span, ascending bool) []int64 {
	for i := range m {
		word := i
		if !ascending {
			word = len(m) - 1 - i
		}
		for set := m[word]; set != 0; {
			bit := bits.TrailingZeros64(set)
			if !ascending {
				bit = 63 - bits.LeadingZeros64(set)
			}
			set &^= 1 << bit
			if sequence := block*blockSize + int64(word*64+bit) + 1; sequence >= s.first && sequence <= s.last {
				found = append(found, sequence)
			}
		}
	}
	return found
}
