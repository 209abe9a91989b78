package iam

import (
	"fmt"
	"net/url"
	"regexp"
	"time"
)

// AlertRuleID names an alert rule, preconfigured or custom.
type AlertRuleID string

// Limits of alert rules.
const (
	MaxAuditName        = 255
	MaxAuditDescription = 2048
	MaxAlertQuery       = 2048 // characters of CEL
	MaxAlertOccurrences = 1000
	MinAlertWindow      = time.Second
	MaxAlertWindow      = 24 * time.Hour
	DefaultAlertWindow  = 5 * time.Minute
	MaxAlertEmails      = 10
	MaxCustomAlertRules = 100 // of an organization, in all regions
)

var auditNamePattern = regexp.MustCompile(`^[a-zA-Z0-9]([-_.a-zA-Z0-9]*[a-zA-Z0-9])?$`)

// AuditName checks the name of an alert rule or an export job: letters and digits, with _.-
// between them, 1 to 255 characters.
func (v *Validator) AuditName(name, value string) {
	v.pattern(name, value, 1, MaxAuditName, auditNamePattern)
}

// AlertSeverity says how bad it is when a rule fires.
type AlertSeverity string

// The severities.
const (
	SeverityInfo     AlertSeverity = "info"
	SeverityError    AlertSeverity = "error"
	SeverityWarning  AlertSeverity = "warning"
	SeverityCritical AlertSeverity = "critical"
)

// AlertCondition is when a rule fires: as soon as so many events of the last window match the
// query, and then not again before the window has passed.
type AlertCondition struct {
	Query       string // CEL
	Window      time.Duration
	Occurrences int
}

// validate checks all but the query, which package condition compiles.
func (c AlertCondition) validate(v *Validator) {
	v.Length("query", c.Query, 1, MaxAlertQuery)
	v.DurationIn("evaluation_window", c.Window, MinAlertWindow, MaxAlertWindow)
	if c.Occurrences < 1 || c.Occurrences > MaxAlertOccurrences {
		v.Constraint("occurrences", "value must be between 1 and 1000")
	}
}

// Validate checks the bounds of the condition; the query has to be compiled beside that.
func (c AlertCondition) Validate() error {
	var v Validator
	c.validate(&v)
	return v.Err()
}

// AlertRule is a rule that every organization has and may enable.
type AlertRule struct {
	ID          AlertRuleID
	Name        string
	Description string
	Severity    AlertSeverity
	Enabled     bool
	Since       int64 // the rule looks at events behind this sequence
	AlertCondition
}

// CustomAlertRule is a rule that an organization wrote. Only its labels can change.
type CustomAlertRule struct {
	ID             AlertRuleID
	OrganizationID OrganizationID
	Region         string
	Name           string
	Description    string
	Severity       AlertSeverity
	Enabled        bool
	Since          int64 // the rule looks at events behind this sequence
	AlertCondition
	CreatedAt time.Time
	UpdatedAt time.Time
}

// NewCustomAlertRule is what a caller gives to create a rule; it begins enabled.
type NewCustomAlertRule struct {
	OrganizationID OrganizationID
	Region         string
	Name           string
	Description    string
	Severity       AlertSeverity
	AlertCondition
}

// Validate checks labels and bounds; the query has to be compiled beside that.
func (n NewCustomAlertRule) Validate() error {
	var v Validator
	v.AuditName("name", n.Name)
	v.Length("description", n.Description, 0, MaxAuditDescription)
	n.validate(&v)
	return v.Err()
}

// CustomAlertRuleUpdate changes the fields that are not nil.
type CustomAlertRuleUpdate struct {
	Name        *string
	Description *string
}

// Validate checks the fields that are given.
func (u CustomAlertRuleUpdate) Validate() error {
	var v Validator
	optional(v.AuditName, "name", u.Name)
	if u.Description != nil {
		v.Length("description", *u.Description, 0, MaxAuditDescription)
	}
	return v.Err()
}

// Apply returns the rule with the update's fields in place.
func (u CustomAlertRuleUpdate) Apply(r CustomAlertRule) CustomAlertRule {
	set(&r.Name, u.Name)
	set(&r.Description, u.Description)
	return r
}

// AlertRuleFilter selects alert rules of one region of an organization.
type AlertRuleFilter struct {
	OrganizationID OrganizationID
	Region         string
	Enabled        *bool // nil: all
	Page           Page
}

// AlertState is what an enabled rule remembers.
type AlertState struct {
	Matches []time.Time // of the last events that matched, oldest first, as many as it takes to fire
	FiredAt time.Time
}

// Match counts an event that matches and reports whether the rule fires now: there are enough
// of them within the window, and it has not fired within the window before.
func (s *AlertState) Match(c AlertCondition, at time.Time) bool {
	s.Matches = append(s.Matches, at)
	if extra := len(s.Matches) - c.Occurrences; extra > 0 {
		s.Matches = s.Matches[extra:]
	}
	enough := len(s.Matches) == c.Occurrences && at.Sub(s.Matches[0]) < c.Window
	if !enough || !s.FiredAt.IsZero() && at.Sub(s.FiredAt) < c.Window {
		return false
	}
	s.FiredAt = at
	return true
}

// Alert is a rule that fired.
type Alert struct {
	ID             string         `json:"id"`
	OrganizationID OrganizationID `json:"organization_id"`
	Organization   string         `json:"organization_name"`
	RuleID         AlertRuleID    `json:"alert_rule_id"`
	RuleName       string         `json:"alert_rule_name"`
	Description    string         `json:"description"`
	Custom         bool           `json:"custom"`
	Severity       AlertSeverity  `json:"severity"`
	Occurrences    int            `json:"occurrences"`
	Window         string         `json:"evaluation_window"` // in seconds, such as "300s"
	FiredAt        time.Time      `json:"fired_at"`          // when the last of the events happened
	EventID        string         `json:"event_id"`          // of that event
}

// AlertDelivery is where an organization's alerts go beside its owner's address.
type AlertDelivery struct {
	OrganizationID OrganizationID
	Emails         []string
	WebhookURL     string // empty: none
	UpdatedAt      time.Time
}

// Webhook is an alert on its way to an organization's URL. It waits from the transaction in
// which the rule fired until it is delivered.
type Webhook struct {
	ID             string
	OrganizationID OrganizationID
	URL            string
	Secret         string // sealed wherever it is stored
	Payload        []byte // JSON
	CreatedAt      time.Time
	ExpiresAt      time.Time
}

// NewAlertDelivery is what a caller gives to say where alerts go.
type NewAlertDelivery struct {
	OrganizationID OrganizationID
	Emails         []string
	WebhookURL     string // empty: none
	RotateSecret   bool   // of the webhook
}

const maxWebhookURL = 2048

// Validate checks the addresses. Whether the URL leads where the server may go is looked at
// each time that it is called, because a name can lead elsewhere by then.
func (n NewAlertDelivery) Validate() error {
	var v Validator
	if len(n.Emails) > MaxAlertEmails {
		v.Constraint("emails", fmt.Sprintf("value must contain no more than %d item(s)", MaxAlertEmails))
	}
	for i, address := range n.Emails {
		v.Email(fmt.Sprintf("emails[%d]", i), address)
	}
	if n.WebhookURL == "" {
		return v.Err()
	}
	u, err := url.Parse(n.WebhookURL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.Fragment != "" || u.Opaque != "" || len(n.WebhookURL) > maxWebhookURL {
		v.Format("webhook_url", "value must be an absolute https URL without user and fragment, of at most 2048 characters")
	}
	return v.Err()
}
