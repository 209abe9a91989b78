package condition

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// reading is something that a condition reads: a variable, or a value below one of the maps
// of properties that is named by literal keys.
type reading struct {
	variable variable
	path     []string // the keys; only below properties
	name     string
}

func newReading(v variable, path []string) reading {
	name := v.String()
	for _, key := range path {
		if plainKey.MatchString(key) {
			name += "." + key
		} else {
			name += "[" + strconv.Quote(key) + "]"
		}
	}
	return reading{v, path, name}
}

// reads returns what an expression reads outside of has(), which the parser has turned into
// other names.
func reads(e ast.Expr) []reading {
	var found []reading
	var visit func(e ast.Expr)
	visit = func(e ast.Expr) {
		if v, path, ok := literalPath(e); ok {
			found = append(found, newReading(v, path))
			return
		}
		for _, child := range children(e) {
			visit(child)
		}
	}
	visit(e)
	slices.SortFunc(found, func(a, b reading) int { return cmp.Compare(a.name, b.name) })
	return slices.CompactFunc(found, func(a, b reading) bool { return a.name == b.name })
}

// literalPath returns the variable that an expression is, and the literal keys by which it
// reads a property.
func literalPath(e ast.Expr) (variable, []string, bool) {
	if v, ok := identVariable(e); ok {
		return v, nil, true
	}
	operand, key, ok := selection(e)
	if !ok {
		return 0, nil, false
	}
	v, path, ok := literalPath(operand)
	return v, append(path, key), ok && v >= plainVariables
}

// selection takes apart operand.key and operand["key"].
func selection(e ast.Expr) (operand ast.Expr, key string, ok bool) {
	switch e.Kind() {
	case ast.SelectKind:
		return e.AsSelect().Operand(), e.AsSelect().FieldName(), !e.AsSelect().IsTestOnly()
	case ast.CallKind:
		if call := e.AsCall(); call.FunctionName() == operators.Index {
			key, ok = literalText(call.Args()[1])
			return call.Args()[0], key, ok
		}
	}
	return nil, "", false
}

// presentIn reports whether the input has what is read.
func (r reading) presentIn(in *Input) bool {
	if !in.has(r.variable) {
		return false
	}
	var value any = in.properties(r.variable)
	for _, key := range r.path {
		inside, ok := value.(map[string]any)
		if !ok {
			return false
		}
		if value, ok = inside[key]; !ok {
			return false
		}
	}
	return true
}

// put gives an input the value that is read; a value of the type that the variable has.
func (r reading) put(in *Input, value any) {
	switch r.variable {
	case requestIP:
		in.IP = value.(netip.Addr)
	case requestTime:
		in.Time = value.(time.Time)
	case requestUserAgent:
		in.UserAgent = textOf(value)
	case actionProperties:
		in.ActionProperties = r.putProperty(in.ActionProperties, value)
	case resourceProperties:
		in.ResourceProperties = r.putProperty(in.ResourceProperties, value)
	case subjectProperties:
		in.SubjectProperties = r.putProperty(in.SubjectProperties, value)
	default:
		if in.Resource == nil {
			in.Resource = &Resource{}
		}
		switch r.variable {
		case resourceID:
			in.Resource.ID = textOf(value)
		case resourceLocality:
			in.Resource.Locality = textOf(value)
		case resourceName:
			in.Resource.Name = textOf(value)
		}
	}
}

func textOf(value any) *string {
	text := value.(string)
	return &text
}

// putProperty makes the maps on the way to the value where there are none.
func (r reading) putProperty(properties map[string]any, value any) map[string]any {
	if properties == nil {
		properties = map[string]any{}
	}
	inside := properties
	for i, key := range r.path {
		if i == len(r.path)-1 {
			inside[key] = value
			break
		}
		next, ok := inside[key].(map[string]any)
		if !ok {
			next = map[string]any{}
			inside[key] = next
		}
		inside = next
	}
	return properties
}
