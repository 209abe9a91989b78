package store

import "bailiwick/iam"

const resourceColumns = "organization_id, type, id, project_id, name, locality, properties, created_at, updated_at"

func scanResource(row scanner) (r iam.Resource, err error) {
	err = row.Scan(&r.OrganizationID, &r.Type, &r.ID, &r.ProjectID, &r.Name, &r.Locality, &r.Properties,
		instant{&r.CreatedAt}, instant{&r.UpdatedAt})
	return r, err
}

// PutResource stores a registered resource, new or not; an old one keeps its creation time.
func (t *Tx) PutResource(r iam.Resource) error {
	_, err := t.exec("INSERT INTO resources ("+resourceColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (organization_id, type, id) DO UPDATE SET project_id = excluded.project_id, name = excluded.name,
		locality = excluded.locality, properties = excluded.properties, updated_at = excluded.updated_at`,
		string(r.OrganizationID), r.Type, r.ID, string(r.ProjectID), r.Name, r.Locality, string(r.Properties),
		micros(r.CreatedAt), micros(r.UpdatedAt))
	return err
}

// DeleteResource deletes a registered resource that exists.
func (t *Tx) DeleteResource(organization iam.OrganizationID, kind, id string) error {
	return touched(t.exec("DELETE FROM resources WHERE organization_id = $1 AND type = $2 AND id = $3", string(organization), kind, id))
}

// Resource returns one registered resource, or ErrNotFound.
func (t *Tx) Resource(organization iam.OrganizationID, kind, id string) (iam.Resource, error) {
	return one(t.row("SELECT "+resourceColumns+" FROM resources WHERE organization_id = $1 AND type = $2 AND id = $3",
		string(organization), kind, id), scanResource)
}

// Resources returns a page of an organization's registered resources by type and id, and
// their number.
func (t *Tx) Resources(f iam.ResourceFilter) ([]iam.Resource, int, error) {
	w := inOrganization(f.OrganizationID)
	whereText(&w, "type = ?", f.Type)
	return list(t, listQuery{
		table: "resources", columns: resourceColumns, filter: w, key: "type;id", order: iam.Order{Field: "type"}, page: f.Page,
		orders: map[string]string{"type": "type"},
	}, scanResource)
}
