package server_test

import (
	"fmt"
	"strings"
	"testing"

	"bailiwick/bailiwicktest"
)

// TestTrailBadInput is what the audit trail must refuse: with a typed answer, and without a change
// or an event.
func TestTrailBadInput(t *testing.T) {
	w := newWorldWith(t, bailiwicktest.Options{ExportBuckets: []string{"evidence"}})
	base := "/audit-trail/v1alpha1/regions/fr-par/"
	w.application(t, w.Owner())
	w.application(t, w.Owner())
	token := func(list, query string) string {
		t.Helper()
		got := w.send(t, theOwner, "GET", base+list+"?page_size=1"+query, "")
		_, rest, found := strings.Cut(got.body, `"next_page_token":"`)
		if !found {
			t.Fatalf("%s has one page: %s", list, got.body)
		}
		return rest[:strings.Index(rest, `"`)]
	}
	real := token("events", "")
	flipped := real[:len(real)-1] + string(rune(real[len(real)-1]^1))
	var corpus []bad
	refuse := func(name, method, path, body string, status int, wants ...string) {
		corpus = append(corpus, bad{name, method, path, body, status, wants})
	}
	lists := []string{"events", "authentication-events", "system-events", "combined-events"}
	for _, list := range lists {
		for query, argument := range map[string]string{
			"order_by=size_asc": "order_by", "page_size=0": "page_size", "page_size=1001": "page_size", "page_size=x": "page_size",
			"page_token=forged": "page_token", "page_token=" + flipped: "page_token", "recorded_after=yesterday": "recorded_after", "organization_id=x": "organization_id",
			"recorded_after=2026-03-02T00:00:00Z&recorded_before=2026-03-01T00:00:00Z": "recorded_before",
		} {
			refuse("bad query", "GET", base+list+"?"+query, "", 400, `"argument_name":"`+argument+`"`)
		}
		refuse("foreign organization", "GET", base+list+"?organization_id="+string(w.foreign.Organization.ID), "", 403, `"permissions_denied"`)
		refuse("a token of another list", "GET", base+list+"?page_size=1&page_token="+token("combined-events", "&order_by=recorded_at_asc"), "", 400, `"argument_name":"page_token"`)
		refuse("unknown region", "GET", "/audit-trail/v1alpha1/regions/xx-moon/"+list, "", 400, `"argument_name":"region"`)
	}
	for query, argument := range map[string]string{
		"resource_type=thing": "resource_type", "status=20": "status", "status=x": "status", "source_ip=x": "source_ip", "resource_id=%20": "resource_id",
		"product_name=IAM": "product_name", "service_name=-": "service_name", "method_name=1": "method_name", "project_id=x": "project_id",
		"page_token=" + real + "&method_name=Other": "page_token",
	} {
		refuse("bad query", "GET", base+"events?"+query, "", 400, `"argument_name":"`+argument+`"`)
	}
	refuse("upside down", "GET", "/iam/v1alpha1/logs?created_after=2026-03-02T00:00:00Z&created_before=2026-03-01T00:00:00Z", "", 400, `"argument_name":"created_before"`)
	refuse("foreign project", "GET", base+"combined-events?project_id="+string(w.foreign.DefaultProject.ID), "", 404, `"resource":"project"`)
	refuse("foreign project", "GET", base+"events?project_id="+string(w.foreign.DefaultProject.ID), "", 404, `"resource":"project"`)
	rule := func(fields string) string {
		return `{"name":"r","occurrences":1,"query":"status == 403"` + fields + `}`
	}
	for fields, argument := range map[string]string{
		`,"query":"` + strings.Repeat("true || ", 400) + `true"`: "query", `,"severity":"deadly"`: "severity", `,"evaluation_window":"0s"`: "evaluation_window",
		`,"evaluation_window":"soon"`: "evaluation_window", `,"organization_id":"x"`: "organization_id",
	} {
		body := rule(fields)
		if argument == "query" {
			body = `{"name":"r","occurrences":1` + fields + `}`
		}
		refuse("bad rule", "POST", base+"custom-alert-rules", body, 400, `"argument_name":"`+argument)
	}
	for _, query := range []string{`status ==`, `status`, `nothing == 1`, `userAgent.matches('((a{1,100}){1,10})b')`, `[1,2,3].all(x, [1,2,3].all(y, x == y))`} {
		refuse("bad query of a rule", "POST", base+"custom-alert-rules", fmt.Sprintf(`{"name":"r","occurrences":1,"query":%q}`, query), 400, `"argument_name":"query"`)
		refuse("bad query of a test", "POST", base+"test-custom-alert-rule", fmt.Sprintf(`{"occurrences":1,"query":%q}`, query), 400, `"argument_name":"query"`)
	}
	refuse("no occurrence", "POST", base+"custom-alert-rules", `{"name":"r","occurrences":0,"query":"status == 403"}`, 400, `"argument_name":"occurrences"`)
	refuse("unknown rule", "POST", base+"enable-alert-rules", `{"alert_rule_ids":["00000000-0000-4000-8000-000000000000"]}`, 404)
	refuse("rule that is no id", "POST", base+"enable-alert-rules", `{"alert_rule_ids":["x"]}`, 400)
	refuse("a bucket of nobody", "POST", base+"export-jobs", `{"name":"j","s3":{"bucket":"theirs","region":"fr-par"}}`, 400, `"argument_name":"s3.bucket"`)
	refuse("foreign project of a bucket", "POST", base+"export-jobs", `{"name":"j","s3":{"bucket":"evidence","region":"fr-par","project_id":"`+string(w.foreign.DefaultProject.ID)+`"}}`, 404)
	for _, url := range []string{"x", "ftp://example.com/", "http://example.com/", "https://user:password@example.com/"} {
		refuse("webhook "+url, "PUT", "/bailiwick/v1/alert-delivery", fmt.Sprintf(`{"emails":[],"webhook_url":%q}`, url), 400, `"argument_name":"webhook_url"`)
	}
	refuse("entries of no chain", "GET", "/bailiwick/v1/audit/entries?chain=thoughts", "", 400, `"argument_name":"chain"`)
	refuse("too many entries", "GET", "/bailiwick/v1/audit/entries?page_size=1001", "", 400, `"argument_name":"page_size"`)
	refuse("entries behind the end", "GET", "/bailiwick/v1/audit/entries?after_sequence=1000000", "", 400, `"argument_name":"after_sequence"`)

	revision, events := w.Authority.Revision(), w.lastEvent(t)
	for _, c := range corpus {
		got := w.send(t, theOwner, c.method, c.path, c.body)
		if got.status != c.status {
			t.Errorf("%s: %s %s %s: status %d, want %d: %.300s", c.name, c.method, c.path, c.body, got.status, c.status, got.body)
		}
		for _, want := range append(c.wants, `"type":`) {
			if !strings.Contains(got.body, want) {
				t.Errorf("%s: %s %s: the answer lacks %s: %.300s", c.name, c.path, c.body, want, got.body)
			}
		}
		if r, e := w.Authority.Revision(), w.lastEvent(t); r != revision || e != events {
			t.Errorf("%s: %s: the store changed: revision %d to %d, events %d to %d", c.name, c.body, revision, r, events, e)
			revision, events = r, e
		}
	}
	t.Logf("%d requests", len(corpus))
}
