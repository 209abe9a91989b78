package store

import (
	"errors"
	"maps"
	"slices"
	"time"

	"bailiwick/iam"
)

// Expired returns the last of the oldest n entries of a chain that were recorded before a time,
// as an anchor would name it; its sequence is 0 if there is none. The hash of an entry that is
// older than the chain is zero.
func (t *Tx) Expired(organization iam.OrganizationID, chain iam.Chain, before time.Time, n int) (iam.Statement, error) {
	texts := textsOf(chain)
	s := iam.Statement{OrganizationID: organization, Chain: chain}
	first, err := one(t.row(texts.oldest, string(organization)), scanNumber)
	if err == nil {
		_, err = one(t.row(texts.expired, string(organization), first+int64(n), micros(before)),
			func(row scanner) (struct{}, error) { return struct{}{}, row.Scan(&s.Sequence, digest{&s.Hash}) })
	}
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return s, err
}

// Trim removes the entries of a chain up to that of an anchor, and lets the anchor stand for
// them. Entries that are older than the chain need none. It returns how many were removed.
func (t *Tx) Trim(anchor iam.Statement) (n int64, err error) {
	organization, last := anchor.OrganizationID, anchor.Sequence
	if _, err := t.lockHead(chainOf{organization, anchor.Chain}); err != nil { // nobody fills a block meanwhile
		return 0, err
	}
	if anchor.Chain == iam.ChainEvents {
		if err := t.trimFacets(organization, last); err != nil {
			return 0, err
		}
	}
	n, err = t.exec(textsOf(anchor.Chain).trim, string(organization), last)
	if err != nil || anchor.Hash == (iam.Digest{}) {
		return n, err
	}
	_, err = t.exec("INSERT INTO audit_anchors ("+statementColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (organization_id, chain) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash,
		recorded_at = excluded.recorded_at, key = excluded.key, signature = excluded.signature`,
		string(organization), string(anchor.Chain), last, anchor.Hash.String(), micros(anchor.RecordedAt), anchor.Key, anchor.Signature)
	return n, err
}

// trimFacets takes the events up to a sequence, which are to be removed, out of the facets and the
// counts.
func (t *Tx) trimFacets(organization iam.OrganizationID, last int64) error {
	faceted, err := t.faceted(organization)
	if err != nil {
		return err
	}
	events, err := collect(t, scanEvent, "SELECT "+eventColumns+" FROM events WHERE organization_id = $1 AND sequence <= $2", string(organization), last)
	if err != nil {
		return err
	}
	for _, e := range events {
		if len(e.Resources) > 0 && e.Resources[0].Action != "" && slices.Contains(logTypes, e.Resources[0].Type) {
			t.count(organization, countedLogs, -1)
		}
	}
	return t.trimValues(organization, slices.DeleteFunc(events, func(e iam.Event) bool { return e.Sequence > faceted }), last)
}

// maxAsked is how many values of a facet one question asks for.
const maxAsked = 1000

// trimValues takes the events up to a sequence out of the rows of values that these events have: of their
// own, and of buckets. A question asks for many values: most values have no row, and whoever waits to write
// waits for each question.
func (t *Tx) trimValues(organization iam.OrganizationID, events []iam.Event, last int64) error {
	blocks, values := map[int64]bool{}, map[string]map[string]bool{facetRare: {}}
	note := func(f facet) {
		if values[f.name] == nil {
			values[f.name] = map[string]bool{}
		}
		values[f.name][f.value] = true
	}
	var facets []facet
	for _, e := range events {
		blocks[(e.Sequence-1)/blockSize] = true
		facets = appendFacets(facets[:0], e)
		for _, f := range facets {
			note(f)
			bucket, _ := bucketOf(f)
			note(bucket)
		}
	}
	var all []statement
	for name, of := range values {
		for some := range slices.Chunk(slices.Sorted(maps.Keys(of)), maxAsked) {
			rows, err := t.rowsOf(organization, name, some, slices.Sorted(maps.Keys(blocks)))
			if err != nil {
				return err
			}
			for _, r := range rows {
				trimmed, err := r.trimmed(last)
				if err != nil {
					return err
				}
				all = append(all, replacement(organization, r.facet, r.first, trimmed))
			}
		}
	}
	return t.runAll(all)
}

// storedRow is a row of event_facets.
type storedRow struct {
	facet
	first int64 // block
	text  []byte
}

// trimmed returns what is left of a row without the events up to a sequence.
func (r *storedRow) trimmed(last int64) ([]byte, error) {
	if r.name == facetRare {
		rares, err := decodeBucketRow(r.first, r.text)
		rares.clearUpTo(last)
		return rares.encode(), err
	}
	members, err := decodeFacetRow(r.first, r.text)
	members.clearUpTo(last)
	return members.encode(), err
}

// rowsOf returns the rows of values of a facet in some blocks.
func (t *Tx) rowsOf(organization iam.OrganizationID, name string, values []string, blocks []int64) ([]storedRow, error) {
	w := inOrganization(organization)
	w.where("facet = ?", name)
	whereIn(&w, "value IN (?)", values)
	w.whereInBlocks(blocks)
	rows, err := t.queryBuilt("SELECT value, block, members FROM event_facets WHERE "+w.text(), w.args...)
	return gather(rows, err, func(row scanner) (storedRow, error) {
		r := storedRow{facet: facet{name: name}}
		err := row.Scan(&r.value, &r.first, &r.text)
		return r, err
	})
}

// changeMembers changes who of a block has a facet, in the row of the block or in that of its run.
func (t *Tx) changeMembers(organization iam.OrganizationID, f facet, block int64, change func(*members)) error {
	rows, err := collect(t, scanFacetRow, "SELECT block, members FROM event_facets WHERE organization_id = $1 AND facet = $2 AND value = $3 AND block <= $4 AND block >= $5 ORDER BY block DESC LIMIT 1",
		string(organization), f.name, f.value, block, runOf(block))
	if err != nil || len(rows) == 0 || block >= rows[0].end() {
		return err
	}
	row := rows[0]
	change(&row.blocks[block-row.first])
	return t.runAll([]statement{replacement(organization, f, row.first, row.encode())})
}

// replacement writes a row of a facet again, or removes it if nothing is left of it but the byte of a run.
func replacement(organization iam.OrganizationID, f facet, first int64, text []byte) statement {
	key := []any{string(organization), f.name, f.value, first}
	if len(text) <= 1 {
		return statement{text: "DELETE FROM event_facets WHERE organization_id = $1 AND facet = $2 AND value = $3 AND block = $4", args: key}
	}
	return statement{text: "UPDATE event_facets SET members = $5 WHERE organization_id = $1 AND facet = $2 AND value = $3 AND block = $4", args: append(key, text)}
}
