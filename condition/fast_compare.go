package condition

import (
	"cmp"
	"time"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
)

type (
	number  func(in *Input) (int64, error)
	instant func(in *Input) (time.Time, error)
)

// comparison compiles a comparison of two texts, integers, times or truth values, or of a
// property with a literal.
func (f fastPath) comparison(operator string, a, b ast.Expr) (predicate, bool) {
	if test, ok := f.compareProperty(operator, a, b); ok {
		return test, true
	}
	left, right := f.tree.GetType(a.ID()), f.tree.GetType(b.ID())
	if left.Kind() != right.Kind() {
		return nil, false
	}
	holds := holdsFor(operator)
	switch left.Kind() {
	case types.StringKind:
		return f.compareTexts(operator, a, b)
	case types.IntKind:
		x, ok := f.number(a)
		y, ok2 := f.number(b)
		return compare(x, y, cmp.Compare[int64], holds), ok && ok2
	case types.TimestampKind:
		x, ok := f.instant(a)
		y, ok2 := f.instant(b)
		return compare(x, y, time.Time.Compare, holds), ok && ok2
	case types.BoolKind:
		x, ok := f.predicate(a)
		y, ok2 := f.predicate(b)
		return compare(x, y, compareBools, holds), ok && ok2
	}
	return nil, false
}

func (f fastPath) compareTexts(operator string, a, b ast.Expr) (predicate, bool) {
	if operator == operators.Equals || operator == operators.NotEquals {
		if _, ok := literalText(a); ok {
			a, b = b, a
		}
		v, known := identVariable(a)
		if literal, ok := literalText(b); ok && known && v == requestIP {
			equal := equalAddress(literal)
			if operator == operators.NotEquals {
				equal = not(equal)
			}
			return equal, true
		}
	}
	x, ok := f.text(a)
	y, ok2 := f.text(b)
	return compare(x, y, cmp.Compare[string], holdsFor(operator)), ok && ok2
}

// compare evaluates both sides; an error of either is an error of the comparison.
func compare[T any, F ~func(*Input) (T, error)](a, b F, order func(T, T) int, holds func(int) bool) predicate {
	return func(in *Input) (bool, error) {
		x, err := a(in)
		if err != nil {
			return false, err
		}
		y, err := b(in)
		return err == nil && holds(order(x, y)), err
	}
}

func holdsFor(operator string) func(order int) bool {
	switch operator {
	case operators.Equals:
		return func(order int) bool { return order == 0 }
	case operators.NotEquals:
		return func(order int) bool { return order != 0 }
	case operators.Less:
		return func(order int) bool { return order < 0 }
	case operators.LessEquals:
		return func(order int) bool { return order <= 0 }
	case operators.Greater:
		return func(order int) bool { return order > 0 }
	}
	return func(order int) bool { return order >= 0 }
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// number compiles an integer: a literal, or a part of a time.
func (f fastPath) number(e ast.Expr) (number, bool) {
	if e.Kind() == ast.LiteralKind {
		value, ok := e.AsLiteral().(types.Int)
		return func(*Input) (int64, error) { return int64(value), nil }, ok
	}
	if e.Kind() != ast.CallKind || !e.AsCall().IsMemberFunction() {
		return nil, false
	}
	call := e.AsCall()
	field, ok := calendarFieldOf(call.FunctionName())
	if !ok || f.tree.GetType(call.Target().ID()).Kind() != types.TimestampKind {
		return nil, false
	}
	location := time.UTC
	if args := call.Args(); len(args) == 1 {
		name, _ := literalText(args[0])
		loaded, err := f.zones.load(name)
		if err != nil {
			return nil, false
		}
		location = loaded
	}
	value, ok := f.instant(call.Target())
	return func(in *Input) (int64, error) {
		t, err := value(in)
		if err != nil {
			return 0, err
		}
		return int64(field.get(t.In(location))), nil
	}, ok
}

// instant compiles a time: request.time, or a literal.
func (f fastPath) instant(e ast.Expr) (instant, bool) {
	if v, ok := identVariable(e); ok {
		return func(in *Input) (time.Time, error) {
			if in.Time.IsZero() {
				return time.Time{}, absent[requestTime]
			}
			return in.Time, nil
		}, v == requestTime
	}
	if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != overloads.TypeConvertTimestamp || len(e.AsCall().Args()) != 1 {
		return nil, false
	}
	literal, ok := literalText(e.AsCall().Args()[0])
	value, ok2 := types.String(literal).ConvertToType(types.TimestampType).(types.Timestamp)
	return func(*Input) (time.Time, error) { return value.Time, nil }, ok && ok2
}
