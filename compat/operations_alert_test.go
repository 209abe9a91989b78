package compat

import (
	"net/http"
	"testing"
	"time"

	trail "github.com/scaleway/scaleway-sdk-go/api/audit_trail/v1alpha1"
	"github.com/scaleway/scaleway-sdk-go/scw"
)

// TestAlertRules: the preconfigured rules, all disabled at first.
func TestAlertRules(t *testing.T) {
	me := newOwner(t)
	all := must(me.trail.ListAlertRules(&trail.ListAlertRulesRequest{}))(t)
	equal(t, "rules", [2]int{len(all.AlertRules), int(all.TotalCount)}, [2]int{12, 12})
	var ids []string
	for _, r := range all.AlertRules {
		equal(t, r.Name, r.Status, trail.AlertRuleStatusDisabled)
		ids = append(ids, r.ID)
	}
	enabled := must(me.trail.EnableAlertRules(&trail.EnableAlertRulesRequest{AlertRuleIDs: ids[:2]}))(t)
	equal(t, "enabled", []any{enabled.AlertRules[0].ID, enabled.AlertRules[1].Status, len(enabled.AlertRules)}, []any{ids[0], trail.AlertRuleStatusEnabled, 2})
	must(me.trail.DisableAlertRules(&trail.DisableAlertRulesRequest{AlertRuleIDs: ids[:1]}))(t)
	must(me.trail.SetEnabledAlertRules(&trail.SetEnabledAlertRulesRequest{EnabledAlertRuleIDs: ids[5:7]}))(t)
	for status, want := range map[trail.AlertRuleStatus]int{trail.AlertRuleStatusEnabled: 2, trail.AlertRuleStatusDisabled: 10, trail.AlertRuleStatusEnabling: 0} {
		equal(t, string(status), int(must(me.trail.ListAlertRules(&trail.ListAlertRulesRequest{Status: &status}))(t).TotalCount), want)
	}
	equal(t, "in another region", int(must(me.trail.ListAlertRules(&trail.ListAlertRulesRequest{Region: scw.RegionNlAms, Status: new(trail.AlertRuleStatusEnabled)}))(t).TotalCount), 0)
	e := refusal[*scw.ResourceNotFoundError](t, failure(me.trail.EnableAlertRules(&trail.EnableAlertRulesRequest{AlertRuleIDs: []string{ids[0], me.id}})))
	equal(t, "an unknown one", e.ResourceID, me.id)
	equal(t, "after the refusal", int(must(me.trail.ListAlertRules(&trail.ListAlertRulesRequest{Status: new(trail.AlertRuleStatusEnabled)}))(t).TotalCount), 2)
	event := me.events(trail.ListEventsRequest{MethodName: new("SetEnabledAlertRules")})
	equal(t, "resources of the event", len(event[0].Resources), 3)
}

// TestCustomAlertRules: a rule from its test to its end.
func TestCustomAlertRules(t *testing.T) {
	me := newOwner(t)
	fields := must(me.trail.RetrieveAvailableFieldsForCustomAlertRules(&trail.RetrieveAvailableFieldsForCustomAlertRulesRequest{}))(t)
	equal(t, "fields", int(fields.TotalCount), len(fields.Fields))
	equal(t, "type of status", fields.Fields[3].Type, trail.CustomAlertRuleFieldFieldTypeFieldTypeInt)
	query := `methodName == "CreateOrganization" && status == 200`
	equal(t, "firing", must(me.trail.TestCustomAlertRule(&trail.TestCustomAlertRuleRequest{Query: query, Occurrences: 1}))(t).Firing, true)
	equal(t, "silent", must(me.trail.TestCustomAlertRule(&trail.TestCustomAlertRuleRequest{Query: query, Occurrences: 2}))(t).Firing, false)
	rule := must(me.trail.CreateCustomAlertRule(&trail.CreateCustomAlertRuleRequest{
		Name: "tenants", Query: query, Occurrences: 1, EvaluationWindow: scw.NewDurationFromTimeDuration(90 * time.Second), Severity: trail.CustomAlertRuleSeverityWarning,
	}))(t)
	want := &trail.CustomAlertRule{
		ID: rule.ID, Srn: rule.Srn, Name: "tenants", Status: trail.CustomAlertRuleStatusEnabled, Query: query, Occurrences: 1,
		EvaluationWindow: scw.NewDurationFromTimeDuration(90 * time.Second), Severity: trail.CustomAlertRuleSeverityWarning,
		CreatedAt: rule.CreatedAt, UpdatedAt: rule.UpdatedAt, Region: region,
	}
	equal(t, "rule", rule, want)
	defaults := must(me.trail.CreateCustomAlertRule(&trail.CreateCustomAlertRuleRequest{Name: "defaults", Query: query, Occurrences: 3}))(t)
	equal(t, "defaults", []any{defaults.Severity, defaults.EvaluationWindow.Seconds}, []any{trail.CustomAlertRuleSeverityInfo, int64(300)})
	must(me.trail.DisableCustomAlertRules(&trail.DisableCustomAlertRulesRequest{CustomAlertRuleIDs: []string{rule.ID}}))(t)
	must(me.trail.EnableCustomAlertRules(&trail.EnableCustomAlertRulesRequest{CustomAlertRuleIDs: []string{rule.ID}}))(t)
	must(me.trail.SetEnabledCustomAlertRules(&trail.SetEnabledCustomAlertRulesRequest{EnabledCustomAlertRuleIDs: []string{rule.ID}}))(t)
	list := must(me.trail.ListCustomAlertRules(&trail.ListCustomAlertRulesRequest{Status: new(trail.CustomAlertRuleStatusEnabled)}))(t)
	equal(t, "enabled", []any{int(list.TotalCount), list.CustomAlertRules[0].ID}, []any{1, rule.ID})
	updated := must(me.trail.UpdateCustomAlertRule(&trail.UpdateCustomAlertRuleRequest{CustomAlertRuleID: rule.ID, Name: new("organizations")}))(t)
	equal(t, "name", updated.Name, "organizations")
	wantInvalid(t, failure(me.trail.CreateCustomAlertRule(&trail.CreateCustomAlertRuleRequest{Name: "x", Query: "status == 'x'", Occurrences: 1})), "query format")
	if err := me.trail.DeleteCustomAlertRule(&trail.DeleteCustomAlertRuleRequest{CustomAlertRuleID: rule.ID}); err != nil {
		t.Error(err)
	}
	e := refusal[*scw.ResourceNotFoundError](t, me.trail.DeleteCustomAlertRule(&trail.DeleteCustomAlertRuleRequest{CustomAlertRuleID: rule.ID}))
	equal(t, "deleted", e.Resource, "custom_alert_rule")
}

// TestAlertDelivery: the secret is shown once, the address is in no event.
func TestAlertDelivery(t *testing.T) {
	raw := newOwner(t).raw()
	set := raw.call(http.MethodPut, "/bailiwick/v1/alert-delivery", map[string]any{"emails": []string{"a@example.com"}, "webhook_url": "https://hooks.example.com/T0KEN"})
	set.wantStatus(http.StatusOK)
	if secret := set.object().text(t, "webhook_secret"); len(secret) < 40 {
		t.Errorf("secret of %d characters", len(secret))
	}
	got := raw.get("/bailiwick/v1/alert-delivery").object()
	got.wantMembers(t, "delivery", map[string]string{"webhook_url": `"https://hooks.example.com/T0KEN"`, "emails": `["a@example.com"]`, "webhook_secret": "null"})
	raw.get("/audit-trail/v1alpha1/regions/fr-par/events").wantWithout("T0KEN")
	for _, bad := range []string{"http://hooks.example.com", "https://u:p@example.com", "ftp://example.com", "hooks"} {
		raw.call(http.MethodPut, "/bailiwick/v1/alert-delivery", map[string]any{"webhook_url": bad}).wantStatus(http.StatusBadRequest)
	}
}
