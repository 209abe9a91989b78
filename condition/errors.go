package condition

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Error says why a source is not a condition.
type Error struct {
	Issues []Issue // 1 to 10, sorted by place
}

// Issue is one fault at one place. Lines and columns count from 1, columns in characters.
type Issue struct {
	Line    int
	Column  int
	Message string // plain text, one line
}

func (i Issue) String() string { return fmt.Sprintf("%d:%d: %s", i.Line, i.Column, i.Message) }

// Error returns all issues on one line.
func (e *Error) Error() string {
	lines := make([]string, len(e.Issues))
	for i, issue := range e.Issues {
		lines[i] = issue.String()
	}
	return strings.Join(lines, "; ")
}

const (
	maxIssues  = 10  // of one error; a source without sense would fill a page
	maxMessage = 300 // characters; some quote the source
)

// refuse makes an error of issues in any order.
func refuse(issues ...Issue) *Error {
	for i, issue := range issues {
		if runes := []rune(issue.Message); len(runes) > maxMessage {
			issues[i].Message = string(runes[:maxMessage]) + "..."
		}
	}
	slices.SortFunc(issues, func(a, b Issue) int {
		return cmp.Or(a.Line-b.Line, a.Column-b.Column, strings.Compare(a.Message, b.Message))
	})
	issues = slices.Compact(issues)
	return &Error{Issues: issues[:min(len(issues), maxIssues)]}
}
