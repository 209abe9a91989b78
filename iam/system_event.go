package iam

import "time"

// SystemEventKind tells what made the server act by itself.
type SystemEventKind string

// The kinds, as the Audit Trail names them.
const (
	SystemEventOther        SystemEventKind = "unknown_kind" // a rule of the organization, such as its lock after failed logins
	SystemEventCron         SystemEventKind = "cron"         // a job that runs by the clock
	SystemEventNotification SystemEventKind = "notification" // somebody was told
)

// SystemEvent is one entry of the audit trail about what the server did by itself: nobody
// asked for it, so there is no principal and no address.
type SystemEvent struct {
	ID             string
	OrganizationID OrganizationID
	Sequence       int64 // 1, 2, 3, ... in each organization, without gaps
	RecordedAt     time.Time
	ProjectID      ProjectID
	Kind           SystemEventKind
	Source         string // the part of the server, such as "alerts"
	Name           string // of the job or the notification
	Product        string
	Resources      []EventResource
}

// SystemEventFilter selects system events of one organization; zero fields select all.
type SystemEventFilter struct {
	OrganizationID OrganizationID
	ProjectID      ProjectID
	ResourceType   ResourceType
	After          time.Time // inclusive
	Before         time.Time // exclusive
	Ascending      bool
	Size           int
	// Cursor is the sequence of the last event already seen; 0 begins at the start.
	Cursor int64
}

// CombinedEvent is an entry of the feed of all events: exactly one member is not nil.
type CombinedEvent struct {
	API    *Event
	Login  *AuthenticationEvent
	System *SystemEvent
}

// RecordedAt returns when the event was recorded.
func (e CombinedEvent) RecordedAt() time.Time {
	switch {
	case e.API != nil:
		return e.API.RecordedAt
	case e.Login != nil:
		return e.Login.RecordedAt
	default:
		return e.System.RecordedAt
	}
}

// CombinedEventFilter selects events of all kinds; zero fields select all.
type CombinedEventFilter struct {
	OrganizationID OrganizationID
	ProjectID      ProjectID
	ResourceType   ResourceType
	After          time.Time // inclusive
	Before         time.Time // exclusive
	Ascending      bool
	Size           int
}
