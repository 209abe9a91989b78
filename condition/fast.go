package condition

import (
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
)

// The fast path compiles the forms that conditions are made of to Go closures: a decision
// point asks the same condition millions of times, and cel-go takes microseconds and some
// allocations for what is a prefix test. Constants are folded here: addresses and ranges
// are parsed, times parsed, zones loaded, patterns compiled.
//
// The rules are CEL's, to the letter: operands of functions and comparisons are strict, an
// error of one is an error of the whole; && and || absorb errors; ?: evaluates one branch.
// A form that is not known gives up on the whole condition, so that there is one evaluator
// for it and never a mixture.

// fastPath compiles the nodes of one typed expression.
type fastPath struct {
	tree     *ast.AST
	zones    *zones
	patterns map[string]*pattern
}

// fast compiles a condition to closures; false if it holds a form that is not known.
func (c *Compiler) fast(source *checked) (predicate, bool) {
	if source.loops > 0 {
		return nil, false
	}
	return fastPath{source.tree, c.zones, source.model.patterns}.predicate(source.tree.Expr())
}

// predicate compiles an expression of type bool.
func (f fastPath) predicate(e ast.Expr) (predicate, bool) {
	switch e.Kind() {
	case ast.LiteralKind:
		value, ok := e.AsLiteral().(types.Bool)
		return constant(bool(value)), ok
	case ast.IdentKind:
		v, ok := presence(e.AsIdent())
		return func(in *Input) (bool, error) { return in.has(v), nil }, ok
	case ast.SelectKind:
		return f.truth(e)
	case ast.CallKind:
		if e.AsCall().FunctionName() == operators.Index {
			return f.truth(e)
		}
		return f.call(e.AsCall())
	}
	return nil, false
}

func constant(value bool) predicate { return func(*Input) (bool, error) { return value, nil } }

func (f fastPath) call(call ast.CallExpr) (predicate, bool) {
	args := call.Args()
	switch call.FunctionName() {
	case operators.LogicalAnd:
		return f.logical(args, and)
	case operators.LogicalOr:
		return f.logical(args, or)
	case operators.LogicalNot:
		operand, ok := f.predicate(args[0])
		return not(operand), ok
	case operators.Conditional:
		return f.conditional(args)
	case operators.Equals, operators.NotEquals, operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals:
		return f.comparison(call.FunctionName(), args[0], args[1])
	case operators.In:
		return f.membership(args[0], args[1])
	case rangeFunction:
		return f.inRange(args[0], args[1])
	case overloads.StartsWith, overloads.EndsWith, overloads.Contains, matchesFunction:
		return f.textTest(call)
	}
	return nil, false
}

func (f fastPath) logical(args []ast.Expr, join func(a, b predicate) predicate) (predicate, bool) {
	joined, ok := f.predicate(args[0])
	for _, arg := range args[1:] {
		next, known := f.predicate(arg)
		joined, ok = join(joined, next), ok && known
	}
	return joined, ok
}

// and gives an error only if no operand is false.
func and(a, b predicate) predicate {
	return func(in *Input) (bool, error) {
		left, err := a(in)
		if err == nil && !left {
			return false, nil
		}
		right, err2 := b(in)
		if err2 == nil && !right {
			return false, nil
		}
		if err == nil {
			err = err2
		}
		return err == nil, err
	}
}

// or gives an error only if no operand is true.
func or(a, b predicate) predicate {
	return func(in *Input) (bool, error) {
		left, err := a(in)
		if err == nil && left {
			return true, nil
		}
		right, err2 := b(in)
		if err2 == nil && right {
			return true, nil
		}
		if err == nil {
			err = err2
		}
		return false, err
	}
}

func not(operand predicate) predicate {
	return func(in *Input) (bool, error) {
		value, err := operand(in)
		return err == nil && !value, err
	}
}

func (f fastPath) conditional(args []ast.Expr) (predicate, bool) {
	test, ok := f.predicate(args[0])
	then, ok2 := f.predicate(args[1])
	otherwise, ok3 := f.predicate(args[2])
	return func(in *Input) (bool, error) {
		value, err := test(in)
		switch {
		case err != nil:
			return false, err
		case value:
			return then(in)
		}
		return otherwise(in)
	}, ok && ok2 && ok3
}
