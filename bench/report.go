package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
)

// section is a part of the report.
type section struct {
	title string
	text  string
	table [][]string // the first row names the columns
	goals []goal
	bars  []bar
	// figure is a plot of the section's own.
	figure figure
}

// figure is a file beside the report.
type figure struct {
	file, title string
	content     []byte
}

// goal is what was promised, and what was measured.
type goal struct {
	promise, measured string
	met               bool
}

// bar is one bar of the plot: time of a decision.
type bar struct {
	group, name string
	nanoseconds float64
}

// barsFile is the plot of all bars.
const barsFile = "benchmarks.svg"

// report writes the document. Goals that are missed stand first: a list of benchmarks that
// only shows what went well is an advertisement.
func report(sections []section) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Benchmarks\n\nMade by `make bench` on %s; do not edit.\n\n", time.Now().UTC().Format(time.DateOnly))
	b.WriteString(machine())
	b.WriteString(warning())
	b.WriteString("\nWhatever is compared ran by turns in one run, so that a busy machine slows both sides; numbers are medians of the turns. " +
		"Ratios carry over to other machines, times do not.\n")
	var goals []goal
	for _, s := range sections {
		goals = append(goals, s.goals...)
	}
	slices.SortStableFunc(goals, func(a, b goal) int {
		switch {
		case a.met == b.met:
			return 0
		case b.met:
			return -1
		}
		return 1
	})
	if len(goals) > 0 {
		rows := [][]string{{"Goal", "Measured", "Met"}}
		for _, g := range goals {
			rows = append(rows, []string{g.promise, g.measured, map[bool]string{true: "yes", false: "**no**"}[g.met]})
		}
		b.WriteString("\n## Goals\n\n" + markdown(rows))
	}
	for _, s := range sections {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n%s", s.title, strings.TrimSpace(s.text), markdown(s.table))
		if len(s.bars) > 0 {
			b.WriteString("\n![Time of a decision](" + barsFile + ")\n")
		}
		if s.figure.file != "" {
			fmt.Fprintf(&b, "\n![%s](%s)\n", s.figure.title, s.figure.file)
		}
	}
	return b.Bytes()
}

func markdown(rows [][]string) string {
	var b strings.Builder
	for i, row := range rows {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			b.WriteString("|" + strings.Repeat(" --- |", len(row)) + "\n")
		}
	}
	return b.String()
}

// machine describes where and with what the numbers were made.
func machine() string {
	rows := [][]string{{"What", "Version"}, {"Go", runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH}}
	rows = append(rows, []string{"Machine", fmt.Sprintf("%d cores, %s, %s of memory", runtime.NumCPU(), processor(), field("/proc/meminfo", "MemTotal"))})
	if out, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output(); err == nil {
		rows = append(rows, []string{"Bailiwick", strings.TrimSpace(string(out))})
	}
	info, _ := debug.ReadBuildInfo()
	for _, m := range info.Deps {
		if slices.Contains(compared(), m.Path) {
			rows = append(rows, []string{m.Path, m.Version})
		}
	}
	return markdown(rows)
}

// warning says that other work ran beside: then even ratios are uncertain, those of what
// waits for the disk most of all.
func warning() string {
	text, _ := os.ReadFile("/proc/loadavg")
	load, _, _ := strings.Cut(string(text), " ")
	if value, err := strconv.ParseFloat(load, 64); err != nil || value < 2*float64(runtime.NumCPU()) {
		return ""
	}
	return fmt.Sprintf("\n**The load average was %s on %d cores: other work ran beside. Times are several times those of an idle machine, "+
		"and ratios of what waits for the disk are uncertain; there, read the processor time.**\n", load, runtime.NumCPU())
}

func compared() []string {
	return []string{
		"cel.dev/cel-go", "github.com/casbin/casbin/v3", "github.com/cedar-policy/cedar-go", "github.com/open-policy-agent/opa",
		"github.com/openfga/openfga", "modernc.org/sqlite",
	}
}

func processor() string {
	if name := field("/proc/cpuinfo", "model name"); name != "" {
		return name
	}
	return "unknown processor"
}

// field returns a value of a file with lines of the form "name : value".
func field(path, name string) string {
	data, _ := os.ReadFile(path)
	for line := range strings.Lines(string(data)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// duration writes nanoseconds for people.
func duration(ns float64) string {
	switch {
	case ns < 1e3:
		return fmt.Sprintf("%.0f ns", ns)
	case ns < 1e6:
		return fmt.Sprintf("%.2f µs", ns/1e3)
	case ns < 1e9:
		return fmt.Sprintf("%.2f ms", ns/1e6)
	}
	return fmt.Sprintf("%.1f s", ns/1e9)
}

// bytesText writes bytes for people.
func bytesText(n float64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%.0f B", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", n/(1<<10))
	case n < 1<<30:
		return fmt.Sprintf("%.1f MiB", n/(1<<20))
	}
	return fmt.Sprintf("%.2f GiB", n/(1<<30))
}

func times(ratio float64) string {
	if ratio >= 100 {
		return fmt.Sprintf("%.0fx", ratio)
	}
	return fmt.Sprintf("%.2fx", ratio)
}

func percent(ratio float64) string { return fmt.Sprintf("%.0f%%", 100*ratio) }
