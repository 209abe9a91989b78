package store

import (
	"encoding/json"
	"fmt"

	"bailiwick/iam"
)

// Erasure is what of the audit trail holds personal data of a user.
type Erasure string

// The parts.
const (
	ErasureActors   Erasure = "actors"   // address and agent of what the user did
	ErasureContents Erasure = "contents" // body and names of what was done to the user
	ErasureLogins   Erasure = "logins"   // address, agent and username of the user's attempts to log in
	ErasureSystem   Erasure = "system"   // names in system events on the user
)

// Erasures returns all parts.
func Erasures() []Erasure {
	return []Erasure{ErasureActors, ErasureContents, ErasureLogins, ErasureSystem}
}

// Erase removes personal data of a user from at most n entries of one part, behind a sequence,
// and returns the sequence of the last entry that it looked at; 0 if there is none. The
// commitment stays in the place of the data and of their salt: the chain is the same as before,
// and the data can no longer be found by trying all that they may be.
func (t *Tx) Erase(organization iam.OrganizationID, user iam.UserID, part Erasure, after int64, n int) (last int64, err error) {
	if _, err := t.lockHead(chainOf{organization, iam.ChainEvents}); err != nil { // nobody fills a block meanwhile
		return 0, err
	}
	f := iam.EventFilter{OrganizationID: organization, Cursor: after, Ascending: true, Size: n}
	var erase func(iam.OrganizationID, int64) error
	var sequences []int64
	switch part {
	case ErasureActors:
		f.PrincipalID = string(user)
		erase = t.eraseActor
		sequences, err = t.sequences(f)
	case ErasureContents:
		f.ResourceID = string(user)
		erase = t.eraseContent
		sequences, err = t.sequences(f)
	case ErasureLogins:
		erase = t.eraseLogin
		sequences, err = collect(t, scanNumber, "SELECT sequence FROM authentication_events WHERE organization_id = $1 AND user_id = $2 AND sequence > $3 ORDER BY sequence LIMIT $4",
			string(organization), string(user), after, n)
	case ErasureSystem:
		erase = t.eraseSystem
		sequences, err = t.systemSequences(organization, user, after, n)
	default:
		return 0, fmt.Errorf("no part %q", part)
	}
	if err != nil {
		return 0, err
	}
	for _, last = range sequences {
		if err := erase(organization, last); err != nil {
			return 0, err
		}
	}
	return last, nil
}

// sequences returns those of the events that pass a filter.
func (t *Tx) sequences(f iam.EventFilter) (all []int64, err error) {
	events, err := t.Events(f)
	for _, e := range events {
		all = append(all, e.Sequence)
	}
	return all, err
}

// eventEntry returns one entry; events that are older than the chain have no salts.
func (t *Tx) eventEntry(organization iam.OrganizationID, sequence int64) (iam.EventEntry, error) {
	return one(t.row("SELECT "+eventColumns+", "+proofColumns+" FROM events WHERE organization_id = $1 AND sequence = $2", string(organization), sequence),
		func(row scanner) (e iam.EventEntry, err error) {
			e.Event, err = scanEventAnd(row, proofPlaces(&e.Proof)...)
			return e, err
		})
}

func (t *Tx) eraseActor(organization iam.OrganizationID, sequence int64) error {
	e, err := t.eventEntry(organization, sequence)
	if err != nil {
		return err
	}
	faceted, err := t.faceted(organization)
	if err != nil {
		return err
	}
	if e.SourceIP != "" && sequence <= faceted {
		// The address must not stay in the lists by which events are found.
		if err := t.dropMember(organization, facet{"source_ip", e.SourceIP}, sequence); err != nil {
			return err
		}
	}
	_, err = t.exec("UPDATE events SET source_ip = '', user_agent = '', actor_salt = '', actor_commitment = $3 WHERE organization_id = $1 AND sequence = $2",
		string(organization), sequence, kept(e.Hash, e.ActorCommitment()))
	return err
}

// dropMember takes an event out of the list of a value: that of the value, if it is common in the block, or
// that of its bucket. Not out of both: in the bucket another value of the event may look alike.
func (t *Tx) dropMember(organization iam.OrganizationID, f facet, sequence int64) error {
	member, place := false, (sequence-1)%blockSize
	err := t.changeMembers(organization, f, (sequence-1)/blockSize, func(m *members) {
		member = m[place/64]&(1<<(place%64)) != 0
		m[place/64] &^= 1 << (place % 64)
	})
	if err != nil || member {
		return err
	}
	return t.dropRare(organization, f, sequence)
}

func (t *Tx) eraseContent(organization iam.OrganizationID, sequence int64) error {
	e, err := t.eventEntry(organization, sequence)
	if err != nil {
		return err
	}
	commitment := kept(e.Hash, e.ContentCommitment())
	resources, err := namelessText(e.Resources)
	if err != nil {
		return err
	}
	_, err = t.exec("UPDATE events SET body = '', resources = $3, content_salt = '', content_commitment = $4 WHERE organization_id = $1 AND sequence = $2",
		string(organization), sequence, resources, commitment)
	return err
}

func (t *Tx) eraseLogin(organization iam.OrganizationID, sequence int64) error {
	e, err := one(t.row("SELECT "+authenticationEventColumns+", "+proofColumns+" FROM authentication_events WHERE organization_id = $1 AND sequence = $2",
		string(organization), sequence), func(row scanner) (e iam.AuthenticationEntry, err error) {
		e.AuthenticationEvent, err = scanAuthenticationEventAnd(row, proofPlaces(&e.Proof)...)
		return e, err
	})
	if err != nil {
		return err
	}
	_, err = t.exec(`UPDATE authentication_events SET source_ip = '', user_agent = '', username = '', actor_salt = '', content_salt = '',
		actor_commitment = $3, content_commitment = $4 WHERE organization_id = $1 AND sequence = $2`,
		string(organization), sequence, kept(e.Hash, e.ActorCommitment()), kept(e.Hash, e.ContentCommitment()))
	return err
}

// systemSequences returns those of system events behind a sequence that a user is a resource of.
func (t *Tx) systemSequences(organization iam.OrganizationID, user iam.UserID, after int64, n int) ([]int64, error) {
	w := inOrganization(organization)
	w.where("sequence > ?", after)
	if err := w.whereResource(string(user), ""); err != nil {
		return nil, err
	}
	rows, err := t.queryBuilt("SELECT sequence FROM system_events WHERE "+w.text()+" ORDER BY sequence LIMIT "+w.place(n), w.args...)
	return gather(rows, err, scanNumber)
}

func (t *Tx) eraseSystem(organization iam.OrganizationID, sequence int64) error {
	e, err := one(t.row("SELECT "+systemEntryColumns+" FROM system_events WHERE organization_id = $1 AND sequence = $2", string(organization), sequence), scanSystemEntry)
	if err != nil {
		return err
	}
	resources, err := namelessText(e.Resources)
	if err != nil {
		return err
	}
	_, err = t.exec("UPDATE system_events SET resources = $3, content_salt = '', content_commitment = $4 WHERE organization_id = $1 AND sequence = $2",
		string(organization), sequence, resources, kept(e.Hash, e.ContentCommitment()))
	return err
}

// namelessText is how resources are stored without their names.
func namelessText(resources []iam.EventResource) (string, error) {
	records := recordsOf(resources)
	for i := range records {
		records[i].Name = ""
	}
	text, err := json.Marshal(records)
	if err != nil {
		return "", fmt.Errorf("encode resources: %w", err)
	}
	return string(text), nil
}

// kept is the commitment that stays; none for an entry that is older than the chain, whose
// commitment would have no salt and could be found by trying.
func kept(hash, commitment iam.Digest) string {
	if hash == (iam.Digest{}) {
		return ""
	}
	return stored(commitment)
}
