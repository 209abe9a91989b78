package condition

import (
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
)

const (
	matchesFunction = "matches"
	accumulator     = "@result" // what the macros of loops name their result
)

// fence walks an expression and collects what is refused beyond CEL's own rules.
type fence struct {
	tree       *ast.AST
	known      variable // how many variables there are
	zones      *zones
	patterns   map[string]*pattern
	loops      int
	issues     []Issue
	additions  []ast.Expr     // of lists
	containers map[int64]bool // expressions whose value serves as a list or a map only
}

func (f *fence) refuse(e ast.Expr, format string, args ...any) {
	at := f.tree.SourceInfo().GetStartLocation(e.ID())
	f.issues = append(f.issues, Issue{max(1, at.Line()), max(0, at.Column()) + 1, fmt.Sprintf(format, args...)})
}

// checkNames refuses, before types are looked at, names below request and resource that do
// not exist, and both as values: there are no such maps.
func (f *fence) checkNames() {
	operands := map[int64]bool{}
	ast.PreOrderVisit(f.tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		switch e.Kind() {
		case ast.SelectKind:
			selection := e.AsSelect()
			operand := selection.Operand()
			if !f.isRoot(operand) {
				return
			}
			operands[operand.ID()] = true
			if name := rootName(operand) + "." + selection.FieldName(); !f.isVariable(name) {
				f.refuse(operand, "%s", undeclaredName(name, f.known))
			}
		case ast.IdentKind:
			if f.isRoot(e) && !operands[e.ID()] {
				f.refuse(e, "undeclared reference to '%s': it is no value of its own; %s", rootName(e), knownNames(f.known))
			}
		case ast.ComprehensionKind:
			if name := e.AsComprehension().IterVar(); f.isRootName(name) {
				f.refuse(e, "'%s' cannot name a loop variable", name)
			}
		case ast.StructKind:
			f.refuse(e, "a condition cannot build a message '%s'", e.AsStruct().TypeName())
		}
	}))
}

func rootName(e ast.Expr) string { return strings.TrimPrefix(e.AsIdent(), ".") }

func (f *fence) isRoot(e ast.Expr) bool {
	return e.Kind() == ast.IdentKind && f.isRootName(rootName(e))
}

func (f *fence) isRootName(name string) bool {
	switch name {
	case "request", "resource":
		return true
	case "action", "subject":
		return f.known == variables
	}
	return false
}

func (f *fence) isVariable(name string) bool {
	v, ok := variableOf(name)
	return ok && v < f.known
}

// checkWork looks at a typed expression: literals that cannot work, and shapes whose work
// the cost model does not see.
func (f *fence) checkWork() {
	ast.PreOrderVisit(f.tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		f.checkProperties(e)
		switch e.Kind() {
		case ast.CallKind:
			f.checkCall(e)
		case ast.ComprehensionKind:
			f.loops++
			f.checkLoop(e)
		}
	}))
	if f.loops > 0 {
		for _, e := range f.additions {
			f.refuse(e, "lists cannot be added in a condition that has a loop")
		}
	}
}

// checkLoop refuses loops over values that can grow without anybody counting. In
// [[1]].map(a, [a, a]).map(a, [a, a])... and so on forty times, and in the same with a + a
// on lists, each step costs nothing because the parts are shared; one comparison of the
// result then walks 2^40 elements, out of reach of the cost limit. (Measured: 286
// characters, one minute.) What a loop variable holds must therefore be flat, and lists do
// not grow in loops; texts may, since CEL counts their length.
func (f *fence) checkLoop(e ast.Expr) {
	loop := e.AsComprehension()
	over := f.tree.GetType(loop.IterRange().ID())
	if isPropertyValue(loop.IterRange()) && over.Kind() == types.DynKind {
		f.containers[loop.IterRange().ID()] = true
		return
	}
	if parameters := over.Parameters(); len(parameters) == 0 || !isFlat(parameters[0]) {
		f.refuse(e, "a loop must run over simple values or flat lists of them, not over %s", over)
	}
}

func isFlat(t *types.Type) bool {
	if isSimple(t) {
		return true
	}
	return (t.Kind() == types.ListKind || t.Kind() == types.MapKind) && !slices.ContainsFunc(t.Parameters(), func(p *types.Type) bool { return !isSimple(p) })
}

func isSimple(t *types.Type) bool {
	switch t.Kind() {
	case types.BoolKind, types.IntKind, types.UintKind, types.DoubleKind, types.StringKind, types.BytesKind, types.TimestampKind, types.DurationKind:
		return true
	}
	return false
}

func (f *fence) checkCall(e ast.Expr) {
	call := e.AsCall()
	args := call.Args()
	switch name := call.FunctionName(); name {
	case operators.Add:
		if f.mayBeList(e) && !(args[0].Kind() == ast.IdentKind && args[0].AsIdent() == accumulator) {
			f.additions = append(f.additions, e)
		}
	case matchesFunction:
		f.checkMatches(call)
	case rangeFunction:
		f.checkRange(args)
	case overloads.TypeConvertTimestamp, overloads.TypeConvertDuration:
		f.checkConversion(name, args)
	default:
		if _, ok := calendarFieldOf(name); ok && len(args) == 1 {
			f.checkZone(args[0])
		}
	}
}

func (f *fence) checkMatches(call ast.CallExpr) {
	args := call.Args()
	expression := args[len(args)-1]
	text := args[0]
	if call.IsMemberFunction() {
		text = call.Target()
	}
	source, ok := literalText(expression)
	if !ok {
		f.refuse(expression, "the regular expression of matches() must be a literal text")
		return
	}
	compiled, err := compilePattern(source)
	if err == nil {
		err = compiled.checkFor(maxLength(text))
	}
	if err != nil {
		f.refuse(expression, "%s", err)
		return
	}
	f.patterns[source] = compiled
}

// maxLength returns how many characters a text can have; for what is neither a variable nor
// a literal, as many as an attribute.
func maxLength(e ast.Expr) int {
	if v, ok := identVariable(e); ok {
		return v.length()
	}
	if text, ok := literalText(e); ok {
		return max(1, len(text)) // no empty text, for the division
	}
	return maxAttribute
}

func (f *fence) checkRange(args []ast.Expr) {
	if ip, ok := literalText(args[0]); ok {
		if _, err := parseAddress(ip); err != nil {
			f.refuse(args[0], "%q is not an IP address", ip)
		}
	}
	if cidr, ok := literalText(args[1]); ok {
		if _, err := parseRange(cidr); err != nil {
			f.refuse(args[1], `%q is not an address range such as "10.0.0.0/8" or "2001:db8::/32"`, cidr)
		}
	}
}

// checkZone wants time zones in the text for the same reason as patterns: a zone that is not
// known costs a thousand times what CEL counts for it.
func (f *fence) checkZone(zone ast.Expr) {
	name, ok := literalText(zone)
	if !ok {
		f.refuse(zone, "the time zone must be a literal text")
		return
	}
	if _, err := f.zones.load(name); err != nil {
		f.refuse(zone, "%s", err)
	}
}

func (f *fence) checkConversion(name string, args []ast.Expr) {
	text, ok := literalText(args[0])
	if !ok {
		return
	}
	if name == overloads.TypeConvertTimestamp && types.IsError(types.String(text).ConvertToType(types.TimestampType)) {
		f.refuse(args[0], `%q is not a time such as "2025-03-03T14:30:00Z"`, text)
	}
	if name == overloads.TypeConvertDuration && types.IsError(types.String(text).ConvertToType(types.DurationType)) {
		f.refuse(args[0], `%q is not a duration such as "1h30m"`, text)
	}
}

func identVariable(e ast.Expr) (variable, bool) {
	if e.Kind() != ast.IdentKind {
		return 0, false
	}
	return variableOf(strings.TrimPrefix(e.AsIdent(), "."))
}

func literalText(e ast.Expr) (string, bool) {
	if e.Kind() != ast.LiteralKind {
		return "", false
	}
	text, ok := e.AsLiteral().(types.String)
	return string(text), ok
}
