package authority

import (
	"context"
	"errors"
	"slices"

	"bailiwick/iam"
	"bailiwick/store"
)

// Changes of the set of enabled rules.
type alertChange int

const (
	alertsEnable  alertChange = iota // those that are named
	alertsDisable                    // those that are named
	alertsSet                        // those that are named, and no others
)

func alertRuleResource(r iam.AlertRule) iam.EventResource {
	return iam.EventResource{ID: string(r.ID), Type: iam.ResourceAlertRule, Name: r.Name}
}

// alertRules returns the preconfigured rules with their state in a region of an organization.
func alertRules(tx *store.Tx, organization iam.OrganizationID, region string) ([]iam.AlertRule, error) {
	rules := preconfiguredRules()
	enabled, err := tx.EnabledAlertRules(organization, region)
	for i := range rules {
		rules[i].Since, rules[i].Enabled = enabled[rules[i].ID], false
		_, rules[i].Enabled = enabled[rules[i].ID]
	}
	return rules, err
}

// ListAlertRules returns a page of the preconfigured rules by name, and their number.
func (a *Authority) ListAlertRules(ctx context.Context, call iam.Call, f iam.AlertRuleFilter) ([]iam.AlertRule, int, error) {
	org, err := a.mayList(call, f.OrganizationID)
	if err != nil {
		return nil, 0, err
	}
	rules, err := alertRules(a.store.Read(ctx), org, f.Region)
	if err != nil {
		return nil, 0, err
	}
	rules = slices.DeleteFunc(rules, func(r iam.AlertRule) bool { return f.Enabled != nil && r.Enabled != *f.Enabled })
	begin := min((f.Page.Number-1)*f.Page.Size, len(rules))
	return rules[begin:min(begin+f.Page.Size, len(rules))], len(rules), nil
}

// EnableAlertRules enables preconfigured rules and returns them. One that does not exist fails
// the whole call.
func (a *Authority) EnableAlertRules(ctx context.Context, call iam.Call, named iam.OrganizationID, region string, ids []iam.AlertRuleID) ([]iam.AlertRule, error) {
	return a.changeAlertRules(ctx, call, named, region, ids, alertsEnable)
}

// DisableAlertRules is the opposite of EnableAlertRules.
func (a *Authority) DisableAlertRules(ctx context.Context, call iam.Call, named iam.OrganizationID, region string, ids []iam.AlertRuleID) ([]iam.AlertRule, error) {
	return a.changeAlertRules(ctx, call, named, region, ids, alertsDisable)
}

// SetEnabledAlertRules enables the named rules, disables all others, and returns the named.
func (a *Authority) SetEnabledAlertRules(ctx context.Context, call iam.Call, named iam.OrganizationID, region string, ids []iam.AlertRuleID) ([]iam.AlertRule, error) {
	return a.changeAlertRules(ctx, call, named, region, ids, alertsSet)
}

func (a *Authority) changeAlertRules(ctx context.Context, call iam.Call, named iam.OrganizationID, region string, ids []iam.AlertRuleID, change alertChange) (changed []iam.AlertRule, err error) {
	err = a.mutate(ctx, call, object{}, nil, func(m *mutation) error {
		changed = nil
		org, err := m.within(named)
		if err != nil {
			return err
		}
		if err := m.authorize(object{}); err != nil {
			return err
		}
		rules, err := alertRules(m.Tx, org, region)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if !slices.ContainsFunc(rules, func(r iam.AlertRule) bool { return r.ID == id }) {
				return iam.NotFound("alert_rule", string(id))
			}
		}
		since, err := m.watch()
		if err != nil {
			return err
		}
		for _, r := range rules {
			want := change.want(r.Enabled, slices.Contains(ids, r.ID))
			if want != r.Enabled {
				if err := m.switchAlertRule(region, &r, want, since); err != nil {
					return err
				}
				m.did(iam.ActionUpdated, alertRuleResource(r))
			}
			if slices.Contains(ids, r.ID) {
				changed = append(changed, r)
			}
		}
		return m.unwatch()
	})
	return only(changed, err)
}

// want returns the state that a rule shall have.
func (c alertChange) want(enabled, named bool) bool {
	switch c {
	case alertsEnable:
		return enabled || named
	case alertsDisable:
		return enabled && !named
	default:
		return named
	}
}

func (m *mutation) switchAlertRule(region string, r *iam.AlertRule, enabled bool, since int64) error {
	r.Enabled = enabled
	if enabled {
		return m.EnableAlertRule(m.organization, region, r.ID, since)
	}
	return errors.Join(m.DisableAlertRule(m.organization, region, r.ID), m.DeleteAlertState(m.organization, r.ID))
}

// watch returns the sequence behind which a rule that is enabled now looks at events, and lets
// the evaluation begin there if no rule was enabled.
func (m *mutation) watch() (since int64, err error) {
	if since, err = m.EventSequence(m.organization); err != nil {
		return 0, err
	}
	enabled, err := m.AlertsEnabled(m.organization)
	if err != nil || enabled {
		return since, err
	}
	logins, err := m.Head(m.organization, iam.ChainAuthentications)
	return since, errors.Join(err, m.SetAlertCursor(m.organization, store.AlertCursor{Events: since, Authentications: logins.Sequence}))
}

// unwatch ends the evaluation if no rule is enabled any more.
func (m *mutation) unwatch() error {
	enabled, err := m.AlertsEnabled(m.organization)
	if err != nil || enabled {
		return err
	}
	return m.DeleteAlertCursor(m.organization)
}
