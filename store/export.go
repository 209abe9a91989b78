package store

import (
	"time"

	"bailiwick/iam"
)

const exportJobColumns = `organization_id, id, region, name, bucket, bucket_region, prefix, project_id, tags, created_at, last_run_at, failed, message, day, part, sequence`

func exportJobTargets(j *iam.ExportJob) []any {
	return []any{&j.OrganizationID, &j.ID, &j.Region, &j.Name, &j.Bucket.Name, &j.Bucket.Region, &j.Bucket.Prefix, &j.Bucket.ProjectID,
		listOf[string]{&j.Tags}, instant{&j.CreatedAt}, instant{&j.LastRunAt}, &j.Failed, &j.Message, instant{&j.Place.Day}, &j.Place.Part, &j.Place.Sequence}
}

func scanExportJob(row scanner) (j iam.ExportJob, err error) {
	err = row.Scan(exportJobTargets(&j)...)
	return j, err
}

// InsertExportJob stores a new job, which is due at once; ErrDuplicate if its region has one.
func (t *Tx) InsertExportJob(j iam.ExportJob) error {
	_, err := t.exec("INSERT INTO export_jobs ("+exportJobColumns+", held_until, tries) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 0, 0)",
		string(j.OrganizationID), string(j.ID), j.Region, j.Name, j.Bucket.Name, j.Bucket.Region, j.Bucket.Prefix, string(j.Bucket.ProjectID),
		encodeList(j.Tags), micros(j.CreatedAt), micros(j.LastRunAt), j.Failed, j.Message, micros(j.Place.Day), j.Place.Part, j.Place.Sequence)
	return err
}

// DeleteExportJob deletes a job that exists.
func (t *Tx) DeleteExportJob(organization iam.OrganizationID, id iam.ExportJobID) error {
	return touched(t.exec("DELETE FROM export_jobs WHERE organization_id = $1 AND id = $2", string(organization), string(id)))
}

// ExportJob returns a job of a region of an organization, or ErrNotFound.
func (t *Tx) ExportJob(organization iam.OrganizationID, region string, id iam.ExportJobID) (iam.ExportJob, error) {
	return one(t.row("SELECT "+exportJobColumns+" FROM export_jobs WHERE organization_id = $1 AND id = $2 AND region = $3",
		string(organization), string(id), region), scanExportJob)
}

// ExportJobs returns a page of the jobs of a region of an organization, and their number.
func (t *Tx) ExportJobs(f iam.ExportJobFilter) ([]iam.ExportJob, int, error) {
	w := inOrganization(f.OrganizationID)
	w.where("region = ?", f.Region)
	whereText(&w, "name = ?", f.Name)
	for _, tag := range f.Tags {
		w.whereListed("tags", `"`, tag, `"`)
	}
	return list(t, listQuery{
		table: "export_jobs", columns: exportJobColumns, filter: w, key: "id", order: f.Order, page: f.Page,
		orders: map[string]string{"created_at": "created_at", "name": "lower(name);name"},
	}, scanExportJob)
}

// HoldExportJob takes the next job that is due out of all tenants' and holds it for a while, as
// HoldLetter does.
func (t *Tx) HoldExportJob(hold time.Duration) (j iam.ExportJob, tries int, err error) {
	err = t.row(`UPDATE export_jobs SET held_until = $2, tries = tries + 1 WHERE held_until <= $1 AND (organization_id, id) IN
		(SELECT organization_id, id FROM export_jobs WHERE held_until <= $1 ORDER BY held_until LIMIT 1)
		RETURNING `+exportJobColumns+", tries", micros(t.Now), micros(t.Now.Add(hold))).Scan(append(exportJobTargets(&j), &tries)...)
	return j, tries, absent(err)
}

// MoveExportJob stores how far a job has come, and holds it for longer. ErrNotFound says that
// the job was deleted meanwhile.
func (t *Tx) MoveExportJob(j iam.ExportJob, until time.Time) error {
	return touched(t.exec(`UPDATE export_jobs SET day = $3, part = $4, sequence = $5, held_until = $6 WHERE organization_id = $1 AND id = $2`,
		string(j.OrganizationID), string(j.ID), micros(j.Place.Day), j.Place.Part, j.Place.Sequence, micros(until)))
}

// EndExportJob stores how the run of a job ended, and when the next begins.
func (t *Tx) EndExportJob(j iam.ExportJob, tries int, until time.Time) error {
	return touched(t.exec(`UPDATE export_jobs SET last_run_at = $3, failed = $4, message = $5, tries = $6, held_until = $7 WHERE organization_id = $1 AND id = $2`,
		string(j.OrganizationID), string(j.ID), micros(j.LastRunAt), j.Failed, j.Message, tries, micros(until)))
}
