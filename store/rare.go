package store

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"slices"

	"bailiwick/iam"
)

// Most values of a block are rare: nearly each event touches a resource of its own. A row for each
// would be as many rows as there are events, each on another page of its index, all written by the
// one writer whose event completes the block. So rare values share rows: a value belongs to one of a
// few hundred buckets, and a row of a bucket has the events with any of its rare values. Which value,
// a mark of two bytes tells, which others may have, too: what is found is looked at before it is
// returned. Who makes values with the same mark makes the search for his own values slower.

// facetRare is the facet of the rows of buckets; their values are the buckets.
const facetRare = "rare"

// buckets is how many there are. It is a part of the stored format, as marks are.
const buckets = 256

// bucketOf returns the bucket of a value, as a facet, and the value's mark in it.
func bucketOf(f facet) (of facet, mark uint16) {
	h := fnv.New64a()
	_, _ = h.Write([]byte(f.name + "\x00" + f.value)) // it never fails
	sum := h.Sum64()
	return bucket(byte(sum >> 16)), uint16(sum)
}

// bucket returns a bucket as a facet.
func bucket(number byte) facet { return facet{facetRare, hex.EncodeToString([]byte{number})} }

// allBuckets returns the buckets in the order of their key.
func allBuckets() []facet {
	all := make([]facet, buckets)
	for i := range all {
		all[i] = bucket(byte(i))
	}
	return all
}

// rare is an event with a rare value: its place behind the first event of the row, and the mark of the
// value. Two values of one event with the same mark are two of them.
type rare struct{ place, mark uint16 }

// bucketRow is what is stored of a bucket: the rare values of a block, or of all blocks of a run.
type bucketRow struct {
	first int64 // block
	width int64 // how many blocks: 1 or runBlocks
	rares []rare
}

// clearUpTo takes the events up to a sequence out.
func (r *bucketRow) clearUpTo(last int64) {
	r.rares = slices.DeleteFunc(r.rares, func(v rare) bool { return r.first*blockSize+int64(v.place) < last })
}

// encode writes four bytes for each rare value. A run has one more byte in front.
func (r *bucketRow) encode() []byte {
	slices.SortFunc(r.rares, func(a, b rare) int { return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(a.mark, b.mark)) })
	out := make([]byte, 0, 1+4*len(r.rares))
	if r.width > 1 {
		out = append(out, runBlocks)
	}
	for _, v := range r.rares {
		out = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(out, v.place), v.mark)
	}
	return out
}

// decodeBucketRow reads what encode wrote of a row that begins at a block.
func decodeBucketRow(first int64, text []byte) (r bucketRow, err error) {
	r = bucketRow{first: first, width: 1}
	if len(text)%4 == 1 {
		if text[0] != runBlocks || first != runOf(first) {
			return r, fmt.Errorf("rare values of %d blocks from block %d on: there is no such run", text[0], first)
		}
		r.width, text = runBlocks, text[1:]
	}
	if len(text)%4 != 0 {
		return r, fmt.Errorf("rare values are stored in %d bytes", len(text))
	}
	r.rares = make([]rare, 0, len(text)/4)
	for ; len(text) > 0; text = text[4:] {
		v := rare{binary.BigEndian.Uint16(text), binary.BigEndian.Uint16(text[2:])}
		if int64(v.place) >= r.width*blockSize {
			return r, fmt.Errorf("%d blocks have no event %d", r.width, v.place)
		}
		r.rares = append(r.rares, v)
	}
	return r, nil
}

// nobody are blocks without members, never changed: most rows of a bucket have none with a certain mark.
var nobody [runBlocks]members

// marked returns the events with a mark.
func (r *bucketRow) marked(mark uint16) facetRow {
	found := facetRow{first: r.first, blocks: nobody[:r.width]}
	if !slices.ContainsFunc(r.rares, func(v rare) bool { return v.mark == mark }) {
		return found
	}
	found.blocks = make([]members, r.width)
	for _, v := range r.rares {
		if v.mark == mark {
			found.add(int64(v.place))
		}
	}
	return found
}

// joinedBuckets returns the row of a run of which it is given the rows of blocks.
func joinedBuckets(run int64, rows []bucketRow) *bucketRow {
	joined := bucketRow{first: run, width: runBlocks}
	for _, r := range rows {
		for _, v := range r.rares {
			joined.rares = append(joined.rares, rare{v.place + uint16((r.first-run)*blockSize), v.mark})
		}
	}
	return &joined
}

// dropRare takes an event out of the row in which it has a rare value; no other value of the event, with
// which it may stand there, too.
func (t *Tx) dropRare(organization iam.OrganizationID, f facet, sequence int64) error {
	bucket, mark := bucketOf(f)
	rows, err := rowsBetween(t, scanBucketRow, organization, bucket, runOf((sequence-1)/blockSize), (sequence-1)/blockSize)
	if err != nil {
		return err
	}
	for _, r := range rows {
		at := sequence - 1 - r.first*blockSize
		if at >= r.width*blockSize {
			continue
		}
		if i := slices.Index(r.rares, rare{uint16(at), mark}); i >= 0 {
			r.rares = slices.Delete(r.rares, i, i+1)
			return t.runAll([]statement{replacement(organization, bucket, r.first, r.encode())})
		}
	}
	return nil
}

func scanBucketRow(row scanner) (r bucketRow, err error) {
	first, text, err := scanMembers(row)
	if err != nil {
		return r, err
	}
	return decodeBucketRow(first, text)
}
