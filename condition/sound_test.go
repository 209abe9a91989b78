package condition

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// narrow writes conditions that test few things often, so that many contradict themselves.
func (g generator) narrow(depth int, leaf func() string) string {
	if depth == 0 {
		return leaf()
	}
	a, b := g.narrow(depth-1, leaf), g.narrow(depth-1, leaf)
	return pick(g, "("+a+" && "+b+")", "("+a+" && "+b+")", "("+a+" || "+b+")", "!("+a+")", "("+a+" ? "+b+" : "+g.narrow(depth-1, leaf)+")", "(("+a+") == ("+b+"))", "(("+a+") != ("+b+"))")
}

// about returns a writer of tests of one thing, or of two.
func (g generator) about(attributes bool) func() string {
	address := func() string {
		return pick(g, `"8.8.8.8"`, `"8.8.8.9"`, `"10.0.0.1"`, `"2001:db8::1"`, `"2001:DB8::1"`, `"::fffe:ffff:ffff"`, `"255.255.255.255"`, `"x"`)
	}
	cidr := func() string {
		return pick(g, `"8.8.8.8/31"`, `"8.8.0.0/16"`, `"8.8.8.9/32"`, `"0.0.0.0/0"`, `"::/0"`, `"2001:db8::/64"`, `"::ffff:8.8.8.0/120"`, `"255.255.255.254/31"`, `"::/80"`, `"128.0.0.0/1"`, `"8000::/1"`)
	}
	word := func() string { return pick(g, `"a"`, `"ab"`, `"b"`, `""`, `"other"`) }
	number := func() string { return pick(g, "0", "1", "6", "7", "23", "24", "-1", "9223372036854775807") }
	moment := func() string {
		return pick(g, `timestamp("2025-03-03T14:30:00Z")`, `timestamp("2025-03-03T14:30:00.000000001Z")`, `timestamp("0001-01-01T00:00:00Z")`, `timestamp("2030-01-01T00:00:00Z")`)
	}
	textAbout := func(v string) func() string {
		return func() string {
			return pick(g, v+g.equality()+word(), word()+g.equality()+v, v+" in ["+word()+", "+word()+"]", fmt.Sprintf("%s.%s(%s)", v, pick(g, "startsWith", "contains"), word()), "has("+v+")",
				v+" < "+word(), "size("+v+") > 1", v+`.matches("^a")`, pick(g, `["a", "b"]`, "[]")+pick(g, ".exists", ".all", ".exists_one")+"(x, x == "+v+pick(g, "", " || request.user_agent == x", " && request.user_agent == x", " ? true : request.user_agent == x")+")", v+" == "+v)
		}
	}
	writers := []func() string{
		func() string {
			return pick(g, "request.ip"+g.equality()+address(), "inIpRange(request.ip, "+cidr()+")", "inIpRange(request.ip, "+cidr()+")", "request.ip in ["+address()+", "+address()+"]", "has(request.ip)", `request.ip.startsWith("8.")`)
		},
		func() string {
			part := fmt.Sprintf("request.time.get%s(%s)", pick(g, "Hours", "DayOfWeek"), pick(g, "", `"Europe/Paris"`))
			return pick(g, part+" "+g.comparison()+" "+number(), number()+" "+g.comparison()+" "+part, part+" in ["+number()+", "+number()+"]")
		},
		func() string {
			return pick(g, "request.time "+g.comparison()+" "+moment(), moment()+" "+g.comparison()+" request.time", "has(request.time)", "request.time.getFullYear() "+g.comparison()+" 2025")
		},
		textAbout("request.user_agent"), textAbout("resource.id"), textAbout("resource.name"),
	}
	if attributes {
		for _, v := range []string{"subject.properties.role", "resource.properties.status", `action.properties["a b"]`, "subject.properties.address.city"} {
			writers = append(writers, func() string {
				return pick(g, v+g.equality()+g.literal(), g.literal()+g.equality()+v, v+" in ["+g.literal()+", "+g.literal()+"]", v, "has("+strings.Replace(v, `["a b"]`, ".role", 1)+")", v+" "+g.comparison()+" "+number(), v+g.equality()+word(), `"role" in subject.properties`, "has(subject.properties)")
			})
		}
	}
	one, two := pick(g, writers...), pick(g, writers...)
	if g.IntN(3) > 0 {
		two = one
	}
	return func() string { return pick(g, one, two)() }
}

func (g generator) equality() string { return pick(g, " == ", " != ") }

// near returns an input with values near those that narrow tests.
func (g generator) near() *Input {
	in := g.askedInput()
	if g.IntN(5) > 0 {
		in.IP = pick(g, netip.MustParseAddr(pick(g, "8.8.8.8", "8.8.8.9", "8.8.8.10", "8.8.8.7", "10.0.0.1", "255.255.255.255", "255.255.255.254", "0.0.0.0", "2001:db8::1", "2001:db8::2", "2001:db8:0:1::", "::", "::fffe:ffff:ffff", "::ffff:8.8.8.8",
			"::1:0:0:0", "::1:0:0:1", "8000::", "7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "128.0.0.0", "127.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")), netip.AddrFrom4([4]byte{byte(g.IntN(256)), byte(g.IntN(256)), 0, byte(g.IntN(256))}))
	}
	if g.IntN(5) > 0 {
		in.Time = pick(g, time.Date(2025, 3, 3, 14, 30, 0, g.IntN(3), time.UTC), time.Date(2025, 3, 3, 14, 29, 59, 999_999_999, time.UTC), time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(g.IntN(24*366))*time.Hour), time.Time{}.Add(1), time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC))
	}
	text := func(now *string) *string {
		if g.IntN(3) == 0 {
			return now
		}
		return ptr(pick(g, "a", "ab", "b", "", "other", "abc"))
	}
	in.UserAgent = text(in.UserAgent)
	if in.Resource != nil {
		in.Resource.ID, in.Resource.Name = text(in.Resource.ID), text(in.Resource.Name)
	}
	for _, m := range []map[string]any{in.SubjectProperties, in.ResourceProperties, in.ActionProperties} {
		if m != nil && g.IntN(3) > 0 {
			m["status"], m["address"] = pick(g, m["role"], any("a"), any("ab"), any("other")), map[string]any{"city": g.value(1)}
		}
	}
	return in
}

// What is found is true of every input that can be thought of.
func TestFindingsAreSound(t *testing.T) {
	const seed, tries, inputs = 20251105, 800, 40
	c := newCompiler(t)
	g := generator{rand.New(rand.NewPCG(seed, 1))}
	found := map[string]int{}
	for range tries {
		checkSoundness(t, c, g, found, inputs)
	}
	t.Logf("seed %d: %v in %d conditions", seed, found, tries)
	for _, kind := range []string{AlwaysTrue, NeverTrue, BreaksListing} {
		if found[kind] < tries/50 {
			t.Errorf("seed %d: only %d of %s", seed, found[kind], kind)
		}
	}
}

func FuzzFindingsAreSound(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed)
	}
	c := newCompiler(f)
	f.Fuzz(func(t *testing.T, seed uint64) {
		checkSoundness(t, c, generator{rand.New(rand.NewPCG(seed, 3))}, map[string]int{}, 60)
	})
}

func checkSoundness(t *testing.T, c *Compiler, g generator, found map[string]int, inputs int) {
	t.Helper()
	attributes := g.IntN(3) == 0
	source := g.narrow(1+g.IntN(3), g.about(attributes))
	if g.IntN(8) == 0 {
		source = g.condition(g.IntN(3))
	}
	report := c.Check(source, attributes)
	if !report.Valid {
		return
	}
	condition, _, fault := c.compile(source, attributes)
	if fault != nil {
		t.Fatal(source, fault)
	}
	has := map[string]bool{}
	var fix *Condition
	for _, finding := range report.Findings {
		found[finding.Kind]++
		has[finding.Kind] = true
		if finding.Kind == BreaksListing {
			if fix, _, fault = c.compile(finding.Fix, attributes); fault != nil {
				t.Fatalf("%s: the fix %s: %v", source, finding.Fix, fault)
			}
		}
	}
	seen, failedOnList := map[answer]bool{}, false
	for range inputs {
		in := g.near()
		got := ask(condition, in)
		seen[got] = true
		if has[AlwaysTrue] && got == no || has[NeverTrue] && got == yes {
			t.Fatalf("%s is %d, but found %v\n%s", source, got, kinds(report), describeAsked(in))
		}
		in.Resource, in.ResourceProperties = nil, nil
		onList := ask(condition, in)
		failedOnList = failedOnList || onList == fails
		if has[BreaksListing] && (onList == yes || ask(fix, in) != yes) {
			t.Fatalf("%s: on a list %d, the fix %s %d\n%s", source, onList, fix.Source(), ask(fix, in), describeAsked(in))
		}
	}
	if has[BreaksListing] && !failedOnList {
		t.Errorf("%s never fails on a list", source)
	}
}
