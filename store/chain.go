package store

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"bailiwick/iam"
)

// head is where a chain of an organization ends.
type head struct {
	sequence int64
	recorded int64 // microseconds
	hash     iam.Digest
	before   place // where the chain ended before this transaction
	logs     int64 // of the entries of this transaction, those that the IAM log lists
}

// place is an entry of a chain.
type place struct {
	sequence int64
	hash     iam.Digest
}

// chainOf names a chain of an organization.
type chainOf struct {
	organization iam.OrganizationID
	chain        iam.Chain
}

// chainTexts are the statements on a chain.
type chainTexts struct {
	// head reads where the chain ends; lock does the same, and keeps others from it.
	head, lock constant
	// advance writes where the chain ends now, if it still ends where it did.
	advance constant
	// oldest reads the sequence of the oldest entry; expired the last one to be removed; trim removes.
	oldest, expired, trim constant
}

// textsOf returns the statements on a chain. They are written out: a statement that is put together
// each time would cost every change.
func textsOf(chain iam.Chain) chainTexts {
	switch chain {
	case iam.ChainAuthentications:
		return chainTexts{
			head: "SELECT authentication_sequence, authentication_recorded_at, authentication_hash FROM organizations WHERE id = $1",
			lock: `UPDATE organizations SET authentication_sequence = authentication_sequence WHERE id = $1
				RETURNING authentication_sequence, authentication_recorded_at, authentication_hash`,
			advance: `UPDATE organizations SET authentication_sequence = $2, authentication_recorded_at = $3, authentication_hash = $4
				WHERE id = $1 AND authentication_sequence = $5 AND authentication_hash = $6`,
			oldest:  "SELECT sequence FROM authentication_events WHERE organization_id = $1 ORDER BY sequence LIMIT 1",
			expired: "SELECT sequence, hash FROM authentication_events WHERE organization_id = $1 AND sequence < $2 AND recorded_at < $3 ORDER BY sequence DESC LIMIT 1",
			trim:    "DELETE FROM authentication_events WHERE organization_id = $1 AND sequence <= $2",
		}
	case iam.ChainSystem:
		return chainTexts{
			head: "SELECT system_event_sequence, system_event_recorded_at, system_event_hash FROM organizations WHERE id = $1",
			lock: `UPDATE organizations SET system_event_sequence = system_event_sequence WHERE id = $1
				RETURNING system_event_sequence, system_event_recorded_at, system_event_hash`,
			advance: `UPDATE organizations SET system_event_sequence = $2, system_event_recorded_at = $3, system_event_hash = $4
				WHERE id = $1 AND system_event_sequence = $5 AND system_event_hash = $6`,
			oldest:  "SELECT sequence FROM system_events WHERE organization_id = $1 ORDER BY sequence LIMIT 1",
			expired: "SELECT sequence, hash FROM system_events WHERE organization_id = $1 AND sequence < $2 AND recorded_at < $3 ORDER BY sequence DESC LIMIT 1",
			trim:    "DELETE FROM system_events WHERE organization_id = $1 AND sequence <= $2",
		}
	default:
		return chainTexts{
			head: "SELECT event_sequence, event_recorded_at, event_hash FROM organizations WHERE id = $1",
			lock: `UPDATE organizations SET event_sequence = event_sequence WHERE id = $1
				RETURNING event_sequence, event_recorded_at, event_hash`,
			advance: `UPDATE organizations SET event_sequence = $2, event_recorded_at = $3, event_hash = $4, event_logs = event_logs + $5
				WHERE id = $1 AND event_sequence = $6 AND event_hash = $7`,
			oldest:  "SELECT sequence FROM events WHERE organization_id = $1 ORDER BY sequence LIMIT 1",
			expired: "SELECT sequence, hash FROM events WHERE organization_id = $1 AND sequence < $2 AND recorded_at < $3 ORDER BY sequence DESC LIMIT 1",
			trim:    "DELETE FROM events WHERE organization_id = $1 AND sequence <= $2",
		}
	}
}

// head returns where a chain ends, with the entries of this transaction. The first look at a
// chain locks the organization's row, so that no two transactions can append to the same
// end; the new end is written once, before the commit, however many entries there are.
//
// An update need not look if this process knows the end from the update before it: the writing
// of the new end finds out if it knew wrong, and the update is run again.
func (t *Tx) head(c chainOf) (h head, err error) {
	for noted := &t.notes; noted != nil; noted = noted.outer {
		if i := noted.heads.at(c); i >= 0 {
			return noted.heads[i].head, nil
		}
	}
	if h, ok := t.ends.get(c, t.revision); ok {
		return h, nil
	}
	return t.lockHead(c)
}

// lockHead is head for what needs nobody to append meanwhile, also if it appends nothing itself.
func (t *Tx) lockHead(c chainOf) (head, error) {
	text := textsOf(c.chain).lock
	if t.pool.single { // nobody else writes: there is nothing to lock
		text = textsOf(c.chain).head
	}
	return one(t.row(text, string(c.organization)), func(row scanner) (h head, err error) {
		err = row.Scan(&h.sequence, &h.recorded, digest{&h.hash})
		h.before = place{h.sequence, h.hash}
		return h, err
	})
}

// next returns the end of a chain with the sequence and time of the entry to come. Its time
// never lies before that of the entry before it, also if the clock went back: sequence and
// time give one order. ErrNotFound if there is no such organization.
func (t *Tx) next(c chainOf) (head, error) {
	h, err := t.head(c)
	if err != nil {
		return h, fmt.Errorf("take the next place in the chain: %w", err)
	}
	h.sequence++
	h.recorded = max(h.recorded, micros(t.Now))
	return h, nil
}

// advance notes where a chain ends now. The row is written before the commit.
func (t *Tx) advance(c chainOf, h head) {
	t.notes.heads.set(c, h)
}

// heads are where some chains end. Nearly every transaction, and each part of one, has a single one: a
// map would cost it more than all the searching.
type heads []chainHead

type chainHead struct {
	chainOf
	head
}

// at returns the index of a chain, or -1.
func (all heads) at(c chainOf) int {
	return slices.IndexFunc(all, func(one chainHead) bool { return one.chainOf == c })
}

func (all *heads) set(c chainOf, h head) {
	if i := all.at(c); i >= 0 {
		(*all)[i].head = h
		return
	}
	*all = append(*all, chainHead{c, h})
}

// errMoved says that a chain did not end where an update believed it to.
var errMoved = errors.New("the chain has another end")

// headStatements write where the chains end now, each if it ended where this transaction found it.
func (t *Tx) headStatements() (all []statement) {
	for _, one := range t.notes.heads {
		c, h := one.chainOf, one.head
		args := []any{string(c.organization), h.sequence, h.recorded, h.hash.String()}
		if c.chain == iam.ChainEvents {
			args = append(args, h.logs)
		}
		all = append(all, statement{text: textsOf(c.chain).advance, untouched: errMoved, args: append(args, h.before.sequence, stored(h.before.hash))})
	}
	return all
}

// ends are where chains ended after the newest update, if that was one of this process.
type ends struct {
	mu       sync.Mutex
	revision int64
	heads    map[chainOf]head
}

// maxEnds bounds of how many chains the end is known.
const maxEnds = 4096

// get returns where a chain ended before the update that makes a revision. What another process
// changed in between it cannot know: it then knows nothing.
func (e *ends) get(c chainOf, revision int64) (head, bool) {
	if e == nil {
		return head{}, false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	h, ok := e.heads[c]
	return h, ok && e.revision+1 == revision
}

// keep takes the ends after a commit. A transaction that is no update, with revision 0, may come here
// after an update that was behind it: the longer chain is the newer one.
func (e *ends) keep(all heads, revision int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.heads) > maxEnds || revision > 0 && e.revision+1 != revision || e.heads == nil {
		e.heads = make(map[chainOf]head)
	}
	if revision > 0 {
		e.revision = revision
	}
	for _, one := range all {
		c, h := one.chainOf, one.head
		if known, ok := e.heads[c]; ok && known.sequence > h.sequence {
			continue
		}
		h.before, h.logs = place{h.sequence, h.hash}, 0
		e.heads[c] = h
	}
}

// newPersonal returns a fresh salt, of at least 128 random bits.
func newPersonal() iam.Personal { return iam.Personal{Salt: rand.Text()} }

// digest reads a stored digest into target; "" is the zero digest.
type digest struct{ target *iam.Digest }

// Scan implements sql.Scanner.
func (d digest) Scan(value any) (err error) {
	text, ok := value.(string)
	if !ok {
		return fmt.Errorf("a digest is stored as %T", value)
	}
	*d.target, err = iam.ParseDigest(text)
	return err
}

// stored is how a digest is stored that may be none.
func stored(d iam.Digest) string {
	if d == (iam.Digest{}) {
		return ""
	}
	return d.String()
}

const statementColumns = "organization_id, chain, sequence, hash, recorded_at, key, signature"

func scanStatement(row scanner) (s iam.Statement, err error) {
	err = row.Scan(&s.OrganizationID, &s.Chain, &s.Sequence, digest{&s.Hash}, instant{&s.RecordedAt}, &s.Key, &s.Signature)
	return s, err
}

// Anchor returns behind which entry a chain begins: the zero sequence if it is whole. The
// statement is signed if retention made it.
func (t *Tx) Anchor(organization iam.OrganizationID, chain iam.Chain) (iam.Statement, error) {
	s, err := one(t.row("SELECT "+statementColumns+" FROM audit_anchors WHERE organization_id = $1 AND chain = $2", string(organization), string(chain)), scanStatement)
	if errors.Is(err, ErrNotFound) {
		return iam.Statement{OrganizationID: organization, Chain: chain}, nil
	}
	return s, err
}

// Head returns where a chain ends, not signed. ErrNotFound if there is no such organization.
func (t *Tx) Head(organization iam.OrganizationID, chain iam.Chain) (iam.Statement, error) {
	return one(t.row(textsOf(chain).head, string(organization)), func(row scanner) (iam.Statement, error) {
		s := iam.Statement{OrganizationID: organization, Chain: chain}
		err := row.Scan(&s.Sequence, instant{&s.RecordedAt}, digest{&s.Hash})
		return s, err
	})
}

const proofColumns = "actor_salt, actor_commitment, content_salt, content_commitment, hash"

func proofPlaces(p *iam.Proof) []any {
	return []any{&p.Actor.Salt, digest{&p.Actor.Commitment}, &p.Content.Salt, digest{&p.Content.Commitment}, digest{&p.Hash}}
}

// EventEntries returns the entries of the chain of events behind a sequence, at most n, in
// order. Events that are older than the chain are none.
func (t *Tx) EventEntries(organization iam.OrganizationID, after int64, n int) ([]iam.EventEntry, error) {
	return collect(t, func(row scanner) (e iam.EventEntry, err error) {
		e.Event, err = scanEventAnd(row, proofPlaces(&e.Proof)...)
		return e, err
	}, "SELECT "+eventColumns+", "+proofColumns+" FROM events WHERE organization_id = $1 AND sequence > $2 AND hash <> '' ORDER BY sequence LIMIT $3",
		string(organization), after, n)
}

// AuthenticationEntries is EventEntries for attempts to log in.
func (t *Tx) AuthenticationEntries(organization iam.OrganizationID, after int64, n int) ([]iam.AuthenticationEntry, error) {
	return collect(t, func(row scanner) (e iam.AuthenticationEntry, err error) {
		e.AuthenticationEvent, err = scanAuthenticationEventAnd(row, proofPlaces(&e.Proof)...)
		return e, err
	}, "SELECT "+authenticationEventColumns+", "+proofColumns+` FROM authentication_events
		WHERE organization_id = $1 AND sequence > $2 AND hash <> '' ORDER BY sequence LIMIT $3`, string(organization), after, n)
}

// SystemEntries is EventEntries for system events.
func (t *Tx) SystemEntries(organization iam.OrganizationID, after int64, n int) ([]iam.SystemEntry, error) {
	return collect(t, scanSystemEntry, "SELECT "+systemEntryColumns+` FROM system_events
		WHERE organization_id = $1 AND sequence > $2 AND hash <> '' ORDER BY sequence LIMIT $3`, string(organization), after, n)
}

// instantOf is the time that a number of microseconds stands for.
func instantOf(n int64) (at time.Time) {
	_ = instant{&at}.Scan(n) // an int64 is always a time
	return at
}
