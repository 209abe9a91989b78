package authority_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/store"
)

func exportJob(k *kit.Kit) iam.NewExportJob {
	return iam.NewExportJob{Region: region, Name: "daily", Bucket: iam.ExportBucket{
		Name: "audit-" + string(k.First.Organization.ID), Region: "nl-ams", Prefix: "trail/prod",
	}}
}

// The days that are over are written once, in order, with every event; a bucket that fails
// loses nothing.
func TestExports(t *testing.T) {
	now := &clock{}
	k := kit.New(t, kit.Options{Clock: now.Now, ExportBuckets: []string{"audit-{organization_id}"}})
	owner := k.AsOwner(t)
	objects := map[string]string{}
	var broken error
	run := func() iam.ExportJob {
		t.Helper()
		done(t, k.Authority.RunExports(kit.Context(t), func(_ context.Context, o iam.ExportObject) error {
			if broken != nil {
				return broken
			}
			if o.Bucket != exportJob(k).Bucket.Name || o.Region != "nl-ams" {
				t.Errorf("written to %s in %s", o.Bucket, o.Region)
			}
			if before, ok := objects[o.Key]; ok && before != string(o.Body) {
				t.Errorf("%s is written with other bytes", o.Key)
			}
			objects[o.Key] = string(o.Body)
			return nil
		}))
		jobs, _, err := owner.ListExportJobs(iam.ExportJobFilter{Region: region, Order: iam.Order{Field: "name"}, Page: page()})
		done(t, err)
		return jobs[0]
	}
	owner.MustCreateProject("first day")
	now.Advance(24 * time.Hour)
	must[iam.ExportJob](t)(owner.CreateExportJob(exportJob(k)))
	_, err := owner.CreateExportJob(exportJob(k))
	fails(t, "a second job", iam.AlreadyExists("export_job", "", "the region has an export job already"), err)

	broken = errors.New("the bucket answers 403 AccessDenied")
	if j := run(); !j.Failed || j.Message != broken.Error() || len(objects) != 0 {
		t.Errorf("a bucket that fails: %+v", j)
	}
	broken = nil
	run() // not due yet
	same(t, "objects before the next try", 0, len(objects))
	now.Advance(time.Minute)
	if j := run(); j.Failed || j.Message != "" || len(objects) != 1 { // nobody logged in, and the server did nothing by itself
		t.Errorf("after the bucket came back: %+v, %d objects", j, len(objects))
	}
	owner.MustCreateProject("second day")
	attempt := iam.AuthenticationEvent{
		ID: identity.NewEventID(), OrganizationID: k.First.Organization.ID, UserID: k.First.Owner.ID, Username: "anna", SourceIP: "203.0.113.9", UserAgent: "agent",
		Failure: iam.FailedPassword, Method: iam.LoginPassword, RecordedAt: now.Now(),
	}
	done(t, k.Store.Record(kit.Context(t), func(tx *store.Tx) error { return tx.AppendAuthenticationEvent(attempt) }))
	now.Advance(24 * time.Hour)
	run()
	keys := regexp.MustCompile(`^trail/prod/2026/11/0[23]/logs_[a-z2-7]{9}\.json$`)
	var lines []string
	for key, body := range objects {
		if !keys.MatchString(key) {
			t.Errorf("key %s", key)
		}
		lines = append(lines, strings.Split(strings.TrimSuffix(body, "\n"), "\n")...)
	}
	same(t, "objects", 4, len(objects)) // of the second day: events, logins, what the server did
	same(t, "the login", []string{fmt.Sprintf(`{"id":%q,"recorded_at":%q,"organization_id":%q,"source_ip":"203.0.113.9","user_agent":"agent","resources":[{"id":%q,"type":"iam_user",`+
		`"created_at":null,"updated_at":null,"deleted_at":null,"name":"anna","action":null}],"result":"failure","failure_reason":"invalid_password","method":"password","origin":"public_api","mfa_type":null}`,
		attempt.ID, attempt.RecordedAt.Format(time.RFC3339Nano), attempt.OrganizationID, attempt.UserID)},
		slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return !strings.Contains(line, `"result"`) }))
	var want []string
	want = append(want, attempt.ID)
	for _, e := range must[[]iam.SystemEvent](t)(k.Store.Read(t.Context()).SystemEvents(iam.SystemEventFilter{OrganizationID: attempt.OrganizationID, Size: 2, Ascending: true})) {
		want = append(want, e.ID) // the third is of today
	}
	for _, e := range events(t, owner) {
		want = append(want, e.ID)
	}
	var got []string
	for _, line := range lines {
		var e struct{ ID string }
		done(t, json.Unmarshal([]byte(line), &e))
		got = append(got, e.ID)
	}
	slices.Sort(want)
	slices.Sort(got)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("events (-want +got):\n%s", d)
	}
	var told []string
	system, _, err := owner.ListSystemEvents(iam.SystemEventFilter{Size: 10, Ascending: true, After: time.Unix(1, 0)}, "")
	done(t, err)
	for _, e := range system {
		told = append(told, fmt.Sprint(e.Source, " ", e.Name, " ", e.Kind))
	}
	same(t, "system events", []string{"exports export-failed cron", "exports export cron", "exports export cron"}, told)
}

func TestExportJobsRefused(t *testing.T) {
	k := kit.New(t, kit.Options{ExportBuckets: []string{"audit-{organization_id}"}})
	owner, stranger := k.AsOwner(t), tenant(t, k, "acme")
	for what, c := range map[string]struct {
		change func(*iam.NewExportJob)
		field  string
	}{
		"name":              {func(n *iam.NewExportJob) { n.Name = "a b" }, "name"},
		"another bucket":    {func(n *iam.NewExportJob) { n.Bucket.Name = "secrets" }, "s3.bucket"},
		"a form of bucket":  {func(n *iam.NewExportJob) { n.Bucket.Name = "A" }, "s3.bucket"},
		"the place itself":  {func(n *iam.NewExportJob) { n.Bucket.Name = "audit-{organization_id}" }, "s3.bucket"},
		"region":            {func(n *iam.NewExportJob) { n.Bucket.Region = "evil.example.com/" }, "s3.region"},
		"prefix":            {func(n *iam.NewExportJob) { n.Bucket.Prefix = "../other" }, "s3.prefix"},
		"prefix with query": {func(n *iam.NewExportJob) { n.Bucket.Prefix = "a?acl" }, "s3.prefix"},
	} {
		n := exportJob(k)
		c.change(&n)
		_, err := owner.CreateExportJob(n)
		refusal, ok := errors.AsType[*iam.Error](err)
		if !ok || refusal.Kind != iam.KindInvalidArguments || refusal.Arguments[0].Name != c.field {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := stranger.CreateExportJob(exportJob(k)); iam.KindOf(err) != iam.KindInvalidArguments {
		t.Errorf("a bucket of another organization: %v", err)
	}
	if _, err := start(t).AsOwner(t).CreateExportJob(exportJob(k)); iam.KindOf(err) != iam.KindPreconditionFailed {
		t.Errorf("without object storage: %v", err)
	}
}
