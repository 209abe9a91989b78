package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// batchSize is how many questions one request of the batch has.
const batchSize = 100

// batch measures questions over HTTP, one and a hundred to a request.
func batch(ctx context.Context, o options) (s section, err error) {
	s = section{
		title: "A batch over HTTP",
		text: fmt.Sprintf("The real program as a process of its own over 100,000 applications and 100,000 policies, with %d connections: "+
			"the same questions, one to a request and %d to a request. All answers were compared first.", connectionCount, batchSize),
		table: [][]string{{"Questions to a request", "Requests", "Decisions", "To single ones", "Processor time of a decision"}},
	}
	in, err := install(ctx, o, large())
	if err != nil {
		return s, err
	}
	p, _, err := startServer(ctx, o, in.data)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	single, err := newLoad(p.address, evaluations(in))
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, single.close()) }()
	many, err := newLoad(p.address, batches(in.secret, single.requests))
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, many.close()) }()
	if err := sameAnswers(single, many); err != nil {
		return s, err
	}
	rates, cpu, err := duel(o, []*load{single, many}, []*process{p, p})
	if err != nil {
		return s, err
	}
	ratio := rates[1] * batchSize / rates[0]
	s.table = append(s.table,
		[]string{"1", fmt.Sprintf("%.0f/s", rates[0]), fmt.Sprintf("%.0f/s", rates[0]), "1.00x", duration(cpu[0])},
		[]string{fmt.Sprint(batchSize), fmt.Sprintf("%.0f/s", rates[1]), fmt.Sprintf("%.0f/s", rates[1]*batchSize), times(ratio), duration(cpu[1] / batchSize)})
	s.goals = []goal{{"batch of 100: at least 20x the single rate per decision", times(ratio), ratio >= 20}}
	return s, nil
}

// batches puts the bodies of single evaluations together, a hundred to a request.
func batches(secret string, single [][]byte) [][]byte {
	var list [][]byte
	for from := 0; from+batchSize <= len(single); from += batchSize {
		var questions []string
		for _, request := range single[from : from+batchSize] {
			_, body, _ := strings.Cut(string(request), "\r\n\r\n")
			questions = append(questions, body)
		}
		body := `{"evaluations":[` + strings.Join(questions, ",") + `]}`
		list = append(list, fmt.Appendf(nil, "POST /access/v1/evaluations HTTP/1.1\r\nHost: localhost\r\nX-Auth-Token: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
			secret, len(body), body))
	}
	return list
}

// sameAnswers compares the answers of batches to those of their questions.
func sameAnswers(single, many *load) error {
	type answer struct {
		Decision bool
		Context  struct{ Reasons []string }
	}
	buffer := make([]byte, 64<<10)
	for b := range many.requests {
		body, err := many.ask(0, b, buffer)
		if err != nil {
			return err
		}
		var all struct{ Evaluations []answer }
		if err := json.Unmarshal(body, &all); err != nil || len(all.Evaluations) != batchSize {
			return fmt.Errorf("%d answers to a batch: %w", len(all.Evaluations), err)
		}
		for i, got := range all.Evaluations {
			body, err := single.ask(0, b*batchSize+i, buffer)
			if err != nil {
				return err
			}
			var want answer
			if err := json.Unmarshal(body, &want); err != nil {
				return err
			}
			if got.Decision != want.Decision || strings.Join(got.Context.Reasons, "\n") != strings.Join(want.Context.Reasons, "\n") {
				return fmt.Errorf("question %d of batch %d: %v, alone %v", i, b, got, want)
			}
		}
	}
	return nil
}
