package decisionlog

import (
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"bailiwick/iam"
)

// Entry is one decision. It has no field for a credential, a header or a property: those
// hold personal data and secrets of the asking service.
type Entry struct {
	Time           time.Time
	DecisionID     string // as in the answer; empty for a question that could not be judged
	Revision       int64
	OrganizationID iam.OrganizationID // that the question names, else the caller's
	Caller         iam.Principal      // who asked
	Subject        Entity
	Action         string
	Resource       Resource
	Allowed        bool
	Reasons        []string
}

// Entity is a subject as the question names it.
type Entity struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// Resource is a resource as the question names it.
type Resource struct {
	Type      string        `json:"type"`
	ID        string        `json:"id"`
	ProjectID iam.ProjectID `json:"project_id,omitempty"`
}

// Bounds of what one entry may hold. Its texts come from outside, up to the size of a
// request; a full queue of such requests must not fill the memory.
const (
	maxText    = 256 // bytes
	maxReasons = 32
)

// NotAnAccessKey stands for the id of an API key that has not the form of an access key.
// The usual reason for one is that somebody sent the secret half instead.
const NotAnAccessKey = "(not an access key)"

// line returns the entry as JSON with a line feed.
func (e Entry) line() ([]byte, error) {
	reasons := make([]string, 0, min(len(e.Reasons), maxReasons+1))
	for i, reason := range e.Reasons {
		if i == maxReasons {
			reasons = append(reasons, "…")
			break
		}
		reasons = append(reasons, cut(reason))
	}
	subject := Entity{cut(e.Subject.Type), cut(e.Subject.ID)}
	if e.Subject.Type == "api_key" && !iam.ValidAccessKey(e.Subject.ID) {
		subject.ID = NotAnAccessKey
	}
	resource := Resource{cut(e.Resource.Type), cut(e.Resource.ID), iam.ProjectID(cut(string(e.Resource.ProjectID)))}
	if isKey(e.Resource.Type) && e.Resource.ID != "*" && !iam.ValidAccessKey(e.Resource.ID) {
		resource.ID = NotAnAccessKey
	}
	line, err := json.Marshal(struct {
		Time           time.Time `json:"time"`
		DecisionID     string    `json:"decision_id"`
		Revision       int64     `json:"revision"`
		OrganizationID string    `json:"organization_id"`
		Caller         Entity    `json:"caller"`
		Subject        Entity    `json:"subject"`
		Action         string    `json:"action"`
		Resource       Resource  `json:"resource"`
		Decision       bool      `json:"decision"`
		Reasons        []string  `json:"reasons"`
	}{
		e.Time.UTC(), cut(e.DecisionID), e.Revision, cut(string(e.OrganizationID)),
		Entity{string(e.Caller.Type), e.Caller.ID}, subject, cut(e.Action), resource, e.Allowed, reasons,
	})
	if err != nil {
		return nil, err
	}
	return append(line, '\n'), nil
}

// isKey reports whether the ids of a type of resource are access keys.
func isKey(resourceType string) bool {
	return strings.HasPrefix(resourceType, "iam:") && strings.HasSuffix(resourceType, "api_key")
}

// cut shortens a text to its bound, between two characters.
func cut(text string) string {
	if len(text) <= maxText {
		return text
	}
	end := maxText
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
