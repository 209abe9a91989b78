package condition

import (
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/parser"

	"bailiwick/iam"
)

const (
	rangeFunction = "inIpRange"
	// presencePrefix starts the names of the hidden variables that has() reads. The lexer
	// takes no '@', so a condition cannot name them.
	presencePrefix = "@has_"
	// keysPrefix starts the names of the hidden maps that has() of a property looks in: the
	// same as the maps of properties, but empty, not an error, where those are absent.
	keysPrefix = "@keys_"
)

// newEnvironment declares what a condition may name: the first of the variables.
func newEnvironment(zones *zones, known variable) (*cel.Env, error) {
	options := []cel.EnvOption{
		cel.StdLib(),
		cel.ClearMacros(),
		cel.Macros(parser.NewGlobalMacro("has", 1, known.expandHas), cel.AllMacro, cel.ExistsMacro,
			cel.ExistsOneMacro, parser.ExistsOneMacroNew, cel.MapMacro, cel.MapFilterMacro, cel.FilterMacro),
		cel.ParserExpressionSizeLimit(iam.MaxConditionLength),
		cel.ParserRecursionLimit(maxNesting),
		cel.Function(rangeFunction, cel.Overload("in_ip_range_string_string",
			[]*cel.Type{cel.StringType, cel.StringType}, cel.BoolType, cel.BinaryBinding(callInIPRange))),
	}
	for v := range known {
		kind := cel.StringType
		switch {
		case v == requestTime:
			kind = cel.TimestampType
		case v >= plainVariables:
			kind = cel.MapType(cel.StringType, cel.DynType)
			options = append(options, cel.Variable(keysPrefix+v.String(), kind))
		}
		options = append(options,
			cel.Variable(v.String(), kind),
			cel.Variable(presencePrefix+v.String(), cel.BoolType))
	}
	if known == variables {
		// JSON has one kind of number: properties compare with literals of any kind.
		options = append(options, cel.CrossTypeNumericComparisons(true))
	}
	return cel.NewCustomEnv(append(options, zones.options()...)...)
}

// expandHas turns has(request.ip) into the hidden variable that tells its presence: the
// standard macro asks a map or a message for a field, and here there is neither. A key of
// properties is looked up, not read, so that has() does not fail where there are none. Any
// other selection keeps its standard meaning.
func (known variable) expandHas(helper parser.ExprHelper, _ ast.Expr, args []ast.Expr) (ast.Expr, *cel.Error) {
	if args[0].Kind() != ast.SelectKind {
		return nil, helper.NewError(args[0].ID(), "has() takes a selection such as has(resource.id)")
	}
	selection := args[0].AsSelect()
	if v, ok := variableOf(dottedName(args[0])); ok && v < known {
		return helper.NewIdent(presencePrefix + v.String()), nil
	}
	if v, ok := variableOf(dottedName(selection.Operand())); ok && v >= plainVariables && v < known {
		key := helper.NewLiteral(types.String(selection.FieldName()))
		return helper.NewCall(operators.In, key, helper.NewIdent(keysPrefix+v.String())), nil
	}
	return helper.NewPresenceTest(selection.Operand(), selection.FieldName()), nil
}

// presence returns the variable whose presence a hidden variable tells.
func presence(name string) (variable, bool) {
	rest, ok := strings.CutPrefix(name, presencePrefix)
	if !ok {
		return 0, false
	}
	return variableOf(rest)
}

// keysOf returns the map of properties that a hidden variable shows.
func keysOf(name string) (variable, bool) {
	rest, ok := strings.CutPrefix(name, keysPrefix)
	if !ok {
		return 0, false
	}
	return variableOf(rest)
}

// dottedName returns the name that a selection spells, such as "request.ip"; empty if it is
// not made of one name and one field.
func dottedName(e ast.Expr) string {
	if e.Kind() != ast.SelectKind || e.AsSelect().IsTestOnly() || e.AsSelect().Operand().Kind() != ast.IdentKind {
		return ""
	}
	return rootName(e.AsSelect().Operand()) + "." + e.AsSelect().FieldName()
}

func callInIPRange(ip, cidr ref.Val) ref.Val {
	inside, err := inIPRange(string(ip.(types.String)), string(cidr.(types.String)))
	if err != nil {
		return types.WrapErr(err)
	}
	return types.Bool(inside)
}
