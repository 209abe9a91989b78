package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"time"

	"bailiwick/decisionlog"
)

// decisionLogFlags are the flags of "serve" about the decision log.
type decisionLogFlags struct {
	DecisionLog         string `placeholder:"FILE|-" help:"File to which decisions are appended as JSON lines; - is standard output."`
	DecisionLogMode     string `default:"off" placeholder:"off|sampled|full" help:"Decisions that are logged: none, all denials and a sample of the allows, or all."`
	DecisionLogSample   string `default:"0.01" placeholder:"SHARE" help:"Share of the allows that the sampled log keeps, from 0 to 1."`
	DecisionLogQueue    string `default:"8192" placeholder:"NUMBER" help:"Decisions that may wait to be written."`
	DecisionLogWhenFull string `default:"block" placeholder:"block|drop" help:"When so many wait: answers wait, too, or decisions are dropped and counted."`
}

// decisionLogSettings is the checked configuration of the decision log.
type decisionLogSettings struct {
	path   string // "-": standard output; empty: nowhere
	config decisionlog.Config
}

const (
	maxDecisionLogQueue = 1_000_000 // entries, of some hundred bytes each
	// decisionLogCloseTime bounds how long a stop waits for the rest of the log.
	decisionLogCloseTime = 5 * time.Second
)

func (c *decisionLogFlags) settings(f *faults) decisionLogSettings {
	s := decisionLogSettings{c.DecisionLog, decisionlog.Config{
		Mode: decisionlog.Mode(c.DecisionLogMode), WhenFull: decisionlog.WhenFull(c.DecisionLogWhenFull),
	}}
	switch s.config.Mode {
	case decisionlog.Off:
	case decisionlog.Sampled, decisionlog.Full:
		if s.path == "" {
			f.add("decision-log", "want a file, or - for standard output, when --decision-log-mode is %s", s.config.Mode)
		}
	default:
		f.add("decision-log-mode", "want off, sampled or full, not %q", c.DecisionLogMode)
	}
	switch s.config.WhenFull {
	case decisionlog.Block, decisionlog.Drop:
	default:
		f.add("decision-log-when-full", "want block or drop, not %q", c.DecisionLogWhenFull)
	}
	var err error
	s.config.Sample = checkShare("decision-log-sample", c.DecisionLogSample, f)
	if s.config.Queue, err = strconv.Atoi(c.DecisionLogQueue); err != nil || s.config.Queue < 1 || s.config.Queue > maxDecisionLogQueue {
		f.add("decision-log-queue", "want a number from 1 to %d, not %q", maxDecisionLogQueue, c.DecisionLogQueue)
	}
	return s
}

// openDecisionLog starts the log. The function that it returns writes what waits and closes
// the file.
func openDecisionLog(s decisionLogSettings, stdout io.Writer, log *slog.Logger) (*decisionlog.Log, func() error, error) {
	c := s.config
	c.Logger, c.Writer = log, stdout
	shut := func() error { return nil }
	switch {
	case c.Mode == decisionlog.Off && s.path != "":
		log.Warn("no decision is logged: --decision-log-mode is off", "decision_log", s.path)
	case c.Mode != decisionlog.Off && s.path != "-":
		// Append: what was logged before stays, and a tool that empties the file while it is
		// written (logrotate's copytruncate) leaves no hole in it.
		file, err := os.OpenFile(s.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, nil, fmt.Errorf("decision log: %w", pathCause(err))
		}
		c.Writer, shut = file, file.Close
	}
	l, err := decisionlog.New(c)
	if err != nil {
		return nil, nil, err
	}
	return l, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), decisionLogCloseTime)
		defer cancel()
		if err := l.Close(ctx); err != nil {
			return err // the writer hangs, and closing its file would hang, too
		}
		return shut()
	}, nil
}
