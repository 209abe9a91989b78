package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"bailiwick/iam"
	"bailiwick/pdp"
)

// cores measures how many decisions a second one, two and more processor cores make on one
// snapshot, and how many while the snapshot is replaced all the time.
func cores(_ context.Context, o options) (section, error) {
	s := section{
		title: "Decisions on several cores",
		text: "The mixed questions in process, as many askers as cores (GOMAXPROCS), each with questions of its own. Readers load a pointer and take no lock. " +
			"Once more while somebody changes policies, one a millisecond at most, as far as the cores let it.",
		table: [][]string{{"Cores", "Decisions", "To one core", "While policies change", "Changes"}},
	}
	r, err := newRooms()
	if err != nil {
		return s, err
	}
	w := newWorld(large(), "")
	first, err := r.snapshot(w)
	if err != nil {
		return s, err
	}
	c := crowd{world: w}
	c.at.Store(first)
	all := runtime.NumCPU()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(all))
	var counts []int
	for n := 1; n < all; n *= 2 {
		counts = append(counts, n)
	}
	counts = append(counts, all)
	for range all {
		c.requests = append(c.requests, r.requests(w.questions(r.catalog, mixed, questionCount/2)))
	}
	rates, busy, changes := make([][]float64, len(counts)), make([][]float64, len(counts)), make([]float64, len(counts))
	for range o.rounds {
		for i, n := range counts {
			runtime.GOMAXPROCS(n)
			runtime.GC()
			rates[i] = append(rates[i], c.ask(n, o.turn))
			rate, changed, err := c.askAndChange(n, o.turn)
			if err != nil {
				return s, err
			}
			busy[i], changes[i] = append(busy[i], rate), changes[i]+changed
		}
	}
	one := median(rates[0])
	for i, n := range counts {
		rate := median(rates[i])
		s.table = append(s.table, []string{fmt.Sprint(n), fmt.Sprintf("%.2f million/s", rate/1e6), times(rate / one),
			fmt.Sprintf("%.2f million/s", median(busy[i])/1e6), fmt.Sprintf("%.0f/s", changes[i]/float64(o.rounds))})
	}
	if all > 1 {
		ratio := median(rates[len(counts)-1]) / one
		s.goals = []goal{{fmt.Sprintf("throughput grows with cores: %d of them at least %.1fx of one", all, 0.8*float64(all)), times(ratio), ratio >= 0.8*float64(all)}}
	}
	return s, nil
}

// crowd asks one snapshot at the same time, as package authority does.
type crowd struct {
	world    *world
	at       atomic.Pointer[pdp.Snapshot]
	requests [][]pdp.Request // of each asker
	asked    int             // where the next turn begins
	changed  int
}

// ask lets n ask for a time and returns their decisions per second.
func (c *crowd) ask(n int, turn time.Duration) float64 {
	var wait sync.WaitGroup
	counts := make([]int, n)
	start := time.Now()
	for asker := range n {
		wait.Go(func() {
			requests, i := c.requests[asker], c.asked
			for count := 1; ; count++ {
				c.at.Load().Decide(&requests[i%len(requests)])
				if i++; count%256 == 0 && time.Since(start) > turn {
					counts[asker] = count
					return
				}
			}
		})
	}
	wait.Wait()
	took := time.Since(start).Seconds()
	total := 0
	for _, count := range counts {
		total += count
	}
	c.asked += total / n
	return float64(total) / took
}

// askAndChange is ask while a policy changes every millisecond. It also returns the changes
// per second.
func (c *crowd) askAndChange(n int, turn time.Duration) (rate, changes float64, err error) {
	stop, stopped := make(chan struct{}), make(chan error)
	before, start := c.changed, time.Now()
	go func() {
		every := time.NewTicker(time.Millisecond)
		defer every.Stop()
		var faults error
		for {
			select {
			case <-stop:
				stopped <- faults
				return
			case <-every.C:
				faults = errors.Join(faults, c.change())
			}
		}
	}()
	rate = c.ask(n, turn)
	close(stop)
	err = <-stopped
	return rate, float64(c.changed-before) / time.Since(start).Seconds(), err
}

// change puts a policy of an application again, with another rule.
func (c *crowd) change() error {
	c.changed++
	g := c.world.grants[c.changed*7910%len(c.world.grants)] // a multiple of ten: never a group's
	policy, rule := g.policyAndRule(c.world.organization)
	rule.PermissionSetNames = setNames()[c.changed%2:][:1]
	edit := c.at.Load().Edit()
	if err := edit.PutPolicy(policy, []iam.Rule{rule}); err != nil {
		return err
	}
	c.at.Store(edit.Snapshot(int64(c.changed)))
	return nil
}
