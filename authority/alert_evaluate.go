package authority

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
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
	begun   time.Time // when the rule was enabled; zero: not looked up yet
}

// beganBefore reports whether the rule was enabled before a moment. A rule says behind which event
// of the API it looks, and the next one is that of its enabling; attempts to log in have sequences of
// their own, so the time of that event counts for them.
func (w *watcher) beganBefore(tx *store.Tx, at time.Time) (bool, error) {
	if w.begun.IsZero() {
		events, err := tx.Events(iam.EventFilter{OrganizationID: w.OrganizationID, Ascending: true, Cursor: w.Since, Size: 1})
		if err != nil {
			return false, err
		}
		if len(events) == 0 {
			return true, nil // it was removed by retention, and all that is left is newer
		}
		w.begun = events[0].RecordedAt
	}
	return !at.Before(w.begun), nil
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
	events, next, err := watched(tx, organization, cursor)
	if err != nil || len(events) == 0 {
		return false, err
	}
	watchers, err := a.watchers(tx, organization)
	if err != nil {
		return false, err
	}
	for i := range events {
		for _, w := range watchers {
			fires, err := w.sees(tx, a, &events[i])
			if err != nil {
				return false, err
			}
			if fires {
				if err := a.fire(tx, w, events[i].Event); err != nil {
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
	return len(events) >= alertEvents, tx.SetAlertCursor(organization, next)
}

// watchedEvent is an event that rules look at: one of the API, or an attempt to log in.
type watchedEvent struct {
	iam.Event
	login bool
}

// watched returns the next events and attempts to log in behind a place, in the order of their time,
// and the place behind them.
func watched(tx *store.Tx, organization iam.OrganizationID, from store.AlertCursor) (all []watchedEvent, next store.AlertCursor, err error) {
	events, err := tx.Events(iam.EventFilter{OrganizationID: organization, Ascending: true, Cursor: from.Events, Size: alertEvents})
	if err != nil {
		return nil, from, err
	}
	logins, err := tx.AuthenticationEvents(iam.AuthenticationEventFilter{OrganizationID: organization, Ascending: true, Cursor: from.Authentications, Size: alertEvents})
	for _, e := range events {
		all = append(all, watchedEvent{Event: e})
		from.Events = e.Sequence
	}
	for _, e := range logins {
		all = append(all, watchedEvent{loginEvent(e), true})
		from.Authentications = e.Sequence
	}
	slices.SortStableFunc(all, func(a, b watchedEvent) int { return a.RecordedAt.Compare(b.RecordedAt) })
	return all, from, err
}

// loginEvent is an attempt to log in as alert rules see it: a method of its own, and the status of
// its answer.
func loginEvent(e iam.AuthenticationEvent) iam.Event {
	status := http.StatusOK
	if e.Failure != "" {
		status = http.StatusUnauthorized
	}
	return iam.Event{
		ID: e.ID, OrganizationID: e.OrganizationID, Sequence: e.Sequence, RecordedAt: e.RecordedAt, Principal: e.UserID.Principal(),
		SourceIP: e.SourceIP, UserAgent: e.UserAgent, Product: "iam", Service: "bailiwick.v1.Api", Method: "Login", RequestID: e.RequestID, StatusCode: status,
		Resources: []iam.EventResource{{ID: string(e.UserID), Type: iam.ResourceUser, Name: e.Username}},
	}
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
func (w *watcher) sees(tx *store.Tx, a *Authority, e *watchedEvent) (bool, error) {
	if !e.login && e.Sequence <= w.Since {
		return false, nil
	}
	if e.login {
		if begun, err := w.beganBefore(tx, e.RecordedAt); err != nil || !begun {
			return false, err
		}
	}
	matches, err := w.query.Matches(&e.Event)
	if err != nil {
		a.log.Debug("an alert rule cannot judge an event", "organization_id", e.OrganizationID, "alert_rule_id", string(w.ID), "event_id", e.ID, "error", err)
	}
	if !matches || err != nil {
		return false, nil
	}
	w.changed = true
	return w.state.Match(w.AlertCondition, e.RecordedAt), nil
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
