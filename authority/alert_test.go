package authority_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bailiwick/authority"
	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/store"
)

const region = "fr-par"

// ruleNamed returns the id of a preconfigured rule.
func ruleNamed(t testing.TB, r *kit.Runner, name string) iam.AlertRuleID {
	t.Helper()
	rules, _, err := r.ListAlertRules(iam.AlertRuleFilter{Region: region, Page: page()})
	done(t, err)
	i := slices.IndexFunc(rules, func(r iam.AlertRule) bool { return r.Name == name })
	if i < 0 {
		t.Fatalf("no rule %s", name)
	}
	return rules[i].ID
}

// fired returns the names of the alerts that the system events of an organization tell of.
func fired(t testing.TB, r *kit.Runner) (names []string) {
	t.Helper()
	events, _, err := r.ListSystemEvents(iam.SystemEventFilter{Size: 1000, Ascending: true, After: time.Unix(1, 0)}, "")
	done(t, err)
	for _, e := range events {
		if e.Source == "alerts" {
			names = append(names, e.Name)
		}
	}
	return names
}

// letters delivers all letters and returns those that tell of alerts.
func letters(t testing.TB, k *kit.Kit) (all []iam.Letter) {
	t.Helper()
	done(t, k.Authority.Deliver(kit.Context(t), func(_ context.Context, l iam.Letter) error {
		if l.Kind == iam.LetterAlert {
			all = append(all, l)
		}
		return nil
	}))
	return all
}

func custom(name, query string, occurrences int, window time.Duration) iam.NewCustomAlertRule {
	return iam.NewCustomAlertRule{Region: region, Name: name, Severity: iam.SeverityCritical,
		AlertCondition: iam.AlertCondition{Query: query, Occurrences: occurrences, Window: window}}
}

// A rule fires for what happens after it was enabled, once a window, and tells the owner and
// the addresses that the organization gave.
func TestAlert(t *testing.T) {
	now := &clock{}
	k := kit.New(t, kit.Options{Clock: now.Now})
	owner, stranger := k.AsOwner(t), tenant(t, k, "acme")
	evaluate := func() { done(t, k.Authority.EvaluateAlerts(kit.Context(t))) }
	makeKey := func(r *kit.Runner) {
		app := must[iam.Application](t)(r.CreateApplication(iam.NewApplication{Name: fmt.Sprint("a", time.Now().UnixNano())}))
		must[authority.CreatedAPIKey](t)(r.CreateAPIKey(iam.NewAPIKey{Bearer: app.ID.Principal()}))
	}
	makeKey(owner) // before the rule is enabled
	id := ruleNamed(t, owner, "ApiKeyCreated")
	rules := must[[]iam.AlertRule](t)(owner.EnableAlertRules(region, []iam.AlertRuleID{id}))
	if len(rules) != 1 || !rules[0].Enabled {
		t.Errorf("enabled: %+v", rules)
	}
	_, _, err := owner.SetAlertDelivery(iam.NewAlertDelivery{Emails: []string{"a@example.com", kit.OwnerEmail, "a@example.com"}})
	done(t, err)
	evaluate()
	same(t, "before anything happened", nil, fired(t, owner))
	makeKey(owner)
	makeKey(owner)
	makeKey(stranger)
	evaluate()
	evaluate()
	same(t, "once in the window", []string{"ApiKeyCreated"}, fired(t, owner))
	now.Advance(time.Minute)
	makeKey(owner)
	evaluate()
	same(t, "and again after it", []string{"ApiKeyCreated", "ApiKeyCreated"}, fired(t, owner))
	same(t, "of the other organization", nil, fired(t, stranger))

	told := letters(t, k)
	var addresses []string
	for _, l := range told {
		addresses = append(addresses, l.Address)
	}
	same(t, "addresses", []string{"a@example.com", "a@example.com", kit.OwnerEmail, kit.OwnerEmail}, slices.Sorted(slices.Values(addresses)))
	newest := events(t, owner)
	want := iam.Alert{
		ID: told[0].Alert.ID, OrganizationID: owner.Caller.Organization, Organization: "default", RuleID: id, RuleName: "ApiKeyCreated",
		Description: "An API key was created.", Severity: iam.SeverityInfo, Occurrences: 1, Window: "60s",
		FiredAt: newest[len(newest)-1].RecordedAt, EventID: newest[len(newest)-1].ID,
	}
	last := told[len(told)-1].Alert
	want.ID = last.ID
	same(t, "alert", want, *last)

	must[[]iam.AlertRule](t)(owner.DisableAlertRules(region, []iam.AlertRuleID{id}))
	now.Advance(time.Hour)
	makeKey(owner)
	must[[]iam.AlertRule](t)(owner.EnableAlertRules(region, []iam.AlertRuleID{id}))
	evaluate()
	same(t, "what happened while it was disabled", 2, len(fired(t, owner)))
}

// Rules see attempts to log in, those that came after they were enabled.
func TestAlertOnLogins(t *testing.T) {
	now := &clock{}
	k := kit.New(t, kit.Options{Clock: now.Now})
	owner := k.AsOwner(t)
	organization := owner.Caller.Organization
	user := owner.MustCreateUser("ann").ID
	attempt := func(failure iam.LoginFailure, n int) {
		done(t, k.Store.Record(kit.Context(t), func(tx *store.Tx) error {
			for range n {
				if err := tx.AppendAuthenticationEvent(iam.AuthenticationEvent{ID: identity.NewEventID(), OrganizationID: organization, UserID: user, Username: "ann", SourceIP: "203.0.113.9", Failure: failure}); err != nil {
					return err
				}
			}
			return nil
		}))
		done(t, k.Authority.EvaluateAlerts(kit.Context(t)))
	}
	attempt(iam.FailedPassword, 30) // before the rules are enabled
	now.Advance(time.Second)
	must[[]iam.AlertRule](t)(owner.EnableAlertRules(region, []iam.AlertRuleID{ruleNamed(t, owner, "LoginFailureRateHigh"), ruleNamed(t, owner, "HttpForbiddenErrorRateHigh")}))
	must[iam.CustomAlertRule](t)(owner.CreateCustomAlertRule(custom("in", `methodName == "Login" && status == 200 && resourceName == "ann" && inIpRange(sourceIp, "203.0.113.0/24")`, 1, time.Minute)))
	attempt(iam.FailedPassword, 20)
	same(t, "twenty failures", nil, fired(t, owner))
	attempt("", 1)
	same(t, "a login", []string{"in"}, fired(t, owner))
	attempt(iam.FailedPassword, 1)
	same(t, "one more failure", []string{"LoginFailureRateHigh", "in"}, slices.Sorted(slices.Values(fired(t, owner))))
	attempt(iam.FailedPassword, 30)
	same(t, "once in the window", 2, len(fired(t, owner)))
	for query, want := range map[string]bool{`methodName == "Login" && status == 401`: true, `methodName == "Login" && status == 403`: false} {
		fires := must[bool](t)(owner.TestCustomAlertRule(region, iam.AlertCondition{Query: query, Window: time.Minute, Occurrences: 50}))
		same(t, query, want, fires)
	}
}

// A rule of several occurrences counts within its window only.
func TestAlertOccurrences(t *testing.T) {
	now := &clock{}
	k := kit.New(t, kit.Options{Clock: now.Now})
	owner := k.AsOwner(t)
	must[iam.CustomAlertRule](t)(owner.CreateCustomAlertRule(custom("three", `methodName == "CreateProject"`, 3, time.Minute)))
	n := 0
	step := func(advance time.Duration, want int) {
		t.Helper()
		now.Advance(advance)
		n++
		owner.MustCreateProject(fmt.Sprint("p", n))
		done(t, k.Authority.EvaluateAlerts(kit.Context(t)))
		same(t, fmt.Sprint("after project ", n), want, len(fired(t, owner)))
	}
	step(0, 0)
	step(30*time.Second, 0)
	step(30*time.Second, 0) // the first is a whole window ago
	step(29*time.Second, 1) // three within 59 seconds
	step(time.Second, 1)    // it has fired in this window
	step(50*time.Second, 1)
	step(9*time.Second, 2)
}

// Several nodes evaluate at the same time: every event counts once.
func TestAlertsOnSeveralNodes(t *testing.T) {
	kit.Engines(t, func(t *testing.T, database string) {
		k := kit.New(t, kit.Options{Database: database})
		owner := k.AsOwner(t)
		counting := must[iam.CustomAlertRule](t)(owner.CreateCustomAlertRule(custom("ten", `methodName == "CreateProject"`, 10, iam.MaxAlertWindow)))
		other, err := node(t, database, 0)
		done(t, err)
		nodes := []*authority.Authority{k.Authority, other}
		var wg sync.WaitGroup
		for i := range 10 {
			owner.MustCreateProject(fmt.Sprint("p", i))
			for _, node := range nodes {
				wg.Go(func() {
					if err := node.EvaluateAlerts(kit.Context(t)); err != nil {
						t.Error(err)
					}
				})
			}
		}
		wg.Wait()
		done(t, k.Authority.EvaluateAlerts(kit.Context(t)))
		names := fired(t, owner)
		same(t, "alerts", []string{"ten"}, names)
		state := must[iam.AlertState](t)(k.Store.Read(kit.Context(t)).AlertState(owner.Caller.Organization, counting.ID))
		same(t, "events that were counted", 10, len(state.Matches))
	})
}

func TestCustomAlertRules(t *testing.T) {
	k := start(t)
	owner, stranger := k.AsOwner(t), tenant(t, k, "acme")
	a := must[iam.CustomAlertRule](t)(owner.CreateCustomAlertRule(custom("a", "status == 403", 1, time.Minute)))
	b := must[iam.CustomAlertRule](t)(owner.CreateCustomAlertRule(custom("b", "status == 403", 1, time.Minute)))
	enabledIn := func(where string) (names []string) {
		rules, _, err := owner.ListCustomAlertRules(iam.AlertRuleFilter{Region: where, Enabled: new(true), Page: page()})
		done(t, err)
		for _, r := range rules {
			names = append(names, r.Name)
		}
		return names
	}
	same(t, "new ones", []string{"a", "b"}, enabledIn(region))
	same(t, "elsewhere", nil, enabledIn("nl-ams"))
	must[[]iam.CustomAlertRule](t)(owner.DisableCustomAlertRules(region, []iam.AlertRuleID{a.ID}))
	same(t, "one disabled", []string{"b"}, enabledIn(region))
	must[[]iam.CustomAlertRule](t)(owner.SetEnabledCustomAlertRules(region, []iam.AlertRuleID{a.ID}))
	same(t, "set", []string{"a"}, enabledIn(region))
	for what, change := range map[string]func(string, []iam.AlertRuleID) ([]iam.CustomAlertRule, error){
		"enable": owner.EnableCustomAlertRules, "disable": owner.DisableCustomAlertRules, "set": owner.SetEnabledCustomAlertRules,
		"of a stranger": stranger.EnableCustomAlertRules,
	} {
		ids := []iam.AlertRuleID{b.ID, nowhere}
		unknown := iam.AlertRuleID(nowhere)
		if what == "of a stranger" {
			unknown = b.ID
		}
		_, err := change(region, ids)
		fails(t, what, iam.NotFound("custom_alert_rule", string(unknown)), err)
	}
	same(t, "after refusals", []string{"a"}, enabledIn(region))
	changed := must[iam.CustomAlertRule](t)(owner.UpdateCustomAlertRule(region, a.ID, iam.CustomAlertRuleUpdate{Description: new("d")}))
	same(t, "name and description", []string{"a", "d"}, []string{changed.Name, changed.Description})
	_, err := stranger.UpdateCustomAlertRule(region, a.ID, iam.CustomAlertRuleUpdate{Description: new("x")})
	fails(t, "a stranger", iam.NotFound("custom_alert_rule", string(a.ID)), err)
	done(t, owner.DeleteCustomAlertRule(region, a.ID))
	same(t, "deleted", nil, enabledIn(region))
	if due := must[[]iam.OrganizationID](t)(k.Store.Read(kit.Context(t)).AlertsDue()); len(due) != 0 {
		t.Errorf("organizations without an enabled rule are looked at: %v", due)
	}
}

func TestCustomAlertRulesRefused(t *testing.T) {
	owner := start(t).AsOwner(t)
	good := custom("a", "status == 403", 1, time.Minute)
	for what, c := range map[string]struct {
		change func(*iam.NewCustomAlertRule)
		field  string
	}{
		"name":             {func(n *iam.NewCustomAlertRule) { n.Name = "-a" }, "name"},
		"no name":          {func(n *iam.NewCustomAlertRule) { n.Name = "" }, "name"},
		"description":      {func(n *iam.NewCustomAlertRule) { n.Description = strings.Repeat("x", 2049) }, "description"},
		"no query":         {func(n *iam.NewCustomAlertRule) { n.Query = "" }, "query"},
		"query":            {func(n *iam.NewCustomAlertRule) { n.Query = "status ==" }, "query"},
		"query that costs": {func(n *iam.NewCustomAlertRule) { n.Query = `userAgent.matches("(a{1,100}){10}")` }, "query"},
		"window":           {func(n *iam.NewCustomAlertRule) { n.Window = 0 }, "evaluation_window"},
		"long window":      {func(n *iam.NewCustomAlertRule) { n.Window = 25 * time.Hour }, "evaluation_window"},
		"no occurrences":   {func(n *iam.NewCustomAlertRule) { n.Occurrences = 0 }, "occurrences"},
		"many occurrences": {func(n *iam.NewCustomAlertRule) { n.Occurrences = 1001 }, "occurrences"},
	} {
		n := good
		c.change(&n)
		_, err := owner.CreateCustomAlertRule(n)
		refusal, ok := errors.AsType[*iam.Error](err)
		if !ok || refusal.Kind != iam.KindInvalidArguments || refusal.Arguments[0].Name != c.field {
			t.Errorf("%s: %v", what, err)
		}
	}
	firing := must[bool](t)(owner.TestCustomAlertRule(region, iam.AlertCondition{Query: `methodName == "CreateOrganization"`, Window: time.Hour, Occurrences: 1}))
	silent := must[bool](t)(owner.TestCustomAlertRule(region, iam.AlertCondition{Query: `methodName == "CreateOrganization"`, Window: time.Hour, Occurrences: 2}))
	same(t, "tests", []bool{true, false}, []bool{firing, silent})
}

func TestUnknownAlertRule(t *testing.T) {
	owner := start(t).AsOwner(t)
	id := ruleNamed(t, owner, "ApiKeyDeleted")
	_, err := owner.EnableAlertRules(region, []iam.AlertRuleID{id, nowhere})
	fails(t, "one of two", iam.NotFound("alert_rule", nowhere), err)
	rules, total, err := owner.ListAlertRules(iam.AlertRuleFilter{Region: region, Enabled: new(true), Page: page()})
	if err != nil || total != 0 || len(rules) != 0 {
		t.Errorf("enabled rules: %+v, %d, %v", rules, total, err)
	}
	rules, total, err = owner.ListAlertRules(iam.AlertRuleFilter{Region: region, Page: iam.Page{Number: 2, Size: 10}})
	if err != nil || total != 12 || len(rules) != 2 {
		t.Errorf("second page: %+v, %d, %v", rules, total, err)
	}
}

// The call of a webhook: signed with the secret that was shown once, tried again with growing
// pauses, given up at last.
func TestWebhooks(t *testing.T) {
	now := &clock{}
	k := kit.New(t, kit.Options{Clock: now.Now})
	owner := k.AsOwner(t)
	set := func(n iam.NewAlertDelivery) string {
		t.Helper()
		_, secret, err := owner.SetAlertDelivery(n)
		done(t, err)
		return secret
	}
	secret := set(iam.NewAlertDelivery{WebhookURL: "https://hooks.example.com/a"})
	if !strings.HasPrefix(secret, "whsec_") || set(iam.NewAlertDelivery{WebhookURL: "https://hooks.example.com/a"}) != "" {
		t.Error("a secret is shown when it is made, and only then")
	}
	if again := set(iam.NewAlertDelivery{WebhookURL: "https://hooks.example.com/a", RotateSecret: true}); again == "" || again == secret {
		t.Error("the secret is not rotated")
	}
	secret = set(iam.NewAlertDelivery{WebhookURL: "https://hooks.example.com/b"})
	_, _, err := owner.SetAlertDelivery(iam.NewAlertDelivery{WebhookURL: "http://hooks.example.com/b"})
	fails(t, "in clear", invalid("webhook_url", iam.ReasonFormat, "value must be an https URL"), err)

	must[iam.CustomAlertRule](t)(owner.CreateCustomAlertRule(custom("projects", `methodName == "CreateProject"`, 1, time.Minute)))
	owner.MustCreateProject("p")
	done(t, k.Authority.EvaluateAlerts(kit.Context(t)))
	var tries []time.Duration
	began := now.Now()
	outcome := errors.New("the receiver answers 500")
	deliver := func() {
		done(t, k.Authority.DeliverWebhooks(kit.Context(t), func(_ context.Context, w iam.Webhook) error {
			tries = append(tries, now.Now().Sub(began))
			if w.URL != "https://hooks.example.com/b" || w.Secret != secret || !strings.Contains(string(w.Payload), `"alert_rule_name":"projects"`) {
				t.Errorf("call: %+v", w)
			}
			return outcome
		}))
	}
	for range 5_000 { // all pauses are multiples of five seconds
		deliver()
		now.Advance(5 * time.Second)
	}
	pauses := []int{0, 5, 20, 65, 200, 605, 1820, 5420, 9020, 12620, 16220, 19820}
	var want []time.Duration
	for _, s := range pauses {
		want = append(want, time.Duration(s)*time.Second)
	}
	same(t, "tries", want, tries)
	events, _, err := owner.ListSystemEvents(iam.SystemEventFilter{Size: 10, After: time.Unix(1, 0)}, "")
	if err != nil || len(events) == 0 || events[0].Source != "webhooks" || events[0].Name != "undeliverable" {
		t.Errorf("system events: %+v, %v", events, err)
	}
	tries, outcome = nil, nil
	owner.MustCreateProject("q")
	done(t, k.Authority.EvaluateAlerts(kit.Context(t)))
	deliver()
	deliver()
	same(t, "a call that was taken", 1, len(tries))
}
