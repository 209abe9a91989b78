package condition

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// literalFindings returns what is seen without evaluating anything.
func literalFindings(tree *ast.AST) []Finding {
	var findings []Finding
	add := func(found ...Finding) {
		for _, finding := range found {
			if !slices.Contains(findings, finding) {
				findings = append(findings, finding)
			}
		}
	}
	visit(tree, func(e ast.Expr) {
		for _, literal := range addressesOf(e) {
			add(neverMatches(literal)...)
			if address, ok := canonicalAddress(literal); ok {
				add(privateAddress(literal, netip.PrefixFrom(address, address.BitLen()))...)
			}
		}
		if literal, ok := rangeOf(e); ok {
			if prefix, err := parseRange(literal); err == nil {
				add(privateAddress(literal, prefix)...)
			}
		}
		if v, ok := identVariable(e); ok && v == resourceName {
			add(Finding{MutableName, "resource.name changes when somebody renames the resource, and with it who is let in: resource.id does not change", ""})
		}
		if function, ok := withoutZone(tree, e); ok {
			add(Finding{NoTimeZone, fmt.Sprintf(`%s() without a time zone reads the time in UTC; a zone is written %s("Europe/Paris")`, function, function), ""})
		}
	})
	rank := []string{NeverMatches, PrivateAddress, MutableName, NoTimeZone}
	slices.SortStableFunc(findings, func(a, b Finding) int { return slices.Index(rank, a.Kind) - slices.Index(rank, b.Kind) })
	return findings
}

// addressesOf returns the literals that an expression compares request.ip with.
func addressesOf(e ast.Expr) []string {
	if e.Kind() != ast.CallKind {
		return nil
	}
	args := e.AsCall().Args()
	switch e.AsCall().FunctionName() {
	case operators.Equals, operators.NotEquals:
		for i, arg := range args {
			if literal, ok := literalText(args[1-i]); ok && isVariable(arg, requestIP) {
				return []string{literal}
			}
		}
	case operators.In:
		if !isVariable(args[0], requestIP) || args[1].Kind() != ast.ListKind {
			return nil
		}
		var literals []string
		for _, item := range args[1].AsList().Elements() {
			if literal, ok := literalText(item); ok {
				literals = append(literals, literal)
			}
		}
		return literals
	}
	return nil
}

// rangeOf returns the literal range that an expression looks for request.ip in.
func rangeOf(e ast.Expr) (string, bool) {
	if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != rangeFunction || !isVariable(e.AsCall().Args()[0], requestIP) {
		return "", false
	}
	return literalText(e.AsCall().Args()[1])
}

func isVariable(e ast.Expr, v variable) bool {
	found, ok := identVariable(e)
	return ok && found == v
}

// neverMatches looks at a text that request.ip is compared with. Texts are compared, and the
// address has one form only.
func neverMatches(literal string) []Finding {
	if _, ok := canonicalAddress(literal); ok {
		return nil
	}
	if address, err := netip.ParseAddr(literal); err == nil {
		canonical := address.Unmap().WithZone("").String()
		return []Finding{{NeverMatches, fmt.Sprintf("request.ip is never %q: that address reads %q", literal, canonical), canonical}}
	}
	if _, err := parseRange(literal); err == nil {
		fix := fmt.Sprintf("inIpRange(request.ip, %s)", strconv.Quote(literal))
		return []Finding{{NeverMatches, fmt.Sprintf("request.ip is never %q, which is a range: %s tests whether it is inside", literal, fix), fix}}
	}
	return []Finding{{NeverMatches, fmt.Sprintf("request.ip is never %q, which is not an IP address", literal), ""}}
}

// privateAddress looks at a range, or at one address, that request.ip is tested with.
func privateAddress(literal string, prefix netip.Prefix) []Finding {
	for _, private := range privateRanges() {
		if private.Bits() <= prefix.Bits() && private.Contains(prefix.Addr()) {
			return []Finding{{PrivateAddress, fmt.Sprintf("%q is part of %s, which is not routed on the internet: callers from there never have such an address", literal, private), ""}}
		}
	}
	return nil
}

// privateRanges are those of RFC 6890 that no packet from the internet comes from: private
// use, shared, loopback, link-local and "this host".
func privateRanges() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
		netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("169.254.0.0/16"),
		netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("::/128"),
		netip.MustParsePrefix("fc00::/7"), netip.MustParsePrefix("fe80::/10"),
	}
}

// withoutZone returns the function that reads a part of a timestamp without a time zone.
// Some of these functions also read durations, which have none.
func withoutZone(tree *ast.AST, e ast.Expr) (string, bool) {
	if e.Kind() != ast.CallKind || !e.AsCall().IsMemberFunction() || len(e.AsCall().Args()) > 0 {
		return "", false
	}
	field, ok := calendarFieldOf(e.AsCall().FunctionName())
	return field.function, ok && tree.GetType(e.AsCall().Target().ID()).Kind() == types.TimestampKind
}
