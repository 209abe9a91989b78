package condition

import (
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
)

var (
	noOverload = regexp.MustCompile(`^found no matching overload for '(.*?)' applied to '(.*)'$`)
	undeclared = regexp.MustCompile(`^undeclared reference to '([^']*)'`)
)

// translate turns cel-go's issues into ours: plain sentences that name no internals. calls
// holds the ids of calls, whose undeclared names are functions; known are the variables.
func translate(issues *cel.Issues, calls map[int64]bool, known variable) []Issue {
	var translated []Issue
	for _, e := range issues.Errors() {
		line, column := e.Location.Line(), e.Location.Column()+1
		if line < 1 || column < 1 {
			line, column = 1, 1
		}
		translated = append(translated, Issue{line, column, plain(e.Message, calls[e.ExprID], known)})
	}
	return translated
}

func plain(message string, call bool, known variable) string {
	message = strings.Join(strings.Fields(message), " ")
	if m := noOverload.FindStringSubmatch(message); m != nil {
		return noSuchCall(m[1], m[2])
	}
	if m := undeclared.FindStringSubmatch(message); m != nil {
		if call {
			return "undeclared reference to function '" + m[1] + "'"
		}
		return undeclaredName(m[1], known)
	}
	if strings.Contains(message, "recursion") {
		return nestedTooDeep
	}
	if strings.Contains(message, "recovery") {
		return "syntax error"
	}
	if rest, ok := strings.CutPrefix(message, "Syntax error: "); ok {
		rest, _, _ = strings.Cut(rest, " expecting ")
		return "syntax error: " + parserTerms().Replace(rest)
	}
	return message
}

// undeclaredName says what can be read instead of a name.
func undeclaredName(name string, known variable) string {
	path := strings.Split(strings.TrimPrefix(name, "."), ".")
	if known == plainVariables && (path[0] == "subject" || path[0] == "action" || path[0] == "resource" && slices.Contains(path, "properties")) {
		return "undeclared reference to '" + name + "': properties can be read only where every permission of the rule is of a resource with attributes"
	}
	return "undeclared reference to '" + name + "'; " + knownNames(known)
}

func knownNames(known variable) string {
	names := make([]string, known)
	for v := range known {
		names[v] = v.String()
	}
	return "a condition can read " + strings.Join(names, ", ")
}

func parserTerms() *strings.Replacer {
	return strings.NewReplacer("'<EOF>'", "end of the condition", "mismatched input", "unexpected", "extraneous input", "unexpected",
		"no viable alternative at input", "unexpected", "token recognition error at:", "unexpected")
}

// noSuchCall says that an operator or a function does not take values of these types.
func noSuchCall(function, operands string) string {
	name := strings.Trim(strings.ReplaceAll(function, "_", ""), "@")
	if name == function {
		name += "()"
	}
	message := name + " cannot be applied to " + operands
	if strings.Contains(operands, "timestamp") && strings.Contains(operands, "string") {
		message += `; a time is written timestamp("2025-03-03T14:30:00Z")`
	}
	return message
}
