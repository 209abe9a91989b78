package condition

import (
	"errors"
	"fmt"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
)

// costLimit bounds one evaluation, in the units of CEL's cost model: about 1 ms.
const costLimit = 10_000

// activation shows an Input to cel-go.
type activation struct{ in *Input }

// Parent is part of cel.Activation.
func (activation) Parent() cel.Activation { return nil }

// ResolveName returns a variable's value, or the error that reading it is.
func (a activation) ResolveName(name string) (any, bool) {
	if v, ok := variableOf(name); ok {
		return a.value(v), true
	}
	if len(name) > len(presencePrefix) && name[:len(presencePrefix)] == presencePrefix {
		if v, ok := variableOf(name[len(presencePrefix):]); ok {
			return types.Bool(a.in.has(v)), true
		}
	}
	return nil, false
}

func (a activation) value(v variable) any {
	if !a.in.has(v) {
		return types.WrapErr(errAbsent(v))
	}
	switch v {
	case requestIP:
		return types.String(a.in.address().String())
	case requestTime:
		return types.Timestamp{Time: a.in.Time.UTC()}
	case requestUserAgent:
		return types.String(userAgent(*a.in.UserAgent))
	}
	text := *a.in.text(v)
	if len(text) > maxAttribute {
		return types.WrapErr(errTooLong(v))
	}
	return types.String(text)
}

func errAbsent(v variable) error { return fmt.Errorf("%s is absent", v) }

func errTooLong(v variable) error {
	return fmt.Errorf("%s is longer than %d bytes", v, maxAttribute)
}

// interpret evaluates with cel-go.
func interpret(program cel.Program, in *Input) (bool, error) {
	out, _, err := program.Eval(activation{in})
	if err != nil {
		return false, err
	}
	result, ok := out.(types.Bool)
	if !ok {
		return false, errors.New("the condition gave no boolean")
	}
	return bool(result), nil
}
