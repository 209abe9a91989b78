package store

import (
	"encoding/json"
	"fmt"
	"time"

	"bailiwick/iam"
)

const systemEventColumns = `organization_id, sequence, id, recorded_at, project_id, kind, source, name, product, resources`

func scanSystemEvent(row scanner) (e iam.SystemEvent, err error) {
	err = row.Scan(&e.OrganizationID, &e.Sequence, &e.ID, instant{&e.RecordedAt}, &e.ProjectID, &e.Kind, &e.Source, &e.Name,
		&e.Product, resourceList{&e.Resources})
	return e, err
}

// AppendSystemEvent gives a system event the next sequence number of its organization and
// stores it. Times go up with the sequence, as those of events do.
func (t *Tx) AppendSystemEvent(e iam.SystemEvent) error {
	records := []resourceRecord{}
	for _, r := range e.Resources {
		records = append(records, resourceRecord{r.ID, r.Type, r.Name, r.Action, micros(r.CreatedAt), micros(r.UpdatedAt), micros(r.DeletedAt)})
	}
	resources, err := json.Marshal(records)
	if err != nil {
		return fmt.Errorf("encode resources: %w", err)
	}
	recorded := micros(t.Now)
	next := t.row(`UPDATE organizations SET system_sequence = system_sequence + 1,
		system_recorded_at = CASE WHEN system_recorded_at > $2 THEN system_recorded_at ELSE $2 END
		WHERE id = $1 RETURNING system_sequence, system_recorded_at`, string(e.OrganizationID), recorded)
	if err := next.Scan(&e.Sequence, &recorded); err != nil {
		return fmt.Errorf("take the next system event: %w", absent(err))
	}
	_, err = t.exec("INSERT INTO system_events ("+systemEventColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
		string(e.OrganizationID), e.Sequence, e.ID, recorded, string(e.ProjectID), string(e.Kind), e.Source, e.Name, e.Product, string(resources))
	return err
}

// TrimSystemEvents removes the oldest system events of an organization that were recorded before a
// time, at most n, and returns how many.
func (t *Tx) TrimSystemEvents(organization iam.OrganizationID, before time.Time, n int) (int64, error) {
	return t.exec(`DELETE FROM system_events WHERE organization_id = $1 AND recorded_at < $2 AND sequence <
		(SELECT sequence FROM system_events WHERE organization_id = $1 ORDER BY sequence LIMIT 1) + $3`, string(organization), micros(before), n)
}

// SystemEvents returns system events of an organization, at most f.Size of them, in the order
// of their sequence.
func (t *Tx) SystemEvents(f iam.SystemEventFilter) ([]iam.SystemEvent, error) {
	w := inOrganization(f.OrganizationID)
	direction, cursor := "DESC", constant("sequence < ?")
	if f.Ascending {
		direction, cursor = "ASC", "sequence > ?"
	}
	if f.Cursor != 0 {
		w.where(cursor, f.Cursor)
	}
	// As of events: a range of time is a range of sequence.
	w.whereTime(`sequence >= (SELECT sequence FROM system_events WHERE organization_id = $1 AND recorded_at >= ?
		ORDER BY recorded_at, sequence LIMIT 1)`, f.After)
	w.whereTime(`sequence <= (SELECT sequence FROM system_events WHERE organization_id = $1 AND recorded_at < ?
		ORDER BY recorded_at DESC, sequence DESC LIMIT 1)`, f.Before)
	whereText(&w, "project_id = ?", f.ProjectID)
	w.whereResourceType(f.ResourceType)
	rows, err := t.queryBuilt(fmt.Sprintf("SELECT %s FROM system_events WHERE %s ORDER BY sequence %s LIMIT %s",
		systemEventColumns, w.text(), direction, w.place(f.Size)), w.args...)
	return gather(rows, err, scanSystemEvent)
}
