package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"bailiwick/iam"
)

const eventColumns = `organization_id, sequence, id, recorded_at, principal_type, principal_id, project_id, source_ip,
	user_agent, product, service, method, resources, request_id, body, status_code`

// resourceRecord is how a resource of an event is stored.
type resourceRecord struct {
	ID        string           `json:"id"`
	Type      iam.ResourceType `json:"type"`
	Name      string           `json:"name,omitempty"`
	Action    iam.Action       `json:"action,omitempty"`
	CreatedAt int64            `json:"created_at,omitempty"`
	UpdatedAt int64            `json:"updated_at,omitempty"`
	DeletedAt int64            `json:"deleted_at,omitempty"`
}

func recordsOf(resources []iam.EventResource) (records []resourceRecord) {
	for _, r := range resources {
		records = append(records, resourceRecord{r.ID, r.Type, r.Name, r.Action, micros(r.CreatedAt), micros(r.UpdatedAt), micros(r.DeletedAt)})
	}
	return records
}

// resourceList reads the stored resources of an event.
type resourceList struct{ target *[]iam.EventResource }

// Scan implements sql.Scanner.
func (l resourceList) Scan(value any) error {
	text, ok := value.(string)
	if !ok {
		return fmt.Errorf("resources are stored as %T", value)
	}
	var records []resourceRecord
	if err := json.Unmarshal([]byte(text), &records); err != nil {
		return err
	}
	*l.target = nil
	if len(records) > 0 {
		*l.target = make([]iam.EventResource, len(records))
	}
	for i, r := range records {
		resource := iam.EventResource{ID: r.ID, Type: r.Type, Name: r.Name, Action: r.Action}
		resource.CreatedAt, resource.UpdatedAt, resource.DeletedAt = instantOf(r.CreatedAt), instantOf(r.UpdatedAt), instantOf(r.DeletedAt)
		(*l.target)[i] = resource
	}
	return nil
}

func scanEvent(row scanner) (iam.Event, error) { return scanEventAnd(row) }

// scanEventAnd reads an event and the columns behind it.
func scanEventAnd(row scanner, more ...any) (e iam.Event, err error) {
	var body string
	err = row.Scan(append([]any{&e.OrganizationID, &e.Sequence, &e.ID, instant{&e.RecordedAt}, &e.Principal.Type, &e.Principal.ID,
		&e.ProjectID, &e.SourceIP, &e.UserAgent, &e.Product, &e.Service, &e.Method, resourceList{&e.Resources}, &e.RequestID,
		&body, &e.StatusCode}, more...)...)
	if body != "" {
		e.Body = []byte(body)
	}
	return e, err
}

// AppendEvent gives an event the next place in the chain of its organization and stores it.
// The hash covers what is stored: an event is bound as it will be read. An event without an id is
// given one. It is written before the commit, and not seen before. ErrNotFound if there is no such
// organization.
func (t *Tx) AppendEvent(e iam.Event) error {
	chain := chainOf{e.OrganizationID, iam.ChainEvents}
	h, err := t.next(chain)
	if err != nil {
		return err
	}
	e.Sequence, e.RecordedAt = h.sequence, instantOf(h.recorded)
	if e.ID == "" {
		e.ID = newEventID(e.RecordedAt)
	}
	entry := iam.EventEntry{Event: e, Proof: iam.Proof{Actor: newPersonal(), Content: newPersonal()}}
	h.hash = entry.ChainHash(h.hash)
	records := recordsOf(e.Resources)
	var first resourceRecord
	if len(records) > 0 {
		first = records[0]
	}
	if first.Action != "" && slices.Contains(logTypes, first.Type) {
		h.logs++
	}
	resources, err := json.Marshal(records)
	if err != nil {
		return fmt.Errorf("encode resources: %w", err)
	}
	if err := t.later("events ("+eventColumns+", resource_type, resource_id, action, actor_salt, content_salt, hash)",
		string(e.OrganizationID), e.Sequence, e.ID, h.recorded, string(e.Principal.Type), e.Principal.ID, string(e.ProjectID),
		e.SourceIP, e.UserAgent, e.Product, e.Service, e.Method, string(resources), e.RequestID, string(e.Body), e.StatusCode,
		string(first.Type), first.ID, string(first.Action), entry.Actor.Salt, entry.Content.Salt, h.hash.String()); err != nil {
		return err
	}
	t.advance(chain, h)
	return nil
}

// Events returns events of an organization, at most f.Size of them, in the order of their
// sequence. With a resource's type and id both, events that touched that very resource.
//
// A filter is answered from the facets of the complete blocks and, for the newest events, which
// are in no complete block, by looking at them. So no filter looks at more than two blocks of events
// that it does not return.
func (t *Tx) Events(f iam.EventFilter) ([]iam.Event, error) {
	s, err := t.spanOf(f)
	if err != nil || s.first > s.last {
		return nil, err
	}
	facets := facetsOfFilter(f)
	if len(facets) == 0 {
		return t.eventsIn(f, s, f.Size)
	}
	faceted, err := t.faceted(f.OrganizationID)
	if err != nil {
		return nil, err
	}
	newest, blocks := span{max(s.first, faceted+1), s.last}, span{s.first, min(s.last, faceted)}
	if f.Ascending {
		events, err := t.eventsByFacets(f, facets, blocks, f.Size)
		if err != nil || len(events) == f.Size {
			return events, err
		}
		more, err := t.eventsIn(f, newest, f.Size-len(events))
		return append(events, more...), err
	}
	events, err := t.eventsIn(f, newest, f.Size)
	if err != nil || len(events) == f.Size {
		return events, err
	}
	more, err := t.eventsByFacets(f, facets, blocks, f.Size-len(events))
	return append(events, more...), err
}

// faceted returns up to which event the facets of an organization go; 0 if there is none.
func (t *Tx) faceted(organization iam.OrganizationID) (int64, error) {
	n, err := one(t.row("SELECT event_facets FROM organizations WHERE id = $1", string(organization)), scanNumber)
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	return n, err
}

// eventsIn returns the first n events of a range that pass the filter, by looking at each.
func (t *Tx) eventsIn(f iam.EventFilter, s span, n int) ([]iam.Event, error) {
	return t.eventsWhere(f, n, func(w *filter) {
		w.where("sequence >= ?", s.first)
		w.where("sequence <= ?", s.last)
	})
}

// eventsAt returns those of events with these sequences that are there and pass the filter.
func (t *Tx) eventsAt(f iam.EventFilter, sequences []int64) ([]iam.Event, error) {
	return t.eventsWhere(f, len(sequences), func(w *filter) {
		places := make([]string, len(sequences))
		for i, sequence := range sequences {
			places[i] = w.place(sequence)
		}
		w.clauses = append(w.clauses, "sequence IN ("+strings.Join(places, ", ")+")")
	})
}

// eventsWhere returns the first n events that pass the filter and what narrow adds to it.
func (t *Tx) eventsWhere(f iam.EventFilter, n int, narrow func(*filter)) ([]iam.Event, error) {
	w := inOrganization(f.OrganizationID)
	narrow(&w)
	whereText(&w, "project_id = ?", f.ProjectID)
	whereText(&w, "product = ?", f.Product)
	whereText(&w, "service = ?", f.Service)
	whereText(&w, "method = ?", f.Method)
	whereText(&w, "principal_id = ?", f.PrincipalID)
	whereText(&w, "source_ip = ?", f.SourceIP)
	if f.Status != 0 {
		w.where("status_code = ?", f.Status)
	}
	if f.ResourceID == "" {
		w.whereResourceType(f.ResourceType)
	} else if err := w.whereResource(f.ResourceID, f.ResourceType); err != nil {
		return nil, err
	}
	rows, err := t.queryBuilt(fmt.Sprintf("SELECT %s FROM events WHERE %s ORDER BY sequence %s LIMIT %s",
		eventColumns, w.text(), direction(f), w.place(n)), w.args...)
	return gather(rows, err, scanEvent)
}

// whereResourceType adds "touched a resource of this type", in the text in which an event keeps
// its resources, if the type is given.
func (f *filter) whereResourceType(kind iam.ResourceType) {
	if kind != "" {
		f.whereListed("resources", `"type":"`, string(kind), `"`)
	}
}

// whereResource adds "touched this very resource", of a type if that is given, in the same text.
// The writing of JSON marks quotes that stand in a value, so a name that looks like a resource
// matches nothing.
func (f *filter) whereResource(id string, kind iam.ResourceType) error {
	text, err := json.Marshal(id)
	if err != nil {
		return fmt.Errorf("encode a resource: %w", err)
	}
	known := `"id":` + string(text) + `,"type":"`
	if kind != "" {
		known += string(kind) + `"`
	}
	f.where(`resources LIKE ? ESCAPE '\'`, `%`+escapeLike(known)+`%`)
	return nil
}

func direction(f iam.EventFilter) string {
	if f.Ascending {
		return "ASC"
	}
	return "DESC"
}

// eventsByFacets returns the first n events of complete blocks that have all facets. Events that
// retention has removed are still members of their block, so it may take more than one look.
func (t *Tx) eventsByFacets(f iam.EventFilter, facets []facet, s span, n int) (events []iam.Event, err error) {
	for len(events) < n && s.first <= s.last {
		found, err := t.meet(f, facets, s, n-len(events))
		if err != nil || len(found) == 0 {
			return events, err
		}
		more, err := t.eventsAt(f, found)
		if err != nil {
			return nil, err
		}
		events = append(events, more...)
		s = s.behind(found[len(found)-1], f.Ascending)
	}
	return events, nil
}
