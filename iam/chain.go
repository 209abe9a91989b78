package iam

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strconv"
	"time"
)

// Chain names one of the three hash chains of an organization's audit trail. Every entry of a
// chain is bound to the one before it by its hash, so that an entry that was changed, taken
// out, put in or moved does not fit any more. docs/audit.md tells the form for verifiers in
// other languages.
type Chain string

// The chains of an organization.
const (
	ChainEvents          Chain = "events"
	ChainAuthentications Chain = "authentication_events"
	ChainSystem          Chain = "system_events"
)

// Chains returns the chains of every organization, in the order of an export.
func Chains() []Chain { return []Chain{ChainEvents, ChainAuthentications, ChainSystem} }

// Digest is a SHA-256 digest.
type Digest [sha256.Size]byte

// String returns the digest as 64 lower-case hexadecimal digits.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// ParseDigest reads what [Digest.String] wrote, and nothing else; "" is the zero digest.
func ParseDigest(text string) (d Digest, err error) {
	if text == "" {
		return d, nil
	}
	valid := len(text) == 2*len(d)
	for i := 0; valid && i < len(text); i++ {
		c := text[i]
		valid = '0' <= c && c <= '9' || 'a' <= c && c <= 'f'
		d[i/2] = d[i/2]<<4 | (c & 15) + 9*(c>>6)
	}
	if !valid {
		return Digest{}, errors.New("a digest has 64 lower-case hexadecimal digits")
	}
	return d, nil
}

// Personal is what binds personal data of an entry: the entry's hash covers a commitment to
// them, not the data. Without the salt a commitment to an address, of which there are few,
// could be found by trying them all; with the salt erased that is as hopeless as guessing it.
type Personal struct {
	Salt string
	// Commitment is kept of data that have been erased; then Salt is empty.
	Commitment Digest
}

// Erased reports whether the data are gone.
func (p Personal) Erased() bool { return p.Salt == "" }

// commit returns the commitment to the personal data: the kept one of data that are gone.
func (p Personal) commit(domain string, values ...string) Digest {
	if p.Erased() {
		return p.Commitment
	}
	b := appendField(make([]byte, 0, 256), domain)
	b = appendField(b, p.Salt)
	for _, v := range values {
		b = appendField(b, v)
	}
	return sha256.Sum256(b)
}

// Proof is what an entry has of its chain. Actor binds the source address and user agent of
// who acted; Content the data of what was acted on: the body and the names of resources of an
// event, the username of an attempt to log in; a system event has no Actor. They are apart, because they may be the data
// of two people, of whom one may have itself erased.
type Proof struct {
	Actor   Personal
	Content Personal
	Hash    Digest
}

// The first field of what is hashed says what it is: bytes of one kind can then never be
// passed off as another.
const (
	domainEntry   = "bailiwick-audit-1 entry"
	domainActor   = "bailiwick-audit-1 actor"
	domainContent = "bailiwick-audit-1 content"
)

// EventEntry is an event with its proof.
type EventEntry struct {
	Event
	Proof
}

// ActorCommitment returns the commitment to who acted from where.
func (e *EventEntry) ActorCommitment() Digest {
	return e.Actor.commit(domainActor, e.SourceIP, e.UserAgent)
}

// ContentCommitment returns the commitment to the body and the names of the resources.
func (e *EventEntry) ContentCommitment() Digest {
	return e.Content.commit(domainContent, appendNames(append(make([]string, 0, 1+len(e.Resources)), string(e.Body)), e.Resources)...)
}

// ChainHash returns the hash of the entry behind one with the hash previous; the first of a
// chain follows the zero digest. It does not look at e.Hash.
func (e *EventEntry) ChainHash(previous Digest) Digest {
	b := make([]byte, 0, 1024)
	for _, text := range [...]string{domainEntry, string(ChainEvents), string(e.OrganizationID)} {
		b = appendField(b, text)
	}
	b = appendDigest(b, previous)
	b = appendNumber(b, e.Sequence)
	b = appendField(b, e.ID)
	b = appendTime(b, e.RecordedAt)
	for _, text := range [...]string{string(e.Principal.Type), e.Principal.ID, string(e.ProjectID), e.Product, e.Service, e.Method, e.RequestID} {
		b = appendField(b, text)
	}
	b = appendNumber(b, int64(e.StatusCode))
	b = appendDigest(b, e.ActorCommitment())
	b = appendDigest(b, e.ContentCommitment())
	return sha256.Sum256(appendResources(b, e.Resources))
}

// AuthenticationEntry is an attempt to log in with its proof.
type AuthenticationEntry struct {
	AuthenticationEvent
	Proof
}

// ActorCommitment returns the commitment to who tried from where.
func (e *AuthenticationEntry) ActorCommitment() Digest {
	return e.Actor.commit(domainActor, e.SourceIP, e.UserAgent)
}

// ContentCommitment returns the commitment to the username.
func (e *AuthenticationEntry) ContentCommitment() Digest {
	return e.Content.commit(domainContent, e.Username)
}

// ChainHash is as that of an [EventEntry].
func (e *AuthenticationEntry) ChainHash(previous Digest) Digest {
	b := make([]byte, 0, 1024)
	for _, text := range [...]string{domainEntry, string(ChainAuthentications), string(e.OrganizationID)} {
		b = appendField(b, text)
	}
	b = appendDigest(b, previous)
	b = appendNumber(b, e.Sequence)
	b = appendField(b, e.ID)
	b = appendTime(b, e.RecordedAt)
	for _, text := range [...]string{string(e.UserID), string(e.Failure), string(e.Method), string(e.MFA), e.RequestID} {
		b = appendField(b, text)
	}
	b = appendDigest(b, e.ActorCommitment())
	b = appendDigest(b, e.ContentCommitment())
	return sha256.Sum256(b)
}

// SystemEntry is a system event with what it has of its chain. Nobody acted, so there is only a
// content: the names of the resources.
type SystemEntry struct {
	SystemEvent
	Content Personal
	Hash    Digest
}

// ContentCommitment returns the commitment to the names of the resources.
func (e *SystemEntry) ContentCommitment() Digest {
	return e.Content.commit(domainContent, appendNames(nil, e.Resources)...)
}

// ChainHash is as that of an [EventEntry].
func (e *SystemEntry) ChainHash(previous Digest) Digest {
	b := make([]byte, 0, 1024)
	for _, text := range [...]string{domainEntry, string(ChainSystem), string(e.OrganizationID)} {
		b = appendField(b, text)
	}
	b = appendDigest(b, previous)
	b = appendNumber(b, e.Sequence)
	b = appendField(b, e.ID)
	b = appendTime(b, e.RecordedAt)
	for _, text := range [...]string{string(e.ProjectID), string(e.Kind), e.Source, e.Name, e.Product} {
		b = appendField(b, text)
	}
	b = appendDigest(b, e.ContentCommitment())
	return sha256.Sum256(appendResources(b, e.Resources))
}

// appendNames appends the names of resources, which are personal data.
func appendNames(values []string, resources []EventResource) []string {
	for _, r := range resources {
		values = append(values, r.Name)
	}
	return values
}

// appendResources appends what of resources is not personal.
func appendResources(b []byte, resources []EventResource) []byte {
	b = appendNumber(b, int64(len(resources)))
	for _, r := range resources {
		b = appendField(b, string(r.Type))
		b = appendField(b, r.ID)
		b = appendField(b, string(r.Action))
		b = appendTime(b, r.CreatedAt)
		b = appendTime(b, r.UpdatedAt)
		b = appendTime(b, r.DeletedAt)
	}
	return b
}

// Statement is what this installation says, signed, of a chain: that the entry with this
// sequence had this hash at this time. As a checkpoint it is kept outside of the database, so
// that a chain that was cut off at its end, or made anew, is found out; as an anchor it stands
// in the place of the entries up to it, which retention has removed.
type Statement struct {
	OrganizationID OrganizationID
	Chain          Chain
	Sequence       int64 // 0: of an empty chain
	Hash           Digest
	RecordedAt     time.Time
	Key            string // the public key (Ed25519), in base64url without padding
	Signature      string // in base64url without padding
}

// StatementKind tells what a statement is for. It is a part of what is signed: an anchor that
// was made of a checkpoint would hide what was removed.
type StatementKind string

// The kinds of statements.
const (
	Checkpoint StatementKind = "checkpoint"
	Anchor     StatementKind = "anchor"
)

// Signed returns the bytes that the signature covers.
func (s Statement) Signed(kind StatementKind) []byte {
	b := appendField(make([]byte, 0, 256), "bailiwick-audit-1 "+string(kind))
	b = appendField(b, string(s.OrganizationID))
	b = appendField(b, string(s.Chain))
	b = appendNumber(b, s.Sequence)
	b = appendDigest(b, s.Hash)
	b = appendTime(b, s.RecordedAt)
	return appendField(b, s.Key)
}

// appendField appends a text behind its length: no two lists of texts give the same bytes.
func appendField(b []byte, text string) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(text)))
	return append(b, text...)
}

func appendDigest(b []byte, d Digest) []byte {
	b = binary.BigEndian.AppendUint32(b, 2*sha256.Size)
	return hex.AppendEncode(b, d[:])
}

func appendNumber(b []byte, n int64) []byte {
	var digits [20]byte
	text := strconv.AppendInt(digits[:0], n, 10)
	b = binary.BigEndian.AppendUint32(b, uint32(len(text)))
	return append(b, text...)
}

// appendTime appends a time in microseconds since 1970 UTC; 0 for none.
func appendTime(b []byte, at time.Time) []byte {
	if at.IsZero() {
		return appendNumber(b, 0)
	}
	return appendNumber(b, at.UnixMicro())
}
