package server

import (
	"context"
	"reflect"

	"bailiwick/iam"
)

// operation is one line of the operation table: everything that is known of one API
// operation. Routing, authentication, authorization, audit naming, the OpenAPI document
// and the completeness tests are all read from it.
type operation struct {
	Method     string
	Path       string
	Name       string
	Permission string // "service:name:action", or anyCaller
	Tenant     tenant
	Access     access
	Audit      audit // zero for operations that change nothing
	Endpoint   endpoint
	AuthZEN    bool // the AuthZEN rules of transport: see serveOperation
}

// anyCaller is the permission of an operation that every authenticated caller may use. It
// is a word of its own, so that a forgotten permission is a failing test and not an open
// door.
const anyCaller = "any caller"

// tenant tells where an operation finds the organization or project that it works on.
type tenant int

// The places.
const (
	tenantNone   tenant = iota // the operation has no tenant
	tenantCaller               // the caller's own organization
	tenantQuery                // query key organization_id; the caller's own when it is absent
	tenantBody                 // member organization_id or project_id of the body
	tenantPath                 // path value organization_id or project_id
	tenantObject               // that of the object which the request names
)

// String names the place for the OpenAPI document.
func (t tenant) String() string {
	return [...]string{"none", "caller", "query", "body", "path", "object"}[t]
}

// access tells which credentials an operation takes.
type access int

// The classes of credentials.
const (
	accessPrincipal access = iota // a user or an application
	accessOperator                // who runs the installation
	accessEither                  // a principal or the operator
	accessAnonymous               // none is needed, and one that is sent is not looked at
)

// admits reports whether a caller has a credential of the class.
func (a access) admits(caller iam.Caller) bool {
	switch a {
	case accessPrincipal:
		return !caller.IsOperator()
	case accessOperator:
		return caller.IsOperator()
	default:
		return true
	}
}

// audit is how the audit trail names a mutating operation.
type audit struct {
	Product  string
	Service  string
	Method   string
	Resource iam.ResourceType
}

// describe returns what authority needs to know of the operation.
func (op operation) describe() iam.Operation {
	permission := op.Permission
	if permission == anyCaller {
		permission = ""
	}
	return iam.Operation{
		Name:         op.Name,
		Permission:   permission,
		Mutates:      op.mutates(),
		Product:      op.Audit.Product,
		Service:      op.Audit.Service,
		Method:       op.Audit.Method,
		ResourceType: op.Audit.Resource,
	}
}

func (op operation) mutates() bool { return op.Audit != audit{} }

// endpoint is the typed end of an operation: the request and response types and the
// handler between them.
type endpoint struct {
	in   reflect.Type
	out  reflect.Type // nil: the answer has no body
	call func(a *api, ctx context.Context, call iam.Call, in any) (any, error)
	// warns: what call returns is a warned, and the answer may have the header of warnings.
	warns bool
}

// implemented reports whether the operation does something; the others answer 501.
func (e endpoint) implemented() bool { return e.call != nil }

// handle makes an endpoint of a handler that answers with a body.
func handle[In, Out any](f func(*api, context.Context, iam.Call, *In) (*Out, error)) endpoint {
	return endpoint{
		in:  reflect.TypeFor[In](),
		out: reflect.TypeFor[Out](),
		call: func(a *api, ctx context.Context, call iam.Call, in any) (any, error) {
			out, err := f(a, ctx, call, in.(*In))
			if err != nil {
				return nil, err // not out: a nil *Out in an any would not be nil
			}
			return out, nil
		},
	}
}

// handleWarned is handle for a handler that also returns warnings; "" for none.
func handleWarned[In, Out any](f func(*api, context.Context, iam.Call, *In) (*Out, string, error)) endpoint {
	return endpoint{
		in:    reflect.TypeFor[In](),
		out:   reflect.TypeFor[Out](),
		warns: true,
		call: func(a *api, ctx context.Context, call iam.Call, in any) (any, error) {
			out, warnings, err := f(a, ctx, call, in.(*In))
			if err != nil {
				return nil, err
			}
			return warned{out, warnings}, nil
		},
	}
}

// handleVoid makes an endpoint of a handler that answers 204.
func handleVoid[In any](f func(*api, context.Context, iam.Call, *In) error) endpoint {
	return endpoint{
		in: reflect.TypeFor[In](),
		call: func(a *api, ctx context.Context, call iam.Call, in any) (any, error) {
			return nil, f(a, ctx, call, in.(*In))
		},
	}
}

// later makes an endpoint of the published API that this server does not offer: it
// answers 501. Its types are kept, so that the OpenAPI document shows them.
func later[In, Out any]() endpoint {
	return endpoint{in: reflect.TypeFor[In](), out: reflect.TypeFor[Out]()}
}

// laterVoid is later for an operation without an answer body.
func laterVoid[In any]() endpoint { return endpoint{in: reflect.TypeFor[In]()} }
