package store

import (
	"errors"
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
	if err := t.trimRares(organization, last); err != nil {
		return err
	}
	return t.dropFacets(organization, events, faceted, func(m *members, block int64) { m.clearUpTo(last - block*blockSize) })
}

// dropFacets lets drop take events out of the blocks in which they have their facets.
func (t *Tx) dropFacets(organization iam.OrganizationID, events []iam.Event, faceted int64, drop func(m *members, block int64)) error {
	type place struct {
		facet
		block int64
	}
	done := map[place]bool{}
	for _, e := range events {
		if e.Sequence > faceted {
			continue
		}
		for _, f := range facetsOf(e) {
			p := place{f, (e.Sequence - 1) / blockSize}
			if done[p] {
				continue
			}
			done[p] = true
			if err := t.changeMembers(organization, f, p.block, func(m *members) { drop(m, p.block) }); err != nil {
				return err
			}
		}
	}
	return nil
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
	return t.replaceFacet(organization, f, row.first, row.encode(), row.isEmpty())
}

// replaceFacet writes a row of a facet again, or removes it if nothing is left of it.
func (t *Tx) replaceFacet(organization iam.OrganizationID, f facet, first int64, text []byte, nothing bool) (err error) {
	if nothing {
		_, err = t.exec("DELETE FROM event_facets WHERE organization_id = $1 AND facet = $2 AND value = $3 AND block = $4", string(organization), f.name, f.value, first)
		return err
	}
	_, err = t.exec("UPDATE event_facets SET members = $5 WHERE organization_id = $1 AND facet = $2 AND value = $3 AND block = $4",
		string(organization), f.name, f.value, first, text)
	return err
}
