package authority

import (
	"context"
	"time"

	"bailiwick/iam"
	"bailiwick/store"
)

// given reports whether a member has a password that somebody else gave it and that its
// organization wants replaced.
func given(org iam.Organization, u iam.User, c store.Credential) bool {
	return org.Security.EnforcePasswordRenewal && c.PasswordRenewal && !u.IsOwner()
}

// inactive reports whether a user has not logged in for so long that its password is no longer
// trusted: one that leaks meanwhile is noticed by nobody.
func inactive(org iam.Organization, u iam.User, now time.Time) bool {
	limit := org.Security.PasswordInactivity
	return limit > 0 && !u.LastLoginAt.IsZero() && now.Sub(u.LastLoginAt) > limit
}

// owesPassword reports whether a user has to choose a new password before it gets a session.
func owesPassword(org iam.Organization, u iam.User, c store.Credential, now time.Time) bool {
	return given(org, u, c) || inactive(org, u, now)
}

// owesMFA reports whether a user has to set up a second factor.
func owesMFA(org iam.Organization, u iam.User) bool { return org.Security.MFARequired && !u.MFA }

// beginGrace starts the periods that a user meets for the first time at a login, and reports
// whether one began.
func beginGrace(org iam.Organization, u iam.User, c *store.Credential, now time.Time) (began bool) {
	for _, demand := range []struct {
		owed  bool
		start *time.Time
	}{{given(org, u, *c), &c.GraceStartedAt}, {owesMFA(org, u), &c.MFAGraceStartedAt}} {
		if demand.owed && demand.start.IsZero() {
			*demand.start, began = now, true
		}
	}
	return began
}

// gracePeriods returns what a user has to do, and until when.
func gracePeriods(org iam.Organization, u iam.User, c store.Credential) (periods []iam.GracePeriod) {
	add := func(kind iam.GracePeriodType, start time.Time) {
		periods = append(periods, iam.GracePeriod{Type: kind, CreatedAt: start, ExpiresAt: start.Add(org.Security.GracePeriodDuration)})
	}
	if given(org, u, c) && !c.GraceStartedAt.IsZero() {
		add(iam.GraceUpdatePassword, c.GraceStartedAt)
	}
	if owesMFA(org, u) && !c.MFAGraceStartedAt.IsZero() {
		add(iam.GraceSetMFA, c.MFAGraceStartedAt)
	}
	return periods
}

// overdue reports whether a member has let a grace period pass. Nobody could unlock an owner, so
// its periods end without effect.
func overdue(org iam.Organization, u iam.User, c store.Credential, now time.Time) bool {
	if u.IsOwner() {
		return false
	}
	for _, p := range gracePeriods(org, u, c) {
		if !now.Before(p.ExpiresAt) {
			return true
		}
	}
	return false
}

// ListGracePeriods returns what a user, the caller if none is named, has to do, and until when.
func (a *Authority) ListGracePeriods(ctx context.Context, call iam.Call, id iam.UserID) (periods []iam.GracePeriod, err error) {
	if id == "" && call.Caller.Principal.Type == iam.TypeUser {
		id = iam.UserID(call.Caller.Principal.ID)
	}
	caller, err := a.enter(call)
	if err != nil {
		return nil, err
	}
	err = a.store.View(ctx, func(tx *store.Tx) error {
		u, err := tx.User(call.Caller.Organization, id)
		if err := caller.found(call.Operation.Permission, userObject(id, u), err); err != nil {
			return err
		}
		org, err := tx.Organization(u.OrganizationID)
		if err != nil {
			return err
		}
		c, err := tx.Credential(u.OrganizationID, id)
		periods = gracePeriods(org, u, c)
		return err
	})
	return only(periods, err)
}
