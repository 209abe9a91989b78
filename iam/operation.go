package iam

// Operation is what one line of the operation table says about an API operation to
// those who authorize and record it.
type Operation struct {
	// Name is the operation's name in the published API, such as "CreateApplication".
	Name string
	// Permission is the permission that it needs, as "service:name:action". Empty means
	// that any authenticated caller may call it.
	Permission string
	// Mutates is true when a success changes something, and so leaves an audit event.
	Mutates bool
	// Audit identity of a mutating operation, as the Audit Trail shows it.
	Product      string // "iam"
	Service      string // "scaleway.iam.v1alpha1.Api"
	Method       string // "CreateApplication"; differs from Name for a few (LockUser is LockMember)
	ResourceType ResourceType
}

// Call is one call of an operation: who, from where, with which body. Every use case
// takes it as its first argument after the context.
type Call struct {
	Operation Operation
	Caller    Caller
	Client    Client
	// Body is the decoded request as a JSON object with its secrets removed, as the audit
	// trail keeps it. Nil for operations that change nothing.
	Body []byte
	// Judged receives the revision of the state on which the call is judged, of a question the
	// very one that its answer rests on; nil: nobody wants to know.
	Judged *int64
}
