package store

import "bailiwick/iam"

const projectColumns = "organization_id, id, name, description, created_at, updated_at"

func scanProject(row scanner) (p iam.Project, err error) {
	return p, row.Scan(&p.OrganizationID, &p.ID, &p.Name, &p.Description, instant{&p.CreatedAt}, instant{&p.UpdatedAt})
}

// InsertProject stores a new project.
func (t *Tx) InsertProject(p iam.Project) error {
	t.change(p.OrganizationID, KindProject, string(p.ID))
	_, err := t.exec("INSERT INTO projects ("+projectColumns+") VALUES ($1, $2, $3, $4, $5, $6)",
		string(p.OrganizationID), string(p.ID), p.Name, p.Description, micros(p.CreatedAt), micros(p.UpdatedAt))
	return err
}

// UpdateProject stores the name and description of a project that exists.
func (t *Tx) UpdateProject(p iam.Project) error {
	return touched(t.exec("UPDATE projects SET name = $3, description = $4, updated_at = $5 WHERE organization_id = $1 AND id = $2",
		string(p.OrganizationID), string(p.ID), p.Name, p.Description, micros(p.UpdatedAt)))
}

// DeleteProject deletes a project that exists. Its id leaves the scopes of all rules, see
// [Tx.RemoveProjectFromRules].
func (t *Tx) DeleteProject(organization iam.OrganizationID, id iam.ProjectID) error {
	t.change(organization, KindProject, string(id))
	return touched(t.exec("DELETE FROM projects WHERE organization_id = $1 AND id = $2", string(organization), string(id)))
}

// Project returns one project of an organization, or ErrNotFound.
func (t *Tx) Project(organization iam.OrganizationID, id iam.ProjectID) (iam.Project, error) {
	return one(t.row("SELECT "+projectColumns+" FROM projects WHERE organization_id = $1 AND id = $2",
		string(organization), string(id)), scanProject)
}

// Projects returns a page of an organization's projects, and their number.
func (t *Tx) Projects(f iam.ProjectFilter) ([]iam.Project, int, error) {
	var w filter
	w.where("organization_id = ?", string(f.OrganizationID))
	whereText(&w, "name = ?", f.Name)
	whereIn(&w, "id IN (?)", f.ProjectIDs)
	return list(t, listQuery{
		table: "projects", columns: projectColumns, filter: w, tie: "id", order: f.Order, page: f.Page,
		orders: map[string]string{"created_at": "created_at", "name": "lower(name);name"},
	}, scanProject)
}

// CountProjects returns how many projects an organization has.
func (t *Tx) CountProjects(organization iam.OrganizationID) (n int, err error) {
	return n, t.row("SELECT COUNT(*) FROM projects WHERE organization_id = $1", string(organization)).Scan(&n)
}

// EachProject gives every project of every organization to yield.
func (t *Tx) EachProject(yield func(iam.Project) error) error {
	return each(t, scanProject, yield, "SELECT "+projectColumns+" FROM projects")
}
