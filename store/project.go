package store

import "bailiwick/iam"

const projectColumns = "organization_id, id, name, description, created_at, updated_at"

func scanProject(row scanner) (p iam.Project, err error) {
	err = row.Scan(&p.OrganizationID, &p.ID, &p.Name, &p.Description, instant{&p.CreatedAt}, instant{&p.UpdatedAt})
	return p, err
}

// InsertProject stores a new project.
func (t *Tx) InsertProject(p iam.Project) error {
	t.change(p.OrganizationID, KindProject, string(p.ID))
	return t.insert(p.OrganizationID, "projects", "INSERT INTO projects ("+projectColumns+") VALUES ($1, $2, $3, $4, $5, $6)",
		string(p.OrganizationID), string(p.ID), p.Name, p.Description, micros(p.CreatedAt), micros(p.UpdatedAt))
}

// UpdateProject stores the name and description of a project that exists.
func (t *Tx) UpdateProject(p iam.Project) error {
	return touched(t.exec("UPDATE projects SET name = $3, description = $4, updated_at = $5 WHERE organization_id = $1 AND id = $2",
		string(p.OrganizationID), string(p.ID), p.Name, p.Description, micros(p.UpdatedAt)))
}

// DeleteProject deletes a project that exists. Rules that name it keep its id: see
// [Tx.PoliciesWithProject].
func (t *Tx) DeleteProject(organization iam.OrganizationID, id iam.ProjectID) error {
	t.change(organization, KindProject, string(id))
	return t.remove(organization, "projects", "DELETE FROM projects WHERE organization_id = $1 AND id = $2", string(organization), string(id))
}

// Project returns one project of an organization, or ErrNotFound.
func (t *Tx) Project(organization iam.OrganizationID, id iam.ProjectID) (iam.Project, error) {
	return one(t.row("SELECT "+projectColumns+" FROM projects WHERE organization_id = $1 AND id = $2",
		string(organization), string(id)), scanProject)
}

// Projects returns a page of an organization's projects, and their number.
func (t *Tx) Projects(f iam.ProjectFilter) ([]iam.Project, int, error) {
	w := inOrganization(f.OrganizationID)
	w.whereName(f.Name)
	w.whereSearch(f.Search, "name")
	whereIn(&w, "id IN (?)", f.ProjectIDs)
	return list(t, listQuery{
		table: "projects", columns: projectColumns, filter: w, key: "id", counter: "projects", order: f.Order, page: f.Page,
		orders: map[string]string{"created_at": "created_at", "name": "lower(name);name"},
	}, scanProject)
}

// CountProjects returns how many projects an organization has.
func (t *Tx) CountProjects(organization iam.OrganizationID) (int, error) {
	return t.counted(organization, "projects")
}

// EachProject gives every project of every organization to yield.
func (t *Tx) EachProject(yield func(iam.Project) error) error {
	return eachObject(t, KindProject, scanProject, yield, "SELECT "+projectColumns+" FROM projects")
}
