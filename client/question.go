package client

import (
	"encoding/json"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"bailiwick/iam"
)

// The types of subjects.
const (
	TypeUser        = "user"
	TypeApplication = "application"
	TypeAPIKey      = "api_key"
)

// Collection is the id under which a question about no single resource (list, create)
// travels, because AuthZEN wants an id in every question. It can therefore not be the id
// of a resource.
const Collection = "*"

// Bounds of the texts of a question, in bytes. They keep what a stranger puts into a URL or
// a header from filling the request.
const (
	maxText      = 1024
	maxUserAgent = 255 // as the server keeps it; longer ones are cut
)

// Question asks whether a subject may do something to a resource.
type Question struct {
	Subject Subject
	// Action is a permission, "service:name:action", or its action alone.
	Action   string
	Resource Resource
	Context  Context
}

// Subject is who wants to do it.
type Subject struct {
	Type string // TypeUser, TypeApplication or TypeAPIKey
	ID   string // a UUID; of an API key its access key
}

// User returns the subject that is a user.
func User(id iam.UserID) Subject { return Subject{TypeUser, string(id)} }

// Application returns the subject that is an application.
func Application(id iam.ApplicationID) Subject { return Subject{TypeApplication, string(id)} }

// APIKey returns the subject that an API key stands for, a user or an application. An
// expired or deleted key may do nothing.
func APIKey(key iam.AccessKey) Subject { return Subject{TypeAPIKey, string(key)} }

// Resource is what the subject wants to do it to. The project must be the one that the
// resource really is in, as the service's own data has it: an answer about a resource in
// the project that a request merely names says nothing about the resource.
type Resource struct {
	Type         string             // "service:name", or its alias in the catalogue
	ID           string             // empty: no single resource (list, create)
	Organization iam.OrganizationID // empty: the subject's
	Project      iam.ProjectID      // empty: the organization level
	Name         string             // for conditions; empty: not known
	Locality     string             // for conditions, such as "fr-par-1"; empty: not known
}

// Context is what conditions may read of the request that the question is about.
type Context struct {
	IP        netip.Addr // zero: not known
	UserAgent string     // empty: not known
	// Time is zero for the server's own clock, which is nearly always right: a time that
	// is given also decides whether an API key has expired.
	Time time.Time
}

type wireQuestion struct {
	Subject  wireSubject  `json:"subject"`
	Action   wireAction   `json:"action"`
	Resource wireResource `json:"resource"`
	Context  wireContext  `json:"context,omitzero"`
}

type wireSubject struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

type wireAction struct {
	Name string `json:"name"`
}

type wireResource struct {
	Type       string         `json:"type"`
	ID         string         `json:"id"`
	Properties wireProperties `json:"properties,omitzero"`
}

type wireProperties struct {
	OrganizationID string `json:"organization_id,omitempty"`
	ProjectID      string `json:"project_id,omitempty"`
	Name           string `json:"name,omitempty"`
	Locality       string `json:"locality,omitempty"`
}

type wireContext struct {
	IP        netip.Addr `json:"ip,omitzero"`
	UserAgent string     `json:"user_agent,omitempty"`
	Time      time.Time  `json:"time,omitzero"`
}

// encode returns the question as AuthZEN wants it, or an invalid-arguments error that names
// every fault.
func (q Question) encode() (json.RawMessage, error) {
	if err := q.validate(); err != nil {
		return nil, err
	}
	id := q.Resource.ID
	if id == "" {
		id = Collection
	}
	agent := q.Context.UserAgent
	if len(agent) > maxUserAgent {
		agent = agent[:maxUserAgent]
	}
	data, err := json.Marshal(wireQuestion{
		Subject: wireSubject(q.Subject),
		Action:  wireAction{q.Action},
		Resource: wireResource{q.Resource.Type, id, wireProperties{
			string(q.Resource.Organization), string(q.Resource.Project), q.Resource.Name, q.Resource.Locality,
		}},
		Context: wireContext{plain(q.Context.IP), strings.ToValidUTF8(agent, ""), q.Context.Time},
	})
	if err != nil { // a year of more than four digits
		return nil, iam.Invalid("context.time", iam.ReasonFormat, err.Error())
	}
	return data, nil
}

func (q Question) validate() error {
	var v iam.Validator
	switch q.Subject.Type {
	case TypeUser, TypeApplication, TypeAPIKey:
	default:
		v.Add("subject.type", iam.ReasonUnknown, "value must be user, application or api_key")
	}
	required := func(name, text string) {
		if text == "" {
			v.Required(name, "value is required")
		}
		checkText(&v, name, text)
	}
	required("subject.id", q.Subject.ID)
	required("action.name", q.Action)
	required("resource.type", q.Resource.Type)
	if q.Resource.ID == Collection {
		v.Constraint("resource.id", "value means no single resource and cannot be the id of one")
	}
	checkText(&v, "resource.id", q.Resource.ID)
	checkText(&v, "resource.properties.organization_id", string(q.Resource.Organization))
	checkText(&v, "resource.properties.project_id", string(q.Resource.Project))
	checkText(&v, "resource.properties.name", q.Resource.Name)
	checkText(&v, "resource.properties.locality", q.Resource.Locality)
	return v.Err()
}

// checkText refuses what would not arrive as it was sent. JSON has no bytes outside UTF-8,
// so two different ids with such bytes would become one: the answer about the one would be
// used for the other.
func checkText(v *iam.Validator, name, text string) {
	switch {
	case len(text) > maxText:
		v.Constraint(name, "value must not be longer than 1024 bytes")
	case !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }):
		v.Format(name, "value must be UTF-8 without control characters")
	}
}
