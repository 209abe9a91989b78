package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// service measures the real server as a process: its start over a large installation, and
// requests against bare handlers that answer the same bytes.
func service(ctx context.Context, o options) (s section, err error) {
	s = section{
		title: "The server",
		text: fmt.Sprintf("The real program as a process of its own over 100,000 applications and 100,000 policies; the bare handlers are a process of their own, too: "+
			"net/http, encoding/json and a map, no credential, no rights, no log. One client with %d connections loads both by turns; it writes ready-made bytes, so that it takes little of the machine.", connectionCount),
		table: [][]string{{"Request", "Bailiwick", "Bare handler", "Ratio", "Processor time", "of the bare handler"}},
	}
	in, err := install(ctx, o, large())
	if err != nil {
		return s, err
	}
	p, ready, err := startServer(ctx, o, in.data)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	now, peak := p.resident()
	used := p.processorTime()
	s.goals = []goal{
		{"start with 100,000 principals and 100,000 policies: ready in under 10 s", duration(float64(ready)), ready < 10*time.Second},
		{"under 1 GiB resident", fmt.Sprintf("%s, at its peak %s", bytesText(now), bytesText(peak)), peak < 1<<30},
	}
	for _, c := range []contestant{
		{"GET an application", "get by id: at least 70% of a bare JSON handler", 0.70, gets(in), func(body []byte, c *bareContent) error {
			var a bareApplication
			err := json.Unmarshal(body, &a)
			c.Applications = append(c.Applications, a)
			return err
		}},
		{"POST an evaluation", "evaluation over HTTP: at least 85% of a bare handler that decodes and answers", 0.85, evaluations(in),
			func(body []byte, c *bareContent) error { return json.Unmarshal(body, &c.Answer) }},
	} {
		if err := c.run(ctx, o, p, &s); err != nil {
			return s, fmt.Errorf("%s: %w", c.name, err)
		}
	}
	after, _ := p.resident()
	s.text += fmt.Sprintf(" Ready %s after the start of the process (%s of processor time), resident %s then and %s after the load.", duration(float64(ready)), duration(float64(used)), bytesText(now), bytesText(after))
	return s, nil
}

// contestant is one kind of request to the server and the bare handler.
type contestant struct {
	name, promise string
	share         float64
	requests      [][]byte
	keep          func([]byte, *bareContent) error // keeps an answer of the server for the bare handler
}

const requestCount = 1000

func gets(in *installation) [][]byte {
	var list [][]byte
	for i := range requestCount {
		id := in.world.applications[i*7919%len(in.world.applications)]
		list = append(list, fmt.Appendf(nil, "GET /iam/v1alpha1/applications/%s HTTP/1.1\r\nHost: localhost\r\nX-Auth-Token: %s\r\n\r\n", id, in.secret))
	}
	return list
}

func evaluations(in *installation) [][]byte {
	var list [][]byte
	for _, g := range in.world.grants {
		if !g.is(direct) || len(list) == requestCount {
			continue
		}
		body := fmt.Sprintf(`{"subject":{"type":"application","id":%q},"action":{"name":"compute:servers:read"},`+
			`"resource":{"type":"compute:servers","id":"5f0d6ab1-5b1a-4f8e-9d4e-0d9c9a3c2b11","properties":{"organization_id":%q,"project_id":%q}},"context":{"ip":"192.0.2.1","user_agent":"curl/8.5.0"}}`,
			g.principal.ID, in.world.organization, g.projects[0])
		if g.set != "InstancesFullAccess" {
			continue
		}
		list = append(list, fmt.Appendf(nil, "POST /access/v1/evaluation HTTP/1.1\r\nHost: localhost\r\nX-Auth-Token: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
			in.secret, len(body), body))
	}
	return list
}

func (c contestant) run(ctx context.Context, o options, p *process, s *section) (err error) {
	ours, err := newLoad(p.address, c.requests)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ours.close()) }()
	content, answers, buffer := bareContent{}, [][]byte{}, make([]byte, 64<<10)
	for i := range c.requests {
		body, err := ours.ask(0, i, buffer)
		if err != nil {
			return err
		}
		answers = append(answers, bytes.Clone(body))
		if err := c.keep(body, &content); err != nil {
			return err
		}
	}
	other, err := startBare(ctx, content)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, other.stop()) }()
	bare, err := newLoad(other.address, c.requests)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bare.close()) }()
	for i := range c.requests {
		body, err := bare.ask(0, i, buffer)
		if err != nil {
			return err
		}
		// Answers of decisions differ in their id and policy, never in their form and length.
		if len(content.Applications) > 0 && !bytes.Equal(body, answers[i]) || len(body) != len(answers[i]) {
			return fmt.Errorf("the bare handler answers %s, the server %s", body, answers[i])
		}
	}
	rates, cpu, err := duel(o, []*load{ours, bare}, []*process{p, other})
	if err != nil {
		return err
	}
	ratio := rates[0] / rates[1]
	s.table = append(s.table, []string{c.name, fmt.Sprintf("%.0f/s", rates[0]), fmt.Sprintf("%.0f/s", rates[1]), percent(ratio), duration(cpu[0]), duration(cpu[1])})
	s.goals = append(s.goals, goal{c.promise, percent(ratio), ratio >= c.share})
	return nil
}

// duel loads servers by turns, and returns the median rate of each and the processor time
// that it took for one request, in nanoseconds.
func duel(o options, loads []*load, processes []*process) (rates, cpu []float64, err error) {
	const turn = time.Second
	all, used, asked := make([][]float64, len(loads)), make([]time.Duration, len(loads)), make([]float64, len(loads))
	for round := range o.rounds + 1 {
		for i, l := range loads {
			before := processes[i].processorTime()
			rate, err := l.run(turn)
			if err != nil {
				return nil, nil, err
			}
			if round == 0 {
				continue // warms up
			}
			used[i] += processes[i].processorTime() - before
			asked[i] += rate * turn.Seconds()
			all[i] = append(all[i], rate)
		}
	}
	for i := range loads {
		rates, cpu = append(rates, median(all[i])), append(cpu, float64(used[i])/asked[i])
	}
	return rates, cpu, nil
}
