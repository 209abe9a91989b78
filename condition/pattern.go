package condition

import (
	"errors"
	"fmt"
	"regexp"
	"unicode/utf8"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"
)

const (
	// maxPatternWork bounds one match: instructions of the compiled pattern times characters
	// of the text, about 1 ms. Go's regular expressions are linear in the text, but the
	// factor is the writer's choice: "((a{1,100}){1,10})b" is 19 characters and 2,024
	// instructions, and CEL's own cost of it is too low by a factor of a hundred.
	maxPatternWork = 100_000
	// patternWorkPerCost prices that work in CEL's cost units.
	patternWorkPerCost = 20
)

var errPatternWork = errors.New("matches: the text is too long for this regular expression")

// pattern is a compiled regular expression that knows how much work a match is.
type pattern struct {
	expression   *regexp.Regexp
	instructions int
}

// compilePattern compiles an expression that will see texts of up to length characters.
func compilePattern(expression string, length int) (*pattern, error) {
	size, err := types.RegexProgramSize(expression)
	if err != nil {
		return nil, fmt.Errorf("bad regular expression: %w", err)
	}
	if size*length > maxPatternWork {
		return nil, fmt.Errorf("the regular expression is too large: %d instructions for up to %d characters, at most %d are allowed; "+
			"counted repetitions such as {1,63} count once for each", size, length, maxPatternWork/length)
	}
	compiled, err := regexp.Compile(expression)
	if err != nil {
		return nil, fmt.Errorf("bad regular expression: %w", err)
	}
	return &pattern{compiled, size}, nil
}

// match refuses a text that is longer than the check at compilation could know, such as a
// concatenation.
func (p *pattern) match(text string) (bool, error) {
	if len(text)*p.instructions > maxPatternWork && utf8.RuneCountInString(text)*p.instructions > maxPatternWork {
		return false, errPatternWork
	}
	return p.expression.MatchString(text), nil
}

// patternCost prices a match against a text of up to length characters.
func patternCost(instructions int, length uint64) uint64 {
	return 1 + uint64(instructions)*length/patternWorkPerCost
}

// regexOptimization gives cel-go the compiled form of every literal pattern.
func regexOptimization() *interpreter.RegexOptimization {
	return &interpreter.RegexOptimization{
		Function:   "matches",
		RegexIndex: 1,
		Factory: func(call interpreter.InterpretableCall, expression string) (interpreter.InterpretableCall, error) {
			compiled, err := compilePattern(expression, 1)
			if err != nil {
				return nil, err
			}
			return interpreter.NewCall(call.ID(), call.Function(), call.OverloadID(), call.Args(), func(values ...ref.Val) ref.Val {
				text, ok := values[0].(types.String)
				if !ok {
					return types.MaybeNoSuchOverloadErr(values[0])
				}
				matched, err := compiled.match(string(text))
				if err != nil {
					return types.WrapErr(err)
				}
				return types.Bool(matched)
			}), nil
		},
	}
}
