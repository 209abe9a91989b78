package authority

import (
	"context"
	"errors"
	"slices"
	"time"

	"bailiwick/condition"
	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/store"
)

func customAlertObject(id iam.AlertRuleID, r iam.CustomAlertRule) object {
	return object{kind: "custom_alert_rule", id: string(id), name: r.Name, named: r.ID != ""}
}

func customAlertResource(r iam.CustomAlertRule) iam.EventResource {
	return iam.EventResource{ID: string(r.ID), Type: iam.ResourceCustomAlert, Name: r.Name, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt}
}

// checkQuery compiles the query of a rule.
func (a *Authority) checkQuery(c iam.AlertCondition) error {
	if err := c.Validate(); err != nil {
		return err
	}
	_, err := a.queries.compile(c.Query)
	if refused, ok := errors.AsType[*condition.Error](err); ok {
		return iam.Invalid("query", iam.ReasonFormat, refused.Error())
	}
	return err
}

// ListCustomAlertRules returns a page of the rules that the organization wrote, the oldest
// first, and their number.
func (a *Authority) ListCustomAlertRules(ctx context.Context, call iam.Call, f iam.AlertRuleFilter) ([]iam.CustomAlertRule, int, error) {
	org, err := a.mayList(call, f.OrganizationID)
	if err != nil {
		return nil, 0, err
	}
	f.OrganizationID = org
	return listed(ctx, a, func(tx *store.Tx) ([]iam.CustomAlertRule, int, error) { return tx.CustomAlertRules(f) })
}

// CreateCustomAlertRule creates a rule, enabled, that looks at what happens from now on.
func (a *Authority) CreateCustomAlertRule(ctx context.Context, call iam.Call, n iam.NewCustomAlertRule) (r iam.CustomAlertRule, err error) {
	err = a.mutate(ctx, call, object{}, func() error {
		if err := n.Validate(); err != nil {
			return err
		}
		return a.checkQuery(n.AlertCondition)
	}, func(m *mutation) error {
		org, err := m.within(n.OrganizationID)
		if err != nil {
			return err
		}
		if err := m.authorize(object{name: n.Name, named: true}); err != nil {
			return err
		}
		count, err := m.CountCustomAlertRules(org)
		if err != nil {
			return err
		}
		if count >= iam.MaxCustomAlertRules {
			return &iam.Error{Kind: iam.KindQuotasExceeded, Quota: iam.Quota{Name: "audit_trail_custom_alert_rules", Limit: iam.MaxCustomAlertRules, Current: count}, ResourceID: string(org)}
		}
		since, err := m.watch()
		if err != nil {
			return err
		}
		r = iam.CustomAlertRule{
			ID: iam.AlertRuleID(identity.NewID()), OrganizationID: org, Region: n.Region, Name: n.Name, Description: n.Description,
			Severity: n.Severity, Enabled: true, Since: since, AlertCondition: n.AlertCondition, CreatedAt: m.Now, UpdatedAt: m.Now,
		}
		m.did(iam.ActionCreated, customAlertResource(r))
		return m.InsertCustomAlertRule(r)
	})
	return only(r, err)
}

// UpdateCustomAlertRule changes the labels of a rule.
func (a *Authority) UpdateCustomAlertRule(ctx context.Context, call iam.Call, region string, id iam.AlertRuleID, u iam.CustomAlertRuleUpdate) (r iam.CustomAlertRule, err error) {
	err = a.mutate(ctx, call, object{id: string(id)}, u.Validate, func(m *mutation) error {
		old, err := m.CustomAlertRule(m.organization, region, id)
		if err := m.authorizeFound(customAlertObject(id, old), err); err != nil {
			return err
		}
		r = u.Apply(old)
		r.UpdatedAt = m.Now
		if err := m.authorize(customAlertObject(id, r)); err != nil {
			return err
		}
		m.did(iam.ActionUpdated, customAlertResource(r))
		return m.Tx.UpdateCustomAlertRule(r)
	})
	return only(r, err)
}

// DeleteCustomAlertRule deletes a rule.
func (a *Authority) DeleteCustomAlertRule(ctx context.Context, call iam.Call, region string, id iam.AlertRuleID) error {
	return a.mutate(ctx, call, object{id: string(id)}, nil, func(m *mutation) error {
		r, err := m.CustomAlertRule(m.organization, region, id)
		if err := m.authorizeFound(customAlertObject(id, r), err); err != nil {
			return err
		}
		m.did(iam.ActionDeleted, customAlertResource(r))
		return errors.Join(m.Tx.DeleteCustomAlertRule(m.organization, id), m.DeleteAlertState(m.organization, id), m.unwatch())
	})
}

// EnableCustomAlertRules enables rules that the organization wrote and returns them. One that
// does not exist fails the whole call.
func (a *Authority) EnableCustomAlertRules(ctx context.Context, call iam.Call, named iam.OrganizationID, region string, ids []iam.AlertRuleID) ([]iam.CustomAlertRule, error) {
	return a.changeCustomAlertRules(ctx, call, named, region, ids, alertsEnable)
}

// DisableCustomAlertRules is the opposite of EnableCustomAlertRules.
func (a *Authority) DisableCustomAlertRules(ctx context.Context, call iam.Call, named iam.OrganizationID, region string, ids []iam.AlertRuleID) ([]iam.CustomAlertRule, error) {
	return a.changeCustomAlertRules(ctx, call, named, region, ids, alertsDisable)
}

// SetEnabledCustomAlertRules enables the named rules, disables all others, and returns the named.
func (a *Authority) SetEnabledCustomAlertRules(ctx context.Context, call iam.Call, named iam.OrganizationID, region string, ids []iam.AlertRuleID) ([]iam.CustomAlertRule, error) {
	return a.changeCustomAlertRules(ctx, call, named, region, ids, alertsSet)
}

func (a *Authority) changeCustomAlertRules(ctx context.Context, call iam.Call, named iam.OrganizationID, region string, ids []iam.AlertRuleID, change alertChange) (changed []iam.CustomAlertRule, err error) {
	err = a.mutate(ctx, call, object{}, nil, func(m *mutation) error {
		changed = nil
		org, err := m.within(named)
		if err != nil {
			return err
		}
		if err := m.authorize(object{}); err != nil {
			return err
		}
		rules, _, err := m.CustomAlertRules(iam.AlertRuleFilter{OrganizationID: org, Region: region, Page: iam.Page{Number: 1, Size: iam.MaxCustomAlertRules}})
		if err != nil {
			return err
		}
		for _, id := range ids {
			if !slices.ContainsFunc(rules, func(r iam.CustomAlertRule) bool { return r.ID == id }) {
				return iam.NotFound("custom_alert_rule", string(id))
			}
		}
		since, err := m.watch()
		if err != nil {
			return err
		}
		for _, r := range rules {
			if want := change.want(r.Enabled, slices.Contains(ids, r.ID)); want != r.Enabled {
				r.Enabled, r.Since, r.UpdatedAt = want, since, m.Now
				if err := errors.Join(m.Tx.UpdateCustomAlertRule(r), m.DeleteAlertState(org, r.ID)); err != nil {
					return err
				}
				m.did(iam.ActionUpdated, customAlertResource(r))
			}
			if slices.Contains(ids, r.ID) {
				changed = append(changed, r)
			}
		}
		return m.unwatch()
	})
	return only(changed, err)
}

// The events that a test of a rule looks at: the newest ones of the window.
const (
	testedPage  = 1000
	testedPages = 10
)

// TestCustomAlertRule reports whether a rule that is not written yet would fire now: whether
// there are enough events in the window that ends now.
func (a *Authority) TestCustomAlertRule(ctx context.Context, call iam.Call, named iam.OrganizationID, region string, c iam.AlertCondition) (fires bool, err error) {
	org, err := a.mayList(call, named)
	if err != nil {
		return false, err
	}
	if err := a.checkQuery(c); err != nil || region != a.region {
		return false, err
	}
	query, err := a.queries.compile(c.Query)
	if err != nil {
		return false, err
	}
	f := iam.EventFilter{OrganizationID: org, After: a.now().Add(-c.Window).Truncate(time.Microsecond), Size: testedPage}
	count := 0
	for range testedPages {
		events, err := a.store.Read(ctx).Events(f)
		if err != nil {
			return false, err
		}
		for i := range events {
			if matches, err := query.Matches(&events[i]); matches && err == nil {
				count++
			}
		}
		if count >= c.Occurrences || len(events) < f.Size {
			break
		}
		f.Cursor = events[len(events)-1].Sequence
	}
	if count >= c.Occurrences {
		return true, nil
	}
	logins, err := a.store.Read(ctx).AuthenticationEvents(iam.AuthenticationEventFilter{OrganizationID: org, After: f.After, Size: testedPages * testedPage})
	for _, login := range logins {
		e := loginEvent(login)
		if matches, err := query.Matches(&e); matches && err == nil {
			count++
		}
	}
	return count >= c.Occurrences, err
}

// AlertField is what a query may read of an event.
type AlertField = condition.EventField

// AlertFields returns what a query may read, to who may see rules.
func (a *Authority) AlertFields(call iam.Call, named iam.OrganizationID) ([]AlertField, error) {
	if _, err := a.mayList(call, named); err != nil {
		return nil, err
	}
	return condition.EventFields(), nil
}
