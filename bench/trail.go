package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// trail measures the audit trail with the benchmarks of its packages: what events cost writers,
// how fast filters find them, and how fast a trail is verified.
func trail(ctx context.Context, o options) (s section, err error) {
	s = section{
		title: "The audit trail",
		text: "Writers create applications through package authority; the same program, built without events, does so beside it, by turns. SQLite is in a file with synchronous=FULL; " +
			"PostgreSQL, if it was there, had fsync off, so nothing hides behind the disk. Filters ask for a page of 100, from both ends, alone and in pairs that meet seldom or never, " +
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

func eventCost(ctx context.Context, o options, s *section) error {
	programs := map[string]string{"": filepath.Join(o.scratch, "with-events"), "planted_no_event": filepath.Join(o.scratch, "without-events")}
	for tag, program := range programs {
		if _, err := ours(ctx, "authority", nil, "go", "test", "-c", "-tags", tag, "-o", program, "."); err != nil {
			return err
		}
	}
	type side struct{ wall, cpu []float64 }
	sides := map[string]map[string]*side{"": {}, "planted_no_event": {}}
	var names []string
	for round := range o.rounds {
		for _, tag := range []string{"planted_no_event", ""} {
			out, err := ours(ctx, "authority", []string{"TMPDIR=" + o.scratch}, programs[tag], "-test.run", "^$", "-test.bench", "CreateApplication", "-test.benchtime", "3000x")
			if err != nil {
				return err
			}
			for _, r := range results(out) {
				if sides[tag][r.name] == nil {
					sides[tag][r.name] = &side{}
				}
				if round == 0 && tag == "" {
					names = append(names, r.name)
				}
				sides[tag][r.name].wall = append(sides[tag][r.name].wall, r.values["ns/op"])
				sides[tag][r.name].cpu = append(sides[tag][r.name].cpu, 1000*r.values["cpu-µs/op"])
			}
		}
	}
	met, measured := true, []string{}
	for _, name := range names {
		with, without := sides[""][name], sides["planted_no_event"][name]
		_, what, _ := strings.Cut(name, "/")
		wall := median(without.wall) / median(with.wall)
		s.table = append(s.table, []string{"create an application, " + what, duration(median(with.wall)), "without its event", duration(median(without.wall)), percent(wall)},
			[]string{"its processor time", duration(median(with.cpu)), "without its event", duration(median(without.cpu)), percent(median(without.cpu) / median(with.cpu))})
		met = met && wall >= 0.8
		measured = append(measured, fmt.Sprintf("%s: %s", what, percent(wall)))
	}
	s.goals = append(s.goals, goal{"writes with their events: at least 80% of the same writes without", strings.Join(measured, ", "), met})
	return nil
}

func filters(ctx context.Context, o options, s *section) error {
	out, err := ours(ctx, "store", []string{fmt.Sprintf("BAILIWICK_BENCH_EVENTS=%d", o.events), "TMPDIR=" + o.scratch},
		"go", "test", "-run", "^$", "-bench", "Filters", "-benchtime", "1x", "-timeout", "0", ".")
	if err != nil {
		return err
	}
	slowest := map[string]result{}
	var engines []string
	for _, r := range results(out) {
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
	out, err := ours(ctx, "audit", nil, "go", "test", "-run", "^$", "-bench", "VerifyFile", ".")
	if err != nil {
		return err
	}
	for _, r := range results(out) {
		rate := r.values["entries/s"]
		s.goals = append(s.goals, goal{"an export is verified at 200,000 entries/s a core", fmt.Sprintf("%.0f", rate), rate >= 200_000})
	}
	return nil
}
