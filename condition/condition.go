package condition

import (
	"fmt"

	"cel.dev/cel-go/cel"
)

// Compiler turns sources into conditions. It is safe for concurrent use.
type Compiler struct {
	env *cel.Env
}

// NewCompiler returns a compiler. One serves a whole process.
func NewCompiler() (*Compiler, error) {
	env, err := newEnvironment()
	if err != nil {
		return nil, fmt.Errorf("condition: %w", err)
	}
	return &Compiler{env: env}, nil
}

// Condition is a compiled condition: immutable and safe for concurrent use.
type Condition struct {
	source  string
	program cel.Program
	reads   []variable // outside of has(), sorted
}

// Compile checks a source and compiles it. The error is an *Error.
func (c *Compiler) Compile(source string) (*Condition, error) {
	checked, issues := c.env.Compile(source)
	if issues.Err() != nil {
		var found []Issue
		for _, e := range issues.Errors() {
			found = append(found, Issue{max(1, e.Location.Line()), max(0, e.Location.Column()) + 1, e.Message})
		}
		return nil, refuse(found...)
	}
	if checked.OutputType() != cel.BoolType {
		return nil, refuse(Issue{1, 1, fmt.Sprintf("a condition must be a bool, this is a %s", checked.OutputType())})
	}
	program, err := c.env.Program(checked, cel.CostLimit(costLimit))
	if err != nil {
		return nil, refuse(Issue{1, 1, err.Error()})
	}
	condition := &Condition{source: source, program: program}
	seen := [variables]bool{}
	for _, reference := range checked.NativeRep().ReferenceMap() {
		if v, ok := variableOf(reference.Name); ok && !seen[v] {
			seen[v] = true
		}
	}
	for v := range variables {
		if seen[v] {
			condition.reads = append(condition.reads, v)
		}
	}
	return condition, nil
}

// Source returns the text that was compiled.
func (c *Condition) Source() string { return c.source }

// Evaluate reports whether the condition holds. An error means that it does not: a variable
// that it needs is absent, a value is malformed, or the cost limit is reached. It never
// panics. in may be nil, which is an input with nothing in it.
func (c *Condition) Evaluate(in *Input) (holds bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			holds, err = false, fmt.Errorf("the condition cannot be evaluated: %v", r)
		}
	}()
	if in == nil {
		in = &Input{}
	}
	return interpret(c.program, in)
}

// Missing returns the names of the variables that the condition reads outside of has() and
// that are absent in the input, sorted.
func (c *Condition) Missing(in *Input) []string {
	if in == nil {
		in = &Input{}
	}
	var missing []string
	for _, v := range c.reads {
		if !in.has(v) {
			missing = append(missing, v.String())
		}
	}
	return missing
}
