package condition

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// dimension is one thing that a condition depends on, split into cases.
type dimension struct {
	reading  reading
	calendar *calendarField // a part of request.time, which counts as a thing of its own
	free     bool           // the outcome of an atom
	cases    []exampleCase

	// The literals that it is tested with.
	literals  []ref.Val
	addresses []netip.Addr // where the outcome of a test of request.ip can change
	times     []time.Time
	numbers   []int64
	now       int // the case that is looked at, -1 for any of them
}

// exampleCase stands for values that all exact atoms treat alike.
type exampleCase struct {
	value  any    // the example
	in     *Input // has the example, and nothing else
	number int64  // the example of a calendar field
	absent bool
	open   bool     // stands for several values, which other atoms may tell apart
	fixed  outcomes // of a free dimension
}

// addLiterals notes the literals that an atom tests the dimension with. It returns false if
// the atom is none that splits into cases.
func (d *dimension) addLiterals(e ast.Expr) bool {
	if e.Kind() != ast.CallKind {
		return false
	}
	args := e.AsCall().Args()
	switch function := e.AsCall().FunctionName(); function {
	case operators.Equals, operators.NotEquals, operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals:
		value := args[1]
		if !d.is(args[0]) {
			value = args[0]
		}
		if !d.is(args[0]) && !d.is(args[1]) {
			return false
		}
		if d.reading.variable == requestTime {
			return d.addTime(value)
		}
		return (function == operators.Equals || function == operators.NotEquals) && d.addValue(value)
	case operators.In:
		if !d.is(args[0]) || args[1].Kind() != ast.ListKind {
			return false
		}
		for _, item := range args[1].AsList().Elements() {
			if !d.addValue(item) {
				return false
			}
		}
		return true
	case rangeFunction:
		literal, ok := literalText(args[1])
		prefix, err := parseRange(literal)
		if !ok || err != nil || d.reading.variable != requestIP || !d.is(args[0]) {
			return false
		}
		d.addresses = append(d.addresses, prefix.Addr(), lastAddress(prefix).Next())
		return true
	}
	return false
}

func (d *dimension) is(e ast.Expr) bool {
	v, path, ok := literalPath(e)
	return ok && newReading(v, path).name == d.reading.name
}

func (d *dimension) addValue(e ast.Expr) bool {
	if e.Kind() != ast.LiteralKind {
		return false
	}
	if text, ok := literalText(e); ok && d.reading.variable == requestIP {
		if address, ok := canonicalAddress(text); ok {
			d.addresses = append(d.addresses, address, address.Next())
		}
	}
	d.literals = append(d.literals, e.AsLiteral())
	return true
}

func (d *dimension) addTime(e ast.Expr) bool {
	if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != overloads.TypeConvertTimestamp {
		return false
	}
	text, ok := literalText(e.AsCall().Args()[0])
	t, ok2 := types.String(text).ConvertToType(types.TimestampType).(types.Timestamp)
	if ok && ok2 {
		d.times = append(d.times, t.Time)
	}
	return ok && ok2
}

func lastAddress(prefix netip.Prefix) netip.Addr {
	bytes := prefix.Masked().Addr().AsSlice()
	for bit := prefix.Bits(); bit < 8*len(bytes); bit++ {
		bytes[bit/8] |= 0x80 >> (bit % 8)
	}
	last, _ := netip.AddrFromSlice(bytes)
	return last
}

// makeCases splits the values of a dimension once all its literals are known.
func (d *dimension) makeCases() {
	d.now = -1
	switch {
	case d.free:
		d.cases = []exampleCase{{fixed: isTrue}, {fixed: isFalse}, {fixed: isError}}
		return
	case d.calendar != nil:
		d.calendarCases()
	case d.reading.variable == requestIP:
		d.addressCases()
	case d.reading.variable == requestTime:
		d.timeCases()
	case d.reading.variable >= plainVariables && len(d.reading.path) == 0:
		d.addCase(map[string]any{}, true)
	default:
		d.valueCases()
	}
	d.cases = append(d.cases, exampleCase{in: &Input{}, absent: true})
}

func (d *dimension) addCase(value any, open bool) {
	in := &Input{}
	d.reading.put(in, value)
	d.cases = append(d.cases, exampleCase{value: value, in: in, open: open})
}

// addressCases takes the first address of each stretch between two places where something
// changes. The addresses from ::ffff:0:0 on are IPv4 addresses to a condition; what is
// behind them gets an example of its own.
func (d *dimension) addressCases() {
	first := []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified(), netip.MustParseAddr("::1:0:0:0")}
	for _, address := range append(first, d.addresses...) {
		if address.IsValid() { // not behind the last one
			d.addCase(address, true)
		}
	}
}

func (d *dimension) timeCases() {
	d.addCase(time.Unix(0, 0), true)
	for _, t := range d.times {
		for _, around := range []time.Duration{-1, 0, 1} {
			if !t.Add(around).IsZero() { // which is absence
				d.addCase(t.Add(around), true)
			}
		}
	}
}

// valueCases takes each literal, any other value, and one that cannot be read.
func (d *dimension) valueCases() {
	var texts []string
	for _, literal := range d.literals {
		switch v := literal.(type) {
		case types.String:
			texts = append(texts, string(v))
			d.addCase(string(v), false)
		case types.Int:
			d.addCase(float64(v), false)
		case types.Uint:
			d.addCase(float64(v), false)
		case types.Double:
			d.addCase(float64(v), false)
		case types.Bool:
			d.addCase(bool(v), false)
		case types.Null:
			d.addCase(nil, false)
		}
	}
	other := "other"
	for slices.Contains(texts, other) {
		other += "*"
	}
	d.addCase(other, true)
	if d.reading.variable != requestUserAgent {
		d.addCase(strings.Repeat("x", maxAttribute+1), false)
	}
}
