package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"bailiwick/decisionlog"
)

func TestDecisionLogOnStandardOutput(t *testing.T) {
	var stdout bytes.Buffer
	s := decisionLogSettings{"-", decisionlog.Config{Mode: decisionlog.Full}}
	log, end, err := openDecisionLog(s, &stdout, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	log.Log(decisionlog.Entry{DecisionID: "one"})
	if err := end(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(stdout.String(), `"decision_id":"one"`) || strings.Count(stdout.String(), "\n") != 1 {
		t.Errorf("standard output: %q", &stdout)
	}
}
