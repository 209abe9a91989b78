package client

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"bailiwick/iam"
)

// wireFailure is the body of an error answer.
type wireFailure struct {
	CurrentState string       `json:"current_state,omitempty"`
	Details      []wireDetail `json:"details,omitzero"`
	HelpMessage  string       `json:"help_message,omitempty"`
	Message      string       `json:"message"`
	Method       string       `json:"method,omitempty"`
	Precondition string       `json:"precondition,omitempty"`
	Reason       string       `json:"reason,omitempty"`
	Resource     string       `json:"resource,omitempty"`
	ResourceID   string       `json:"resource_id,omitempty"`
	Type         string       `json:"type"`
}

type wireDetail struct {
	Action       string `json:"action,omitempty"`
	ArgumentName string `json:"argument_name,omitempty"`
	Current      int    `json:"current,omitempty"`
	HelpMessage  string `json:"help_message,omitempty"`
	Quota        int    `json:"quota,omitempty"`
	Reason       string `json:"reason,omitempty"`
	Resource     string `json:"resource,omitempty"`
}

// failure is one line of the table of errors on the wire.
type failure struct {
	name   string
	status int
	kind   iam.Kind
}

// failures is the table of package server, read backwards. Where several kinds share a
// status, the first of them is what the status alone means.
func failures() []failure {
	return []failure{
		{"internal_error", http.StatusInternalServerError, iam.KindInternal},
		{"invalid_arguments", http.StatusBadRequest, iam.KindInvalidArguments},
		{"denied_authentication", http.StatusUnauthorized, iam.KindDeniedAuthentication},
		{"permissions_denied", http.StatusForbidden, iam.KindPermissionsDenied},
		{"unknown_route", http.StatusNotFound, iam.KindUnknownRoute},
		{"not_found", http.StatusNotFound, iam.KindNotFound},
		{"already_exists", http.StatusConflict, iam.KindAlreadyExists},
		{"transient_state", http.StatusConflict, iam.KindTransientState},
		{"precondition_failed", http.StatusPreconditionFailed, iam.KindPreconditionFailed},
		{"quotas_exceeded", http.StatusForbidden, iam.KindQuotasExceeded},
		{"locked", http.StatusLocked, iam.KindLocked},
		{"resource_expired", http.StatusGone, iam.KindExpired},
		{"too_many_requests", http.StatusTooManyRequests, iam.KindTooManyRequests},
		{"not_implemented", http.StatusNotImplemented, iam.KindNotImplemented},
		{"method_not_allowed", http.StatusMethodNotAllowed, iam.KindMethodNotAllowed},
		{"request_too_large", http.StatusRequestEntityTooLarge, iam.KindTooLarge},
		{"unsupported_media_type", http.StatusUnsupportedMediaType, iam.KindUnsupportedMedia},
		{"unavailable", http.StatusServiceUnavailable, iam.KindUnavailable},
	}
}

// kindOfStatus says what a status means when the body does not: what a proxy answers.
func kindOfStatus(status int) iam.Kind {
	switch status {
	case http.StatusBadGateway, http.StatusGatewayTimeout, http.StatusRequestTimeout:
		return iam.KindUnavailable
	}
	for _, f := range failures() {
		if f.status == status {
			return f.kind
		}
	}
	return iam.KindInternal
}

// readFailure returns the error that an answer with another status than 200 stands for. The
// body is believed only where its type belongs to its status.
func readFailure(status int, body []byte) *iam.Error {
	e := &iam.Error{Kind: kindOfStatus(status), Detail: fmt.Sprintf("the decision point answered %d: %s", status, clip(string(body)))}
	var b wireFailure
	if json.Unmarshal(body, &b) != nil {
		return e
	}
	for _, f := range failures() {
		if f.name == b.Type && f.status == status {
			b.fill(e, f.kind)
			break
		}
	}
	return e
}

func (b *wireFailure) fill(e *iam.Error, kind iam.Kind) {
	e.Kind, e.Message, e.Detail = kind, b.Message, "the decision point refused the question"
	e.Resource, e.ResourceID, e.Help, e.State, e.Precond = b.Resource, b.ResourceID, b.HelpMessage, b.CurrentState, b.Precondition
	e.AuthMethod, e.AuthReason = b.Method, b.Reason
	for _, d := range b.Details {
		switch kind {
		case iam.KindInvalidArguments:
			e.Arguments = append(e.Arguments, iam.Argument{Name: d.ArgumentName, Reason: d.Reason, Help: d.HelpMessage})
		case iam.KindPermissionsDenied:
			e.Denials = append(e.Denials, iam.Denial{Resource: d.Resource, Action: d.Action})
		case iam.KindQuotasExceeded:
			e.Quota = iam.Quota{Name: d.Resource, Limit: d.Quota, Current: d.Current}
		}
	}
}

// clip makes a text of the other side fit for a log line: short, and without characters
// that could forge another line.
func clip(text string) string {
	if len(text) > 256 {
		text = text[:256]
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0xfffd {
			return ' '
		}
		return r
	}, text)
}
