package authority

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"bailiwick/condition"
	"bailiwick/iam"
	"bailiwick/identity"
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
}

// Target is the resource of a question.
type Target struct {
	Type           string // "service:name" or the alias of a resource of the catalogue
	ID             string
	OrganizationID iam.OrganizationID // empty: the subject's
	ProjectID      iam.ProjectID      // empty: organization level
	Name           *string
	Locality       *string
}

// Answer is a decision with its reasons.
type Answer struct {
	Allowed    bool
	DecisionID string
	Revision   int64
	Reasons    []string
}

// Evaluate answers one question. The operator may ask about any organization, a principal
// whose policies grant the operation about its own.
func (a *Authority) Evaluate(ctx context.Context, call iam.Call, q Question) (Answer, error) {
	state := a.snapshot.Load()
	if !call.Caller.IsOperator() {
		caller, err := a.prove(call, state)
		if err != nil {
			return Answer{}, err
		}
		if err := caller.authorize(call.Operation.Permission, collection()); err != nil {
			return Answer{}, err
		}
	}
	permission, err := a.resolvePermission(q)
	if err != nil {
		return Answer{}, err
	}
	number, ok := a.catalog.Number(permission)
	if !ok {
		return Answer{}, iam.Invalid("action.name", iam.ReasonUnknown, "unknown permission")
	}
	answer := Answer{DecisionID: identity.NewID(), Revision: state.Revision()}
	org, subject, reason, err := a.subject(ctx, call, state, q)
	if err != nil {
		return Answer{}, err
	}
	if reason != "" {
		answer.Reasons = []string{reason}
		return answer, nil
	}
	request := a.request(org, subject, q)
	request.Permission = number
	request.Resource.Owner = ownerOf(state, org, q.Resource)
	decision := state.Decide(&request)
	answer.Allowed = decision.Allowed
	answer.Reasons = reasons(state, &request, decision, permission)
	return answer, nil
}

// resolvePermission names the permission that a question is about.
func (a *Authority) resolvePermission(q Question) (string, error) {
	service, name, ok := a.catalog.Alias(q.Resource.Type)
	prefix := q.Resource.Type
	if ok {
		prefix = service + ":" + name
	}
	if _, full := a.catalog.Number(q.Action); full {
		if !strings.HasPrefix(q.Action, prefix+":") {
			return "", iam.Invalid("resource.type", iam.ReasonConstraint, "value must be the service and resource name of the action")
		}
		return q.Action, nil
	}
	return prefix + ":" + q.Action, nil
}

// subject finds the organization and the principal of a question. A subject that is not
// there is a "no" with a reason, not an error: the answer to whether it may do something is
// known.
func (a *Authority) subject(ctx context.Context, call iam.Call, state *pdp.Snapshot, q Question) (iam.OrganizationID, iam.Principal, string, error) {
	const unknown = "the subject is not known"
	own := call.Caller.Organization
	switch q.SubjectType {
	case "api_key":
		key, ok := state.APIKey(iam.AccessKey(q.SubjectID))
		if !ok || own != "" && key.OrganizationID != own {
			return "", iam.Principal{}, unknown, nil
		}
		// The time of a question is the asker's word: it may say that a key will have expired,
		// never that one has not.
		if key.Expired(a.at(q)) || key.Expired(a.now()) {
			return "", iam.Principal{}, "the API key has expired", nil
		}
		return key.OrganizationID, key.Bearer, "", nil
	case string(iam.TypeUser), string(iam.TypeApplication):
		principal := iam.Principal{Type: iam.PrincipalType(q.SubjectType), ID: q.SubjectID}
		if id, ok := iam.ParseUUID(q.SubjectID); ok {
			principal.ID = id
		}
		if own != "" {
			return own, principal, "", nil
		}
		if q.Resource.OrganizationID != "" {
			return q.Resource.OrganizationID, principal, "", nil
		}
		org, err := a.store.Read(ctx).OrganizationOf(principal)
		if errors.Is(err, store.ErrNotFound) {
			return "", iam.Principal{}, unknown, nil
		}
		return org, principal, "", err
	default:
		return "", iam.Principal{}, "", iam.Invalid("subject.type", iam.ReasonUnknown, "value must be user, application or api_key")
	}
}

// at is the time of a question.
func (a *Authority) at(q Question) time.Time {
	if q.Time.IsZero() {
		return a.now()
	}
	return q.Time
}

func (a *Authority) request(org iam.OrganizationID, subject iam.Principal, q Question) pdp.Request {
	r := pdp.Request{
		Organization: org, Subject: subject,
		Resource: pdp.Resource{Organization: q.Resource.OrganizationID, Project: q.Resource.ProjectID, ID: q.Resource.ID},
		Input:    condition.Input{IP: q.IP, UserAgent: q.UserAgent, Time: a.at(q)},
	}
	if q.Resource.ID != "" || q.Resource.Name != nil || q.Resource.Locality != nil {
		r.Input.Resource = &condition.Resource{Name: q.Resource.Name, Locality: q.Resource.Locality}
		if q.Resource.ID != "" {
			r.Input.Resource.ID = &q.Resource.ID
		}
	}
	return r
}

// ownerOf returns whose object a resource is, for the self layer: so that the answer about
// our own objects is what our own API would do.
func ownerOf(state *pdp.Snapshot, org iam.OrganizationID, t Target) iam.Principal {
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

// reasons explains a decision in sorted lines.
func reasons(state *pdp.Snapshot, r *pdp.Request, d pdp.Decision, permission string) []string {
	if !d.Allowed {
		return []string{d.Reason.String() + ": " + permission}
	}
	switch d.By {
	case pdp.ByOwnership:
		return []string{"the subject owns the organization"}
	case pdp.BySelf:
		return []string{"every user has this right"}
	}
	var lines []string
	for _, g := range state.Reasons(r) {
		if g.Outcome != pdp.OutcomeGrants {
			continue
		}
		line := fmt.Sprintf("policy %s, rule %s grants %s", g.Policy, g.Rule, g.Set)
		if g.Group != "" {
			line = fmt.Sprintf("group %s: %s", g.Group, line)
		}
		lines = append(lines, line)
	}
	return lines
}
