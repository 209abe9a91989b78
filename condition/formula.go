package condition

import (
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/debug"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// formula is a condition taken apart for the question what it can end in. Its atoms are the
// tests between && and ||. An atom that tests one thing that is read against literals splits
// the values of that thing into finitely many cases, within which every such atom is
// constant; each case has an example, and the evaluator of the fast path says what the atom
// makes of it. Of any other atom nothing is known but that it ends the same way wherever it
// is written with the same words. Things that are read count as independent of each other.
// All this can only add outcomes that the condition does not have: what the formula does not
// reach, the condition does not reach either.
type formula struct {
	condition  *Condition
	root       *term
	dimensions []*dimension
}

type operation uint8

const (
	constantTerm operation = iota
	atomTerm
	andTerm
	orTerm
	notTerm
	chooseTerm
	equalTerm
)

// term is a node of a formula.
type term struct {
	operation operation
	operands  []*term
	value     outcomes // of a constant
	atom      *atom
}

// atom is a test that is not taken apart.
type atom struct {
	about        *dimension // what it reads; nil if that is not one thing
	exact        bool       // constant within every case of what it reads
	test         func(c exampleCase) outcomes
	table        []outcomes // for each case; 0 where free decides
	free         *dimension // its outcome as a dimension of its own
	failsOnLists bool
}

// builder makes the formula of one condition.
type builder struct {
	fast    fastPath
	formula *formula
	atoms   []*atom
	byKey   map[string]*dimension
}

func (c *Compiler) formulaOf(condition *Condition, source *checked) *formula {
	b := builder{
		fast:    fastPath{source.tree, c.zones, source.model.patterns},
		formula: &formula{condition: condition},
		byKey:   map[string]*dimension{},
	}
	b.formula.root = b.term(source.tree.Expr())
	if len(b.formula.dimensions) == 1 && len(condition.reads) == 0 && b.formula.root.operation == atomTerm && b.formula.root.atom.about == nil && isClosed(source.tree) {
		b.formula.root = &term{operation: constantTerm, value: outcomeOf(condition.Evaluate(nil))}
	}
	for _, d := range b.formula.dimensions {
		d.makeCases()
	}
	for _, a := range b.atoms {
		a.makeTable()
	}
	return b.formula
}

// isClosed reports whether a condition asks nothing about its input, not even has().
func isClosed(tree *ast.AST) bool {
	closed := true
	visit(tree, func(e ast.Expr) {
		if e.Kind() != ast.IdentKind {
			return
		}
		_, isPresence := presence(e.AsIdent())
		_, isKeys := keysOf(e.AsIdent())
		_, isVariable := identVariable(e)
		closed = closed && !isPresence && !isKeys && !isVariable
	})
	return closed
}

func (b *builder) term(e ast.Expr) *term {
	if value, ok := literalBool(e); ok {
		return &term{operation: constantTerm, value: outcomeOf(value, nil)}
	}
	if e.Kind() == ast.CallKind {
		args := e.AsCall().Args()
		switch e.AsCall().FunctionName() {
		case operators.LogicalAnd:
			return b.operation(andTerm, args)
		case operators.LogicalOr:
			return b.operation(orTerm, args)
		case operators.LogicalNot:
			return b.operation(notTerm, args)
		case operators.Conditional:
			return b.operation(chooseTerm, args)
		case operators.Equals, operators.NotEquals:
			if b.isBool(args[0]) && b.isBool(args[1]) {
				equal := b.operation(equalTerm, args)
				if e.AsCall().FunctionName() == operators.NotEquals {
					return &term{operation: notTerm, operands: []*term{equal}}
				}
				return equal
			}
		}
	}
	return b.atom(e)
}

func literalBool(e ast.Expr) (value, ok bool) {
	if e.Kind() != ast.LiteralKind {
		return false, false
	}
	literal, ok := e.AsLiteral().(types.Bool)
	return bool(literal), ok
}

func (b *builder) isBool(e ast.Expr) bool {
	return b.fast.tree.GetType(e.ID()).Kind() == types.BoolKind
}

func (b *builder) operation(operation operation, args []ast.Expr) *term {
	t := &term{operation: operation}
	for _, arg := range args {
		t.operands = append(t.operands, b.term(arg))
	}
	return t
}

// atom classifies a test.
func (b *builder) atom(e ast.Expr) *term {
	a := &atom{failsOnLists: failsOnLists(e)}
	test, known := b.fast.predicate(e)
	reads := reads(e)
	number, isNumber := b.calendarTest(e)
	asked, isPresence := presenceOf(e)
	switch {
	case isNumber:
		a.about, a.exact = b.dimension(number.key(), newReading(requestTime, nil)), true
		a.about.calendar = &number.field
		a.about.numbers = append(a.about.numbers, number.literals...)
		a.test = func(c exampleCase) outcomes { return number.outcome(c) }
	case isPresence:
		a.about, a.exact = b.dimension(asked.name, asked), true
		a.test = func(c exampleCase) outcomes { return outcomeOf(!c.absent, nil) }
	case known && len(reads) == 1:
		a.about = b.dimension(reads[0].name, reads[0])
		a.exact = a.about.addLiterals(e)
		a.test = func(c exampleCase) outcomes { return outcomeOf(test(c.in)) }
	case known && len(reads) == 0 && isLiteralTest(e):
		return &term{operation: constantTerm, value: outcomeOf(test(&Input{}))}
	}
	if !a.exact {
		a.free = b.dimension("outcome of "+debug.ToDebugString(e), reading{})
		a.free.free = true
	}
	b.atoms = append(b.atoms, a)
	return &term{operation: atomTerm, atom: a}
}

// isLiteralTest reports whether a test of the fast path has nothing but literals in it.
func isLiteralTest(e ast.Expr) bool {
	for _, child := range children(e) {
		if !isLiteralTest(child) {
			return false
		}
	}
	return e.Kind() == ast.LiteralKind || e.Kind() == ast.CallKind || e.Kind() == ast.ListKind
}

func (b *builder) dimension(key string, about reading) *dimension {
	d, ok := b.byKey[key]
	if !ok {
		d = &dimension{reading: about}
		b.byKey[key] = d
		b.formula.dimensions = append(b.formula.dimensions, d)
	}
	return d
}

// makeTable asks the test about every example.
func (a *atom) makeTable() {
	if a.about == nil {
		return
	}
	for _, c := range a.about.cases {
		value := outcomes(0)
		if a.exact || !c.open {
			value = a.test(c)
		}
		a.table = append(a.table, value)
	}
}

// presenceOf returns what has() asks for, in the form that the parser gave it.
func presenceOf(e ast.Expr) (reading, bool) {
	if e.Kind() == ast.IdentKind {
		v, ok := presence(e.AsIdent())
		return newReading(v, nil), ok
	}
	if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != operators.In {
		return reading{}, false
	}
	args := e.AsCall().Args()
	if args[1].Kind() != ast.IdentKind {
		return reading{}, false
	}
	v, ok := keysOf(args[1].AsIdent())
	key, isText := literalText(args[0])
	return newReading(v, []string{key}), ok && isText
}
