package condition

import (
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/types"

	"bailiwick/iam"
)

// EventField is what a query may read of an event. Every field is always there; one that the
// event lacks is empty.
type EventField struct {
	Name    string
	Integer bool // otherwise a text
	read    func(e *iam.Event, r iam.EventResource) string
}

// statusField is the one field that is no text.
const statusField = "status"

// EventFields returns the fields of a query, in the order in which they are shown.
func EventFields() []EventField {
	text := func(read func(e *iam.Event) string) func(*iam.Event, iam.EventResource) string {
		return func(e *iam.Event, _ iam.EventResource) string { return read(e) }
	}
	return []EventField{
		{Name: "productName", read: text(func(e *iam.Event) string { return e.Product })},
		{Name: "serviceName", read: text(func(e *iam.Event) string { return e.Service })},
		{Name: "methodName", read: text(func(e *iam.Event) string { return e.Method })},
		{Name: statusField, Integer: true},
		{Name: "principalId", read: text(func(e *iam.Event) string { return e.Principal.ID })},
		{Name: "projectId", read: text(func(e *iam.Event) string { return string(e.ProjectID) })},
		{Name: "sourceIp", read: text(func(e *iam.Event) string { return e.SourceIP })},
		{Name: "userAgent", read: text(func(e *iam.Event) string { return e.UserAgent })},
		{Name: "resourceType", read: func(_ *iam.Event, r iam.EventResource) string { return string(r.Type) }},
		{Name: "resourceId", read: func(_ *iam.Event, r iam.EventResource) string { return r.ID }},
		{Name: "resourceName", read: func(_ *iam.Event, r iam.EventResource) string { return r.Name }},
	}
}

// EventCompiler turns the queries of alert rules into predicates on events. It is safe for
// concurrent use.
type EventCompiler struct {
	env   *cel.Env
	zones *zones
}

// NewEventCompiler returns a compiler. One serves a whole process.
func NewEventCompiler() (*EventCompiler, error) {
	options := []cel.EnvOption{
		cel.StdLib(), cel.ClearMacros(), // no macros, so no loops: the work of a query is that of its text
		cel.ParserExpressionSizeLimit(iam.MaxAlertQuery),
		cel.ParserRecursionLimit(maxNesting),
		cel.Function(rangeFunction, cel.Overload("in_ip_range_string_string",
			[]*cel.Type{cel.StringType, cel.StringType}, cel.BoolType, cel.BinaryBinding(callInIPRange))),
	}
	for _, f := range EventFields() {
		kind := cel.StringType
		if f.Integer {
			kind = cel.IntType
		}
		options = append(options, cel.Variable(f.Name, kind))
	}
	c := &EventCompiler{zones: &zones{}}
	var err error
	if c.env, err = cel.NewCustomEnv(append(options, c.zones.options()...)...); err != nil {
		return nil, fmt.Errorf("condition: %w", err)
	}
	return c, nil
}

// EventQuery is a compiled query: immutable and safe for concurrent use.
type EventQuery struct {
	program     cel.Program
	fields      []EventField
	ofResources bool // reads what differs from resource to resource
}

// eventCost bounds the texts of events, as costModel does those of conditions.
type eventCost struct{ costModel }

// EstimateSize is part of cost.Estimator.
func (m eventCost) EstimateSize(node cost.AstNode) *cost.SizeEstimate {
	if len(node.Path()) != 1 {
		return nil
	}
	return &cost.SizeEstimate{Min: 0, Max: maxAttribute}
}

// Compile checks a query and compiles it. The error is an *Error.
//
// Whoever writes an alert rule is not trusted with the server's time: a query is evaluated on
// every event of its organization, for ever. So the fences are those of conditions: length,
// depth, literal patterns of bounded size, and a worst case that fits the cost limit.
func (c *EventCompiler) Compile(source string) (query *EventQuery, err error) {
	defer func() {
		if r := recover(); r != nil { // a fault in a parser must not take the server down
			query, err = nil, refuse(Issue{1, 1, "the query cannot be compiled"})
		}
	}()
	query, fault := c.compile(source)
	if fault != nil {
		return nil, fault
	}
	return query, nil
}

func (c *EventCompiler) compile(source string) (*EventQuery, *Error) {
	if issue, ok := checkSource(source); !ok {
		return nil, refuse(issue)
	}
	parsed, issues := c.env.Parse(source)
	if issues.Err() != nil {
		return nil, refuse(translateEvent(issues)...)
	}
	names := fence{tree: parsed.NativeRep()}
	names.checkNesting()
	if len(names.issues) > 0 {
		return nil, refuse(names.issues...)
	}
	typed, issues := c.env.Check(parsed)
	if issues.Err() != nil {
		return nil, refuse(translateEvent(issues)...)
	}
	if t := typed.OutputType(); t.Kind() != types.BoolKind {
		return nil, refuse(Issue{1, 1, fmt.Sprintf("a query must be true or false, this one gives a value of type %s", t)})
	}
	work := fence{tree: typed.NativeRep(), zones: c.zones, patterns: map[string]*pattern{}, containers: map[int64]bool{}}
	work.checkWork()
	if len(work.issues) > 0 {
		return nil, refuse(work.issues...)
	}
	model := eventCost{costModel{work.patterns, work.containers}}
	estimate, err := c.env.EstimateCost(typed, model)
	if err != nil {
		return nil, refuse(Issue{1, 1, err.Error()})
	}
	if estimate.Max > costLimit {
		return nil, refuse(Issue{1, 1, fmt.Sprintf("the query can take too much work: a cost of %d, the limit is %d", estimate.Max, uint64(costLimit))})
	}
	program, err := c.env.Program(typed, cel.CostTracking(model), cel.CostLimit(costLimit), cel.OptimizeRegex(regexOptimization(work.patterns)))
	if err != nil {
		return nil, refuse(Issue{1, 1, err.Error()})
	}
	return &EventQuery{program, EventFields(), readsResources(typed.NativeRep())}, nil
}

// readsResources reports whether an expression names a field of resources.
func readsResources(tree *ast.AST) (reads bool) {
	ast.PreOrderVisit(tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		reads = reads || e.Kind() == ast.IdentKind && strings.HasPrefix(rootName(e), "resource")
	}))
	return reads
}

// translateEvent is translate for queries.
func translateEvent(issues *cel.Issues) []Issue {
	translated := translate(issues, nil, plainVariables)
	for i, issue := range translated {
		if before, _, found := strings.Cut(issue.Message, "; a condition can read"); found {
			var names []string
			for _, f := range EventFields() {
				names = append(names, f.Name)
			}
			translated[i].Message = before + "; a query can read " + strings.Join(names, ", ")
		}
	}
	return translated
}

// eventActivation shows an event to cel-go.
type eventActivation struct {
	event    *iam.Event
	resource iam.EventResource
	fields   []EventField
}

// Parent is part of cel.Activation.
func (eventActivation) Parent() cel.Activation { return nil }

// ResolveName returns a field's value. Texts are cut at the length that the cost is reckoned
// with: who sends a long user agent must not keep an alert from firing.
func (a eventActivation) ResolveName(name string) (any, bool) {
	if name == statusField {
		return types.Int(a.event.StatusCode), true
	}
	i := slices.IndexFunc(a.fields, func(f EventField) bool { return f.Name == name })
	if i < 0 {
		return nil, false
	}
	text := a.fields[i].read(a.event, a.resource)
	if len(text) > maxAttribute {
		text = strings.ToValidUTF8(text[:maxAttribute], "")
	}
	return types.String(text), true
}

// Matches reports whether the query holds for an event: for one of its resources, if the query
// reads those. An error means that it does not.
func (q *EventQuery) Matches(e *iam.Event) (matches bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			matches, err = false, fmt.Errorf("the query cannot be evaluated: %v", r)
		}
	}()
	resources := e.Resources
	if !q.ofResources || len(resources) == 0 {
		resources = []iam.EventResource{{}}
	}
	for _, r := range resources {
		if matches, err = result(q.program.Eval(eventActivation{e, r, q.fields})); matches || err != nil {
			return matches, err
		}
	}
	return false, nil
}
