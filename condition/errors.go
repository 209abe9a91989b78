package condition

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Error says why a source is not a condition.
type Error struct {
	Issues []Issue // at least one; sorted by place
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

// refuse makes an error of issues in any order.
func refuse(issues ...Issue) *Error {
	slices.SortFunc(issues, func(a, b Issue) int {
		return cmp.Or(a.Line-b.Line, a.Column-b.Column, strings.Compare(a.Message, b.Message))
	})
	return &Error{Issues: slices.Compact(issues)}
}
