package pdp

import (
	"maps"
	"strings"

	"bailiwick/condition"
)

// attributesOf returns the stored properties that tags make: a tag key=value is the property
// key. A tag without "=" is a label and makes none; of two with one key the later counts.
func attributesOf(tags []string) map[string]any {
	var attributes map[string]any
	for _, tag := range tags {
		key, value, ok := strings.Cut(tag, "=")
		if !ok || key == "" {
			continue
		}
		if attributes == nil {
			attributes = map[string]any{}
		}
		attributes[key] = value
	}
	return attributes
}

// input is what a condition sees: the request's input over the stored properties of the
// subject. Who asks may say what the subject is like in this request; only callers that are
// trusted to enforce decisions can ask.
func (p *principal) input(in condition.Input) condition.Input {
	if p.attributes == nil {
		return in
	}
	if in.SubjectProperties == nil {
		in.SubjectProperties = p.attributes
		return in
	}
	merged := maps.Clone(p.attributes)
	maps.Copy(merged, in.SubjectProperties)
	in.SubjectProperties = merged
	return in
}
