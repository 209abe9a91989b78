package authority

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"time"

	"bailiwick/catalog"
	"bailiwick/condition"
	"bailiwick/iam"
	"bailiwick/pdp"
	"bailiwick/store"
)

// Question asks whether a subject may do something to a resource (AuthZEN 1.0 section 5).
type Question struct {
	SubjectType string // user, application or api_key
	SubjectID   string
	Action      string // a permission, "service:name:action", or the bare action
	Resource    Target
	IP          netip.Addr // invalid: not known
	UserAgent   *string    // nil: not known
	Time        time.Time  // zero: now

	// Properties that conditions of products with attributes may read: JSON values, nil for
	// none. Those of the subject lie over its stored ones.
	SubjectProperties  map[string]any
	ActionProperties   map[string]any
	ResourceProperties map[string]any
	// ResourceTexts are further properties of the resource, all texts, that conditions may read
	// in the same way; nil for none. Hardly any question is about a type whose conditions may, and to make a
	// map for the others takes as long as their decision.
	ResourceTexts []Text
}

// Text is a property whose value is a text.
type Text struct{ Name, Value string }

// Target is the resource of a question.
type Target struct {
	Type           string             // "service:name" or the alias of a resource of the catalogue
	ID             string             // "*": no single resource, as when listing
	OrganizationID iam.OrganizationID // empty: the subject's
	ProjectID      iam.ProjectID      // empty: organization level
	Name           *string
	Locality       *string
}

// subjectAPIKey is the type of a subject that is an API key; its bearer is who acts.
const subjectAPIKey = "api_key"

// everyResource is the id of a question about no single resource.
const everyResource = "*"

// Answer is a decision with its reasons.
type Answer struct {
	Allowed    bool
	DecisionID string
	Revision   int64
	Reasons    []string
	// Err says why a question of a batch could not be judged; the answer to it is no.
	Err error
}

// inquiry answers questions of one call: all on one snapshot and at one moment, so that the
// answers of a batch fit together.
type inquiry struct {
	authority *Authority
	state     *pdp.Snapshot
	own       iam.OrganizationID // of the caller; empty for the operator, who may ask about any
	now       time.Time

	kind  kind     // of the question before
	ids   []string // for the next answers, if they were made together
	lines lines    // of reasons

	places []condition.Resource // memory for what conditions read of resources, as far as it goes
}

// kind is what the catalogue knows of a question: the same for all that name the same action
// and type of resource, as nearly all of a batch do.
type kind struct {
	known          bool
	resource       string // as the question names it
	action         string
	permission     catalog.Number
	withAttributes bool // conditions may read properties of the resource
}

// inquire lets a caller ask: the operator about any organization, a principal whose
// policies grant the operation about its own.
func (a *Authority) inquire(call iam.Call) (*inquiry, error) {
	x := &inquiry{authority: a, state: a.snapshot.Load(), own: call.Caller.Organization, now: a.now()}
	if call.Judged != nil {
		*call.Judged = x.state.Revision()
	}
	if call.Caller.IsOperator() {
		return x, nil
	}
	caller, err := a.prove(call, x.state)
	if err != nil {
		return nil, err
	}
	return x, caller.authorize(call.Operation.Permission, collection())
}

// NewRequestID returns an id for a request: a random UUID (version 4).
func (a *Authority) NewRequestID() string { return a.ids.New() }

// Evaluate answers one question.
func (a *Authority) Evaluate(ctx context.Context, call iam.Call, q Question) (Answer, error) {
	x, err := a.inquire(call)
	if err != nil {
		return Answer{}, err
	}
	return x.answer(ctx, &q)
}

// answer judges one question.
func (x *inquiry) answer(ctx context.Context, q *Question) (Answer, error) {
	request, reason, err := x.request(ctx, q)
	if err != nil {
		return Answer{}, err
	}
	return x.decide(&request, reason, q), nil
}

// decide judges what request made of a question.
func (x *inquiry) decide(request *pdp.Request, reason string, q *Question) Answer {
	answer := Answer{DecisionID: x.newID(), Revision: x.state.Revision()}
	if reason != "" {
		answer.Reasons = []string{reason}
		return answer
	}
	var few [4]pdp.Grant // enough for most
	decision, grants := x.state.DecideGrants(few[:0], request)
	answer.Allowed = decision.Allowed
	answer.Reasons = x.lines.reasons(decision, grants, x.authority.catalog.Name(request.Permission))
	x.authority.uses.decided(request, decision, grants, q, x.now)
	return answer
}

func (x *inquiry) newID() string {
	if len(x.ids) == 0 {
		return x.authority.ids.New()
	}
	id := x.ids[0]
	x.ids = x.ids[1:]
	return id
}

// request makes of a question what the decision point judges. A reason instead says that
// the answer is no without judging.
func (x *inquiry) request(ctx context.Context, q *Question) (r pdp.Request, reason string, err error) {
	if err := x.look(q); err != nil {
		return r, "", err
	}
	org, subject, reason, err := x.subject(ctx, q)
	if err != nil || reason != "" {
		return r, reason, err
	}
	if q, err = x.stored(ctx, org, q); err != nil {
		return r, "", err
	}
	r = pdp.Request{
		Organization: org, Subject: subject, Permission: x.kind.permission,
		Resource: pdp.Resource{
			Organization: q.Resource.OrganizationID, Project: q.Resource.ProjectID, ID: q.Resource.ID,
			Owner: ownerOf(x.state, org, &q.Resource),
		},
		Input: x.input(q),
	}
	return r, "", nil
}

// look finds the kind of a question.
func (x *inquiry) look(q *Question) error {
	if x.kind.known && x.kind.action == q.Action && x.kind.resource == q.Resource.Type {
		return nil
	}
	number, known, err := x.authority.permission(q)
	if err != nil {
		return err
	}
	if !known {
		return iam.Invalid("action.name", iam.ReasonUnknown, "unknown permission")
	}
	_, _, r := x.authority.findResource(q.Resource.Type)
	x.kind = kind{true, q.Resource.Type, q.Action, number, r != nil && r.Attributes}
	return nil
}

// input is what conditions may read of a question.
func (x *inquiry) input(q *Question) condition.Input {
	in := condition.Input{
		IP: q.IP, UserAgent: q.UserAgent, Time: x.at(q),
		SubjectProperties: q.SubjectProperties, ActionProperties: q.ActionProperties, ResourceProperties: q.ResourceProperties,
	}
	t := &q.Resource
	if t.ID == everyResource || t.ID == "" && t.Name == nil && t.Locality == nil {
		return in
	}
	in.Resource = x.place()
	in.Resource.Name, in.Resource.Locality = t.Name, t.Locality
	if t.ID != "" {
		in.Resource.ID = &t.ID
	}
	return in
}

// place returns an empty resource.
func (x *inquiry) place() *condition.Resource {
	n := len(x.places)
	if n == cap(x.places) {
		return &condition.Resource{}
	}
	x.places = append(x.places, condition.Resource{})
	return &x.places[n]
}

// permission returns the number of the permission that a question is about, and whether the
// catalogue has it.
func (a *Authority) permission(q *Question) (catalog.Number, bool, error) {
	prefix := q.Resource.Type
	if service, name, ok := a.catalog.Alias(q.Resource.Type); ok {
		prefix = service + ":" + name
	}
	number, full := a.catalog.Number(q.Action)
	if !full {
		number, known := a.catalog.Number(prefix + ":" + q.Action)
		return number, known, nil
	}
	if rest, ok := strings.CutPrefix(q.Action, prefix); !ok || !strings.HasPrefix(rest, ":") {
		return 0, false, iam.Invalid("resource.type", iam.ReasonConstraint, "value must be the service and resource name of the action")
	}
	return number, true, nil
}

// subject finds the organization and the principal of a question. A subject that is not
// there is a "no" with a reason, not an error: the answer to whether it may do something is
// known.
func (x *inquiry) subject(ctx context.Context, q *Question) (iam.OrganizationID, iam.Principal, string, error) {
	const unknown = "the subject is not known"
	switch q.SubjectType {
	case subjectAPIKey:
		key, ok := x.state.APIKey(iam.AccessKey(q.SubjectID))
		if !ok || x.own != "" && key.OrganizationID != x.own {
			return "", iam.Principal{}, unknown, nil
		}
		// The time of a question is the asker's word: it may say that a key will have expired,
		// never that one has not.
		if key.Expired(x.at(q)) || key.Expired(x.now) {
			return "", iam.Principal{}, "the API key has expired", nil
		}
		return key.OrganizationID, key.Bearer, "", nil
	case string(iam.TypeUser), string(iam.TypeApplication):
		principal := iam.Principal{Type: iam.PrincipalType(q.SubjectType), ID: q.SubjectID}
		if id, ok := iam.ParseUUID(q.SubjectID); ok {
			principal.ID = id
		}
		if x.own != "" {
			return x.own, principal, "", nil
		}
		if q.Resource.OrganizationID != "" {
			return q.Resource.OrganizationID, principal, "", nil
		}
		org, err := x.authority.store.Read(ctx).OrganizationOf(principal)
		if errors.Is(err, store.ErrNotFound) {
			return "", iam.Principal{}, unknown, nil
		}
		return org, principal, "", err
	default:
		return "", iam.Principal{}, "", iam.Invalid("subject.type", iam.ReasonUnknown, "value must be user, application or api_key")
	}
}

// at is the time of a question.
func (x *inquiry) at(q *Question) time.Time {
	if q.Time.IsZero() {
		return x.now
	}
	return q.Time
}

// ownerOf returns whose object a resource is, for the self layer: so that the answer about
// our own objects is what our own API would do.
func ownerOf(state *pdp.Snapshot, org iam.OrganizationID, t *Target) iam.Principal {
	switch t.Type {
	case "iam:user":
		return iam.UserID(t.ID).Principal()
	case "iam:api_key", "iam:user_api_key":
		if key, ok := state.APIKey(iam.AccessKey(t.ID)); ok && key.OrganizationID == org {
			return key.Bearer
		}
	}
	return iam.Principal{}
}
