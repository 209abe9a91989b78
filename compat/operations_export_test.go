package compat

import (
	"testing"

	trail "github.com/scaleway/scaleway-sdk-go/api/audit_trail/v1alpha1"
	"github.com/scaleway/scaleway-sdk-go/scw"
)

// TestExportJobs: a job from its creation to its end.
func TestExportJobs(t *testing.T) {
	me := newOwner(t)
	request := &trail.CreateExportJobRequest{
		Name: "daily", Tags: []string{"prod"}, Region: scw.RegionNlAms,
		S3: &trail.ExportJobS3{Bucket: "audit-" + me.organization, Region: scw.RegionFrPar, Prefix: new("trail")},
	}
	job := must(me.trail.CreateExportJob(request))(t)
	want := &trail.ExportJob{
		ID: job.ID, Srn: job.Srn, OrganizationID: me.organization, Name: "daily", S3: request.S3, CreatedAt: job.CreatedAt, Tags: []string{"prod"}, Region: scw.RegionNlAms,
	}
	equal(t, "job", job, want)
	list := must(me.trail.ListExportJobs(&trail.ListExportJobsRequest{Region: scw.RegionNlAms, Tags: []string{"prod"}, Name: new("daily")}))(t)
	equal(t, "list", []any{int(list.TotalCount), list.ExportJobs[0].ID}, []any{1, job.ID})
	equal(t, "in another region", int(must(me.trail.ListExportJobs(&trail.ListExportJobsRequest{}))(t).TotalCount), 0)
	request.S3.Bucket = "audit-" + me.id
	wantInvalid(t, failure(me.trail.CreateExportJob(request)), "s3.bucket constraint")
	if err := me.trail.DeleteExportJob(&trail.DeleteExportJobRequest{Region: scw.RegionNlAms, ExportJobID: job.ID}); err != nil {
		t.Error(err)
	}
	e := refusal[*scw.ResourceNotFoundError](t, me.trail.DeleteExportJob(&trail.DeleteExportJobRequest{Region: scw.RegionNlAms, ExportJobID: job.ID}))
	equal(t, "deleted", e.Resource, "export_job")
}
