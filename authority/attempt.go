package authority

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/pdp"
	"bailiwick/store"
)

// ownerRefill is after how long an owner whose budget is used up may try once more.
const ownerRefill = 30 * time.Second

// budgetOf bounds the failed attempts to log in of a user.
//
// The attack is guessing: in parallel, on several nodes, by several endpoints, with the
// organization's alias in place of its id. So the budget belongs to the user, in the database,
// and is taken from before a proof is looked at. A member whose budget is used up is locked,
// until somebody unlocks it. Nobody could unlock an owner, and anybody could lock one out by
// guessing wrong; so an owner has a budget for each network that tries it, which fills up again.
func budgetOf(org iam.Organization, u iam.User, client iam.Client) (network string, b store.Budget) {
	b.Attempts = org.Security.LoginAttemptsBeforeLock
	if u.IsOwner() {
		return networkOf(client.IP), store.Budget{Attempts: b.Attempts, Refill: ownerRefill}
	}
	return "", b
}

// networkOf is the network that one attacker is taken to have whole: 256 addresses of IPv4, or
// what a site is given of IPv6.
func networkOf(ip netip.Addr) string {
	bits := 24
	if ip.Is6() && !ip.Is4In6() {
		bits = 48
	}
	network, err := ip.Unmap().WithZone("").Prefix(bits)
	if err != nil {
		return "unknown"
	}
	return network.String()
}

// sameNetwork reports whether an address as text is of the network of another.
func sameNetwork(address string, ip netip.Addr) bool {
	parsed, err := netip.ParseAddr(address)
	return err == nil && networkOf(parsed) == networkOf(ip)
}

// takeAttempt takes an attempt from a user's budget, and reports whether it had one. What turns out to
// be right gives it back.
func (a *Authority) takeAttempt(ctx context.Context, org iam.Organization, u iam.User, client iam.Client) (allowed bool, err error) {
	network, budget := budgetOf(org, u, client)
	err = a.store.Record(ctx, func(tx *store.Tx) error {
		allowed, err = tx.TakeAttempt(u.OrganizationID, u.ID, network, budget)
		return err
	})
	return allowed, err
}

// attempt is the authentication event of an attempt to log in.
func attempt(u iam.User, client iam.Client, l store.Login, failure iam.LoginFailure) iam.AuthenticationEvent {
	e := iam.AuthenticationEvent{
		ID: identity.NewEventID(), OrganizationID: u.OrganizationID, UserID: u.ID, Username: u.Username,
		UserAgent: client.UserAgent, RequestID: client.RequestID, Failure: failure, Method: l.Method, MFA: l.MFA,
	}
	if client.IP.IsValid() {
		e.SourceIP = client.IP.String()
	}
	return e
}

// feign writes, in so many transactions, for a user who does not exist.
//
// The attack is a clock. For a user who exists an attempt is taken and an event is written, and
// each of the two waits for the disk; a letter is written, too. If nothing were written for
// everybody else, a few dozen tries would tell who has an account, although all answers are equal.
func (a *Authority) feign(ctx context.Context, transactions int) error {
	ctx = context.WithoutCancel(ctx)
	for range transactions {
		err := a.store.Record(ctx, func(tx *store.Tx) error { return tx.SetFact(store.FactNobody, identity.NewID()) })
		if err != nil {
			return err
		}
	}
	return nil
}

// loginRefused is the one answer to everything that is wrong with a login: which part it was,
// and whether there is such a user, is for the audit trail.
func loginRefused() error {
	return &iam.Error{Kind: iam.KindDeniedAuthentication, AuthMethod: methodLogin, AuthReason: iam.AuthNotFound,
		Message: "the credentials are wrong, or this user may not log in"}
}

// undecided is how long an attempt may have been taken before it is decided.
const undecided = time.Minute

// refuseUnseen records an attempt at which nobody looked, because the budget had none left, and returns
// what to answer.
//
// The budget may be used up by attempts that are right and not decided yet: of twenty programs that log
// in with one user at once, ten would lock it. So a member is locked by the wrong attempt that uses its
// budget up, and by one that nobody looked at only if no other can still be under way: a server that
// died in the middle of an attempt has locked nobody. Guesses gain nothing: none of them is looked at.
func (a *Authority) refuseUnseen(ctx context.Context, org iam.Organization, u iam.User, client iam.Client, l store.Login) error {
	network, _ := budgetOf(org, u, client)
	_, last, err := a.store.Read(ctx).Attempts(u.OrganizationID, u.ID, network)
	if err != nil {
		return err
	}
	if a.now().Sub(last) > undecided {
		return a.failLogin(ctx, org, u, client, l, iam.FailedUnknown)
	}
	return errors.Join(loginRefused(), a.recordFailure(ctx, u, client, l, iam.FailedUnknown))
}

// recordFailure leaves the event of a failed attempt.
func (a *Authority) recordFailure(ctx context.Context, u iam.User, client iam.Client, l store.Login, failure iam.LoginFailure) error {
	ctx = context.WithoutCancel(ctx) // hanging up must not keep an attempt out of the trail
	return a.store.Record(ctx, func(tx *store.Tx) error {
		return tx.AppendAuthenticationEvent(attempt(u, client, l, failure))
	})
}

// failLogin records a failed attempt, locks a member that has used up its budget, and returns
// what to answer. A record that cannot be kept is an error: no guess may go unseen.
func (a *Authority) failLogin(ctx context.Context, org iam.Organization, u iam.User, client iam.Client, l store.Login, failure iam.LoginFailure) error {
	err := a.recordFailure(ctx, u, client, l, failure)
	if err == nil {
		err = a.lockGuessed(context.WithoutCancel(ctx), org, u, client)
	}
	return errors.Join(loginRefused(), err)
}

// lockGuessed locks a member whose budget is used up.
func (a *Authority) lockGuessed(ctx context.Context, org iam.Organization, u iam.User, client iam.Client) error {
	if u.IsOwner() || u.Locked {
		return nil
	}
	failures, _, err := a.store.Read(ctx).Attempts(u.OrganizationID, u.ID, "")
	if err != nil || failures < org.Security.LoginAttemptsBeforeLock {
		return err
	}
	return a.commit(ctx, func(tx *store.Tx, _ *pdp.Snapshot) error {
		u, err := tx.User(u.OrganizationID, u.ID)
		if err != nil || u.Locked {
			return err
		}
		return a.lockFor(tx, u, client)
	})
}

// lockFor locks a user because of what it did, or did not do, at logging in. The event names
// the user itself: nobody else acted.
func (a *Authority) lockFor(tx *store.Tx, u iam.User, client iam.Client) error {
	call := iam.Call{
		Caller: iam.Caller{Organization: u.OrganizationID, Principal: u.ID.Principal()}, Client: client, Body: []byte("{}"),
		Operation: iam.Operation{Product: "iam", Service: "scaleway.iam.v1alpha1.Api", Method: "LockMember"},
	}
	m := &mutation{actor: &actor{authority: a, call: call}, Tx: tx, organization: u.OrganizationID}
	if err := m.lock(&u, true); err != nil {
		return err
	}
	if err := tx.AppendEvent(m.event(200)); err != nil {
		return err
	}
	return recordSystem(tx, iam.SystemEvent{
		OrganizationID: u.OrganizationID, Kind: iam.SystemEventOther, Source: "logins", Name: "LockMember", Product: "iam", Resources: m.resources,
	})
}

// lock locks or unlocks a member. Locking ends its sessions; unlocking gives it its attempts and
// its grace periods anew.
func (m *mutation) lock(u *iam.User, locked bool) error {
	u.Locked, u.UpdatedAt = locked, m.Now
	m.did(iam.ActionUpdated, userResource(*u))
	if err := m.Tx.UpdateUser(*u); err != nil {
		return err
	}
	if locked {
		return m.endSessions(*u)
	}
	c, err := m.Credential(u.OrganizationID, u.ID)
	if err != nil {
		return err
	}
	c.GraceStartedAt, c.MFAGraceStartedAt = time.Time{}, time.Time{}
	return errors.Join(m.ForgetAttempts(u.OrganizationID, u.ID, ""), m.PutCredential(u.OrganizationID, u.ID, c))
}
