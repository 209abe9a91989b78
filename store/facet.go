package store

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"
	"strings"

	"bailiwick/iam"
)

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
	for _, one := range t.notes.heads {
		c, h := one.chainOf, one.head
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
	}, `SELECT sequence, principal_id, project_id, source_ip, product, service, method, resource_type, resource_id, resources, status_code
		FROM events WHERE organization_id = $1 AND sequence > $2 AND sequence <= $3`, string(organization), faceted, faceted+blockSize)
	if err != nil {
		return false, err
	}
	block := faceted / blockSize
	if err := t.insertFacets(organization, block, blocks); err != nil {
		return false, fmt.Errorf("write the facets of a block: %w", err)
	}
	if err := t.joinBlocks(organization, block, blocks); err != nil {
		return false, fmt.Errorf("join blocks to a run: %w", err)
	}
	return true, touched(t.exec("UPDATE organizations SET event_facets = $2 WHERE id = $1", string(organization), faceted+blockSize))
}

// scanFaceted reads of an event what facets are made of. Nearly all events touched one resource, which
// has columns of its own: the list of resources is taken apart only if there are more.
func scanFaceted(row scanner) (e iam.Event, err error) {
	var first iam.EventResource
	var resources sql.RawBytes
	err = row.Scan(&e.Sequence, &e.Principal.ID, &e.ProjectID, &e.SourceIP, &e.Product, &e.Service, &e.Method, &first.Type, &first.ID, &resources, &e.StatusCode)
	switch {
	case err != nil:
		return e, err
	case bytes.Contains(resources, []byte("},{")):
		err = resourceList{&e.Resources}.Scan(string(resources))
	default:
		e.Resources = []iam.EventResource{first}
	}
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
		var args []any
		for _, f := range rows {
			args = append(args, string(organization), f.name, f.value, block, (&facetRow{block, []members{*all[f]}}).encode())
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
		texts[i] = fmt.Sprintf("($%d, $%d, $%d, $%d, $%d)", 5*i+1, 5*i+2, 5*i+3, 5*i+4, 5*i+5)
	}
	return constant("INSERT INTO event_facets (organization_id, facet, value, block, members) VALUES " + strings.Join(texts, ", "))
}

// common is how many events of a block have a value that is joined to runs.
const common = 8

// joins is at how many blocks values are joined: each of them joins its part of the values, so that
// none makes its writer wait for long.
const joins = 8

// joinBlocks makes one row of those of the run before, of values that are common now: a search for two
// values that never meet reads all rows of both, and each row of a block is on another page. A value
// that is common, but not in the very block that would join it, stays as it is: it is found all the same.
func (t *Tx) joinBlocks(organization iam.OrganizationID, block int64, all map[facet]*members) error {
	run := runOf(block) - runBlocks
	if run < 0 || block%runBlocks >= joins {
		return nil
	}
	var statements []statement
	for f, m := range all {
		if m.count() < common || partOf(f) != block%runBlocks {
			continue
		}
		rows, err := collect(t, scanFacetRow, "SELECT block, members FROM event_facets WHERE organization_id = $1 AND facet = $2 AND value = $3 AND block >= $4 AND block < $5",
			string(organization), f.name, f.value, run, run+runBlocks)
		if err != nil {
			return err
		}
		if len(rows) < 2 {
			continue
		}
		joined := facetRow{run, make([]members, runBlocks)}
		for _, r := range rows {
			joined.blocks[r.first-run] = r.blocks[0]
		}
		statements = append(statements,
			statement{text: "DELETE FROM event_facets WHERE organization_id = $1 AND facet = $2 AND value = $3 AND block >= $4 AND block < $5",
				args: []any{string(organization), f.name, f.value, run, run + runBlocks}},
			statement{text: facetText(1), args: []any{string(organization), f.name, f.value, run, joined.encode()}})
	}
	return t.runAll(statements)
}

// partOf tells at which block of a run a value is joined.
func partOf(f facet) int64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(f.value)) // it never fails
	return int64(h.Sum32() % joins)
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
