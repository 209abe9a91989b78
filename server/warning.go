package server

import (
	"fmt"
	"strings"

	"bailiwick/iam"
)

// headerWarnings tells who wrote a policy what its conditions do that may not be meant. The
// body is that of the published API, which has no place for it.
const headerWarnings = "X-Bailiwick-Condition-Warnings"

// maxWarnings bounds the header, in bytes: proxies refuse answers with headers of several
// kilobytes, and the write has happened by then.
const maxWarnings = 1000

// warned is what a handler made by handleWarned returns.
type warned struct {
	body     any
	warnings string
}

// warn sets the header, if there is something to warn of, and returns the body.
func (x *exchange) warn(w warned) any {
	if w.warnings != "" {
		x.Header().Set(headerWarnings, w.warnings)
	}
	return w.body
}

// warnings returns the findings in the conditions of rules that were written, such as
// "rules[0]: breaks_listing; rules[2]: never_true, mutable_name", and "" if there are none.
// It is made of places and of the kinds of findings only: nothing of the request is in it
// that could begin another header.
func (a *api) warnings(rules []iam.RuleSpec) string {
	findings, complete := a.authority.AdviseRules(rules)
	var parts []string
	length := 0
	for _, f := range findings {
		part := fmt.Sprintf("rules[%d]: %s", f.Rule, strings.Join(f.Kinds, ", "))
		if length += len(part) + len("; "); length > maxWarnings {
			parts, complete = append(parts, "more: not_shown"), true
			break
		}
		parts = append(parts, part)
	}
	if !complete {
		parts = append(parts, "more: not_checked")
	}
	return strings.Join(parts, "; ")
}
