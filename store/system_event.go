package store

import (
	"encoding/json"
	"fmt"

	"bailiwick/iam"
)

const systemEventColumns = `organization_id, sequence, id, recorded_at, project_id, kind, source, name, product, resources`

func scanSystemEvent(row scanner) (iam.SystemEvent, error) { return scanSystemEventAnd(row) }

// scanSystemEventAnd reads a system event and the columns behind it.
func scanSystemEventAnd(row scanner, more ...any) (e iam.SystemEvent, err error) {
	err = row.Scan(append([]any{&e.OrganizationID, &e.Sequence, &e.ID, instant{&e.RecordedAt}, &e.ProjectID, &e.Kind, &e.Source, &e.Name,
		&e.Product, resourceList{&e.Resources}}, more...)...)
	return e, err
}

const systemEntryColumns = systemEventColumns + ", content_salt, content_commitment, hash"

func scanSystemEntry(row scanner) (e iam.SystemEntry, err error) {
	e.SystemEvent, err = scanSystemEventAnd(row, &e.Content.Salt, digest{&e.Content.Commitment}, digest{&e.Hash})
	return e, err
}

// AppendSystemEvent gives a system event the next place in the chain of its organization and
// stores it, as AppendEvent does.
func (t *Tx) AppendSystemEvent(e iam.SystemEvent) error {
	chain := chainOf{e.OrganizationID, iam.ChainSystem}
	h, err := t.next(chain)
	if err != nil {
		return err
	}
	e.Sequence, e.RecordedAt = h.sequence, instantOf(h.recorded)
	entry := iam.SystemEntry{SystemEvent: e, Content: newPersonal()}
	h.hash = entry.ChainHash(h.hash)
	resources, err := json.Marshal(recordsOf(e.Resources))
	if err != nil {
		return fmt.Errorf("encode resources: %w", err)
	}
	if err := t.later("system_events ("+systemEventColumns+", content_salt, hash)",
		string(e.OrganizationID), e.Sequence, e.ID, h.recorded, string(e.ProjectID), string(e.Kind), e.Source, e.Name, e.Product, string(resources),
		entry.Content.Salt, h.hash.String()); err != nil {
		return err
	}
	t.advance(chain, h)
	return nil
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
