package condition

import (
	"net/netip"
	"testing"
	"time"
)

func newCompiler(t testing.TB) *Compiler {
	t.Helper()
	c, err := NewCompiler()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func mustCompile(t testing.TB, c *Compiler, source string) *Condition {
	t.Helper()
	condition, err := c.Compile(source)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return condition
}

func ptr[T any](v T) *T { return &v }

// request returns an input with everything present: Monday 3 March 2025, 14:30 UTC.
func request(change ...func(*Input)) *Input {
	in := &Input{
		IP:        netip.MustParseAddr("10.0.0.1"),
		UserAgent: ptr("scaleway-sdk-go/v1 terraform/1.9 (go1.26)"),
		Time:      time.Date(2025, 3, 3, 14, 30, 0, 0, time.UTC),
		Resource:  &Resource{ID: ptr("id-1"), Name: ptr("/folder/secret1"), Locality: ptr("fr-par-1")},
	}
	for _, f := range change {
		f(in)
	}
	return in
}

func at(text string) func(*Input) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return func(in *Input) { in.Time = t }
}

func from(ip string) func(*Input)     { return func(in *Input) { in.IP = netip.MustParseAddr(ip) } }
func agent(text string) func(*Input)  { return func(in *Input) { in.UserAgent = &text } }
func named(name string) func(*Input)  { return func(in *Input) { in.Resource.Name = &name } }
func in(locality string) func(*Input) { return func(in *Input) { in.Resource.Locality = &locality } }
func list(in *Input)                  { in.Resource = nil }

type answer int

const (
	no answer = iota
	yes
	fails
)

func ask(c *Condition, in *Input) answer {
	holds, err := c.Evaluate(in)
	switch {
	case err != nil:
		return fails
	case holds:
		return yes
	}
	return no
}

// The examples of Scaleway's documentation, and what it says that they mean.
func TestDocumentedExamples(t *testing.T) {
	const (
		terraform   = `request.user_agent.contains("terraform/")`
		officeHours = `request.time.getDayOfWeek() != 0 && request.time.getDayOfWeek() != 6 && request.time.getHours("Europe/Paris") < 17 && request.time.getHours("Europe/Paris") >= 8`
		weekend     = `request.time.getDayOfWeek() == 0 || request.time.getDayOfWeek() == 6`
		oldAndFrom  = `request.time.getFullYear() < 2020 && request.ip == '10.154.3.1'`
		notOld      = `!(request.time.getFullYear() < 2020)`
		folderAndIP = `resource.name.startsWith("/folder/") && request.ip == "10.0.0.1"`
		folder      = `resource.name.startsWith("/folder/") || !has(resource.id)`
		paris       = `resource.locality.startsWith("fr-par")`
		twoZones    = `resource.locality == "fr-par-1" || resource.locality == "fr-par-3"`
		global      = `resource.locality == "global"`
		trivial     = `1 == 1`
		notProd     = `!(resource.name.startsWith("/prod"))`
		office      = `inIpRange(request.ip, "10.0.0.0/8") || inIpRange(request.ip, "2001:db8::/32")`
	)
	tests := []struct {
		source string
		in     *Input
		want   answer
	}{
		{terraform, request(), yes},
		{terraform, request(agent("curl/8")), no},
		{terraform, request(agent("")), no},
		{terraform, request(func(in *Input) { in.UserAgent = nil }), fails},
		{officeHours, request(), yes},
		{officeHours, request(at("2025-03-03T06:59:59Z")), no},
		{officeHours, request(at("2025-03-03T07:00:00Z")), yes}, // 8:00 in Paris, winter
		{officeHours, request(at("2025-03-03T16:00:00Z")), no},
		{officeHours, request(at("2025-07-01T06:00:00Z")), yes}, // 8:00 in Paris, summer
		{officeHours, request(at("2025-03-02T12:00:00Z")), no},  // Sunday
		{officeHours, request(at("2025-03-03T00:30:00+02:00")), no},
		{weekend, request(), no},
		{weekend, request(at("2025-03-02T12:00:00Z")), yes},
		{weekend, request(at("2025-03-01T12:00:00Z")), yes},
		{weekend, request(at("2025-03-03T00:30:00+02:00")), yes}, // Sunday in UTC
		{oldAndFrom, request(from("10.154.3.1")), no},
		{oldAndFrom, request(from("10.154.3.1"), at("2019-12-31T23:59:59Z")), yes},
		{oldAndFrom, request(at("2019-12-31T23:59:59Z")), no},
		{notOld, request(), yes},
		{notOld, request(at("2019-12-31T23:59:59Z")), no},
		{notOld, request(func(in *Input) { in.Time = time.Time{} }), fails},
		{folderAndIP, request(), yes},
		{folderAndIP, request(named("/folder/subfolder/secret2")), yes},
		{folderAndIP, request(named("/secret3")), no},
		{folderAndIP, request(from("10.0.0.2")), no},
		{folderAndIP, request(list), fails},
		{folder, request(), yes},
		{folder, request(named("/secret3")), no},
		{folder, request(list), yes},
		{folder, request(func(in *Input) { in.Resource = &Resource{ID: ptr("x")} }), fails},
		{folder, request(func(in *Input) { in.Resource = &Resource{} }), yes},
		{paris, request(), yes},
		{paris, request(in("fr-par")), yes},
		{paris, request(in("nl-ams-1")), no},
		{twoZones, request(), yes},
		{twoZones, request(in("fr-par-2")), no},
		{twoZones, request(in("fr-par-3")), yes},
		{global, request(), no},
		{global, request(in("global")), yes},
		{trivial, request(), yes},
		{trivial, nil, yes},
		{notProd, request(), yes},
		{notProd, request(named("/prod/db")), no},
		{notProd, request(list), fails},
		{office, request(), yes},
		{office, request(from("192.0.2.1")), no},
		{office, request(from("2001:db8::5")), yes},
		{office, request(from("::ffff:10.9.9.9")), yes},
		{office, nil, fails},
	}
	c := newCompiler(t)
	for _, test := range tests {
		if got := ask(mustCompile(t, c, test.source), test.in); got != test.want {
			in := test.in
			if in == nil {
				in = &Input{}
			}
			t.Errorf("%s\n%s\ngot %d, want %d", test.source, describe(in), got, test.want)
		}
	}
}
