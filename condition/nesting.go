package condition

import "cel.dev/cel-go/common/ast"

const (
	// maxNesting is how deep an expression may be nested; CEL asks for 24.
	maxNesting    = 48
	nestedTooDeep = "the condition is nested too deeply"
	// maxTypeNesting is how deep lists, maps and loops may be nested in each other; CEL asks
	// for 12. The work of finding types grows with the third power of it: a list in 99 lists
	// took 200 ms.
	maxTypeNesting = 16
)

// checkNesting refuses lists, maps and loops that are nested too deeply.
func (f *fence) checkNesting() {
	heights := map[int64]int{}
	ast.PostOrderVisit(f.tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		height, own := 0, 0
		for _, child := range children(e) {
			height = max(height, heights[child.ID()])
		}
		switch e.Kind() {
		case ast.ListKind, ast.MapKind, ast.ComprehensionKind:
			own = 1
		}
		heights[e.ID()] = height + own
		if own == 1 && height == maxTypeNesting {
			f.refuse(e, "%s: at most %d lists, maps and loops in each other", nestedTooDeep, maxTypeNesting)
		}
	}))
}

func children(e ast.Expr) []ast.Expr {
	switch e.Kind() {
	case ast.CallKind:
		call := e.AsCall()
		if call.IsMemberFunction() {
			return append([]ast.Expr{call.Target()}, call.Args()...)
		}
		return call.Args()
	case ast.ListKind:
		return e.AsList().Elements()
	case ast.MapKind:
		var all []ast.Expr
		for _, entry := range e.AsMap().Entries() {
			all = append(all, entry.AsMapEntry().Key(), entry.AsMapEntry().Value())
		}
		return all
	case ast.SelectKind:
		return []ast.Expr{e.AsSelect().Operand()}
	case ast.ComprehensionKind:
		loop := e.AsComprehension()
		return []ast.Expr{loop.IterRange(), loop.LoopStep(), loop.Result()}
	}
	return nil
}
