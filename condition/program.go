package condition

import (
	"context"
	"errors"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// Bounds of one evaluation, in the units of CEL's cost model: 10,000 are about 1 ms.
const (
	costLimit = 10_000
	// attributesCostLimit lets a loop over the elements of one property compare each with
	// another property. CEL prices that at 11,000, since both could be long texts; it takes
	// a twentieth of a millisecond.
	attributesCostLimit = 2 * costLimit
)

const (
	timeLimit      = time.Second // of one evaluation with loops
	interruptEvery = 100         // rounds of a loop between two looks at it
)

// activation shows an Input to cel-go.
type activation struct{ in *Input }

// Parent is part of cel.Activation.
func (activation) Parent() cel.Activation { return nil }

// ResolveName returns a variable's value, or the error that reading it is.
func (a activation) ResolveName(name string) (any, bool) {
	if v, ok := variableOf(name); ok {
		return a.value(v), true
	}
	if v, ok := presence(name); ok {
		return types.Bool(a.in.has(v)), true
	}
	if v, ok := keysOf(name); ok {
		return propertyMap(a.in.properties(v)), true
	}
	return nil, false
}

func (a activation) value(v variable) any {
	if !a.in.has(v) {
		return types.WrapErr(absent[v])
	}
	switch v {
	case requestIP:
		return types.String(a.in.address().String())
	case requestTime:
		return types.Timestamp{Time: a.in.Time.UTC()}
	case requestUserAgent:
		return types.String(userAgent(*a.in.UserAgent))
	case actionProperties, resourceProperties, subjectProperties:
		return propertyMap(a.in.properties(v))
	}
	text, err := a.in.attribute(v)
	if err != nil {
		return types.WrapErr(err)
	}
	return types.String(text)
}

// interpreted prepares evaluation with cel-go.
func (c *Compiler) interpreted(source *checked) (predicate, *Error) {
	options := []cel.ProgramOption{
		cel.CostTracking(source.model), cel.CostLimit(source.limit), cel.OptimizeRegex(regexOptimization(source.model.patterns)),
	}
	if source.loops > 0 {
		options = append(options, cel.InterruptCheckFrequency(interruptEvery))
	}
	program, err := source.env.Program(source.typed, options...)
	if err != nil {
		return nil, refuse(Issue{1, 1, err.Error()})
	}
	if source.loops == 0 {
		return func(in *Input) (bool, error) { return result(program.Eval(activation{in})) }, nil
	}
	return func(in *Input) (bool, error) {
		// The cost is bounded already; this is for what the cost model does not see.
		ctx, cancel := context.WithTimeout(context.Background(), timeLimit)
		defer cancel()
		return result(program.ContextEval(ctx, activation{in}))
	}, nil
}

func result(out ref.Val, _ *cel.EvalDetails, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	holds, ok := out.(types.Bool)
	if !ok {
		return false, errors.New("the condition gave no boolean")
	}
	return bool(holds), nil
}
