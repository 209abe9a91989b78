package authority

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"bailiwick/condition"
	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/store"
)

// alertEvents is how many events one transaction of the evaluation looks at.
const alertEvents = 500

// EvaluateAlerts looks at the events that the enabled rules of all organizations have not seen
// yet. Several nodes may do so at the same time: the place up to which rules have looked is a
// row of the database that one of them holds, and what a rule that fires brings about (its
// system event, letters, the call of the webhook) is in the transaction that moves that place.
// So no event is missed or counted twice, whenever a node ends.
func (a *Authority) EvaluateAlerts(ctx context.Context) error {
	due, err := a.store.Read(ctx).AlertsDue()
	if err != nil {
		return err
	}
	var faults []error
	for _, organization := range due {
		for more := true; more && ctx.Err() == nil; {
			err := a.store.Record(ctx, func(tx *store.Tx) (err error) {
				more, err = a.evaluateAlerts(tx, organization)
				return err
			})
			if err != nil { // of one organization; the others are looked at all the same
				faults = append(faults, fmt.Errorf("alerts of organization %s: %w", organization, err))
				break
			}
		}
	}
	return errors.Join(faults...)
}

// watcher is an enabled rule at work.
type watcher struct {
	iam.CustomAlertRule
	custom  bool
	query   *condition.EventQuery
	state   iam.AlertState
	changed bool
}

// evaluateAlerts looks at the next events of an organization, and reports whether there are more.
func (a *Authority) evaluateAlerts(tx *store.Tx, organization iam.OrganizationID) (more bool, err error) {
	cursor, err := tx.HoldAlertCursor(organization)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil // the last rule was disabled meanwhile
	}
	if err != nil {
		return false, err
	}
	events, err := tx.Events(iam.EventFilter{OrganizationID: organization, Ascending: true, Cursor: cursor, Size: alertEvents})
	if err != nil || len(events) == 0 {
		return false, err
	}
	watchers, err := a.watchers(tx, organization)
	if err != nil {
		return false, err
	}
	for i := range events {
		for _, w := range watchers {
			if w.sees(a, &events[i]) {
				if err := a.fire(tx, w, events[i]); err != nil {
					return false, err
				}
			}
		}
	}
	for _, w := range watchers {
		if w.changed {
			if err := tx.SetAlertState(organization, w.ID, w.state); err != nil {
				return false, err
			}
		}
	}
	return len(events) == alertEvents, tx.SetAlertCursor(organization, events[len(events)-1].Sequence)
}

// watchers returns the enabled rules of an organization where events happen.
func (a *Authority) watchers(tx *store.Tx, organization iam.OrganizationID) (watchers []*watcher, err error) {
	rules, err := alertRules(tx, organization, a.region)
	if err != nil {
		return nil, err
	}
	enabled := true
	custom, _, err := tx.CustomAlertRules(iam.AlertRuleFilter{
		OrganizationID: organization, Region: a.region, Enabled: &enabled, Page: iam.Page{Number: 1, Size: iam.MaxCustomAlertRules},
	})
	if err != nil {
		return nil, err
	}
	for _, r := range rules {
		if r.Enabled {
			watchers = append(watchers, &watcher{CustomAlertRule: iam.CustomAlertRule{
				ID: r.ID, OrganizationID: organization, Name: r.Name, Description: r.Description, Severity: r.Severity, Since: r.Since, AlertCondition: r.AlertCondition,
			}})
		}
	}
	for _, r := range custom {
		watchers = append(watchers, &watcher{CustomAlertRule: r, custom: true})
	}
	for _, w := range watchers {
		if w.query, err = a.queries.compile(w.Query); err != nil {
			return nil, fmt.Errorf("alert rule %s: %w", w.ID, err)
		}
		if w.state, err = tx.AlertState(organization, w.ID); err != nil {
			return nil, err
		}
	}
	return watchers, nil
}

// sees counts an event if it matches, and reports whether the rule fires. A query that fails on
// an event does not match it: what it reads may not be there.
func (w *watcher) sees(a *Authority, e *iam.Event) bool {
	if e.Sequence <= w.Since {
		return false
	}
	matches, err := w.query.Matches(e)
	if err != nil {
		a.log.Debug("an alert rule cannot judge an event", "organization_id", e.OrganizationID, "alert_rule_id", string(w.ID), "event_id", e.ID, "error", err)
	}
	if !matches || err != nil {
		return false
	}
	w.changed = true
	return w.state.Match(w.AlertCondition, e.RecordedAt)
}

// The life of what an alert sends: after it, a message is not worth delivering.
const alertLife = 24 * time.Hour

// fire records that a rule fired, and puts what has to be sent into the queues.
func (a *Authority) fire(tx *store.Tx, w *watcher, e iam.Event) error {
	org, err := tx.Organization(e.OrganizationID)
	if err != nil {
		return err
	}
	alert := iam.Alert{
		ID: identity.NewID(), OrganizationID: org.ID, Organization: org.Name, RuleID: w.ID, RuleName: w.Name, Description: w.Description,
		Custom: w.custom, Severity: w.Severity, Occurrences: w.Occurrences, Window: fmt.Sprintf("%ds", int64(w.Window.Seconds())),
		FiredAt: e.RecordedAt, EventID: e.ID,
	}
	resource := customAlertResource(w.CustomAlertRule)
	if !w.custom {
		resource.Type = iam.ResourceAlertRule
	}
	if err := recordSystem(tx, iam.SystemEvent{
		OrganizationID: org.ID, Kind: iam.SystemEventNotification, Source: "alerts", Name: w.Name, Product: "audit-trail", Resources: []iam.EventResource{resource},
	}); err != nil {
		return err
	}
	delivery, _, err := tx.AlertDelivery(org.ID)
	if err != nil {
		return err
	}
	if err := a.mailAlert(tx, org, alert, delivery.Emails); err != nil || delivery.WebhookURL == "" {
		return err
	}
	payload, err := json.Marshal(struct {
		Type      string    `json:"type"`
		Timestamp time.Time `json:"timestamp"`
		Data      iam.Alert `json:"data"`
	}{"audit_trail.alert", tx.Now, alert})
	if err != nil {
		return err
	}
	return tx.InsertWebhook(iam.Webhook{ID: alert.ID, OrganizationID: org.ID, Payload: payload, CreatedAt: tx.Now, ExpiresAt: tx.Now.Add(alertLife)})
}

// mailAlert tells the owner, and the addresses that the organization gave, each once.
func (a *Authority) mailAlert(tx *store.Tx, org iam.Organization, alert iam.Alert, emails []string) error {
	owner, err := tx.User(org.ID, org.OwnerID)
	if err != nil {
		return err
	}
	letter := letterTo(owner, iam.LetterAlert)
	letter.Alert, letter.Organization = &alert, org.Name
	told := map[string]bool{"": true}
	for _, address := range append([]string{owner.Email}, emails...) {
		if told[address] {
			continue
		}
		told[address] = true
		if letter.Address = address; address != owner.Email {
			letter.Name, letter.Locale = "", owner.Locale
		}
		if err := a.mail(tx, letter, iam.Client{}, "", alertLife); err != nil {
			return err
		}
	}
	return nil
}
