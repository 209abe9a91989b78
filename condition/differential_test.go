package condition

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// generator writes random conditions of a grammar that holds every form of the fast path,
// forms that only cel-go knows, and forms that fail.
type generator struct{ *rand.Rand }

func pick[T any](g generator, of ...T) T { return of[g.IntN(len(of))] }

func (g generator) condition(depth int) string {
	if depth <= 0 {
		return g.leaf()
	}
	switch g.IntN(9) {
	case 0, 1:
		return fmt.Sprintf("(%s && %s)", g.condition(depth-1), g.condition(depth-1))
	case 2, 3:
		return fmt.Sprintf("(%s || %s)", g.condition(depth-1), g.condition(depth-1))
	case 4:
		return fmt.Sprintf("!(%s)", g.condition(depth-1))
	case 5:
		return fmt.Sprintf("(%s ? %s : %s)", g.condition(depth-1), g.condition(depth-1), g.condition(depth-1))
	case 6:
		return fmt.Sprintf("((%s) %s (%s))", g.condition(depth-1), pick(g, "==", "!=", "<", ">="), g.condition(depth-1))
	}
	return g.leaf()
}

func (g generator) leaf() string {
	switch g.IntN(14) {
	case 0:
		return pick(g, "true", "false", "has(request.ip)", "has(resource.id)", "has(resource.name)", "has(request.time)", "has(.request.user_agent)")
	case 1, 2:
		return g.text() + " " + g.comparison() + " " + g.text()
	case 3, 4:
		return g.number() + " " + g.comparison() + " " + g.number()
	case 5:
		return g.instant() + " " + g.comparison() + " " + g.instant()
	case 6, 7:
		return fmt.Sprintf("inIpRange(%s, %s)", pick(g, "request.ip", "request.ip", "resource.name", `"10.1.2.3"`), g.cidr())
	case 8, 9:
		return fmt.Sprintf("%s.%s(%s)", g.text(), pick(g, "startsWith", "endsWith", "contains"), g.text())
	case 10:
		return fmt.Sprintf("%s.matches(%s)", g.text(), pick(g, `"^/prod"`, `"[0-9]+"`, `"(?i)TERRA"`, `""`, `"^10\\."`, `"(a{1,40}){1,2}b"`))
	case 11:
		return fmt.Sprintf("%s in [%s]", g.text(), g.list(g.text))
	case 12:
		return fmt.Sprintf("%s in [%s]", g.number(), g.list(g.number))
	}
	return pick(g, `[1, 2].exists(x, x == 1)`, `1 / 0 == 1`, `{"a": 1}["b"] == 1`, `size(resource.name) > 3`,
		`request.time + duration("1h") > request.time`, `["/prod", "x"].exists(p, resource.name.startsWith(p))`,
		`request.time == request.time`, `1.5 < 2.5`, `b"a" == b"a"`, `(has(resource.id) ? resource.id : "none") == "id-1"`)
}

func (g generator) comparison() string { return pick(g, "==", "==", "!=", "<", "<=", ">", ">=") }

func (g generator) text() string {
	return pick(g, "request.ip", "request.user_agent", "resource.name", "resource.id", "resource.locality",
		`"10.1.2.3"`, `"::ffff:10.1.2.3"`, `"2001:db8::1"`, `"2001:DB8::1"`, `"/prod"`, `""`, `'fr-par-1'`, `r"terraform/"`, `"é"`, `"10."`, `"fe80::1%eth0"`)
}

func (g generator) number() string {
	zone := pick(g, "", `"Europe/Paris"`, `"America/St_Johns"`, `"+05:30"`, `"-00:45"`, `"UTC"`, `""`)
	field := pick(g, "FullYear", "Month", "DayOfYear", "DayOfMonth", "Date", "DayOfWeek", "Hours", "Minutes", "Seconds", "Milliseconds")
	return pick(g, "0", "6", "-1", "17", "2025", "9223372036854775807",
		fmt.Sprintf("%s.get%s(%s)", g.instant(), field, zone), fmt.Sprintf("%s.get%s(%s)", g.instant(), field, zone))
}

func (g generator) instant() string {
	return pick(g, "request.time", "request.time", `timestamp("2025-03-03T14:30:00Z")`, `timestamp("2025-03-03T15:30:00+01:00")`, `timestamp("1969-12-31T23:59:59.999Z")`)
}

func (g generator) cidr() string {
	return pick(g, `"10.0.0.0/8"`, `"10.1.2.3/32"`, `"0.0.0.0/0"`, `"::/0"`, `"2001:db8::/32"`, `"::ffff:10.0.0.0/104"`, "resource.locality")
}

func (g generator) list(item func() string) string {
	items := make([]string, g.IntN(12))
	for i := range items {
		items[i] = item()
	}
	return strings.Join(items, ", ")
}

func (g generator) input() *Input {
	in := &Input{
		IP: pick(g, netip.Addr{}, netip.MustParseAddr("10.1.2.3"), netip.MustParseAddr("::ffff:10.1.2.3"), netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("fe80::1%eth0")),
		Time: pick(g, time.Time{}, time.Date(2025, 3, 3, 14, 30, 0, 0, time.UTC), time.Date(2025, 3, 30, 1, 30, 59, 999_999_999, time.FixedZone("x", -7*3600)),
			time.Unix(g.Int64N(4e9)-1e9, g.Int64N(1e9))),
		UserAgent: g.attribute(),
	}
	if g.IntN(3) > 0 {
		in.Resource = &Resource{ID: g.attribute(), Name: g.attribute(), Locality: g.attribute()}
	}
	return in
}

func (g generator) attribute() *string {
	if g.IntN(4) == 0 {
		return nil
	}
	value := pick(g, "", "id-1", "/prod", "/prod/db", "fr-par-1", "10.1.2.3", "::ffff:10.1.2.3", "10.0.0.0/8", "terraform/1.9", "é", "\xff\xfe", "\x00",
		strings.Repeat("é", 300), strings.Repeat("a", 255)+"b", strings.Repeat("x", maxAttribute), strings.Repeat("x", maxAttribute+1))
	return &value
}

// compareEvaluators runs one condition through both evaluators. It returns how many inputs
// were compared: zero if the condition is refused or not for the fast path.
func compareEvaluators(t *testing.T, c *Compiler, g generator, source string, inputs int) int {
	t.Helper()
	checked, fault := c.check(source, false)
	if fault != nil {
		return 0
	}
	fast, ok := c.fast(checked)
	if !ok {
		return 0
	}
	slow, fault := c.interpreted(checked)
	if fault != nil {
		t.Fatalf("%s: cel-go cannot plan it: %v", source, fault)
	}
	for range inputs {
		in := g.input()
		got, gotErr := fast(in)
		want, wantErr := slow(in)
		if got != want || (gotErr != nil) != (wantErr != nil) {
			t.Fatalf("%s\ninput %s\nfast  %v, %v\ncel   %v, %v", source, describe(in), got, gotErr, want, wantErr)
		}
	}
	return inputs
}

func describe(in *Input) string {
	show := func(s *string) string {
		if s == nil {
			return "-"
		}
		return fmt.Sprintf("%q", *s)
	}
	text := fmt.Sprintf("ip %s time %s agent %s", in.IP, in.Time, show(in.UserAgent))
	if r := in.Resource; r != nil {
		text += fmt.Sprintf(" id %s name %s locality %s", show(r.ID), show(r.Name), show(r.Locality))
	}
	return text
}

func TestFastAgainstCEL(t *testing.T) {
	const seed, wanted = 20251103, 20_000
	c := newCompiler(t)
	g := generator{rand.New(rand.NewPCG(seed, 1))}
	tried, compared := 0, 0
	for compared < wanted {
		tried++
		compared += compareEvaluators(t, c, g, g.condition(g.IntN(4)), 8)
		if tried > wanted {
			t.Fatalf("seed %d: only %d cases in %d conditions reach the fast path", seed, compared, tried)
		}
	}
	t.Logf("seed %d: %d conditions, %d cases", seed, tried, compared)
}

func FuzzFastAgainstCEL(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed, uint8(seed%4))
	}
	c := newCompiler(f)
	f.Fuzz(func(t *testing.T, seed uint64, depth uint8) {
		g := generator{rand.New(rand.NewPCG(seed, uint64(depth)))}
		compareEvaluators(t, c, g, g.condition(int(depth%6)), 4)
	})
}
