package audit

import (
	"unicode/utf8"

	"bailiwick/iam"
)

// record is what a line holds: an entry, or a statement of one of the kinds.
type record struct {
	kind      lineKind // "" for an entry
	statement iam.Statement
	entry     Entry
}

const (
	eventPrefix          = `{"event":{`
	authenticationPrefix = `{"authentication_event":{`
	systemPrefix         = `{"system_event":{`
)

// parse reads a line without its line feed.
func parse(text string, r *record) error {
	l := line{rest: text}
	*r = record{}
	switch {
	case l.has(eventPrefix):
		l.literal(eventPrefix)
		r.entry.Chain = iam.ChainEvents
		l.event(&r.entry.Event)
	case l.has(authenticationPrefix):
		l.literal(authenticationPrefix)
		r.entry.Chain = iam.ChainAuthentications
		l.authentication(&r.entry.Authentication)
	case l.has(systemPrefix):
		l.literal(systemPrefix)
		r.entry.Chain = iam.ChainSystem
		l.system(&r.entry.System)
	default:
		for _, kind := range []lineKind{lineBegin, lineEnd, lineCheckpoint} {
			if l.has(`{"` + string(kind) + `":`) {
				l.literal(`{"` + string(kind) + `":`)
				r.kind = kind
			}
		}
		if r.kind == "" {
			return errForm
		}
		l.statement(&r.statement)
	}
	if l.failed || l.rest != "" || !utf8.ValidString(text) {
		return errForm
	}
	return nil
}

func (l *line) statement(s *iam.Statement) {
	s.OrganizationID = iam.OrganizationID(l.text(`{"version":1,"organization_id":`))
	s.Chain = iam.Chain(l.text(`,"chain":`))
	s.Sequence = l.number(`,"sequence":`)
	s.Hash = l.digest(`,"hash":`)
	s.RecordedAt = l.instant(`,"recorded_at":`)
	s.Key = l.text(`,"key":`)
	s.Signature = l.text(`,"signature":`)
	l.literal("}}")
}

func (l *line) event(e *iam.EventEntry) {
	e.OrganizationID = iam.OrganizationID(l.text(`"organization_id":`))
	e.Sequence = l.number(`,"sequence":`)
	e.ID = l.text(`,"id":`)
	e.RecordedAt = l.instant(`,"recorded_at":`)
	e.Principal.Type = iam.PrincipalType(l.text(`,"principal_type":`))
	e.Principal.ID = l.text(`,"principal_id":`)
	e.ProjectID = iam.ProjectID(l.text(`,"project_id":`))
	e.Product = l.text(`,"product":`)
	e.Service = l.text(`,"service":`)
	e.Method = l.text(`,"method":`)
	e.RequestID = l.text(`,"request_id":`)
	status := l.number(`,"status_code":`)
	e.StatusCode = int(status)
	e.Resources = l.resources()
	e.SourceIP, e.UserAgent = l.actor(&e.Actor)
	if l.personal(`,"content":{`, &e.Content) {
		e.Body = []byte(l.text(`,"body":`))
		l.names(e.Resources)
	}
	e.Hash = l.digest(`},"hash":`)
	l.literal("}}")
}

func (l *line) authentication(e *iam.AuthenticationEntry) {
	e.OrganizationID = iam.OrganizationID(l.text(`"organization_id":`))
	e.Sequence = l.number(`,"sequence":`)
	e.ID = l.text(`,"id":`)
	e.RecordedAt = l.instant(`,"recorded_at":`)
	e.UserID = iam.UserID(l.text(`,"user_id":`))
	e.Failure = iam.LoginFailure(l.text(`,"failure":`))
	e.Method = iam.LoginMethod(l.text(`,"method":`))
	e.MFA = iam.MFAType(l.text(`,"mfa":`))
	e.RequestID = l.text(`,"request_id":`)
	e.SourceIP, e.UserAgent = l.actor(&e.Actor)
	if l.personal(`,"content":{`, &e.Content) {
		e.Username = l.text(`,"username":`)
	}
	e.Hash = l.digest(`},"hash":`)
	l.literal("}}")
}

func (l *line) system(e *iam.SystemEntry) {
	e.OrganizationID = iam.OrganizationID(l.text(`"organization_id":`))
	e.Sequence = l.number(`,"sequence":`)
	e.ID = l.text(`,"id":`)
	e.RecordedAt = l.instant(`,"recorded_at":`)
	e.ProjectID = iam.ProjectID(l.text(`,"project_id":`))
	e.Kind = iam.SystemEventKind(l.text(`,"kind":`))
	e.Source = l.text(`,"source":`)
	e.Name = l.text(`,"name":`)
	e.Product = l.text(`,"product":`)
	e.Resources = l.resources()
	if l.personal(`,"content":{`, &e.Content) {
		l.names(e.Resources)
	}
	e.Hash = l.digest(`},"hash":`)
	l.literal("}}")
}

// resources reads resources without their names.
func (l *line) resources() (all []iam.EventResource) {
	l.literal(`,"resources":[`)
	for !l.failed && !l.has("]") {
		if len(all) > 0 {
			l.literal(",")
		}
		all = append(all, iam.EventResource{
			Type: iam.ResourceType(l.text(`{"type":`)), ID: l.text(`,"id":`), Action: iam.Action(l.text(`,"action":`)),
			CreatedAt: l.instant(`,"created_at":`), UpdatedAt: l.instant(`,"updated_at":`), DeletedAt: l.instant(`,"deleted_at":`),
		})
		l.literal("}")
	}
	l.literal("]")
	return all
}

// names reads the names of resources into them.
func (l *line) names(resources []iam.EventResource) {
	l.literal(`,"names":[`)
	for i := range resources {
		if i > 0 {
			l.literal(",")
		}
		resources[i].Name = l.text("")
	}
	l.literal("]")
}

func (l *line) actor(p *iam.Personal) (ip, agent string) {
	if l.personal(`,"actor":{`, p) {
		ip, agent = l.text(`,"source_ip":`), l.text(`,"user_agent":`)
	}
	l.literal("}")
	return ip, agent
}

// personal reads the salt of personal data, or the commitment of erased ones, and reports
// whether the data follow. Data without a salt would not be bound by anything.
func (l *line) personal(before string, p *iam.Personal) bool {
	l.literal(before)
	if l.has(`"erased":`) {
		p.Commitment = l.digest(`"erased":`)
		return false
	}
	if p.Salt = l.text(`"salt":`); p.Salt == "" {
		l.failed = true
	}
	return !l.failed
}
