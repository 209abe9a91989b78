package condition

import (
	"regexp"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

var plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// checkProperties refuses the maps of properties as values of their own. Nobody bounds how
// many entries they have, so a loop over them or a comparison of two of them could take any
// time; a look-up of a key takes the same time in all.
func (f *fence) checkProperties(e ast.Expr) {
	var byKey ast.Expr
	switch e.Kind() {
	case ast.SelectKind:
		byKey = e.AsSelect().Operand()
	case ast.CallKind:
		args := e.AsCall().Args()
		switch e.AsCall().FunctionName() {
		case operators.Index:
			byKey = args[0]
		case operators.In:
			byKey = args[1]
			f.containers[byKey.ID()] = true
		}
	}
	for _, child := range children(e) {
		if v, ok := identVariable(child); ok && v >= plainVariables && (byKey == nil || child.ID() != byKey.ID()) {
			f.refuse(child, "'%s' can be read by key only, such as %s.role or \"role\" in %s", v, v, v)
		}
	}
}

// isPropertyValue reports whether an expression selects something from properties, or from
// the variable of a loop. A loop over anything but properties that could give its variable
// an unknown type is refused, so those are properties too: values that the bounds hold for
// and that are shared, never built.
func isPropertyValue(e ast.Expr) bool {
	for {
		switch e.Kind() {
		case ast.IdentKind:
			return true
		case ast.SelectKind:
			e = e.AsSelect().Operand()
		case ast.CallKind:
			if e.AsCall().FunctionName() != operators.Index {
				return false
			}
			e = e.AsCall().Args()[0]
		default:
			return false
		}
	}
}

// mayBeList reports whether an addition may be one of lists. Of properties nobody knows
// before.
func (f *fence) mayBeList(addition ast.Expr) bool {
	kind := f.tree.GetType(addition.ID()).Kind()
	return kind == types.ListKind || kind == types.DynKind && f.known == variables
}
