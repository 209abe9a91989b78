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
// snapshot, and how many while the snapshot is replaced all the time. What the machine has to
// spare is shared by turns with the floor, which only reads: on a busy machine neither grows
// with the cores, but what takes no lock grows as the floor does.
func cores(_ context.Context, o options) (section, error) {
	s := section{
		title: "Decisions on several cores",
		text: "The mixed questions in process, as many askers as cores (GOMAXPROCS), each with questions of its own. Readers load a pointer and take no lock; the floor is maps that nobody writes to. " +
			"Once more while somebody changes policies, one a millisecond at most, as far as the cores let it.",
		table: [][]string{{"Cores", "Decisions", "To one core", "The floor's", "While policies change", "Changes"}},
	}
	all := runtime.NumCPU()
	c, err := newCrowd(all)
	if err != nil {
		return s, err
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(all))
	var counts []int
	for n := 1; n < all; n *= 2 {
		counts = append(counts, n)
	}
	counts = append(counts, all)
	ours, floor, busy, changes := make([][]float64, len(counts)), make([][]float64, len(counts)), make([][]float64, len(counts)), make([]float64, len(counts))
	for range o.rounds {
		for i, n := range counts {
			runtime.GOMAXPROCS(n)
			runtime.GC()
			ours[i] = append(ours[i], c.ask(c.ours[:n], o.turn))
			floor[i] = append(floor[i], c.ask(c.floor[:n], o.turn))
			rate, changed, err := c.askAndChange(n, o.turn)
			if err != nil {
				return s, err
			}
			busy[i], changes[i] = append(busy[i], rate), changes[i]+changed
		}
	}
	growth, floorGrowth := 0.0, 0.0 // of the last
	for i, n := range counts {
		rate := median(ours[i])
		growth, floorGrowth = rate/median(ours[0]), median(floor[i])/median(floor[0])
		s.table = append(s.table, []string{fmt.Sprint(n), fmt.Sprintf("%.2f million/s", rate/1e6), times(growth), times(floorGrowth),
			fmt.Sprintf("%.2f million/s", median(busy[i])/1e6), fmt.Sprintf("%.0f/s", changes[i]/float64(o.rounds))})
	}
	if all > 1 {
		s.goals = []goal{{fmt.Sprintf("throughput grows with cores: with %d of them at least 90%% of the growth of maps that nobody writes to", all),
			fmt.Sprintf("%s, the maps %s", times(growth), times(floorGrowth)), growth >= 0.9*floorGrowth}}
	}
	return s, nil
}

// crowd asks at the same time: Bailiwick one snapshot, as package authority does, and the
// floor its maps.
type crowd struct {
	world       *world
	at          atomic.Pointer[pdp.Snapshot]
	ours, floor []decider // of each asker
	asked       int       // where the next turn begins
	changed     int
}

func newCrowd(askers int) (*crowd, error) {
	r, err := newRooms()
	if err != nil {
		return nil, err
	}
	c := &crowd{world: newWorld(large(), "")}
	first, err := r.snapshot(c.world)
	if err != nil {
		return nil, err
	}
	c.at.Store(first)
	floor, err := r.floor(c.world)
	if err != nil {
		return nil, err
	}
	for range askers {
		questions := c.world.questions(r.catalog, mixed, questionCount/2)
		requests := r.requests(questions)
		ours := func(i int) bool { return c.at.Load().Decide(&requests[i]).Allowed }
		theirs, err := floor(separate(append([]question(nil), questions...)))
		if err != nil {
			return nil, err
		}
		if _, err := agree(len(questions), ours, theirs); err != nil {
			return nil, err
		}
		c.ours, c.floor = append(c.ours, ours), append(c.floor, theirs)
	}
	return c, nil
}

// ask lets askers ask for a time and returns their decisions per second.
func (c *crowd) ask(askers []decider, turn time.Duration) float64 {
	const n = questionCount / 2
	var wait sync.WaitGroup
	counts := make([]int, len(askers))
	start := time.Now()
	for asker, decide := range askers {
		wait.Go(func() {
			i := c.asked
			for count := 1; ; count++ {
				decide(i % n)
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
	c.asked += total / len(askers)
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
	rate = c.ask(c.ours[:n], turn)
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
