package main

import (
	"context"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"bailiwick/authority"
	"bailiwick/bucket"
	"bailiwick/iam"
)

// exportInterval is how often the export jobs are looked at.
const exportInterval = 10 * time.Second

// exportFlags say where export jobs write to.
type exportFlags struct {
	ExportS3Endpoint  string   `name:"export-s3-endpoint" placeholder:"URL" help:"Object storage of export jobs; {region} in it stands for the region of the bucket. Without this flag there are no exports."`
	ExportS3AccessKey string   `name:"export-s3-access-key" placeholder:"KEY" help:"Access key of the object storage."`
	ExportS3SecretKey string   `name:"export-s3-secret-key" placeholder:"KEY" help:"Its secret key; give it as a variable, since arguments can be read by every user of the machine."`
	ExportS3Bucket    []string `name:"export-s3-bucket" placeholder:"NAME" help:"Buckets that export jobs may write to; {organization_id} in a name stands for the organization."`
}

// client returns the object storage and the buckets, or nothing if no endpoint is given. It must
// not quote a key.
func (e exportFlags) client(f *faults) (*bucket.Client, []string) {
	if e.ExportS3Endpoint == "" {
		if e.ExportS3AccessKey != "" || e.ExportS3SecretKey != "" || len(e.ExportS3Bucket) > 0 {
			f.add("export-s3-endpoint", "the other flags of exports need it")
		}
		return nil, nil
	}
	c, err := bucket.New(bucket.Config{Endpoint: e.ExportS3Endpoint, AccessKey: e.ExportS3AccessKey, SecretKey: e.ExportS3SecretKey})
	if err != nil {
		f.add("export-s3-endpoint", "%v", err)
	}
	form := regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{2,62}$`)
	for _, name := range e.ExportS3Bucket {
		if !form.MatchString(strings.ReplaceAll(name, authority.OrganizationPlace, "00000000-0000-4000-8000-000000000000")) {
			f.add("export-s3-bucket", "want names of buckets such as audit-%s, not %q", authority.OrganizationPlace, name)
		}
	}
	if len(e.ExportS3Bucket) == 0 {
		f.add("export-s3-bucket", "exports need the buckets that they may write to")
	}
	return c, e.ExportS3Bucket
}

// exportUntil runs export jobs until the context ends.
func exportUntil(ctx context.Context, a *authority.Authority, c *bucket.Client, log *slog.Logger) {
	put := func(ctx context.Context, o iam.ExportObject) error {
		return c.Put(ctx, bucket.Object{Bucket: o.Bucket, Region: o.Region, Key: o.Key, ContentType: "application/x-ndjson", Body: o.Body})
	}
	repeat(ctx, exportInterval, func() { logFault(ctx, log, "cannot run the export jobs", a.RunExports(ctx, put)) })
}
