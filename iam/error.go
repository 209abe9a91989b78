package iam

import (
	"errors"
	"fmt"
)

// Kind is what went wrong, from a closed list. Package server maps each kind to one HTTP
// status and one Scaleway error type; a kind that is not in the list is Internal.
type Kind int

// The kinds. The list only grows at its end.
const (
	KindInternal Kind = iota
	KindInvalidArguments
	KindDeniedAuthentication
	KindPermissionsDenied
	KindNotFound
	KindAlreadyExists
	KindTransientState
	KindPreconditionFailed
	KindQuotasExceeded
	KindLocked
	KindExpired
	KindTooManyRequests
	KindNotImplemented
	KindMethodNotAllowed
	KindTooLarge
	KindUnsupportedMedia
	KindUnavailable
	KindUnknownRoute
)

// Reasons of an invalid argument (scaleway-sdk-go InvalidArgumentsErrorDetail).
const (
	ReasonUnknown    = "unknown"
	ReasonRequired   = "required"
	ReasonFormat     = "format"
	ReasonConstraint = "constraint"
)

// Reasons of a denied authentication.
const (
	AuthInvalidArgument = "invalid_argument"
	AuthNotFound        = "not_found"
	AuthExpired         = "expired"
)

// Preconditions that clients know.
const (
	PreconditionResourceInUse = "resource_still_in_use"
	PreconditionAttribute     = "attribute_must_be_set"
	PreconditionProtected     = "protected_resource"
)

// Argument is one fault of a request.
type Argument struct {
	Name   string // path of the field, such as "rules[0].permission_set_names"
	Reason string
	Help   string
}

// Denial is one missing permission, as (resource, action).
type Denial struct {
	Resource string
	Action   string
}

// Error is the one error type of the product. It carries two messages: what the caller
// may read, and what only the log sees, so that an internal detail cannot reach a client.
type Error struct {
	Kind       Kind
	Message    string // for the caller; empty: the fixed text of the kind
	Arguments  []Argument
	Denials    []Denial
	Resource   string // not found, already exists, locked, expired, transient state
	ResourceID string
	AuthMethod string // denied authentication: "api_key" or "jwt"
	AuthReason string
	State      string // transient state: current state
	Precond    string
	Help       string
	Quota      Quota
	// Detail is for the log only.
	Detail string
	// Err is the cause, for the log and for errors.Is.
	Err error
}

// Error returns the text for the log.
func (e *Error) Error() string {
	text := e.Message
	if text == "" {
		text = e.Kind.String()
	}
	for _, a := range e.Arguments {
		text += fmt.Sprintf("; %s: %s (%s)", a.Name, a.Help, a.Reason)
	}
	if e.Resource != "" {
		text += fmt.Sprintf("; %s %s", e.Resource, e.ResourceID)
	}
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// String names the kind for logs and metrics.
func (k Kind) String() string {
	names := [...]string{
		"internal", "invalid_arguments", "denied_authentication", "permissions_denied", "not_found",
		"already_exists", "transient_state", "precondition_failed", "quotas_exceeded", "locked", "expired",
		"too_many_requests", "not_implemented", "method_not_allowed", "too_large", "unsupported_media",
		"unavailable", "unknown_route",
	}
	if k < 0 || int(k) >= len(names) {
		return names[0]
	}
	return names[k]
}

// KindOf returns the kind of an error; Internal for an error that is not an *Error.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return KindInternal
}

// NotFound says that a resource is not in the caller's organization, or nowhere.
func NotFound(resource, id string) *Error {
	return &Error{Kind: KindNotFound, Resource: resource, ResourceID: id}
}

// Invalid says that one argument is wrong.
func Invalid(name, reason, help string) *Error {
	return &Error{Kind: KindInvalidArguments, Arguments: []Argument{{name, reason, help}}}
}

// Denied says that permissions are missing.
func Denied(denials ...Denial) *Error {
	return &Error{Kind: KindPermissionsDenied, Denials: denials}
}

// AuthenticationDenied says why a credential is refused; method is "api_key" or "jwt".
func AuthenticationDenied(method, reason string) *Error {
	return &Error{Kind: KindDeniedAuthentication, AuthMethod: method, AuthReason: reason}
}

// AlreadyExists says that a name that must be unique is taken.
func AlreadyExists(resource, id, help string) *Error {
	return &Error{Kind: KindAlreadyExists, Resource: resource, ResourceID: id, Help: help}
}

// Precondition says that the state of a resource forbids the call.
func Precondition(precondition, help string) *Error {
	return &Error{Kind: KindPreconditionFailed, Precond: precondition, Help: help}
}
