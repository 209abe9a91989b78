package iam

import "time"

// ResourceType names the kind of a resource in the audit trail.
type ResourceType string

// The resource types whose changes this server records.
const (
	ResourceUser         ResourceType = "iam_user"
	ResourceApplication  ResourceType = "iam_application"
	ResourceGroup        ResourceType = "iam_group"
	ResourcePolicy       ResourceType = "iam_policy"
	ResourceAPIKey       ResourceType = "iam_api_key"
	ResourceSSHKey       ResourceType = "iam_ssh_key"
	ResourceRule         ResourceType = "iam_rule"
	ResourceOrganization ResourceType = "account_organization"
	ResourceProject      ResourceType = "account_project"
	ResourceExportJob    ResourceType = "audit_trail_export_job"
	ResourceAlertRule    ResourceType = "audit_trail_alert_rule"
	ResourceCustomAlert  ResourceType = "audit_trail_custom_alert_rule"
	ResourceOther        ResourceType = "unknown_type" // of an operator's service
)

// Action is what happened to a resource, as the IAM log names it.
type Action string

// The actions of the IAM log.
const (
	ActionCreated Action = "created"
	ActionUpdated Action = "updated"
	ActionDeleted Action = "deleted"
)

// EventResource is one resource that an event touched.
type EventResource struct {
	ID        string
	Type      ResourceType
	Name      string
	Action    Action // empty for a refused attempt
	CreatedAt time.Time
	UpdatedAt time.Time
	DeletedAt time.Time
}

// Event is one entry of the audit trail: who did what, when, from where, with which
// result. A change and its event commit in one transaction; a refused attempt leaves an
// event with status 403 and nothing else.
type Event struct {
	ID             string
	OrganizationID OrganizationID
	Sequence       int64 // 1, 2, 3, ... in each organization, without gaps
	RecordedAt     time.Time
	Principal      Principal
	ProjectID      ProjectID
	SourceIP       string
	UserAgent      string
	Product        string
	Service        string
	Method         string
	Resources      []EventResource
	RequestID      string
	Body           []byte // JSON object, secrets removed
	StatusCode     int
}

// Bounds of paging through events.
const (
	DefaultEventPageSize = 20
	MaxEventPageSize     = 1000
)

// EventFilter selects events of one organization; zero fields select all.
type EventFilter struct {
	OrganizationID OrganizationID
	ProjectID      ProjectID
	ResourceType   ResourceType
	ResourceID     string
	Product        string
	Service        string
	Method         string
	PrincipalID    string
	SourceIP       string
	Status         int
	After          time.Time // inclusive
	Before         time.Time // exclusive
	Ascending      bool
	Size           int
	// Cursor is the sequence of the last event already seen; 0 begins at the start.
	Cursor int64
}

// Log is one entry of the older IAM log, read from the same rows as events.
type Log struct {
	ID             LogID
	OrganizationID OrganizationID
	CreatedAt      time.Time
	IP             string
	UserAgent      string
	Action         Action
	BearerID       string
	ResourceType   string // api_key, user, application, group or policy
	ResourceID     string
}

// LogFilter selects log entries of one organization; zero fields select all.
type LogFilter struct {
	OrganizationID OrganizationID
	After          time.Time
	Before         time.Time
	Action         Action
	ResourceType   string
	Search         string // a bearer's or a resource's id
	Order          Order
	Page           Page
}
