package condition

import (
	"net/netip"
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// text gives a string for an input.
type text func(in *Input) (string, error)

// text compiles an expression of type string: a literal, a variable or a property.
func (f fastPath) text(e ast.Expr) (text, bool) {
	if literal, ok := literalText(e); ok {
		return func(*Input) (string, error) { return literal, nil }, true
	}
	v, ok := identVariable(e)
	switch {
	case !ok:
		return f.propertyText(e)
	case v == requestTime:
		return nil, false
	case v == requestIP:
		return func(in *Input) (string, error) {
			if !in.IP.IsValid() {
				return "", absent[requestIP]
			}
			return in.address().String(), nil // allocates; comparisons with literals do not come here
		}, true
	case v == requestUserAgent:
		return func(in *Input) (string, error) {
			if in.UserAgent == nil {
				return "", absent[requestUserAgent]
			}
			return userAgent(*in.UserAgent), nil
		}, true
	}
	return func(in *Input) (string, error) { return in.attribute(v) }, true
}

// textTest compiles the tests that a text makes with a literal argument.
func (f fastPath) textTest(call ast.CallExpr) (predicate, bool) {
	args := call.Args()
	subject := args[0]
	if call.IsMemberFunction() {
		subject = call.Target()
	}
	value, ok := f.text(subject)
	literal, ok2 := literalText(args[len(args)-1])
	if !ok || !ok2 {
		return nil, false
	}
	var test func(string, string) bool
	switch call.FunctionName() {
	case overloads.StartsWith:
		test = strings.HasPrefix
	case overloads.EndsWith:
		test = strings.HasSuffix
	case overloads.Contains:
		test = strings.Contains
	default:
		return matching(value, f.patterns[literal]), true
	}
	return func(in *Input) (bool, error) {
		s, err := value(in)
		return err == nil && test(s, literal), err
	}, true
}

func matching(value text, compiled *pattern) predicate {
	return func(in *Input) (bool, error) {
		s, err := value(in)
		if err != nil {
			return false, err
		}
		return compiled.match(s)
	}
}

// equalAddress compares request.ip with a literal without writing the address as a text.
// A literal that is not the canonical form of an address equals no address.
func equalAddress(literal string) predicate {
	address, canonical := canonicalAddress(literal)
	return func(in *Input) (bool, error) {
		if !in.IP.IsValid() {
			return false, absent[requestIP]
		}
		return canonical && in.address() == address, nil
	}
}

func canonicalAddress(literal string) (netip.Addr, bool) {
	address, err := netip.ParseAddr(literal)
	ok := err == nil && address.Zone() == "" && !address.Is4In6() && address.String() == literal
	return address, ok
}

// inRange compiles inIpRange with a literal range.
func (f fastPath) inRange(ip, cidr ast.Expr) (predicate, bool) {
	literal, ok := literalText(cidr)
	prefix, err := parseRange(literal)
	if !ok || err != nil {
		return nil, false
	}
	if v, ok := identVariable(ip); ok && v == requestIP {
		return func(in *Input) (bool, error) {
			if !in.IP.IsValid() {
				return false, absent[requestIP]
			}
			return prefix.Contains(in.address()), nil
		}, true
	}
	value, ok := f.text(ip)
	return func(in *Input) (bool, error) {
		s, err := value(in)
		if err != nil {
			return false, err
		}
		address, err := parseAddress(s)
		return err == nil && prefix.Contains(address), err
	}, ok
}

// membership compiles "in" for a list of literal texts or integers, for a property in a list
// of any literals, and for a literal key of properties.
func (f fastPath) membership(element, list ast.Expr) (predicate, bool) {
	if key, ok := literalText(element); ok {
		if test, ok := f.key(key, list); ok {
			return test, true
		}
	}
	if list.Kind() != ast.ListKind || list.AsList().Size() == 0 {
		return nil, false
	}
	var texts []string
	var numbers []int64
	var literals []ref.Val
	for _, item := range list.AsList().Elements() {
		if item.Kind() != ast.LiteralKind {
			return nil, false
		}
		literals = append(literals, item.AsLiteral())
		switch value := item.AsLiteral().(type) {
		case types.String:
			texts = append(texts, string(value))
		case types.Int:
			numbers = append(numbers, int64(value))
		}
	}
	if test, ok := f.propertyIn(element, literals); ok {
		return test, true
	}
	switch {
	case len(texts)+len(numbers) < len(literals):
		return nil, false
	case len(texts) > 0 && len(numbers) > 0:
		return nil, false
	case len(numbers) > 0:
		value, ok := f.number(element)
		return func(in *Input) (bool, error) {
			n, err := value(in)
			return err == nil && slices.Contains(numbers, n), err
		}, ok
	}
	if v, ok := identVariable(element); ok && v == requestIP {
		return oneOfAddresses(texts), true
	}
	value, ok := f.text(element)
	return oneOfTexts(value, texts), ok
}

func oneOfTexts(value text, texts []string) predicate {
	if len(texts) <= 8 { // a scan beats hashing a short list
		return func(in *Input) (bool, error) {
			s, err := value(in)
			return err == nil && slices.Contains(texts, s), err
		}
	}
	set := map[string]bool{}
	for _, s := range texts {
		set[s] = true
	}
	return func(in *Input) (bool, error) {
		s, err := value(in)
		return err == nil && set[s], err
	}
}

func oneOfAddresses(texts []string) predicate {
	set := map[netip.Addr]bool{}
	for _, s := range texts {
		if address, ok := canonicalAddress(s); ok {
			set[address] = true
		}
	}
	return func(in *Input) (bool, error) {
		if !in.IP.IsValid() {
			return false, absent[requestIP]
		}
		return set[in.address()], nil
	}
}
