// Command bench measures Bailiwick, alone and against others, and writes what it found to
// docs/benchmarks.md and docs/benchmarks.svg.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// part is one thing to measure.
type part struct {
	name    string
	measure func(context.Context, options) (section, error)
	apart   bool // takes long: only if it is named
}

// options bound the time that measuring takes, and say where things are.
type options struct {
	turn    time.Duration
	rounds  int
	scratch string // a folder on a real disk
	program string // the server
	events  int64  // over which filters look
	made    map[string]*installation
	// revocations is how many API keys are revoked to see how soon other nodes refuse them.
	revocations int
	million     int // principals, and policies, of the largest world
	keep        string
}

func parts() []part {
	return []part{
		{name: "decide", measure: decide}, {name: "condition", measure: conditions}, {name: "lookup", measure: lookups},
		{name: "cores", measure: cores}, {name: "change", measure: change}, {name: "service", measure: service},
		{name: "batch", measure: batch}, {name: "login", measure: logins}, {name: "store", measure: writes},
		{name: "pgwrites", measure: databaseWrites}, {name: "nodes", measure: nodes}, {name: "trail", measure: trail},
		{name: "peers", measure: peers}, {name: "million", measure: million, apart: true},
	}
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == bareCommand {
		fmt.Fprintln(os.Stderr, serveBare(os.Stdin, os.Stdout))
		os.Exit(1)
	}
	if len(os.Args) > 1 && os.Args[1] == strangersCommand {
		if err := beStrangers(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "strangers:", err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	out := flag.String("out", "", "folder to write the report to; without it, standard output")
	name := flag.String("name", "benchmarks", "name of the report's files, without its extension")
	only := flag.String("only", "", "parts to measure, separated by commas; without it, all but million, which takes half an hour")
	o := options{made: map[string]*installation{}}
	flag.DurationVar(&o.turn, "turn", 100*time.Millisecond, "how long one turn of a measurement is")
	flag.IntVar(&o.rounds, "rounds", 7, "how many turns each side of a measurement has")
	flag.StringVar(&o.scratch, "scratch", os.TempDir(), "folder on a real disk for databases")
	flag.StringVar(&o.program, "bailiwick", "../bin/bailiwick", "the program to measure as a server")
	flag.Int64Var(&o.events, "events", 1_000_000, "events over which filters of the audit trail look; 10,000,000 take an hour to fill")
	flag.IntVar(&o.revocations, "revocations", 10_000, "how many API keys are revoked to see how soon other nodes refuse them")
	flag.IntVar(&o.million, "million", 1_000_000, "principals, and policies, of the part of that name")
	flag.StringVar(&o.keep, "keep", "", "folder in which the filled database of the part million is kept for the next time; without it, it is filled anew")
	flag.Parse()
	var err error
	if o.scratch, err = os.MkdirTemp(o.scratch, "bailiwick-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(o.scratch)
	var sections []section
	for _, p := range parts() {
		if named := slices.Contains(strings.Split(*only, ","), p.name); !named && (*only != "" || p.apart) {
			continue
		}
		fmt.Fprintf(os.Stderr, "%s ...\n", p.name)
		start := time.Now()
		s, err := p.measure(ctx, o)
		if err != nil {
			return errors.Join(fmt.Errorf("%s: %w", p.name, err), write("", "", sections)) // not lost, but not published
		}
		fmt.Fprintf(os.Stderr, "%s took %s\n", p.name, time.Since(start).Round(time.Second))
		sections = append(sections, s)
	}
	return write(*out, *name, sections)
}

// write writes the report to a folder, or to standard output.
func write(folder, name string, sections []section) error {
	if folder == "" {
		_, err := os.Stdout.Write(report(sections))
		return err
	}
	var bars []bar
	var err error
	for _, s := range sections {
		bars = append(bars, s.bars...)
		if s.figure.file != "" {
			err = errors.Join(err, os.WriteFile(filepath.Join(folder, s.figure.file), s.figure.content, 0o644))
		}
	}
	if len(bars) > 0 {
		err = errors.Join(err, os.WriteFile(filepath.Join(folder, barsFile), plot(bars), 0o644))
	}
	return errors.Join(err, os.WriteFile(filepath.Join(folder, name+".md"), report(sections), 0o644))
}
