package store

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

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
	*l.target = make([]iam.EventResource, len(records))
	for i, r := range records {
		resource := iam.EventResource{ID: r.ID, Type: r.Type, Name: r.Name, Action: r.Action}
		for _, at := range []struct {
			micros int64
			target *time.Time
		}{{r.CreatedAt, &resource.CreatedAt}, {r.UpdatedAt, &resource.UpdatedAt}, {r.DeletedAt, &resource.DeletedAt}} {
			_ = instant{at.target}.Scan(at.micros) // an int64 is always a time
		}
		(*l.target)[i] = resource
	}
	return nil
}

func scanEvent(row scanner) (e iam.Event, err error) {
	return e, row.Scan(&e.OrganizationID, &e.Sequence, &e.ID, instant{&e.RecordedAt}, &e.Principal.Type, &e.Principal.ID,
		&e.ProjectID, &e.SourceIP, &e.UserAgent, &e.Product, &e.Service, &e.Method, resourceList{&e.Resources}, &e.RequestID,
		&e.Body, &e.StatusCode)
}

// AppendEvent gives an event the next sequence number of its organization and stores it.
// The time of an event never lies before that of the event before it, also if the clock
// went back: sequence and time give one order.
func (t *Tx) AppendEvent(e iam.Event) error {
	recorded := micros(t.Now)
	err := t.row(`UPDATE organizations SET event_sequence = event_sequence + 1,
		event_recorded_at = CASE WHEN event_recorded_at > $2 THEN event_recorded_at ELSE $2 END
		WHERE id = $1 RETURNING event_sequence, event_recorded_at`, string(e.OrganizationID), recorded).Scan(&e.Sequence, &recorded)
	if err != nil {
		return fmt.Errorf("take the next event: %w", err)
	}
	records := make([]resourceRecord, len(e.Resources))
	var first resourceRecord
	for i, r := range e.Resources {
		records[i] = resourceRecord{r.ID, r.Type, r.Name, r.Action, micros(r.CreatedAt), micros(r.UpdatedAt), micros(r.DeletedAt)}
		first = records[0]
	}
	resources, err := json.Marshal(records)
	if err != nil {
		return fmt.Errorf("encode resources: %w", err)
	}
	if _, err := t.exec("INSERT INTO events ("+eventColumns+`, resource_type, resource_id, action)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
		string(e.OrganizationID), e.Sequence, e.ID, recorded, string(e.Principal.Type), e.Principal.ID, string(e.ProjectID),
		e.SourceIP, e.UserAgent, e.Product, e.Service, e.Method, string(resources), e.RequestID, string(e.Body), e.StatusCode,
		string(first.Type), first.ID, string(first.Action)); err != nil {
		return err
	}
	return t.insertEventResources(e)
}

func (t *Tx) insertEventResources(e iam.Event) error {
	for _, r := range e.Resources {
		if _, err := t.exec(`INSERT INTO event_resources (organization_id, resource_id, sequence, resource_type) VALUES ($1, $2, $3, $4)
			ON CONFLICT (organization_id, resource_id, sequence, resource_type) DO NOTHING`,
			string(e.OrganizationID), r.ID, e.Sequence, string(r.Type)); err != nil {
			return err
		}
	}
	return nil
}

// Events returns events of an organization, at most f.Size of them.
func (t *Tx) Events(f iam.EventFilter) ([]iam.Event, error) {
	var w filter
	w.where("organization_id = ?", string(f.OrganizationID))
	direction := "DESC"
	if f.Ascending {
		direction = "ASC"
		w.where("sequence > ?", f.Cursor)
	} else if f.Cursor != 0 {
		w.where("sequence < ?", f.Cursor)
	}
	if !f.After.IsZero() {
		w.where("recorded_at >= ?", micros(f.After))
	}
	if !f.Before.IsZero() {
		w.where("recorded_at < ?", micros(f.Before))
	}
	whereText(&w, "project_id = ?", f.ProjectID)
	whereText(&w, "product = ?", f.Product)
	whereText(&w, "service = ?", f.Service)
	whereText(&w, "method = ?", f.Method)
	whereText(&w, "principal_id = ?", f.PrincipalID)
	whereText(&w, "source_ip = ?", f.SourceIP)
	if f.Status != 0 {
		w.where("status_code = ?", f.Status)
	}
	const touches = `EXISTS (SELECT 1 FROM event_resources r WHERE r.organization_id = events.organization_id
		AND r.sequence = events.sequence AND %s = ?)`
	whereText(&w, fmt.Sprintf(touches, "r.resource_id"), f.ResourceID)
	whereText(&w, fmt.Sprintf(touches, "r.resource_type"), f.ResourceType)
	w.args = append(w.args, f.Size)
	return collect(t, scanEvent, fmt.Sprintf("SELECT %s FROM events WHERE %s ORDER BY sequence %s LIMIT $%d",
		eventColumns, w.text(), direction, len(w.args)), w.args...)
}

// logTypes are the kinds of resource that the IAM log covers, by their names there.
var logTypes = map[string]iam.ResourceType{
	"api_key": iam.ResourceAPIKey, "user": iam.ResourceUser, "application": iam.ResourceApplication,
	"group": iam.ResourceGroup, "policy": iam.ResourcePolicy,
}

const (
	logColumns   = "organization_id, id, recorded_at, source_ip, user_agent, action, principal_id, resource_type, resource_id"
	logCondition = `action <> '' AND resource_type IN ('iam_api_key', 'iam_user', 'iam_application', 'iam_group', 'iam_policy')`
)

func scanLog(row scanner) (l iam.Log, err error) {
	err = row.Scan(&l.OrganizationID, &l.ID, instant{&l.CreatedAt}, &l.IP, &l.UserAgent, &l.Action, &l.BearerID, &l.ResourceType, &l.ResourceID)
	l.ResourceType = strings.TrimPrefix(l.ResourceType, "iam_")
	return l, err
}

// Logs returns a page of an organization's IAM log, and the number of its entries.
func (t *Tx) Logs(f iam.LogFilter) ([]iam.Log, int, error) {
	var w filter
	w.where("organization_id = ?", string(f.OrganizationID))
	w.clauses = append(w.clauses, logCondition)
	if !f.After.IsZero() {
		w.where("recorded_at >= ?", micros(f.After))
	}
	if !f.Before.IsZero() {
		w.where("recorded_at <= ?", micros(f.Before))
	}
	whereText(&w, "action = ?", f.Action)
	whereText(&w, "resource_type = ?", logTypes[f.ResourceType])
	whereText(&w, "(principal_id = ? OR resource_id = ?)", f.Search)
	return list(t, listQuery{
		table: "events", columns: logColumns, filter: w, tie: "sequence", order: f.Order, page: f.Page,
		orders: map[string]string{"created_at": "recorded_at"},
	}, scanLog)
}

// Log returns one entry of the IAM log, or ErrNotFound.
func (t *Tx) Log(organization iam.OrganizationID, id iam.LogID) (iam.Log, error) {
	return one(t.row("SELECT "+logColumns+" FROM events WHERE organization_id = $1 AND id = $2 AND "+logCondition,
		string(organization), string(id)), scanLog)
}
