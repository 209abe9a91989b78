package store

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"bailiwick/iam"
)

// logTypes are the kinds of resource that the IAM log covers. There, their names lack the
// prefix.
var logTypes = []iam.ResourceType{
	iam.ResourceAPIKey, iam.ResourceUser, iam.ResourceApplication, iam.ResourceGroup, iam.ResourcePolicy,
}

const (
	logTypePrefix = "iam_"
	logColumns    = "organization_id, id, recorded_at, source_ip, user_agent, action, principal_id, resource_type, resource_id"
	logCondition  = `action <> '' AND resource_type IN ('iam_api_key', 'iam_user', 'iam_application', 'iam_group', 'iam_policy')`
)

func scanLog(row scanner) (l iam.Log, err error) {
	err = row.Scan(&l.OrganizationID, &l.ID, instant{&l.CreatedAt}, &l.IP, &l.UserAgent, &l.Action, &l.BearerID, &l.ResourceType, &l.ResourceID)
	l.ResourceType = strings.TrimPrefix(l.ResourceType, logTypePrefix)
	return l, err
}

// Logs returns a page of an organization's IAM log, and the number of its entries.
func (t *Tx) Logs(f iam.LogFilter) ([]iam.Log, int, error) {
	w := inOrganization(f.OrganizationID)
	w.clauses[0] += " AND " + logCondition
	if err := t.whereSpan(&w, f); err != nil {
		return nil, 0, err
	}
	whereText(&w, "action = ?", f.Action)
	if f.ResourceType != "" {
		w.where("resource_type = ?", logTypePrefix+f.ResourceType)
	}
	if err := t.whereAbout(&w, f.Search); err != nil {
		return nil, 0, err
	}
	return list(t, listQuery{
		table: "events", columns: logColumns, filter: w, key: "sequence", counter: countedLogs, order: f.Order, page: f.Page,
		orders: map[string]string{"created_at": "sequence"}, // time goes up with the sequence
	}, scanLog)
}

// whereSpan adds the range of time of a filter, as a range of sequences.
func (t *Tx) whereSpan(w *filter, f iam.LogFilter) error {
	if f.After.IsZero() && f.Before.IsZero() {
		return nil
	}
	before := f.Before
	if !before.IsZero() {
		before = before.Add(time.Microsecond) // it belongs to the range
	}
	s, err := t.spanOf(iam.EventFilter{OrganizationID: f.OrganizationID, After: f.After, Before: before})
	w.where("sequence >= ?", s.first)
	w.where("sequence <= ?", s.last)
	return err
}

// maxAbout is how many events of a principal or a resource are looked up one by one.
const maxAbout = 4096

// whereAbout adds "was done by, or to" a principal or a resource. As long as there are not very
// many such events, complete blocks are not looked through: their facets say which they are.
func (t *Tx) whereAbout(w *filter, id string) error {
	if id == "" {
		return nil
	}
	w.where("(principal_id = ? OR resource_id = ?)", id)
	faceted, err := t.faceted(w.organization)
	if err != nil {
		return err
	}
	found := map[int64]bool{}
	for _, name := range []string{facetPrincipal, facetResource} {
		sequences, err := t.meet(iam.EventFilter{OrganizationID: w.organization}, []facet{{name, id}}, span{1, faceted}, maxAbout)
		if err != nil {
			return err
		}
		for _, n := range sequences {
			found[n] = true
		}
		if len(sequences) == maxAbout || len(found) >= maxAbout {
			return nil
		}
	}
	places := []string{w.place(int64(0))} // a list must not be empty
	for n := range found {
		places = append(places, w.place(n))
	}
	w.clauses = append(w.clauses, "(sequence > "+w.place(faceted)+" OR sequence IN ("+strings.Join(places, ", ")+"))")
	return nil
}

// Log returns one entry of the IAM log, or ErrNotFound.
func (t *Tx) Log(organization iam.OrganizationID, id iam.LogID) (iam.Log, error) {
	at, timed := eventTime(string(id))
	if !timed {
		return one(t.row("SELECT "+logColumns+" FROM events WHERE organization_id = $1 AND id = $2 AND substr(id, 15, 1) <> '7' AND "+logCondition,
			string(organization), string(id)), scanLog)
	}
	s, err := t.spanOf(iam.EventFilter{OrganizationID: organization, After: at.Add(-idLead), Before: at.Add(time.Millisecond)})
	if err != nil {
		return iam.Log{}, err
	}
	return one(t.row("SELECT "+logColumns+" FROM events WHERE organization_id = $1 AND id = $2 AND sequence >= $3 AND sequence <= $4 AND "+logCondition,
		string(organization), string(id), s.first, s.last), scanLog)
}

// idLead is how far the time in the id of an event may lie before that at which it was recorded.
// Ids of today have the very time; older ones were made a little later, in the same transaction.
const idLead = 10 * time.Second

// newEventID returns the id of an event: a UUID of version 7 (RFC 9562 section 5.7), whose time is
// that at which the event was recorded. So an event is found by its id without an index.
func newEventID(at time.Time) string {
	var id [16]byte
	rand.Read(id[:]) // never fails (crypto/rand)
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(at.UnixMilli()))
	copy(id[:6], ms[2:])
	id[6], id[8] = id[6]&0x0f|0x70, id[8]&0x3f|0x80
	text := hex.EncodeToString(id[:])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}

// eventTime returns the time in an id of version 7, and false for any other id.
func eventTime(id string) (time.Time, bool) {
	if len(id) != 36 || id[14] != '7' {
		return time.Time{}, false
	}
	ms, err := strconv.ParseInt(id[:8]+id[9:13], 16, 64)
	return time.UnixMilli(ms), err == nil
}
