package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"bailiwick/condition"
)

const typicalCondition = `inIpRange(request.ip, "10.0.0.0/8") && request.user_agent.contains("terraform/") && ` +
	`request.time.getHours("Europe/Paris") >= 8 && request.time.getHours("Europe/Paris") < 17`

// plainCEL is the condition as one would evaluate it with cel-go out of the box.
func plainCEL(ip, agent string, at time.Time) (func() (bool, error), error) {
	env, err := cel.NewEnv(
		cel.Variable("request.ip", cel.StringType), cel.Variable("request.user_agent", cel.StringType), cel.Variable("request.time", cel.TimestampType),
		cel.Function("inIpRange", cel.Overload("in_ip_range", []*cel.Type{cel.StringType, cel.StringType}, cel.BoolType,
			cel.BinaryBinding(func(ip, network ref.Val) ref.Val {
				address, err := netip.ParseAddr(string(ip.(types.String)))
				prefix, fault := netip.ParsePrefix(string(network.(types.String)))
				if err := errors.Join(err, fault); err != nil {
					return types.WrapErr(err)
				}
				return types.Bool(prefix.Contains(address))
			}))))
	if err != nil {
		return nil, err
	}
	tree, issues := env.Compile(typicalCondition)
	if issues.Err() != nil {
		return nil, issues.Err()
	}
	program, err := env.Program(tree, cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, err
	}
	return func() (bool, error) {
		out, _, err := program.Eval(map[string]any{"request.ip": ip, "request.user_agent": agent, "request.time": at})
		if err != nil {
			return false, err
		}
		return out == types.True, nil
	}, nil
}

// conditions measures the evaluation of a condition against plain cel-go.
func conditions(_ context.Context, o options) (section, error) {
	s := section{
		title: "A condition",
		text:  "`" + typicalCondition + "`, met. cel-go is used as it comes, optimised; it loads the time zone and parses the network at each evaluation.",
		table: [][]string{{"Evaluated by", "Time", "Allocations", "Allocated"}},
	}
	ip, agent, at := "10.1.2.3", "terraform/1.9", time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	compiler, err := condition.NewCompiler()
	if err != nil {
		return s, err
	}
	compiled, err := compiler.Compile(typicalCondition)
	if err != nil {
		return s, err
	}
	plain, err := plainCEL(ip, agent, at)
	if err != nil {
		return s, err
	}
	in := &condition.Input{IP: netip.MustParseAddr(ip), UserAgent: &agent, Time: at}
	ours := func() (bool, error) { return compiled.Evaluate(in) }
	for _, evaluate := range []func() (bool, error){ours, plain} {
		if holds, err := evaluate(); err != nil || !holds {
			return s, fmt.Errorf("the condition does not hold: %w", err)
		}
	}
	repeat := func(evaluate func() (bool, error)) action {
		return func(_, n int) {
			for range n {
				if holds, _ := evaluate(); !holds {
					panic("the answer changed")
				}
			}
		}
	}
	c := contest(o.turn, o.rounds, repeat(ours), repeat(plain))
	for i, name := range []string{"Bailiwick", "cel-go"} {
		s.table = append(s.table, []string{name, duration(c[i].wall), fmt.Sprintf("%.0f", c[i].allocs), bytesText(c[i].bytes)})
	}
	ratio := c[1].cpu / c[0].cpu
	s.goals = []goal{{"a condition at least 5x faster than plain cel-go", times(ratio), ratio >= 5}}
	return s, nil
}
