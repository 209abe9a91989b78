package condition

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"

	"bailiwick/iam"
)

// checked is a source that passed every check.
type checked struct {
	env   *cel.Env
	typed *cel.Ast
	tree  *ast.AST // of typed
	model costModel
	loops int
	cost  uint64 // estimated, at most
	limit uint64 // of the cost
}

// check parses a source, finds its types and applies the fences.
func (c *Compiler) check(source string, attributes bool) (*checked, *Error) {
	env, known, limit := c.env, plainVariables, uint64(costLimit)
	if attributes {
		env, known, limit = c.attributes, variables, attributesCostLimit
	}
	if issue, ok := checkSource(source); !ok {
		return nil, refuse(issue)
	}
	parsed, issues := env.Parse(source)
	if issues.Err() != nil {
		return nil, refuse(translate(issues, nil, known)...)
	}
	names := fence{tree: parsed.NativeRep(), known: known}
	names.checkNames()
	names.checkNesting()
	if len(names.issues) > 0 {
		return nil, refuse(names.issues...)
	}
	calls := calledFunctions(parsed.NativeRep())
	typed, issues := env.Check(parsed)
	if issues.Err() != nil {
		return nil, refuse(translate(issues, calls, known)...)
	}
	if t := typed.OutputType(); t.Kind() != types.BoolKind {
		return nil, refuse(Issue{1, 1, fmt.Sprintf("a condition must be true or false, this one gives a value of type %s", t)})
	}
	work := fence{tree: typed.NativeRep(), known: known, zones: c.zones, patterns: map[string]*pattern{}, containers: map[int64]bool{}}
	work.checkWork()
	if len(work.issues) > 0 {
		return nil, refuse(work.issues...)
	}
	result := &checked{env: env, typed: typed, tree: typed.NativeRep(), model: costModel{work.patterns, work.containers}, loops: work.loops}
	estimate, err := env.EstimateCost(typed, result.model)
	if err != nil {
		return nil, refuse(Issue{1, 1, err.Error()})
	}
	if estimate.Max > limit {
		return nil, refuse(Issue{1, 1, fmt.Sprintf("the condition can take too much work: a cost of %d, the limit is %d", estimate.Max, limit)})
	}
	result.cost, result.limit = estimate.Max, limit
	return result, nil
}

// checkSource refuses what no parser needs to see.
func checkSource(source string) (Issue, bool) {
	if place := strings.IndexFunc(source, func(r rune) bool { return r == utf8.RuneError || r == 0 }); place >= 0 {
		r, size := utf8.DecodeRuneInString(source[place:])
		if r == 0 || size == 1 {
			before := source[:place]
			line := 1 + strings.Count(before, "\n")
			column := 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
			return Issue{line, column, "a condition must be UTF-8 text without NUL"}, false
		}
	}
	if n := utf8.RuneCountInString(source); n > iam.MaxConditionLength {
		return Issue{1, 1, fmt.Sprintf("a condition has at most %d characters, this one has %d", iam.MaxConditionLength, n)}, false
	}
	if strings.TrimSpace(source) == "" {
		return Issue{1, 1, "a condition cannot be empty"}, false
	}
	return Issue{}, true
}

// calledFunctions returns the ids of the expressions that call a function by name.
func calledFunctions(tree *ast.AST) map[int64]bool {
	calls := map[int64]bool{}
	ast.PreOrderVisit(tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() == ast.CallKind {
			calls[e.ID()] = true
		}
	}))
	return calls
}
