package server

import (
	trail "github.com/scaleway/scaleway-sdk-go/api/audit_trail/v1alpha1"

	"bailiwick/authority"
	"bailiwick/decisionlog"
)

// api holds what the handlers need. A handler converts a request into the nouns of package
// iam, calls one use case of package authority and converts what comes back; it has no
// rules of its own.
type api struct {
	authority *authority.Authority
	metadata  Metadata
	regions   regions
	publicURL string           // without a slash at the end
	products  []*trail.Product // of the audit trail, from the operation table
	decisions outcomes         // counts decisions
	// decisionLog is nil when it is off.
	decisionLog *decisionlog.Log
}

// answer converts the result of a use case for an answer, unless there is an error.
func answer[From, To any](result From, err error, convert func(From) *To) (*To, error) {
	if err != nil {
		return nil, err
	}
	return convert(result), nil
}
