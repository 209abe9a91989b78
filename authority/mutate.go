package authority

import (
	"context"
	"errors"
	"fmt"

	"bailiwick/iam"
	"bailiwick/pdp"
	"bailiwick/planted"
	"bailiwick/store"
)

// mutation is one running mutation: its actor, the transaction, and the event that it will
// leave.
type mutation struct {
	*actor
	*store.Tx
	organization iam.OrganizationID
	project      iam.ProjectID // of the event, if the object lives in one
	resources    []iam.EventResource
	target       object // what a refusal was about
	login        []byte // the id of the login under way that makes the change, if one does
}

// mutate runs a mutation of the caller's organization: it refuses who could never be
// allowed, checks the input, and then, in one transaction, proves the caller on the newest
// state, acts, and appends the event. target is what the request names, for the event of a
// refusal; check judges the input, and only that of a caller who may ever make the call, so
// that nobody else can burn our time with it; nil checks nothing. other names permissions
// that may stand for that of the operation. act must call authorize before it changes
// anything.
func (a *Authority) mutate(ctx context.Context, call iam.Call, target object, check func() error, act func(*mutation) error, other ...string) error {
	m := &mutation{actor: &actor{authority: a, call: call}, organization: call.Caller.Organization, target: target}
	err := a.precheck(call, other)
	if err == nil && check != nil {
		err = check()
	}
	before := a.snapshot.Load()
	if err == nil {
		err = a.commit(ctx, func(tx *store.Tx, state *pdp.Snapshot) error {
			if planted.LaggingProof {
				state = before
			}
			proven, err := a.prove(call, state)
			if err != nil {
				return err
			}
			*m = mutation{actor: proven, Tx: tx, organization: call.Caller.Organization, target: target}
			if err := act(m); err != nil {
				return err
			}
			if planted.EventOutside || planted.NoEvent {
				return nil
			}
			return tx.AppendEvent(m.event(200))
		})
		if planted.EventOutside && err == nil {
			err = a.store.Record(ctx, func(tx *store.Tx) error { return tx.AppendEvent(m.event(200)) })
		}
	}
	if iam.KindOf(err) == iam.KindPermissionsDenied && !call.Caller.IsOperator() {
		return a.recordRefusal(ctx, m, err)
	}
	return err
}

// precheck refuses a caller who could not be allowed on any object, before its input costs
// anything.
func (a *Authority) precheck(call iam.Call, other []string) error {
	caller, err := a.enter(call)
	if err != nil {
		return err
	}
	for _, permission := range append([]string{call.Operation.Permission}, other...) {
		if caller.holds(permission) {
			return nil
		}
	}
	return denied(call.Operation.Permission)
}

// RecordRefusal appends the event of a mutation that was refused before it came here: its
// caller is one whom the operation is not for. Nothing of the request was read. It returns what to
// answer: the refusal, or why it could not be recorded.
func (a *Authority) RecordRefusal(ctx context.Context, call iam.Call, refusal error) error {
	return a.recordRefusal(ctx, &mutation{actor: &actor{authority: a, call: call}, organization: call.Caller.Organization}, refusal)
}

// recordRefusal appends the event of a refused mutation and returns what to answer. It is a
// transaction of its own: the mutation's was rolled back.
//
// A refusal that cannot be recorded is not told as one: the answer is that the server cannot work
// now. Who is tried at many doors while the database is away would otherwise leave no trace, and
// an answer of 403 would not mean that there is an event.
func (a *Authority) recordRefusal(ctx context.Context, m *mutation, refusal error) error {
	m.resources = nil
	if m.target.id != "" {
		m.resources = []iam.EventResource{{ID: m.target.id, Type: m.call.Operation.ResourceType, Name: m.target.name}}
	}
	m.project = m.target.project
	if err := a.store.Record(context.WithoutCancel(ctx), func(tx *store.Tx) error { return tx.AppendEvent(m.event(403)) }); err != nil {
		a.log.Error("a refusal cannot be recorded", "organization_id", m.organization, "method", m.call.Operation.Method,
			"request_id", m.call.Client.RequestID, "error", err)
		return fmt.Errorf("record a refusal: %w", err)
	}
	return refusal
}

// event is the audit event of the mutation.
func (m *mutation) event(status int) iam.Event {
	op := m.call.Operation
	ip := ""
	if m.call.Client.IP.IsValid() {
		ip = m.call.Client.IP.String()
	}
	return iam.Event{
		OrganizationID: m.organization, Principal: m.call.Caller.Principal,
		ProjectID: m.project, SourceIP: ip, UserAgent: m.call.Client.UserAgent,
		Product: op.Product, Service: op.Service, Method: op.Method, Resources: m.resources,
		RequestID: m.call.Client.RequestID, Body: m.call.Body, StatusCode: status,
	}
}

// authorize refuses the mutation unless the caller may do it to the object.
func (m *mutation) authorize(o object) error { return m.authorizeAs(m.call.Operation.Permission, o) }

// authorizeAs is authorize with a permission other than that of the operation.
func (m *mutation) authorizeAs(permission string, o object) error {
	m.aim(o)
	return m.actor.authorize(permission, o)
}

// authorizeFound is authorize for an object that was looked up: err is the look-up's.
func (m *mutation) authorizeFound(o object, err error) error {
	m.aim(o)
	return m.found(m.call.Operation.Permission, o, err)
}

// aim notes what a refusal would be about. An object without an id, such as one that shall
// be made, does not take the place of one that has an id.
func (m *mutation) aim(o object) {
	if o.id != "" || m.target.id == "" {
		m.target = o
	}
}

// did notes what the mutation did to a resource, for its event.
func (m *mutation) did(action iam.Action, r iam.EventResource) {
	r.Action = action
	if action == iam.ActionDeleted {
		r.DeletedAt = m.Now
	}
	m.resources = append(m.resources, r)
}

// quota refuses the creation of one more object if the organization has reached its limit.
func (m *mutation) quota(name string, count func(iam.OrganizationID) (int, error)) error {
	limit, limited := m.authority.quotas[name]
	if !limited {
		return nil
	}
	n, err := count(m.organization)
	if err != nil || n < limit {
		return err
	}
	return &iam.Error{Kind: iam.KindQuotasExceeded, Quota: iam.Quota{Name: name, Limit: limit, Current: n}, ResourceID: string(m.organization)}
}

// unique turns the refusal of a unique index into "already exists".
func unique(err error, resource, help string) error {
	if errors.Is(err, store.ErrDuplicate) {
		return iam.AlreadyExists(resource, "", help)
	}
	return err
}
