package server

import (
	"reflect"

	"bailiwick/iam"
)

// Line is what a test outside the package may see of a line of the operation table.
type Line struct {
	Method, Path, Name, Permission string
	Mutates, Implemented           bool
	Anonymous, Operator, Either    bool
	Void                           bool // its answer has no body
	Audit                          iam.Operation
	In                             reflect.Type // what the request is decoded into
}

// Lines returns the operation table.
func Lines() []Line {
	var lines []Line
	for _, op := range table() {
		described := op.describe()
		lines = append(lines, Line{
			Method: op.Method, Path: op.Path, Name: op.Name, Permission: described.Permission,
			Mutates: op.mutates(), Implemented: op.Endpoint.implemented(),
			Anonymous: op.Access == accessAnonymous, Operator: op.Access == accessOperator, Either: op.Access == accessEither,
			Void: op.Endpoint.out == nil, Audit: described, In: op.Endpoint.in,
		})
	}
	return lines
}
