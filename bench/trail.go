package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// trail measures the audit trail with the benchmarks of its packages: what events cost writers,
// how fast filters find them, and how fast a trail is verified.
func trail(ctx context.Context, o options) (s section, err error) {
	s = section{
		title: "The audit trail",
		text: "Writers create applications through package authority; the same program, built without events, does so right before or after it; the ratio is the median of such pairs. SQLite is in a file with synchronous=FULL; " +
			"PostgreSQL had fsync off, so nothing hides behind the disk. Filters ask for a page of 100, from both ends, alone and in pairs that meet seldom or never, " +
			fmt.Sprintf("over %d events of one organization (`-events`); the slowest of five is what counts. An export is verified by one reader.", o.events),
		table: [][]string{{"What", "Time", "Compared with", "Its time", "Ratio"}},
	}
	for _, measure := range []func(context.Context, options, *section) error{eventCost, filters, verification} {
		if err := measure(ctx, o, &s); err != nil {
			return s, err
		}
	}
	return s, nil
}

// result is a line of a benchmark: its values by their units.
type result struct {
	name   string
	values map[string]float64
}

// results reads the output of benchmarks.
func results(out []byte) (all []result) {
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if len(f) < 4 || !strings.HasPrefix(f[0], "Benchmark") {
			continue
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(f[0], "Benchmark"), "-")
		r := result{name, map[string]float64{}}
		for i := 2; i+1 < len(f); i += 2 {
			if value, err := strconv.ParseFloat(f[i], 64); err == nil {
				r.values[f[i+1]] = value
			}
		}
		all = append(all, r)
	}
	return all
}

// ours runs a program in the folder of a package of ours and returns what it prints.
func ours(ctx context.Context, folder string, environ []string, program string, args ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, program, args...)
	command.Dir = filepath.Join("..", folder)
	command.Env = append(os.Environ(), environ...)
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("%s in %s: %w\n%s", program, folder, err, out)
	}
	return out, nil
}

// benchmarks runs a program of Go benchmarks and returns what each measured. None at all is an error:
// a goal that nobody measured, because a benchmark has another name by now or PostgreSQL is missing,
// must not read as met.
func benchmarks(ctx context.Context, folder string, environ []string, program string, args ...string) ([]result, error) {
	out, err := ours(ctx, folder, environ, program, args...)
	if err != nil {
		return nil, err
	}
	all := results(out)
	if len(all) == 0 {
		return nil, fmt.Errorf("%s %s in %s measured nothing:\n%s", program, strings.Join(args, " "), folder, out)
	}
	return all, nil
}

// pair is what one application created costs in a program with events and in one without, run one
// right after the other.
type pair struct{ with, without result }

func each[T any](list []T, value func(T) float64) []float64 {
	values := make([]float64, len(list))
	for i, one := range list {
		values[i] = value(one)
	}
	return values
}

// eventCost compares pair by pair: a machine that grows slower within minutes, as shared ones do,
// slows both sides of a pair, where the medians of each side would come from different minutes and
// scatter by more than what is measured.
func eventCost(ctx context.Context, o options, s *section) error {
	with, without := filepath.Join(o.scratch, "with-events"), filepath.Join(o.scratch, "without-events")
	for program, tag := range map[string]string{with: "", without: "planted_no_event"} {
		if _, err := ours(ctx, "authority", nil, "go", "test", "-c", "-tags", tag, "-o", program, "."); err != nil {
			return err
		}
	}
	met, measured := true, []string{}
	for _, what := range []string{"sqlite/writers=1", "sqlite/writers=8", "postgres/writers=1", "postgres/writers=8"} {
		pairs, err := eventPairs(ctx, o, with, without, what)
		if err != nil {
			return err
		}
		for _, row := range []struct {
			what, unit string
			factor     float64
		}{{"create an application, " + what, "ns/op", 1}, {"its processor time", "cpu-µs/op", 1000}} {
			ratios := each(pairs, func(p pair) float64 { return p.without.values[row.unit] / p.with.values[row.unit] })
			slices.Sort(ratios)
			left := quantile(ratios, 0.5)
			cost := func(side func(pair) result) string {
				return duration(row.factor * median(each(pairs, func(p pair) float64 { return side(p).values[row.unit] })))
			}
			s.table = append(s.table, []string{row.what, cost(func(p pair) result { return p.with }), "without its event", cost(func(p pair) result { return p.without }),
				fmt.Sprintf("%s (half of the pairs from %s to %s)", percent(left), percent(quantile(ratios, 0.25)), percent(quantile(ratios, 0.75)))})
			if row.unit == "ns/op" {
				met = met && left >= 0.8
				measured = append(measured, fmt.Sprintf("%s: %s", what, percent(left)))
			}
		}
	}
	s.goals = append(s.goals, goal{"writes with their events: at least 80% of the same writes without", strings.Join(measured, ", "), met})
	return nil
}

// eventPairs runs one benchmark in both programs, as many times as makes an odd number of pairs; who
// goes first alternates.
func eventPairs(ctx context.Context, o options, with, without, what string) (pairs []pair, err error) {
	for i := range 2*o.rounds + 1 {
		var p pair
		sides := []struct {
			program string
			result  *result
		}{{with, &p.with}, {without, &p.without}}
		if i%2 == 1 {
			slices.Reverse(sides)
		}
		for _, side := range sides {
			all, err := benchmarks(ctx, "authority", []string{"TMPDIR=" + o.scratch}, side.program, "-test.run", "^$", "-test.bench", "CreateApplication/"+what, "-test.benchtime", "2000x")
			if err != nil {
				return nil, err
			}
			*side.result = all[0]
		}
		pairs = append(pairs, p)
	}
	return pairs, nil
}

func filters(ctx context.Context, o options, s *section) error {
	all, err := benchmarks(ctx, "store", []string{fmt.Sprintf("BAILIWICK_BENCH_EVENTS=%d", o.events), "TMPDIR=" + o.scratch},
		"go", "test", "-run", "^$", "-bench", "Filters", "-benchtime", "1x", "-timeout", "0", ".")
	if err != nil {
		return err
	}
	slowest := map[string]result{}
	var engines []string
	for _, r := range all {
		parts := strings.SplitN(r.name, "/", 3)
		if _, known := slowest[parts[1]]; !known {
			engines = append(engines, parts[1])
		}
		if r.values["ms/slowest"] >= slowest[parts[1]].values["ms/slowest"] {
			slowest[parts[1]] = r
		}
	}
	for _, engine := range engines {
		r := slowest[engine]
		ms := r.values["ms/slowest"]
		s.table = append(s.table, []string{"the slowest filter on " + engine + ": " + strings.ReplaceAll(r.name[strings.Index(r.name, engine)+len(engine)+1:], "_", " "), duration(ms * 1e6), "", "", ""})
		s.goals = append(s.goals, goal{fmt.Sprintf("a page of 100 out of %d events on %s, each filter: under 50 ms", o.events, engine), duration(ms * 1e6), ms < 50})
	}
	return nil
}

func verification(ctx context.Context, _ options, s *section) error {
	all, err := benchmarks(ctx, "audit", nil, "go", "test", "-run", "^$", "-bench", "VerifyFile", ".")
	if err != nil {
		return err
	}
	for _, r := range all {
		rate := r.values["entries/s"]
		s.goals = append(s.goals, goal{"an export is verified at 200,000 entries/s a core", fmt.Sprintf("%.0f", rate), rate >= 200_000})
	}
	return nil
}
