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
	patterns map[string]*pattern // the condition's literal patterns
}

// EstimateSize is part of cost.Estimator.
func (costModel) EstimateSize(node cost.AstNode) *cost.SizeEstimate {
	if path := node.Path(); len(path) == 1 {
		if v, ok := variableOf(path[0]); ok {
			return &cost.SizeEstimate{Min: 0, Max: uint64(v.length())}
		}
	}
	return nil
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
