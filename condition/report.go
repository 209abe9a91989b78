package condition

import (
	"fmt"

	"cel.dev/cel-go/common/ast"
)

// Report is what is known about a source before anybody is asked with it.
type Report struct {
	Valid    bool      // it compiles
	Issues   []Issue   // why it does not; sorted by place
	Findings []Finding // what its writer may not have meant; only if it is valid
	Cost     uint64    // the most that an evaluation can take, see Condition.Cost
}

// Finding is something that a valid condition does and its writer may not have meant.
type Finding struct {
	Kind    string // one of the constants below
	Message string // plain text, one line
	Fix     string // what to write instead; empty where only the writer can know
}

// The kinds of findings.
const (
	AlwaysTrue     = "always_true"     // true for every input on which it does not fail
	NeverTrue      = "never_true"      // for no input true
	BreaksListing  = "breaks_listing"  // fails on list calls, which have no resource
	NeverMatches   = "never_matches"   // compares request.ip with a text that no address has
	PrivateAddress = "private_address" // no caller from the internet has this address
	MutableName    = "mutable_name"    // depends on resource.name, which a renaming changes
	NoTimeZone     = "no_time_zone"    // reads a time in UTC for want of a time zone
)

// Check compiles a source, with CompileAttributes if attributes is set, and looks for
// mistakes that are not errors. Nothing is claimed that does not hold; that a condition has
// no finding does not say that it has no mistake. Check takes up to some tens of
// milliseconds.
func (c *Compiler) Check(source string, attributes bool) Report {
	condition, checked, err := c.compile(source, attributes)
	if err != nil {
		return Report{Issues: err.Issues}
	}
	return Report{Valid: true, Findings: c.findings(condition, checked, attributes), Cost: condition.Cost()}
}

func (c *Compiler) findings(condition *Condition, source *checked, attributes bool) (findings []Finding) {
	defer func() {
		// As in Compile: the advice is not worth the server.
		if r := recover(); r != nil {
			findings = nil
		}
	}()
	formula := c.formulaOf(condition, source)
	canHold := formula.reaches(isTrue)
	if !canHold {
		findings = append(findings, Finding{NeverTrue, "no request satisfies this condition: the rule grants nothing", ""})
	} else if !formula.reaches(isFalse) {
		findings = append(findings, Finding{AlwaysTrue, "every request that has the values which this condition reads satisfies it: it restricts nothing", ""})
	}
	if fix, breaks := c.breaksListing(condition, formula, attributes); canHold && breaks {
		findings = append(findings, Finding{BreaksListing, "list calls have no resource: this condition fails on them and its rule lets nobody list", fix})
	}
	return append(findings, literalFindings(source.tree)...)
}

// breaksListing reports whether a condition can be true, but never on a list call, and that
// because it reads the resource: a condition that asks has() and is false then is meant so.
func (c *Compiler) breaksListing(condition *Condition, formula *formula, attributes bool) (fix string, breaks bool) {
	if !formula.readsResource() || formula.reachesOnLists(isTrue) {
		return "", false
	}
	samples := formula.listSamples()
	for _, in := range samples {
		holds, err := condition.Evaluate(in)
		if holds {
			return "", false
		}
		breaks = breaks || err != nil
	}
	if !breaks {
		return "", false
	}
	// A comment at the end would swallow the parenthesis that follows it.
	for _, form := range []string{"(%s) || !has(resource.id)", "(%s\n) || !has(resource.id)"} {
		fix := fmt.Sprintf(form, condition.Source())
		if c.holdsOn(fix, attributes, samples) {
			return fix, true
		}
	}
	return "", true
}

func (c *Compiler) holdsOn(source string, attributes bool, samples []*Input) bool {
	condition, _, err := c.compile(source, attributes)
	if err != nil {
		return false
	}
	for _, in := range samples {
		if holds, err := condition.Evaluate(in); err != nil || !holds {
			return false
		}
	}
	return true
}

// visit calls a function for every expression, those in loops and the hidden ones of macros
// included, in the order of the text.
func visit(tree *ast.AST, f func(e ast.Expr)) { ast.PreOrderVisit(tree.Expr(), ast.NewExprVisitor(f)) }
