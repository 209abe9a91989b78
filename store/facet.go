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
func facetsOf(e iam.Event) []facet { return appendFacets(nil, e) }

// appendFacets is facetsOf for who looks at many events.
func appendFacets(all []facet, e iam.Event) []facet {
	all = append(all,
		facet{"source_ip", e.SourceIP}, facet{facetPrincipal, e.Principal.ID}, facet{"project", string(e.ProjectID)}, facet{"method", e.Method},
		facet{"service", e.Service}, facet{"product", e.Product}, facet{"status", strconv.Itoa(e.StatusCode)})
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
	places := map[facet][]uint16{}
	var facets []facet
	err = each(t, facetedScanner(), func(e iam.Event) error {
		place := uint16(e.Sequence - faceted - 1)
		facets = appendFacets(facets[:0], e)
		for _, f := range facets {
			if at := places[f]; len(at) == 0 || at[len(at)-1] != place {
				places[f] = append(at, place)
			}
		}
		return nil
	}, `SELECT sequence, principal_id, project_id, source_ip, product, service, method, resource_type, resource_id, resources, status_code
		FROM events WHERE organization_id = $1 AND sequence > $2 AND sequence <= $3`, string(organization), faceted, faceted+blockSize)
	if err != nil {
		return false, err
	}
	block := faceted / blockSize
	if err := t.insertFacets(organization, block, places); err != nil {
		return false, fmt.Errorf("write the facets of a block: %w", err)
	}
	if err := t.joinBlocks(organization, block, places); err != nil {
		return false, fmt.Errorf("join blocks to a run: %w", err)
	}
	return true, touched(t.exec("UPDATE organizations SET event_facets = $2 WHERE id = $1", string(organization), faceted+blockSize))
}

// facetedScanner reads of an event what facets are made of; the list of its resources is good until the next
// event. Nearly all events touched one resource, which has columns of its own: the list of resources is taken
// apart only if there are more.
func facetedScanner() func(scanner) (iam.Event, error) {
	var e iam.Event
	var resources sql.RawBytes
	first := make([]iam.EventResource, 1)
	places := []any{&e.Sequence, &e.Principal.ID, &e.ProjectID, &e.SourceIP, &e.Product, &e.Service, &e.Method, &first[0].Type, &first[0].ID, &resources, &e.StatusCode}
	return func(row scanner) (iam.Event, error) {
		err := row.Scan(places...)
		e.Resources = first
		if err == nil && bytes.Contains(resources, []byte("},{")) {
			err = resourceList{&e.Resources}.Scan(string(resources))
		}
		return e, err
	}
}

// common is how many events of a block have a value that has rows of its own; the others are rare.
const common = 8

// insertFacets writes the rows of a block in the order of their key, so that neighbours share the
// pages that they change.
func (t *Tx) insertFacets(organization iam.OrganizationID, block int64, places map[facet][]uint16) error {
	texts, rares := map[facet][]byte{}, map[facet]*bucketRow{}
	for f, at := range places {
		if len(at) >= common {
			row := facetRow{block, make([]members, 1)}
			for _, place := range at {
				row.add(int64(place))
			}
			texts[f] = row.encode()
			continue
		}
		bucket, mark := bucketOf(f)
		if rares[bucket] == nil {
			rares[bucket] = &bucketRow{first: block, width: 1}
		}
		for _, place := range at {
			rares[bucket].rares = append(rares[bucket].rares, rare{place, mark})
		}
	}
	for bucket, row := range rares {
		texts[bucket] = row.encode()
	}
	order := slices.SortedFunc(maps.Keys(texts), func(a, b facet) int {
		return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(a.value, b.value))
	})
	var rows []row
	for _, f := range order {
		rows = append(rows, facetOf(organization, f, block, texts[f]))
	}
	return t.runAll(inserts(rows))
}

// facetOf is the row of a facet from a block on.
func facetOf(organization iam.OrganizationID, f facet, block int64, text []byte) row {
	return row{into: "event_facets (organization_id, facet, value, block, members)", values: []any{string(organization), f.name, f.value, block, text}}
}

// joins is at how many blocks values are joined: each of them joins its part of the values, so that
// none makes its writer wait for long.
const joins = 8

// joinBlocks makes one row of those of the run before: of values that are common now, and of buckets. A
// search for two values that never meet reads all rows of both, and each row of a block is on another
// page. A value that is common, but not in the very block that would join it, stays as it is: it is
// found all the same.
func (t *Tx) joinBlocks(organization iam.OrganizationID, block int64, places map[facet][]uint16) error {
	run := runOf(block) - runBlocks
	if run < 0 || block%runBlocks >= joins {
		return nil
	}
	var joined []facet
	for f, at := range places {
		if len(at) >= common && partOf(f) == block%runBlocks {
			joined = append(joined, f)
		}
	}
	for _, bucket := range allBuckets() {
		if partOf(bucket) == block%runBlocks {
			joined = append(joined, bucket)
		}
	}
	for _, f := range joined {
		text, err := t.joinedRow(organization, f, run)
		if err != nil {
			return err
		}
		if text == nil {
			continue
		}
		err = t.runAll([]statement{{
			text: "DELETE FROM event_facets WHERE organization_id = $1 AND facet = $2 AND value = $3 AND block >= $4 AND block < $5",
			args: []any{string(organization), f.name, f.value, run, run + runBlocks},
		}, inserts([]row{facetOf(organization, f, run, text)})[0]})
		if err != nil {
			return err
		}
	}
	return nil
}

// joinedRow returns the row of a run that holds what the rows of its blocks do; nil if there are
// not several.
func (t *Tx) joinedRow(organization iam.OrganizationID, f facet, run int64) ([]byte, error) {
	if f.name == facetRare {
		rows, err := rowsBetween(t, scanBucketRow, organization, f, run, run+runBlocks-1)
		if err != nil || len(rows) < 2 {
			return nil, err
		}
		return joinedBuckets(run, rows).encode(), nil
	}
	rows, err := rowsBetween(t, scanFacetRow, organization, f, run, run+runBlocks-1)
	if err != nil || len(rows) < 2 {
		return nil, err
	}
	joined := facetRow{run, make([]members, runBlocks)}
	for _, r := range rows {
		joined.blocks[r.first-run] = r.blocks[0]
	}
	return joined.encode(), nil
}

// rowsBetween returns the rows of a facet that begin in a range of blocks, both ends included.
func rowsBetween[T any](t *Tx, scan func(scanner) (T, error), organization iam.OrganizationID, f facet, first, last int64) ([]T, error) {
	return collect(t, scan, "SELECT block, members FROM event_facets WHERE organization_id = $1 AND facet = $2 AND value = $3 AND block >= $4 AND block <= $5",
		string(organization), f.name, f.value, first, last)
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
