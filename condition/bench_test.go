package condition

import "testing"

const typical = `inIpRange(request.ip, "10.0.0.0/8") && request.user_agent.contains("terraform/") && request.time.getHours("Europe/Paris") >= 8 && request.time.getHours("Europe/Paris") < 17`

func BenchmarkFast(b *testing.B) {
	condition := mustCompile(b, newCompiler(b), typical)
	in := request()
	b.ReportAllocs()
	for b.Loop() {
		if holds, err := condition.Evaluate(in); !holds || err != nil {
			b.Fatal(holds, err)
		}
	}
}

func BenchmarkFastOnListCall(b *testing.B) {
	condition := mustCompile(b, newCompiler(b), `resource.name.startsWith("/folder/") || !has(resource.id)`)
	in := request(list)
	b.ReportAllocs()
	for b.Loop() {
		if holds, err := condition.Evaluate(in); !holds || err != nil {
			b.Fatal(holds, err)
		}
	}
}

func BenchmarkCEL(b *testing.B) {
	c := newCompiler(b)
	checked, fault := c.check(typical, false)
	if fault != nil {
		b.Fatal(fault)
	}
	evaluate, fault := c.interpreted(checked)
	if fault != nil {
		b.Fatal(fault)
	}
	in := request()
	b.ReportAllocs()
	for b.Loop() {
		if holds, err := evaluate(in); !holds || err != nil {
			b.Fatal(holds, err)
		}
	}
}

func BenchmarkCELLoop(b *testing.B) {
	condition := mustCompile(b, newCompiler(b), `["192.0.2.0/24", "10.0.0.0/8"].exists(r, inIpRange(request.ip, r))`)
	in := request()
	b.ReportAllocs()
	for b.Loop() {
		if holds, err := condition.Evaluate(in); !holds || err != nil {
			b.Fatal(holds, err)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	c := newCompiler(b)
	b.ReportAllocs()
	for b.Loop() {
		mustCompile(b, c, typical)
	}
}

func BenchmarkMissing(b *testing.B) {
	condition := mustCompile(b, newCompiler(b), typical)
	in := request()
	b.ReportAllocs()
	for b.Loop() {
		condition.Missing(in)
	}
}

// Evaluation is on the way of every decision: the common forms allocate nothing, also when
// the answer is an error.
// Patterns are not here: package regexp keeps its machines in a pool, and the race detector
// takes from pools at random.
func TestFastPathDoesNotAllocate(t *testing.T) {
	c := newCompiler(t)
	for _, source := range []string{
		typical,
		`request.ip == "10.0.0.1"`, `request.ip in ["10.0.0.1", "10.0.0.2"]`, `!inIpRange(request.ip, "2001:db8::/32")`,
		`resource.name.startsWith("/folder/") || !has(resource.id)`, `resource.locality in ["fr-par-1", "fr-par-2"]`,
		`request.time > timestamp("2025-01-01T00:00:00Z") ? resource.id == "id-1" : false`, `request.time.getDayOfWeek() in [1, 2]`,
		`has(request.ip) == true`,
	} {
		condition := mustCompile(t, c, source)
		for _, in := range []*Input{request(), request(list), {}} {
			if n := testing.AllocsPerRun(100, func() { condition.Evaluate(in) }); n != 0 {
				t.Errorf("%s: %v allocations (%s)", source, n, describe(in))
			}
		}
		if got := ask(condition, request()); got != yes {
			t.Errorf("%s: %d", source, got)
		}
	}
	for _, source := range []string{
		`subject.properties.role == "admin" && resource.properties.status != "active" && subject.properties.level >= 3`, `subject.properties.level in [1, 2, 3]`,
		`has(subject.properties.role) && subject.properties.role.startsWith("adm") && subject.properties.on`, `subject.properties.address.city == "Paris"`,
	} {
		condition := mustCompileAttributes(t, c, source)
		for _, in := range []*Input{asked(), request(), {}} {
			if n := testing.AllocsPerRun(100, func() { condition.Evaluate(in) }); n != 0 {
				t.Errorf("%s: %v allocations", source, n)
			}
		}
		if got := ask(condition, asked()); got != yes {
			t.Errorf("%s: %d", source, got)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	c := newCompiler(b)
	b.ReportAllocs()
	for b.Loop() {
		c.Check(typical, false)
	}
}

func BenchmarkFastOnProperties(b *testing.B) {
	condition := mustCompileAttributes(b, newCompiler(b), `subject.properties.role == 'admin' && resource.properties.status == 'archived'`)
	in := asked()
	b.ReportAllocs()
	for b.Loop() {
		if holds, err := condition.Evaluate(in); !holds || err != nil {
			b.Fatal(holds, err)
		}
	}
}
