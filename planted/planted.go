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
	// StaleAnswers: a node goes on deciding however long it has been without its database.
	StaleAnswers = bug == "stale_answers"
	// PausedAnswers: a process that was stopped answers before it has caught up.
	PausedAnswers = bug == "paused_answers"
	// NotificationsOnly: a node believes that it is told of every change, and never looks by itself.
	NotificationsOnly = bug == "notifications_only"
	// LooseRevision: mutations take their revisions beside each other, so that commits are out of order.
	LooseRevision = bug == "loose_revision"
	// LaggingProof: a mutation proves its caller on the node's snapshot, not on the newest state.
	LaggingProof = bug == "lagging_proof"
	// WallClock: staleness is told by the wall clock.
	WallClock = bug == "wall_clock"
	// RepeatedCommit: a mutation is run again when the answer to its commit is lost.
	RepeatedCommit = bug == "repeated_commit"
	// LocalCommit: commits do not wait for the standby.
	LocalCommit = bug == "local_commit"
	// OldRevision: the revision that a request brings is not waited for.
	OldRevision = bug == "old_revision"
	// LateRevision: an answer names the revision of its end, not that on which it rests.
	LateRevision = bug == "late_revision"
	// HiddenStaleness: a node that lost its database does not say so.
	HiddenStaleness = bug == "hidden_staleness"
	// PoisonStops: a row that cannot be read stops the node.
	PoisonStops = bug == "poison_stops"
)
