package condition

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
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
	// maxInstructions holds whatever the text is: patterns are kept in memory.
	maxInstructions = maxPatternWork / maxUserAgent
	// patternWorkPerCost prices that work in CEL's cost units.
	patternWorkPerCost = 20
)

var errPatternWork = errors.New("matches: the text is too long for this regular expression")

// pattern is a compiled regular expression that knows how much work a match is.
type pattern struct {
	expression   *regexp.Regexp
	instructions int
}

// compilePattern compiles an expression. It looks at the expanded size before it compiles:
// a pattern of 1,800 characters can take 150 ms and much memory to compile.
func compilePattern(expression string) (*pattern, error) {
	parsed, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return nil, badPattern(err)
	}
	if size := expanded(parsed); size > 4*maxInstructions {
		return nil, patternTooLarge(size, maxInstructions)
	}
	size, err := types.RegexProgramSize(expression)
	if err != nil {
		return nil, badPattern(err)
	}
	compiled, err := regexp.Compile(expression)
	if err != nil {
		return nil, badPattern(err)
	}
	p := &pattern{compiled, size}
	return p, p.checkFor(maxUserAgent)
}

// expanded counts the parts of an expression with its repetitions written out.
func expanded(e *syntax.Regexp) int {
	size := 1 + len(e.Rune)/2
	for _, part := range e.Sub {
		size += expanded(part)
	}
	if e.Op == syntax.OpRepeat {
		size *= max(1, e.Min, e.Max)
	}
	return size
}

// checkFor refuses a pattern that takes too much work on a text of that many characters.
func (p *pattern) checkFor(length int) error {
	if p.instructions*length > maxPatternWork {
		return patternTooLarge(p.instructions, maxPatternWork/length)
	}
	return nil
}

func patternTooLarge(size, limit int) error {
	return fmt.Errorf("the regular expression is too large: %d instructions, at most %d are allowed for this text; "+
		"counted repetitions such as {1,63} count once for each", size, limit)
}

// badPattern leaves out the pattern, which the reader has before him.
func badPattern(err error) error {
	if fault, ok := errors.AsType[*syntax.Error](err); ok {
		return fmt.Errorf("bad regular expression: %s", fault.Code)
	}
	return fmt.Errorf("bad regular expression: %w", err)
}

// match refuses a text that is longer than the check at compilation could know, such as a
// concatenation.
func (p *pattern) match(text string) (bool, error) {
	if len(text)*p.instructions > maxPatternWork && utf8.RuneCountInString(text)*p.instructions > maxPatternWork {
		return false, errPatternWork
	}
	return p.expression.MatchString(text), nil
}

// cost prices a match against a text of up to length characters. What would be more than
// the allowed work is refused, not done.
func (p *pattern) cost(length uint64) uint64 {
	length = min(length, uint64(maxPatternWork/p.instructions))
	return 1 + uint64(p.instructions)*length/patternWorkPerCost
}

// regexOptimization gives cel-go the compiled forms of a condition's patterns.
func regexOptimization(patterns map[string]*pattern) *interpreter.RegexOptimization {
	return &interpreter.RegexOptimization{
		Function:   matchesFunction,
		RegexIndex: 1,
		Factory: func(call interpreter.InterpretableCall, expression string) (interpreter.InterpretableCall, error) {
			compiled := patterns[expression]
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
