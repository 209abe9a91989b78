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

// nodes measures an installation of one and of three nodes on a PostgreSQL of its own: what a
// decision costs a node, and how soon all nodes refuse a key that one of them revoked.
func nodes(ctx context.Context, o options) (s section, err error) {
	s = section{
		title: "Several nodes",
		text: fmt.Sprintf("The real program as one and as three processes on a PostgreSQL of their own, over 100 applications with an API key each. Decisions are asked of all nodes at once, with %d connections to each. "+
			"A key is revoked at the first node; from its answer on all three are asked with it until they refuse. %d keys are revoked, %d at a time.", connectionCount, o.revocations, revokers),
		table: [][]string{{"What", "One node", "Three nodes, each", "Ratio"}},
	}
	var cpu, memory [2]float64
	for i, n := range []int{1, 3} {
		in, err := rig.New(ctx, rig.Options{Program: o.program, Nodes: n})
		if err != nil {
			return s, err
		}
		c := cluster{in, in.Keys["SCW_SECRET_KEY"]}
		cpu[i], memory[i], err = c.decisions(ctx, o)
		if err == nil && n > 1 {
			err = c.revocations(ctx, o, &s)
		}
		if err = errors.Join(err, in.Remove()); err != nil {
			return s, err
		}
	}
	for _, row := range []struct {
		what  string
		sides [2]float64
		text  func(float64) string
	}{{"processor time of a decision over HTTP", cpu, duration}, {"resident memory", memory, bytesText}} {
		ratio := row.sides[1] / row.sides[0]
		s.table = append(s.table, []string{row.what, row.text(row.sides[0]), row.text(row.sides[1]), times(ratio)})
		s.goals = append(s.goals, goal{row.what + " of a node: from one to three nodes within 5%", times(ratio), ratio < 1.05})
	}
	return s, nil
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

// decisions returns the processor time of a decision and the resident memory of a node, the
// median of the nodes.
func (c cluster) decisions(ctx context.Context, o options) (cpu, memory float64, err error) {
	keys, err := c.keys(ctx, 100, 100)
	if err != nil {
		return 0, 0, err
	}
	for node := range c.Nodes {
		if err := c.known(ctx, node, keys); err != nil {
			return 0, 0, err
		}
	}
	var requests [][]byte
	for _, k := range keys {
		requests = append(requests, request("/iam/v1alpha1/check-permissions", "X-Auth-Token", k.SecretKey, `{"permissions":[{"service":"iam","name":"user","action":"list"}]}`))
	}
	var loads []*load
	var processes []*process
	for _, n := range c.Nodes {
		l, err := newLoad(n.Address(), requests)
		if err != nil {
			return 0, 0, err
		}
		defer l.close()
		found, err := os.FindProcess(n.PID())
		if err != nil {
			return 0, 0, err
		}
		loads, processes = append(loads, l), append(processes, &process{command: &exec.Cmd{Process: found}, address: n.Address()})
	}
	costs, sizes := make([]float64, len(loads)), make([]float64, len(loads))
	faults := make([]error, len(loads))
	var running sync.WaitGroup
	for i := range loads {
		running.Go(func() {
			var cost []float64
			_, cost, faults[i] = duel(o, loads[i:i+1], processes[i:i+1])
			if faults[i] == nil {
				costs[i] = cost[0]
				sizes[i], _ = processes[i].resident()
			}
		})
	}
	running.Wait()
	return median(costs), median(sizes), errors.Join(faults...)
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
	quantile := func(q float64) float64 { return took[int(q*float64(len(took)-1))] }
	const title = "Revocations until another node refuses"
	text := fmt.Sprintf("median %s, p99 %s, p99.9 %s, longest %s", duration(quantile(0.5)), duration(quantile(0.99)), duration(quantile(0.999)), duration(quantile(1)))
	s.table = append(s.table, []string{title, "-", text, "-"})
	buckets := histogram(took)
	for _, b := range buckets {
		s.table = append(s.table, []string{"... of them from " + duration(b.from) + " to " + duration(b.to), "-", fmt.Sprintf("%d of %d", b.count, len(took)), percent(float64(b.count) / float64(len(took)))})
	}
	s.figure = figure{"revocations.svg", title, plotHistogram(title+" (logarithmic)", buckets)}
	s.goals = append(s.goals,
		goal{"a revoked key is refused by the node that revoked it at once", fmt.Sprintf("%d were not", late), late == 0},
		goal{"a revoked key is refused by every other node within 100 ms (p99)", duration(quantile(0.99)), quantile(0.99) < float64(100*time.Millisecond)},
		goal{"... and never later than after 1 s", duration(quantile(1)), quantile(1) <= float64(time.Second)})
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
