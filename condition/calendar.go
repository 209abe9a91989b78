package condition

import (
	"cmp"
	"slices"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// calendarTest is an atom that compares a part of request.time with integers.
type calendarTest struct {
	field    calendarField
	zone     string
	literals []int64
	holds    func(value int64) bool
}

func (c calendarTest) key() string { return c.field.function + " " + c.zone }

func (c calendarTest) outcome(example exampleCase) outcomes {
	if example.absent {
		return isError
	}
	return outcomeOf(c.holds(example.number), nil)
}

// calendarTest recognizes comparisons with an integer and "in" of a list of them.
func (b *builder) calendarTest(e ast.Expr) (calendarTest, bool) {
	if e.Kind() != ast.CallKind || len(e.AsCall().Args()) != 2 {
		return calendarTest{}, false
	}
	function, args := e.AsCall().FunctionName(), e.AsCall().Args()
	if function == operators.In {
		test, ok := b.calendarPart(args[0])
		if !ok || args[1].Kind() != ast.ListKind {
			return calendarTest{}, false
		}
		for _, item := range args[1].AsList().Elements() {
			literal, isInt := literalInt(item)
			test.literals, ok = append(test.literals, literal), ok && isInt
		}
		test.holds = func(value int64) bool { return slices.Contains(test.literals, value) }
		return test, ok
	}
	switch function {
	case operators.Equals, operators.NotEquals, operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals:
	default:
		return calendarTest{}, false
	}
	part, value, operator := args[0], args[1], function
	if part.Kind() == ast.LiteralKind {
		part, value, operator = value, part, mirrored(function)
	}
	test, ok := b.calendarPart(part)
	literal, isInt := literalInt(value)
	test.literals = []int64{literal}
	holds := holdsFor(operator)
	test.holds = func(value int64) bool { return holds(cmp.Compare(value, literal)) }
	return test, ok && isInt
}

// calendarPart recognizes the call of request.time.getHours() and the like.
func (b *builder) calendarPart(e ast.Expr) (calendarTest, bool) {
	if e.Kind() != ast.CallKind || !e.AsCall().IsMemberFunction() || !isVariable(e.AsCall().Target(), requestTime) {
		return calendarTest{}, false
	}
	field, ok := calendarFieldOf(e.AsCall().FunctionName())
	test := calendarTest{field: field}
	if args := e.AsCall().Args(); len(args) == 1 {
		test.zone, _ = literalText(args[0])
	}
	return test, ok
}

func literalInt(e ast.Expr) (int64, bool) {
	if e.Kind() != ast.LiteralKind {
		return 0, false
	}
	literal, ok := e.AsLiteral().(types.Int)
	return int64(literal), ok
}

// calendarCases takes every literal and its neighbours that the field can have. The parts of
// one time count as independent of each other and of the time.
func (d *dimension) calendarCases() {
	values := []int64{d.calendar.least}
	for _, n := range d.numbers {
		if n > d.calendar.least {
			values = append(values, min(n-1, d.calendar.most))
		}
		if n >= d.calendar.least && n <= d.calendar.most {
			values = append(values, n)
		}
		if n < d.calendar.most {
			values = append(values, max(n+1, d.calendar.least))
		}
	}
	slices.Sort(values)
	for _, n := range slices.Compact(values) {
		d.cases = append(d.cases, exampleCase{number: n, in: &Input{}})
	}
}
