package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"
)

// bareArgon is how many argon2id hashes of the server's cost this program makes in a second, one a
// core at a time.
func bareArgon(turn time.Duration) float64 {
	var made atomic.Int64
	var wait sync.WaitGroup
	start := time.Now()
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for time.Since(start) < turn {
				argon2.IDKey([]byte(memberPassword), make([]byte, 16), 2, 19*1024, 1, 32)
				made.Add(1)
			}
		})
	}
	wait.Wait()
	return float64(made.Load()) / time.Since(start).Seconds()
}

// openLoop sends requests at a rate, whether those before have been answered or not, and returns how
// long each took from the moment when it was due. A loop that waits for answers would ask less
// just when the server is slow, and so not see it.
type openLoop struct {
	client *http.Client
	rate   int // requests a second
	make   func(i int) (*http.Request, error)
	well   func(status int) bool
}

func (l openLoop) run(turn time.Duration) (took []float64, err error) {
	n := int(float64(l.rate) * turn.Seconds())
	took = make([]float64, n)
	faults := make([]error, n)
	var wait sync.WaitGroup
	start := time.Now()
	for i := range n {
		due := start.Add(time.Duration(i) * turn / time.Duration(n))
		time.Sleep(time.Until(due))
		wait.Go(func() {
			faults[i] = l.one(i)
			took[i] = float64(time.Since(due))
		})
	}
	wait.Wait()
	return took, errors.Join(faults...)
}

func (l openLoop) one(i int) error {
	r, err := l.make(i)
	if err != nil {
		return err
	}
	answer, err := l.client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	if !l.well(answer.StatusCode) {
		return fmt.Errorf("%s %s: %s", r.Method, r.URL.Path, answer.Status)
	}
	return nil
}

const (
	floodRate = 200 // attempts a second
	calmRate  = 200 // of everything else
	floodTurn = 3 * time.Second
)

// flood measures the latency of reads and decisions alone, and while strangers guess passwords: half
// of the guesses for a user that does not exist, half for the owner, which nobody can lock out. As
// many requests that the server refuses at once show what the machine itself makes of more traffic.
func (in *installation) flood(o options, p *process, c caller, s *section) (err error) {
	values, err := credentials(in.data)
	if err != nil {
		return err
	}
	var guesses []string
	for i := range floodRate {
		guesses = append(guesses, fmt.Sprintf(`{"email":%q,"password":"wrong"}`, values["BAILIWICK_OWNER_EMAIL"]), in.loginBody(fmt.Sprintf("nobody-%d", i), "wrong"))
	}
	url := "http://" + p.address + loginPath
	away := func(status int) bool {
		return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable
	}
	babblers, err := newStrangers(context.Background(), strangersContent{url, []string{"{}"}, floodRate}, func(status int) bool { return status == http.StatusBadRequest })
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, babblers.close()) }()
	attackers, err := newStrangers(context.Background(), strangersContent{url, guesses, floodRate}, func(status int) bool { return away(status) || status == http.StatusUnauthorized })
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, attackers.close()) }()
	calm, babble, busy, err := beside(o.rounds, in.calm(p, c), babblers, attackers)
	if err != nil {
		return err
	}
	shed, answered := 0, 0
	for status, n := range attackers.statuses {
		if answered += n; away(status) {
			shed += n
		}
	}
	what := fmt.Sprintf("p99 of %d reads and checks a second, under %d ", calmRate, floodRate)
	s.table = append(s.table, []string{what + "guesses a second", duration(busy), "alone", duration(calm), times(busy / calm)},
		[]string{what + "empty logins a second, which cost nothing", duration(babble), "alone", duration(calm), times(babble / calm)},
		[]string{"guesses turned away, because too many wait", percent(float64(shed) / float64(answered)), "", "", ""})
	s.goals = append(s.goals, goal{"under a flood of 200 guesses a second the rest of the API keeps its p99 within 1.5x", times(busy / calm), busy <= 1.5*calm})
	return nil
}

// calm is what everybody else asks for.
func (in *installation) calm(p *process, c caller) openLoop {
	return openLoop{&http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 512}}, calmRate, func(i int) (*http.Request, error) {
		method, path, body := "GET", "/iam/v1alpha1/applications/"+string(in.world.applications[i%len(in.world.applications)]), ""
		if i%2 == 0 {
			method, path, body = "POST", "/iam/v1alpha1/check-permissions", `{"permissions":[{"service":"iam","name":"user","action":"list"}]}`
		}
		r, err := http.NewRequest(method, "http://"+p.address+path, strings.NewReader(body))
		if err == nil {
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("X-Auth-Token", c.secret)
		}
		return r, err
	}, func(status int) bool { return status == http.StatusOK }}
}

// beside returns the p99 of a loop alone, and beside each of two floods: medians over the turns.
func beside(rounds int, loop openLoop, first, second *strangers) (alone, besideFirst, besideSecond float64, err error) {
	all := make([][]float64, 3)
	for round := range rounds + 1 {
		for i, others := range []func() error{func() error { return nil }, first.run, second.run} {
			var wait sync.WaitGroup
			var fault error
			wait.Go(func() { fault = others() })
			took, err := loop.run(floodTurn)
			wait.Wait()
			if err := errors.Join(err, fault); err != nil {
				return 0, 0, 0, err
			}
			if round > 0 { // the first one warms up
				all[i] = append(all[i], p99(took))
			}
		}
	}
	return median(all[0]), median(all[1]), median(all[2]), nil
}

func p99(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)*99/100]
}
