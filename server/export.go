package server

import (
	"context"

	trail "github.com/scaleway/scaleway-sdk-go/api/audit_trail/v1alpha1"
	"github.com/scaleway/scaleway-sdk-go/scw"

	"bailiwick/iam"
)

func toExportJob(j iam.ExportJob) *trail.ExportJob {
	out := &trail.ExportJob{
		ID:             string(j.ID),
		OrganizationID: string(j.OrganizationID),
		Name:           j.Name,
		S3: &trail.ExportJobS3{
			Bucket: j.Bucket.Name, Region: scw.Region(j.Bucket.Region), Prefix: nonEmptyText(j.Bucket.Prefix), ProjectID: nonEmptyText(string(j.Bucket.ProjectID)),
		},
		CreatedAt: given(j.CreatedAt),
		LastRunAt: given(j.LastRunAt),
		Tags:      j.Tags,
		Region:    scw.Region(j.Region),
	}
	if !j.LastRunAt.IsZero() {
		out.LastStatus = &trail.ExportJobStatus{Code: trail.ExportJobStatusCodeSuccess}
		if j.Failed {
			out.LastStatus = &trail.ExportJobStatus{Code: trail.ExportJobStatusCodeFailure, Message: nonEmptyText(j.Message)}
		}
	}
	return out
}

func (a *api) createExportJob(ctx context.Context, call iam.Call, in *trail.CreateExportJobRequest) (*trail.ExportJob, error) {
	if in.S3 == nil {
		in.S3 = &trail.ExportJobS3{} // whose name is missing then, said to who may know
	}
	job, err := a.authority.CreateExportJob(ctx, call, iam.NewExportJob{
		OrganizationID: iam.OrganizationID(in.OrganizationID), Region: string(in.Region), Name: in.Name, Tags: in.Tags,
		Bucket: iam.ExportBucket{
			Name: in.S3.Bucket, Region: string(in.S3.Region), Prefix: value(in.S3.Prefix), ProjectID: optionalID[iam.ProjectID](in.S3.ProjectID),
		},
	})
	return answer(job, err, toExportJob)
}

func (a *api) listExportJobs(ctx context.Context, call iam.Call, in *trail.ListExportJobsRequest) (*trail.ListExportJobsResponse, error) {
	jobs, total, err := a.authority.ListExportJobs(ctx, call, iam.ExportJobFilter{
		OrganizationID: iam.OrganizationID(in.OrganizationID), Region: string(in.Region), Name: value(in.Name), Tags: in.Tags,
		Order: order(in.OrderBy, "name"), Page: page(in.Page, in.PageSize, iam.DefaultPageSize),
	})
	if err != nil {
		return nil, err
	}
	return &trail.ListExportJobsResponse{ExportJobs: each(jobs, toExportJob), TotalCount: uint64(total)}, nil
}

func (a *api) deleteExportJob(ctx context.Context, call iam.Call, in *trail.DeleteExportJobRequest) error {
	return a.authority.DeleteExportJob(ctx, call, string(in.Region), iam.ExportJobID(in.ExportJobID))
}
