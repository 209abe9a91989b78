package server

import (
	"strings"

	"bailiwick/iam"
)

// page returns the page that a list request asks for.
func page(number *int32, size *uint32, defaultSize int) iam.Page {
	p := iam.Page{Number: 1, Size: defaultSize}
	if number != nil {
		p.Number = int(*number)
	}
	if size != nil {
		p.Size = int(*size)
	}
	return p
}

// order returns the order that a list request asks for, such as created_at_desc. The
// decoder has held it to the values of its enum.
func order[T ~string](orderBy T, otherwise string) iam.Order {
	text := string(orderBy)
	if text == "" {
		return iam.Order{Field: otherwise}
	}
	if field, ok := strings.CutSuffix(text, "_desc"); ok {
		return iam.Order{Field: field, Descending: true}
	}
	return iam.Order{Field: strings.TrimSuffix(text, "_asc")}
}

// each converts the items of a list for an answer.
func each[From, To any](items []From, convert func(From) *To) []*To {
	out := make([]*To, len(items))
	for i, item := range items {
		out[i] = convert(item)
	}
	return out
}

// ids returns texts as ids of one kind.
func ids[T ~string](list []string) []T {
	out := make([]T, len(list))
	for i, text := range list {
		out[i] = T(text)
	}
	return out
}

// texts returns ids as texts, never nil.
func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, id := range list {
		out[i] = string(id)
	}
	return out
}

// optionalID returns an id that may be absent as one that is then empty.
func optionalID[T ~string](id *string) T { return T(value(id)) }

// oneOf is a member of a group of which a request gives at most one.
type oneOf struct {
	name string
	id   *string
	make func(id string) iam.Principal
}

// choose returns the principal of the one member that is given, and nobody when none is. A
// second one is refused: to take the first would be to guess who is meant.
func choose(members ...oneOf) (iam.Principal, error) {
	var chosen iam.Principal
	var first string
	for _, m := range members {
		switch {
		case m.id == nil:
		case first != "":
			return iam.Principal{}, iam.Invalid(m.name, iam.ReasonConstraint, "value cannot be given together with "+first)
		default:
			chosen, first = m.make(*m.id), m.name
		}
	}
	return chosen, nil
}

func userMember(id *string) oneOf {
	return oneOf{"user_id", id, func(id string) iam.Principal { return iam.UserID(id).Principal() }}
}

func groupMember(id *string) oneOf {
	return oneOf{"group_id", id, func(id string) iam.Principal { return iam.GroupID(id).Principal() }}
}

func applicationMember(id *string) oneOf {
	return oneOf{"application_id", id, func(id string) iam.Principal { return iam.ApplicationID(id).Principal() }}
}

// chooseOne is choose for a group of which exactly one must be given; group is its name.
func chooseOne(group string, members ...oneOf) (iam.Principal, error) {
	p, err := choose(members...)
	if err != nil || !p.IsZero() {
		return p, err
	}
	var names []string
	for _, m := range members {
		names = append(names, m.name)
	}
	return p, iam.Invalid(group, iam.ReasonRequired, "exactly one of "+strings.Join(names, ", ")+" is required")
}

// typed returns the id of a principal if it has the type, and nil otherwise.
func typed(p iam.Principal, t iam.PrincipalType) *string {
	if p.Type != t {
		return nil
	}
	return &p.ID
}
