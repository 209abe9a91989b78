package server

import "bailiwick/iam"

// value returns what a member holds, and the zero value for an absent one.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

func putArguments(e *iam.Error, b *errorBody) {
	b.Details = []errorDetail{}
	for _, a := range e.Arguments {
		b.Details = append(b.Details, errorDetail{ArgumentName: new(a.Name), HelpMessage: new(a.Help), Reason: new(a.Reason)})
	}
}

func readArguments(b *errorBody, e *iam.Error) {
	for _, d := range b.Details {
		e.Arguments = append(e.Arguments, iam.Argument{Name: value(d.ArgumentName), Reason: value(d.Reason), Help: value(d.HelpMessage)})
	}
}

func putAuthentication(e *iam.Error, b *errorBody) {
	b.Method, b.Reason = new(e.AuthMethod), new(e.AuthReason)
}

func readAuthentication(b *errorBody, e *iam.Error) {
	e.AuthMethod, e.AuthReason = value(b.Method), value(b.Reason)
}

func putDenials(e *iam.Error, b *errorBody) {
	b.Details = []errorDetail{}
	for _, d := range e.Denials {
		b.Details = append(b.Details, errorDetail{Action: new(d.Action), Resource: new(d.Resource)})
	}
}

func readDenials(b *errorBody, e *iam.Error) {
	for _, d := range b.Details {
		e.Denials = append(e.Denials, iam.Denial{Resource: value(d.Resource), Action: value(d.Action)})
	}
}

func putResource(e *iam.Error, b *errorBody) {
	b.Resource, b.ResourceID = new(e.Resource), new(clip(e.ResourceID, maxArgumentName))
}

func readResource(b *errorBody, e *iam.Error) {
	e.Resource, e.ResourceID = value(b.Resource), value(b.ResourceID)
}

func putHelp(e *iam.Error, b *errorBody) { b.HelpMessage = new(e.Help) }

func readHelp(b *errorBody, e *iam.Error) { e.Help = value(b.HelpMessage) }

func putExisting(e *iam.Error, b *errorBody) {
	putResource(e, b)
	putHelp(e, b)
}

func readExisting(b *errorBody, e *iam.Error) {
	readResource(b, e)
	readHelp(b, e)
}

func putState(e *iam.Error, b *errorBody) {
	putResource(e, b)
	b.CurrentState = new(e.State)
}

func readState(b *errorBody, e *iam.Error) {
	readResource(b, e)
	e.State = value(b.CurrentState)
}

func putPrecondition(e *iam.Error, b *errorBody) {
	b.Precondition = new(e.Precond)
	putHelp(e, b)
}

func readPrecondition(b *errorBody, e *iam.Error) {
	e.Precond = value(b.Precondition)
	readHelp(b, e)
}

func putQuota(e *iam.Error, b *errorBody) {
	b.Details = []errorDetail{{Resource: new(e.Quota.Name), Quota: new(e.Quota.Limit), Current: new(e.Quota.Current)}}
}

func readQuota(b *errorBody, e *iam.Error) {
	for _, d := range b.Details {
		e.Quota = iam.Quota{Name: value(d.Resource), Limit: value(d.Quota), Current: value(d.Current)}
	}
}
