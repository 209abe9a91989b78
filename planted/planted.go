// Package planted holds defects that can be built in on purpose, one at a time, to see that a
// test catches them: a suite that stays green with one of them would stay green with the
// accident, too. scripts/planted names the test for each.
//
// A build tag plants a defect: planted_wrong_scope makes WrongScope true. Without a tag all
// are constants that are false, so the compiler leaves their branches out: what is shipped
// is the same code as if they had never been written.
package planted

// Name is that of the defect that is built in, without "planted_"; empty: none.
const Name = bug

// The defects. Each is one that was made in some product of this kind.
const (
	// WrongScope: a grant on one project covers every project.
	WrongScope = bug == "wrong_scope"
	// NoOrganization: principals are found by their id alone, in whatever organization.
	NoOrganization = bug == "no_organization"
	// GroupLeftBehind: who is taken out of a group keeps its rights.
	GroupLeftBehind = bug == "group_left_behind"
	// ErrorGrants: a condition that cannot be evaluated grants.
	ErrorGrants = bug == "error_grants"
	// DeletedProject: a deleted project stays in scope.
	DeletedProject = bug == "deleted_project"
	// OrphanPolicy: a policy that loses its principal goes on granting to it.
	OrphanPolicy = bug == "orphan_policy"
	// LockedUser: a locked user keeps all rights.
	LockedUser = bug == "locked_user"
	// StaleDelete: a deleted policy goes on granting.
	StaleDelete = bug == "stale_delete"
	// ClosedOrganization: the keys of a closed organization still prove their bearers.
	ClosedOrganization = bug == "closed_organization"
	// ExpiredKey: an API key never expires.
	ExpiredKey = bug == "expired_key"
	// ForeignOrganization: a call may name any organization as if it were the caller's own.
	ForeignOrganization = bug == "foreign_organization"
	// AbsentValue: conditions read an absent attribute as the empty text.
	AbsentValue = bug == "absent_value"
	// AckBeforeCommit: a change is answered before it is committed.
	AckBeforeCommit = bug == "ack_before_commit"
	// EventOutside: a change is committed, and its event in a transaction of its own behind it.
	EventOutside = bug == "event_outside"
	// NoEvent: a change leaves no event. Benchmarks compare with it what events cost.
	NoEvent = bug == "no_event"
)
