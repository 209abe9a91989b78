package condition

import (
	"unicode/utf8"

	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// costModel adds to CEL's cost model what it cannot know: how large the variables can get,
// and what a match really costs. The estimate before and the count during an evaluation
// use the same prices, so a condition that passes the first does not fail the second.
type costModel struct {
	patterns   map[string]*pattern // the condition's literal patterns
	containers map[int64]bool      // expressions whose value serves as a list or a map only
}

// EstimateSize is part of cost.Estimator.
func (m costModel) EstimateSize(node cost.AstNode) *cost.SizeEstimate {
	path := node.Path()
	if len(path) == 0 {
		return nil
	}
	v, ok := variableOf(path[0])
	switch {
	case ok && v >= plainVariables:
		return m.propertySize(node)
	case ok && len(path) == 1:
		return &cost.SizeEstimate{Min: 0, Max: uint64(v.length())}
	}
	return nil
}

// propertySize bounds a property: a text of 1024 characters, or 100 elements where only a
// list or a map can stand, of which each is again so large. That the elements of all levels
// together are not more than 100 is not used.
func (m costModel) propertySize(node cost.AstNode) *cost.SizeEstimate {
	size := cost.SizeEstimate{Max: maxAttribute, Key: &cost.SizeEstimate{Max: maxAttribute}, Elem: &cost.SizeEstimate{Max: maxAttribute}}
	if e := node.Expr(); e != nil && m.containers[e.ID()] {
		size.Max = maxElements
	}
	return &size
}

// EstimateCallCost is part of cost.Estimator.
func (m costModel) EstimateCallCost(function, _ string, target *cost.AstNode, args []cost.AstNode) *cost.CallEstimate {
	if function != matchesFunction {
		return nil
	}
	text, expression := target, args[len(args)-1]
	if text == nil {
		text = &args[0]
	}
	literal, _ := literalText(expression.Expr())
	length := cost.EstimateSize(m, *text).Max
	return &cost.CallEstimate{CostEstimate: cost.CostEstimate{Min: 1, Max: m.patterns[literal].cost(length)}}
}

// CallCost is part of cost.ActualCostEstimator.
func (m costModel) CallCost(function, _ string, args []ref.Val, _ ref.Val) *uint64 {
	if function != matchesFunction {
		return nil
	}
	text, ok := args[0].(types.String)
	expression, ok2 := args[1].(types.String)
	if !ok || !ok2 {
		return nil
	}
	price := m.patterns[string(expression)].cost(uint64(utf8.RuneCountInString(string(text))))
	return &price
}
