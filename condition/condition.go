package condition

import (
	"fmt"

	"cel.dev/cel-go/cel"
)

// Compiler turns sources into conditions. It is safe for concurrent use.
type Compiler struct {
	env        *cel.Env // of plain conditions
	attributes *cel.Env // of those that may read properties
	zones      *zones
}

// NewCompiler returns a compiler. One serves a whole process.
func NewCompiler() (*Compiler, error) {
	zones := &zones{}
	env, err := newEnvironment(zones, plainVariables)
	if err != nil {
		return nil, fmt.Errorf("condition: %w", err)
	}
	attributes, err := newEnvironment(zones, variables)
	if err != nil {
		return nil, fmt.Errorf("condition: %w", err)
	}
	return &Compiler{env: env, attributes: attributes, zones: zones}, nil
}

// Condition is a compiled condition: immutable and safe for concurrent use.
type Condition struct {
	source   string
	reads    []reading // outside of has(), sorted by name
	cost     uint64    // the most that an evaluation can take
	evaluate predicate
}

// predicate decides for an input. An error means that there is no answer.
type predicate func(in *Input) (bool, error)

// Compile checks a source and compiles it. The error is an *Error. It takes up to some
// milliseconds and is meant for the moment when a policy is written or loaded.
func (c *Compiler) Compile(source string) (*Condition, error) {
	return forCaller(c.compile(source, false))
}

// CompileAttributes is Compile for a rule whose permissions are all of resources with
// attributes: the condition may also read subject.properties, resource.properties and
// action.properties, by key.
func (c *Compiler) CompileAttributes(source string) (*Condition, error) {
	return forCaller(c.compile(source, true))
}

// forCaller makes no error of a nil *Error.
func forCaller(condition *Condition, _ *checked, fault *Error) (*Condition, error) {
	if fault != nil {
		return nil, fault
	}
	return condition, nil
}

func (c *Compiler) compile(source string, attributes bool) (condition *Condition, checked *checked, fault *Error) {
	defer func() {
		// The source comes from a caller: a fault in a parser must not take the server down.
		if r := recover(); r != nil {
			condition, checked, fault = nil, nil, refuse(Issue{1, 1, "the condition cannot be compiled"})
		}
	}()
	checked, fault = c.check(source, attributes)
	if fault != nil {
		return nil, nil, fault
	}
	evaluate, ok := c.fast(checked)
	if !ok {
		if evaluate, fault = c.interpreted(checked); fault != nil {
			return nil, nil, fault
		}
	}
	return &Condition{source: source, reads: reads(checked.tree.Expr()), cost: checked.cost, evaluate: evaluate}, checked, nil
}

// Source returns the text that was compiled.
func (c *Condition) Source() string { return c.source }

// Cost returns the most work that an evaluation can take, in the units of CEL's cost model:
// 0 to 20,000; 10,000 are about 1 ms.
func (c *Condition) Cost() uint64 { return c.cost }

// Variables returns the names of the variables that the condition reads outside of has(),
// sorted, such as "resource.id" or "subject.properties.role". A property that is not read by
// a literal key counts as the map: "subject.properties".
func (c *Condition) Variables() []string {
	var names []string
	for _, r := range c.reads {
		names = append(names, r.name)
	}
	return names
}

// Evaluate reports whether the condition holds. An error means that it does not: a variable
// that it needs is absent, a value is malformed, or the cost limit is reached. It never
// panics. A nil input is one with nothing in it.
func (c *Condition) Evaluate(in *Input) (holds bool, err error) {
	defer func() {
		// Deny by default: a fault in an evaluation is a condition that does not hold.
		if r := recover(); r != nil {
			holds, err = false, fmt.Errorf("the condition cannot be evaluated: %v", r)
		}
	}()
	if in == nil {
		in = &Input{}
	}
	return c.evaluate(in)
}

// Missing returns the names of the variables that the condition reads outside of has() and
// that are absent in the input, sorted.
func (c *Condition) Missing(in *Input) []string {
	if in == nil {
		in = &Input{}
	}
	var missing []string
	for _, r := range c.reads {
		if !r.presentIn(in) {
			missing = append(missing, r.name)
		}
	}
	return missing
}
