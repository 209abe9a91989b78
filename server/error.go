package server

import (
	"bytes"
	"errors"
	"net/http"

	"github.com/go-json-experiment/json"

	"bailiwick/iam"
)

// errorBody is the body of every error answer. Its members are in alphabetical order, and
// each kind sends only its own.
type errorBody struct {
	CurrentState *string       `json:"current_state,omitzero"`
	Details      []errorDetail `json:"details,omitzero"`
	HelpMessage  *string       `json:"help_message,omitzero"`
	Message      string        `json:"message"`
	Method       *string       `json:"method,omitzero"`
	Precondition *string       `json:"precondition,omitzero"`
	Reason       *string       `json:"reason,omitzero"`
	Resource     *string       `json:"resource,omitzero"`
	ResourceID   *string       `json:"resource_id,omitzero"`
	Type         string        `json:"type"`
}

// errorDetail is one fault: a wrong argument, a missing permission or a full quota.
type errorDetail struct {
	Action       *string `json:"action,omitzero"`
	ArgumentName *string `json:"argument_name,omitzero"`
	Current      *int    `json:"current,omitzero"`
	HelpMessage  *string `json:"help_message,omitzero"`
	Quota        *int    `json:"quota,omitzero"`
	Reason       *string `json:"reason,omitzero"`
	Resource     *string `json:"resource,omitzero"`
}

// wireError is one line of the error table: how a kind looks on the wire.
type wireError struct {
	kind    iam.Kind
	status  int
	name    string // member "type", by which the clients know the error
	message string // the fixed text; what the caller reads unless the error brings its own
	fields  func(*iam.Error, *errorBody)
	read    func(*errorBody, *iam.Error)
}

// wireErrors is the one table from kinds to the wire and back. Types, statuses and texts
// are those of the Scaleway API; the clients look at type first and at the status only
// when they do not know the type.
func wireErrors() []wireError {
	return []wireError{
		{iam.KindInternal, http.StatusInternalServerError, "internal_error", "internal error", nil, nil},
		{iam.KindInvalidArguments, http.StatusBadRequest, "invalid_arguments", "invalid argument(s)", putArguments, readArguments},
		{iam.KindDeniedAuthentication, http.StatusUnauthorized, "denied_authentication", "authentication is denied", putAuthentication, readAuthentication},
		{iam.KindPermissionsDenied, http.StatusForbidden, "permissions_denied", "insufficient permissions", putDenials, readDenials},
		{iam.KindNotFound, http.StatusNotFound, "not_found", "resource is not found", putResource, readResource},
		{iam.KindAlreadyExists, http.StatusConflict, "already_exists", "resource already exists", putExisting, readExisting},
		{iam.KindTransientState, http.StatusConflict, "transient_state", "resource is in a transient state", putState, readState},
		{iam.KindPreconditionFailed, http.StatusPreconditionFailed, "precondition_failed", "precondition is not respected", putPrecondition, readPrecondition},
		{iam.KindQuotasExceeded, http.StatusForbidden, "quotas_exceeded", "quota(s) exceeded", putQuota, readQuota},
		{iam.KindLocked, http.StatusLocked, "locked", "resource is locked", putResource, readResource},
		{iam.KindExpired, http.StatusGone, "resource_expired", "resource is expired", putResource, readResource},
		{iam.KindTooManyRequests, http.StatusTooManyRequests, "too_many_requests", "too many requests", putHelp, readHelp},
		{iam.KindNotImplemented, http.StatusNotImplemented, "not_implemented", "this operation is not implemented", nil, nil},
		{iam.KindMethodNotAllowed, http.StatusMethodNotAllowed, "method_not_allowed", "method is not allowed on this path", nil, nil},
		{iam.KindTooLarge, http.StatusRequestEntityTooLarge, "request_too_large", "request body is larger than 1 MiB", nil, nil},
		{iam.KindUnsupportedMedia, http.StatusUnsupportedMediaType, "unsupported_media_type", "request body must be application/json, in UTF-8 and not compressed", nil, nil},
		{iam.KindUnavailable, http.StatusServiceUnavailable, "unavailable", "service is unavailable, try again", nil, nil},
		{iam.KindUnknownRoute, http.StatusNotFound, "unknown_route", "no such path", nil, nil},
	}
}

// errorTable is the table by kind and by type.
type errorTable struct {
	byKind map[iam.Kind]wireError
	byName map[string]wireError
}

func newErrorTable() errorTable {
	t := errorTable{map[iam.Kind]wireError{}, map[string]wireError{}}
	for _, w := range wireErrors() {
		t.byKind[w.kind] = w
		t.byName[w.name] = w
	}
	return t
}

// encode returns the status and the body for an error. What is not an *iam.Error, and a
// kind that the table lacks, is an internal error: the caller gets a fixed text, and the
// cause goes to the log only, because it may hold a query, a path or another tenant's
// data.
func (t errorTable) encode(err error) (int, []byte) {
	e, ok := errors.AsType[*iam.Error](err)
	if !ok {
		e = &iam.Error{Kind: iam.KindInternal}
	}
	w, ok := t.byKind[e.Kind]
	if !ok {
		w = t.byKind[iam.KindInternal]
	}
	body := errorBody{Message: w.message, Type: w.name}
	if e.Message != "" && w.kind != iam.KindInternal {
		body.Message = e.Message
	}
	if w.fields != nil {
		w.fields(e, &body)
	}
	var out bytes.Buffer
	if err := json.MarshalWrite(&out, &body); err != nil {
		// Only text that is not UTF-8 gets here. An error answer must be JSON all the same.
		return w.status, []byte(`{"message":"` + w.message + `","type":"` + w.name + `"}`)
	}
	return w.status, out.Bytes()
}

// ReadError returns the error that an error answer of this server stands for. It is the
// inverse of what the server writes, from the same table, for who talks to the server
// without an SDK. A type that is not in the table is an internal error whose detail holds
// the message.
func ReadError(body []byte) *iam.Error {
	var b errorBody
	if err := json.Unmarshal(body, &b); err != nil {
		return &iam.Error{Kind: iam.KindInternal, Detail: "the answer is not an error of this API", Err: err}
	}
	w, ok := newErrorTable().byName[b.Type]
	if !ok {
		return &iam.Error{Kind: iam.KindInternal, Detail: b.Message}
	}
	e := &iam.Error{Kind: w.kind}
	if b.Message != w.message {
		e.Message = b.Message
	}
	if w.read != nil {
		w.read(&b, e)
	}
	return e
}
