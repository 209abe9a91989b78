package condition

import (
	"errors"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

var (
	errPropertyType = errors.New("a property has a type that this operation does not take")
	errNoProperty   = errors.New("a property is read below one that is no map")
)

// propertyValue gives a value below one of the maps of properties, measured.
type propertyValue func(in *Input) (any, error)

// property compiles the reading of a property by literal keys.
func (f fastPath) property(e ast.Expr) (propertyValue, bool) {
	v, path, ok := literalPath(e)
	if !ok || len(path) == 0 {
		return nil, false
	}
	missing := errors.New(newReading(v, path).name + " is absent")
	return func(in *Input) (any, error) {
		properties := in.properties(v)
		if properties == nil {
			return nil, absent[v]
		}
		value, ok := properties[path[0]]
		if !ok {
			return nil, missing
		}
		if err := measure(value); err != nil {
			return nil, err
		}
		for _, key := range path[1:] {
			inside, isMap := value.(map[string]any)
			if !isMap {
				return nil, errNoProperty
			}
			if value, ok = inside[key]; !ok {
				return nil, missing
			}
		}
		return value, nil
	}, true
}

// truth compiles a property that stands for a truth value.
func (f fastPath) truth(e ast.Expr) (predicate, bool) {
	value, ok := f.property(e)
	return func(in *Input) (bool, error) {
		property, err := value(in)
		if err != nil {
			return false, err
		}
		holds, isBool := property.(bool)
		if !isBool {
			return false, errPropertyType
		}
		return holds, nil
	}, ok
}

// propertyText compiles a property where only a text will do.
func (f fastPath) propertyText(e ast.Expr) (text, bool) {
	value, ok := f.property(e)
	return func(in *Input) (string, error) {
		property, err := value(in)
		if err != nil {
			return "", err
		}
		s, isText := property.(string)
		if !isText {
			return "", errPropertyType
		}
		return s, nil
	}, ok
}

// compareProperty compiles the comparison of a property with a literal.
func (f fastPath) compareProperty(operator string, a, b ast.Expr) (predicate, bool) {
	if a.Kind() == ast.LiteralKind {
		a, b, operator = b, a, mirrored(operator)
	}
	value, ok := f.property(a)
	if !ok || b.Kind() != ast.LiteralKind {
		return nil, false
	}
	literal := b.AsLiteral()
	test := func(property any) (bool, error) {
		order, err := orderOf(property, literal)
		return err == nil && holdsFor(operator)(order), err
	}
	switch operator {
	case operators.Equals:
		test = func(property any) (bool, error) { return equals(property, literal), nil }
	case operators.NotEquals:
		test = func(property any) (bool, error) { return !equals(property, literal), nil }
	}
	return func(in *Input) (bool, error) {
		property, err := value(in)
		if err != nil {
			return false, err
		}
		return test(property)
	}, true
}

// mirrored returns the operator that says the same with its operands exchanged.
func mirrored(operator string) string {
	switch operator {
	case operators.Less:
		return operators.Greater
	case operators.LessEquals:
		return operators.GreaterEquals
	case operators.Greater:
		return operators.Less
	case operators.GreaterEquals:
		return operators.LessEquals
	}
	return operator
}

// equals compares as CEL does: a number equals numbers of any kind, and values of different
// kinds are not equal, which is no error.
func equals(property any, literal ref.Val) bool {
	switch v := property.(type) {
	case nil:
		return literal == types.NullValue
	case bool:
		return types.Bool(v).Equal(literal) == types.True
	case float64:
		return types.Double(v).Equal(literal) == types.True
	case string:
		return types.String(v).Equal(literal) == types.True
	}
	return false
}

// orderOf compares as CEL does: an error for kinds that have no order.
func orderOf(property any, literal ref.Val) (int, error) {
	order := ref.Val(nil)
	switch v := property.(type) {
	case bool:
		order = types.Bool(v).Compare(literal)
	case float64:
		order = types.Double(v).Compare(literal)
	case string:
		order = types.String(v).Compare(literal)
	}
	n, ok := order.(types.Int)
	if !ok {
		return 0, errPropertyType
	}
	return int(n), nil
}

// propertyIn compiles "in" of a property and a list of literals.
func (f fastPath) propertyIn(element ast.Expr, literals []ref.Val) (predicate, bool) {
	value, ok := f.property(element)
	return func(in *Input) (bool, error) {
		property, err := value(in)
		if err != nil {
			return false, err
		}
		for _, literal := range literals {
			if equals(property, literal) {
				return true, nil
			}
		}
		return false, nil
	}, ok
}

// key compiles "in" of a literal and a map of properties, which is also what has() becomes.
func (f fastPath) key(name string, properties ast.Expr) (predicate, bool) {
	if properties.Kind() != ast.IdentKind {
		return nil, false
	}
	v, hidden := keysOf(properties.AsIdent())
	if !hidden {
		known := false
		if v, known = identVariable(properties); !known || v < plainVariables {
			return nil, false
		}
	}
	return func(in *Input) (bool, error) {
		inside := in.properties(v)
		if inside == nil && !hidden {
			return false, absent[v]
		}
		_, ok := inside[name]
		return ok, nil
	}, true
}
