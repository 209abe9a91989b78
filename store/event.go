package store

import (
	"encoding/json"
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
// The hash covers what is stored: an event is bound as it will be read. ErrNotFound if there
// is no such organization.
func (t *Tx) AppendEvent(e iam.Event) error {
	chain := chainOf{e.OrganizationID, iam.ChainEvents}
	h, err := t.next(chain)
	if err != nil {
		return err
	}
	e.Sequence, e.RecordedAt = h.sequence, instantOf(h.recorded)
	entry := iam.EventEntry{Event: e, Proof: iam.Proof{Actor: newPersonal(), Content: newPersonal()}}
	h.hash = entry.ChainHash(h.hash)
	var records []resourceRecord
	var first resourceRecord
	for _, r := range e.Resources {
		records = append(records, resourceRecord{r.ID, r.Type, r.Name, r.Action, micros(r.CreatedAt), micros(r.UpdatedAt), micros(r.DeletedAt)})
		first = records[0]
	}
	if first.Action != "" && slices.Contains(logTypes, first.Type) {
		t.count(e.OrganizationID, "logs", 1)
	}
	resources, err := json.Marshal(records)
	if err != nil {
		return fmt.Errorf("encode resources: %w", err)
	}
	if _, err := t.exec("INSERT INTO events ("+eventColumns+`, resource_type, resource_id, action, actor_salt, content_salt, hash)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)`,
		string(e.OrganizationID), e.Sequence, e.ID, h.recorded, string(e.Principal.Type), e.Principal.ID, string(e.ProjectID),
		e.SourceIP, e.UserAgent, e.Product, e.Service, e.Method, string(resources), e.RequestID, string(e.Body), e.StatusCode,
		string(first.Type), first.ID, string(first.Action), entry.Actor.Salt, entry.Content.Salt, h.hash.String()); err != nil {
		return err
	}
	if err := t.insertEventResources(e); err != nil {
		return err
	}
	t.advance(chain, h)
	return nil
}

func (t *Tx) insertEventResources(e iam.Event) error {
	for _, r := range e.Resources {
		if _, err := t.exec(`INSERT INTO event_resources (organization_id, sequence, resource_type, resource_id) VALUES ($1, $2, $3, $4)
			ON CONFLICT (organization_id, resource_id, sequence, resource_type) DO NOTHING`,
			string(e.OrganizationID), e.Sequence, string(r.Type), r.ID); err != nil {
			return err
		}
	}
	return nil
}

// Events returns events of an organization, at most f.Size of them, in the order of their
// sequence. With a resource's type and id both, events that touched that very resource.
func (t *Tx) Events(f iam.EventFilter) ([]iam.Event, error) {
	w := inOrganization(f.OrganizationID)
	direction := "DESC"
	cursor := constant("sequence < ?")
	if f.Ascending {
		direction, cursor = "ASC", "sequence > ?"
	}
	if f.Cursor != 0 {
		w.where(cursor, f.Cursor)
	}
	// Sequence and time give one order, so a range of time is a range of sequence, whose ends
	// the index on time gives at once.
	w.whereTime(`sequence >= (SELECT sequence FROM events WHERE organization_id = $1 AND recorded_at >= ?
		ORDER BY recorded_at, sequence LIMIT 1)`, f.After)
	w.whereTime(`sequence <= (SELECT sequence FROM events WHERE organization_id = $1 AND recorded_at < ?
		ORDER BY recorded_at DESC, sequence DESC LIMIT 1)`, f.Before)
	whereText(&w, "project_id = ?", f.ProjectID)
	whereText(&w, "product = ?", f.Product)
	whereText(&w, "service = ?", f.Service)
	whereText(&w, "method = ?", f.Method)
	whereText(&w, "principal_id = ?", f.PrincipalID)
	whereText(&w, "source_ip = ?", f.SourceIP)
	if f.Status != 0 {
		w.where("status_code = ?", f.Status)
	}
	w.whereResource(f.ResourceType, f.ResourceID)
	rows, err := t.queryBuilt(fmt.Sprintf("SELECT %s FROM events WHERE %s ORDER BY sequence %s LIMIT %s",
		eventColumns, w.text(), direction, w.place(f.Size)), w.args...)
	return gather(rows, err, scanEvent)
}

// whereResource adds "touched a resource of this type and with this id", each if given. One
// resource has few events and most types have many: the first are looked up, the second
// tested on the way, in the text in which an event keeps its resources.
func (f *filter) whereResource(kind iam.ResourceType, id string) {
	switch {
	case kind == "" && id == "":
	case id == "":
		f.whereListed("resources", `"type":"`, string(kind), `"`)
	default:
		f.where("sequence IN (SELECT sequence FROM event_resources WHERE organization_id = $1 AND resource_id = ?", id)
		last := &f.clauses[len(f.clauses)-1]
		if kind != "" {
			*last += " AND resource_type = " + f.place(string(kind))
		}
		*last += ")"
	}
}

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
	w.whereTime("recorded_at >= ?", f.After)
	w.whereTime("recorded_at <= ?", f.Before)
	whereText(&w, "action = ?", f.Action)
	if f.ResourceType != "" {
		w.where("resource_type = ?", logTypePrefix+f.ResourceType)
	}
	whereText(&w, `(principal_id = ? OR resource_id = ? AND sequence IN
		(SELECT sequence FROM event_resources WHERE organization_id = $1 AND resource_id = ?))`, f.Search)
	return list(t, listQuery{
		table: "events", columns: logColumns, filter: w, key: "sequence", counter: "logs", order: f.Order, page: f.Page,
		orders: map[string]string{"created_at": "recorded_at"},
	}, scanLog)
}

// Log returns one entry of the IAM log, or ErrNotFound.
func (t *Tx) Log(organization iam.OrganizationID, id iam.LogID) (iam.Log, error) {
	return one(t.row("SELECT "+logColumns+" FROM events WHERE organization_id = $1 AND id = $2 AND "+logCondition,
		string(organization), string(id)), scanLog)
}
