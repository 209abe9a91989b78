package authority

import (
	"context"
	"slices"
	"strings"
	"time"

	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/store"
)

func exportJobObject(id iam.ExportJobID, j iam.ExportJob) object {
	return object{kind: "export_job", id: string(id), name: j.Name, named: j.ID != ""}
}

func exportJobResource(j iam.ExportJob) iam.EventResource {
	return iam.EventResource{ID: string(j.ID), Type: iam.ResourceExportJob, Name: j.Name, CreatedAt: j.CreatedAt}
}

// OrganizationPlace stands for the id of the organization in the names of buckets that an
// operator allows.
const OrganizationPlace = "{organization_id}"

// mayWriteTo refuses buckets that the operator does not allow.
//
// The attack: the server writes with the operator's credentials, which reach the buckets of all
// tenants and perhaps others. A tenant that could name any of them would write into a
// neighbour's evidence. So the operator says which names there are, and a name can hold the id
// of the organization, which nobody chooses.
func (a *Authority) mayWriteTo(organization iam.OrganizationID, bucket string) error {
	if len(a.exportBuckets) == 0 {
		return iam.Precondition(iam.PreconditionAttribute, "this installation has no object storage for exports (--export-s3-endpoint)")
	}
	if slices.ContainsFunc(a.exportBuckets, func(allowed string) bool {
		return strings.ReplaceAll(allowed, OrganizationPlace, string(organization)) == bucket
	}) {
		return nil
	}
	return iam.Invalid("s3.bucket", iam.ReasonConstraint, "value is not a bucket that the operator allows for this organization")
}

// ListExportJobs returns a page of the export jobs of a region, and their number.
func (a *Authority) ListExportJobs(ctx context.Context, call iam.Call, f iam.ExportJobFilter) ([]iam.ExportJob, int, error) {
	org, err := a.mayList(call, f.OrganizationID)
	if err != nil {
		return nil, 0, err
	}
	f.OrganizationID = org
	return listed(ctx, a, func(tx *store.Tx) ([]iam.ExportJob, int, error) { return tx.ExportJobs(f) })
}

// CreateExportJob creates the export job of a region. It runs soon, from the oldest event that
// there is within 90 days.
func (a *Authority) CreateExportJob(ctx context.Context, call iam.Call, n iam.NewExportJob) (j iam.ExportJob, err error) {
	err = a.mutate(ctx, call, object{}, n.Validate, func(m *mutation) error {
		org, err := m.within(n.OrganizationID)
		if err != nil {
			return err
		}
		if err := m.authorize(object{name: n.Name, named: true}); err != nil {
			return err
		}
		if err := a.mayWriteTo(org, n.Bucket.Name); err != nil {
			return err
		}
		if id := n.Bucket.ProjectID; id != "" {
			if _, err := m.Project(org, id); err == store.ErrNotFound {
				return iam.NotFound("project", string(id))
			} else if err != nil {
				return err
			}
		}
		j = iam.ExportJob{
			ID: iam.ExportJobID(identity.NewID()), OrganizationID: org, Region: n.Region, Name: n.Name, Bucket: n.Bucket, Tags: n.Tags,
			CreatedAt: m.Now, Place: iam.ExportPlace{Day: dayOf(m.Now.Add(-iam.MaxExportBackfill))},
		}
		m.did(iam.ActionCreated, exportJobResource(j))
		return unique(m.InsertExportJob(j), "export_job", "the region has an export job already")
	})
	return only(j, err)
}

// DeleteExportJob deletes a job; what it has written stays.
func (a *Authority) DeleteExportJob(ctx context.Context, call iam.Call, region string, id iam.ExportJobID) error {
	return a.mutate(ctx, call, object{id: string(id)}, nil, func(m *mutation) error {
		j, err := m.ExportJob(m.organization, region, id)
		if err := m.authorizeFound(exportJobObject(id, j), err); err != nil {
			return err
		}
		m.did(iam.ActionDeleted, exportJobResource(j))
		return m.Tx.DeleteExportJob(m.organization, id)
	})
}

// dayOf returns the beginning of the day of a moment, UTC.
func dayOf(at time.Time) time.Time { return at.UTC().Truncate(24 * time.Hour) }
