package condition

import (
	"slices"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// failsOnLists reports whether an expression fails for certain when there is no resource:
// it reads something of it, outside has(), and nothing that absorbs errors is around.
func failsOnLists(e ast.Expr) bool {
	if v, ok := identVariable(e); ok {
		return ofResource(v)
	}
	switch e.Kind() {
	case ast.CallKind:
		args := e.AsCall().Args()
		switch e.AsCall().FunctionName() {
		case operators.LogicalAnd, operators.LogicalOr:
			return allFailOnLists(args)
		case operators.Conditional:
			return failsOnLists(args[0]) || failsOnLists(args[1]) && failsOnLists(args[2])
		}
	case ast.ComprehensionKind:
		loop := e.AsComprehension()
		over := loop.IterRange()
		runs := over.Kind() == ast.ListKind && over.AsList().Size() > 0
		return failsOnLists(over) || runs && failsOnLists(loop.LoopStep())
	}
	return slices.ContainsFunc(children(e), failsOnLists)
}

// allFailOnLists is for the operands of && and ||. In a loop one of them is what the loop
// has gathered so far, which with the first element is no decision.
func allFailOnLists(args []ast.Expr) bool {
	fail := false
	for _, arg := range args {
		if arg.Kind() == ast.IdentKind && arg.AsIdent() == accumulator {
			continue
		}
		if !failsOnLists(arg) {
			return false
		}
		fail = true
	}
	return fail
}
