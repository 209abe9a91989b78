package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"sync"
	"time"

	"bailiwick/rig"
)

// nodes measures an installation of one and of three nodes, each on a PostgreSQL of its own: what a
// decision costs a node, and how soon all nodes refuse a key that one of them revoked.
func nodes(ctx context.Context, o options) (s section, err error) {
	s = section{
		title: "Several nodes",
		text: fmt.Sprintf("The real program as one and as three processes, on a PostgreSQL of their own each, over 100 applications with an API key each. Decisions are asked over %d connections to a node; the one node and each of the three take turns. "+
			"Of the three the median is shown, of their memory the largest. Loaded at once the three also share the processors and their caches with each other. "+
			"A key is revoked at the first of the three; from its answer on all three are asked with it until they refuse. %d keys are revoked, %d at a time.", connectionCount, o.revocations, revokers),
		table: [][]string{{"What", "One node", "Three nodes, each", "Ratio"}},
	}
	var all []node
	var three cluster
	for _, n := range []int{1, 3} {
		in, err := rig.New(ctx, rig.Options{Program: o.program, Nodes: n})
		if err != nil {
			return s, err
		}
		defer func() { err = errors.Join(err, in.Remove()) }()
		three = cluster{in, in.Keys["SCW_SECRET_KEY"]}
		loaded, err := three.loaded(ctx)
		if err != nil {
			return s, err
		}
		defer func() {
			for _, n := range loaded {
				err = errors.Join(err, n.load.close())
			}
		}()
		all = append(all, loaded...)
	}
	if err := s.compare(o, all[0], all[1:]); err != nil {
		return s, err
	}
	return s, three.revocations(ctx, o, &s)
}

// compare measures what a decision costs one node, and each of several.
func (s *section) compare(o options, one node, several []node) error {
	cpu, memory, err := byTurns(o, append([]node{one}, several...))
	if err != nil {
		return err
	}
	for _, row := range []struct {
		what  string
		sides []float64
		text  func(float64) string
		of    func([]float64) float64
	}{{"processor time of a decision over HTTP", cpu, duration, median}, {"resident memory", memory, bytesText, slices.Max[[]float64]}} {
		alone, each := row.sides[0], row.of(row.sides[1:])
		s.table = append(s.table, []string{row.what, row.text(alone), row.text(each), times(each / alone)})
		s.goals = append(s.goals, goal{row.what + " of a node: from one to three nodes within 5%", times(each / alone), each/alone < 1.05})
	}
	costs, faults := make([]float64, len(several)), make([]error, len(several))
	var running sync.WaitGroup
	for i := range several {
		running.Go(func() {
			var cost []float64
			if cost, _, faults[i] = byTurns(o, several[i:i+1]); faults[i] == nil {
				costs[i] = cost[0]
			}
		})
	}
	running.Wait()
	atOnce := median(costs)
	s.table = append(s.table, []string{"processor time of a decision over HTTP, the three loaded at once", duration(cpu[0]), duration(atOnce), times(atOnce / cpu[0])})
	return errors.Join(faults...)
}

// node is a server with what loads it.
type node struct {
	load    *load
	process *process
}

// byTurns loads nodes one after the other, and returns the processor time of a decision and the resident
// memory of each.
func byTurns(o options, nodes []node) (cpu, memory []float64, err error) {
	var loads []*load
	var processes []*process
	for _, n := range nodes {
		loads, processes = append(loads, n.load), append(processes, n.process)
	}
	if _, cpu, err = duel(o, loads, processes); err != nil {
		return nil, nil, err
	}
	for _, p := range processes {
		resident, _ := p.resident()
		memory = append(memory, resident)
	}
	return cpu, memory, nil
}

// cluster is an installation of several nodes that is measured.
type cluster struct {
	*rig.Installation
	secret string
}

// ask asks the first node, and decodes its answer.
func (c cluster) ask(ctx context.Context, method, path, body string, into any) (rig.Operation, error) {
	o := c.Ask(ctx, rig.Request{Method: method, Path: path, Secret: c.secret, Body: body})
	if o.Outcome != rig.Done {
		return o, fmt.Errorf("%s %s: %d %s: %w", method, path, o.Status, o.Answer, o.Err)
	}
	if into == nil {
		return o, nil
	}
	return o, json.Unmarshal(o.Answer, into)
}

// apiKey is a key as the API answers it.
type apiKey struct {
	AccessKey string `json:"access_key"`
	SecretKey string `json:"secret_key"`
}

// keys makes applications, and API keys of them by turns, with some clients at a time.
func (c cluster) keys(ctx context.Context, applications, n int) ([]apiKey, error) {
	ids := make([]string, applications)
	for i := range ids {
		var a struct{ ID string }
		if _, err := c.ask(ctx, "POST", "/iam/v1alpha1/applications", fmt.Sprintf(`{"name":"application %d"}`, i), &a); err != nil {
			return nil, err
		}
		ids[i] = a.ID
	}
	made, faults := make([]apiKey, n), make([]error, 16)
	var running sync.WaitGroup
	for client := range faults {
		running.Go(func() {
			for i := client; i < n && faults[client] == nil; i += len(faults) {
				_, faults[client] = c.ask(ctx, "POST", "/iam/v1alpha1/api-keys", fmt.Sprintf(`{"application_id":%q}`, ids[i%len(ids)]), &made[i])
			}
		})
	}
	running.Wait()
	return made, errors.Join(faults...)
}

// loaded makes keys, and what asks each node for decisions with them.
func (c cluster) loaded(ctx context.Context) ([]node, error) {
	keys, err := c.keys(ctx, 100, 100)
	if err != nil {
		return nil, err
	}
	var requests [][]byte
	for _, k := range keys {
		requests = append(requests, request("/iam/v1alpha1/check-permissions", "X-Auth-Token", k.SecretKey, `{"permissions":[{"service":"iam","name":"user","action":"list"}]}`))
	}
	var list []node
	for i, n := range c.Nodes {
		if err := c.known(ctx, i, keys); err != nil {
			return nil, err
		}
		l, err := newLoad(n.Address(), requests)
		if err != nil {
			return nil, err
		}
		found, err := os.FindProcess(n.PID())
		if err != nil {
			return nil, errors.Join(err, l.close())
		}
		list = append(list, node{l, &process{command: &exec.Cmd{Process: found}, address: n.Address()}})
	}
	return list, nil
}

// known waits until a node knows all keys.
func (c cluster) known(ctx context.Context, node int, keys []apiKey) error {
	for _, k := range keys {
		for {
			o := c.Ask(ctx, rig.Request{Node: node, Method: "POST", Path: "/iam/v1alpha1/check-permissions", Secret: k.SecretKey, Body: `{"permissions":[]}`})
			if o.Status == 200 {
				break
			}
			if o.Status != 401 || ctx.Err() != nil {
				return fmt.Errorf("node %d: %d %s: %w", node, o.Status, o.Answer, errors.Join(o.Err, ctx.Err()))
			}
		}
	}
	return nil
}

// revokers is how many keys are revoked at a time. With more of them the clients take the processor
// from the nodes.
const revokers = 2

// revocations measures from the answer to a revocation to the first refusal of each other node.
func (c cluster) revocations(ctx context.Context, o options, s *section) error {
	keys, err := c.keys(ctx, 10, o.revocations)
	if err != nil {
		return err
	}
	waits, faults := make([][]float64, len(keys)), make([]error, revokers)
	var running sync.WaitGroup
	for r := range faults {
		running.Go(func() {
			for i := r; i < len(keys) && faults[r] == nil; i += revokers {
				waits[i], faults[r] = c.revoke(ctx, keys[i])
			}
		})
	}
	running.Wait()
	if err := errors.Join(faults...); err != nil {
		return err
	}
	var took []float64
	late := 0 // accepted by the very node after its answer
	for _, after := range waits {
		if took = append(took, after[1:]...); after[0] > 0 {
			late++
		}
	}
	s.revoked(took, late)
	return nil
}

// revoke revokes a key at the first node, and returns how long each node still took it.
func (c cluster) revoke(ctx context.Context, k apiKey) ([]float64, error) {
	gone, err := c.ask(ctx, "DELETE", "/iam/v1alpha1/api-keys/"+k.AccessKey, "", nil)
	if err != nil {
		return nil, err
	}
	after := make([]float64, len(c.Nodes))
	var running sync.WaitGroup
	for node := range c.Nodes {
		running.Go(func() { after[node] = float64(c.refused(ctx, node, k, gone.End)) })
	}
	running.Wait()
	return after, ctx.Err()
}

// revoked reports how long other nodes took revoked keys, and by how many keys the revoking node was late.
func (s *section) revoked(took []float64, late int) {
	slices.Sort(took)
	at := func(q float64) float64 { return quantile(took, q) }
	const title = "Revocations until another node refuses"
	text := fmt.Sprintf("median %s, p99 %s, p99.9 %s, longest %s", duration(at(0.5)), duration(at(0.99)), duration(at(0.999)), duration(at(1)))
	s.table = append(s.table, []string{title, "-", text, "-"})
	buckets := histogram(took)
	for _, b := range buckets {
		s.table = append(s.table, []string{"... of them from " + duration(b.from) + " to " + duration(b.to), "-", fmt.Sprintf("%d of %d", b.count, len(took)), percent(float64(b.count) / float64(len(took)))})
	}
	s.figure = figure{"revocations.svg", title, plotHistogram(title+" (logarithmic)", buckets)}
	s.goals = append(s.goals,
		goal{"a revoked key is refused by the node that revoked it at once", fmt.Sprintf("%d were not", late), late == 0},
		goal{"a revoked key is refused by every other node within 100 ms (p99)", duration(at(0.99)), at(0.99) < float64(100*time.Millisecond)},
		goal{"... and never later than after 1 s", duration(at(1)), at(1) <= float64(time.Second)})
}

// refused asks a node with a key until it refuses, and returns how long after an instant the
// last question began that was still answered; 0 if none was.
func (c cluster) refused(ctx context.Context, node int, k apiKey, since time.Duration) (last time.Duration) {
	for {
		o := c.Ask(ctx, rig.Request{Node: node, Method: "POST", Path: "/iam/v1alpha1/check-permissions", Secret: k.SecretKey, Body: `{"permissions":[]}`})
		if o.Status == 401 || ctx.Err() != nil {
			return last
		}
		last = max(1, o.End-since)
	}
}
