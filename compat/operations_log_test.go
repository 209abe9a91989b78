package compat

import (
	"testing"
	"time"

	iam "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
)

func TestLogs(t *testing.T) {
	me := newOwner(t)
	begin := time.Now().Add(-time.Minute)
	app := must(me.iam.CreateApplication(&iam.CreateApplicationRequest{Name: "worker"}))(t).ID
	must(me.iam.UpdateApplication(&iam.UpdateApplicationRequest{ApplicationID: app, Name: new("renamed")}))(t)
	check(t, me.iam.DeleteApplication(&iam.DeleteApplicationRequest{ApplicationID: app}))
	group := must(me.iam.CreateGroup(&iam.CreateGroupRequest{Name: "team"}))(t).ID

	list := func(request iam.ListLogsRequest) []string {
		t.Helper()
		answer := must(me.iam.ListLogs(&request))(t)
		equal(t, "total_count", int(answer.TotalCount), len(answer.Logs))
		return each(answer.Logs, func(l *iam.Log) string { return string(l.Action) + " " + string(l.ResourceType) })
	}
	story := []string{"created application", "updated application", "deleted application"}
	equal(t, "of the application", list(iam.ListLogsRequest{Search: &app}), story)
	equal(t, "newest first", list(iam.ListLogsRequest{Search: &app, OrderBy: iam.ListLogsRequestOrderByCreatedAtDesc}), []string{story[2], story[1], story[0]})
	equal(t, "deletions", list(iam.ListLogsRequest{Action: iam.LogActionDeleted}), story[2:])
	equal(t, "of groups by me", list(iam.ListLogsRequest{ResourceType: iam.LogResourceTypeGroup, Search: &me.id}), []string{"created group"})
	equal(t, "in a past", list(iam.ListLogsRequest{CreatedBefore: &begin}), []string{})
	equal(t, "since then", list(iam.ListLogsRequest{CreatedAfter: &begin, Search: &group}), []string{"created group"})

	found := must(me.iam.ListLogs(&iam.ListLogsRequest{Search: &group}))(t).Logs[0]
	wantNewTime(t, found.CreatedAt)
	want := &iam.Log{
		ID: found.ID, CreatedAt: found.CreatedAt, IP: found.IP, UserAgent: found.UserAgent, Action: "created", BearerID: me.id,
		OrganizationID: me.organization, ResourceType: "group", ResourceID: group, Srn: "srn://iam.scw.eu/logs/" + found.ID,
	}
	equal(t, "entry", found, want)
	equal(t, "address", found.IP.String(), "127.0.0.1")
	equal(t, "read alone", must(me.iam.GetLog(&iam.GetLogRequest{LogID: found.ID}))(t), want)
	raw := me.raw().get("/iam/v1alpha1/logs/" + found.ID).object()
	raw.wantKeys(t, "on the wire", "id created_at ip user_agent action bearer_id organization_id resource_type resource_id")
	raw.wantTimes(t, "created_at")
	wantNotFound(t, failure(newOwner(t).iam.GetLog(&iam.GetLogRequest{LogID: found.ID})), "log", found.ID)
}
