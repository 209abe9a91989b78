package iam

import (
	"regexp"
	"time"
)

// ExportJobID names an export job.
type ExportJobID string

// MaxExportBackfill is how far back the first run of an export job goes.
const MaxExportBackfill = 90 * 24 * time.Hour

// Forms of the parts of an export job. A prefix has no character that clients of buckets spell
// in different ways.
var (
	bucketPattern       = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{2,62}$`)
	bucketRegionPattern = regexp.MustCompile(`^[a-z]{2}-[a-z]{3,7}$`)
	exportPrefixPattern = regexp.MustCompile(`^[a-zA-Z0-9_-][a-zA-Z0-9_.-]*(/[a-zA-Z0-9_-][a-zA-Z0-9_.-]*)*/?$`)
)

// ExportBucket is where an export job writes.
type ExportBucket struct {
	Name      string
	Region    string
	Prefix    string    // of the names of objects; may be empty
	ProjectID ProjectID // of the bucket; may be empty
}

// ExportJob writes the events of a region, day by day, into a bucket.
type ExportJob struct {
	ID             ExportJobID
	OrganizationID OrganizationID
	Region         string
	Name           string
	Bucket         ExportBucket
	Tags           []string
	CreatedAt      time.Time
	LastRunAt      time.Time // zero: it has not run
	Failed         bool      // the last run
	Message        string    // why the last run failed
	Place          ExportPlace
}

// ExportPlace is what an export job writes next.
type ExportPlace struct {
	Day      time.Time // its beginning, UTC
	Part     int       // of the day, from 0
	Sequence int64     // of the last event that the parts before hold
}

// NewExportJob is what a caller gives to create a job.
type NewExportJob struct {
	OrganizationID OrganizationID
	Region         string
	Name           string
	Bucket         ExportBucket
	Tags           []string
}

// Validate checks name, bucket and tags.
func (n NewExportJob) Validate() error {
	var v Validator
	v.AuditName("name", n.Name)
	v.pattern("s3.bucket", n.Bucket.Name, 3, 63, bucketPattern)
	v.pattern("s3.region", n.Bucket.Region, 1, 16, bucketRegionPattern)
	v.pattern("s3.prefix", n.Bucket.Prefix, 0, 255, exportPrefixPattern)
	v.Tags("tags", n.Tags)
	return v.Err()
}

// ExportJobFilter selects export jobs of a region of an organization; zero fields select all.
type ExportJobFilter struct {
	OrganizationID OrganizationID
	Region         string
	Name           string
	Tags           []string // a job passes if it has all of them
	Order          Order
	Page           Page
}

// ExportObject is one object that a job writes.
type ExportObject struct {
	Bucket, Region, Key string
	Body                []byte // JSON lines
}
