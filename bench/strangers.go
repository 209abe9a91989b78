package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
)

// strangersCommand makes this program a client that posts to a server what it is given. Strangers have
// processors of their own; here they share the machine with the server and with whoever measures it, so
// they are a process apart, and of the lowest priority.
const strangersCommand = "strangers"

// strangersContent is what strangers read first.
type strangersContent struct {
	URL    string   `json:"url"`
	Bodies []string `json:"bodies"`
	Rate   int      `json:"rate"` // posts a second
}

// beStrangers reads its content from in, and then a line for each turn. It writes a line after each: how
// often each status was answered.
func beStrangers(in io.Reader, out io.Writer) error {
	lines := bufio.NewReader(in)
	first, err := lines.ReadBytes('\n')
	if err != nil {
		return err
	}
	var content strangersContent
	if err := json.Unmarshal(first, &content); err != nil {
		return err
	}
	var statuses map[int]int
	var lock sync.Mutex
	loop := openLoop{&http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 512}}, content.Rate, func(i int) (*http.Request, error) {
		r, err := http.NewRequest("POST", content.URL, strings.NewReader(content.Bodies[i%len(content.Bodies)]))
		if err == nil {
			r.Header.Set("Content-Type", "application/json")
		}
		return r, err
	}, func(status int) bool {
		lock.Lock()
		defer lock.Unlock()
		statuses[status]++
		return true
	}}
	for {
		if _, err := lines.ReadBytes('\n'); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		statuses = map[int]int{}
		if _, err := loop.run(floodTurn); err != nil {
			return err
		}
		if err := json.NewEncoder(out).Encode(statuses); err != nil {
			return err
		}
	}
}

// strangers is such a process.
type strangers struct {
	command  *exec.Cmd
	in       io.WriteCloser
	out      *json.Decoder
	well     func(status int) bool
	statuses map[int]int // of all turns
}

func newStrangers(ctx context.Context, content strangersContent, well func(status int) bool) (*strangers, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &strangers{command: exec.CommandContext(ctx, "nice", "-n", "19", self, strangersCommand), well: well, statuses: map[int]int{}}
	s.command.Stderr = os.Stderr
	out, err := s.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.out = json.NewDecoder(out)
	if s.in, err = s.command.StdinPipe(); err != nil {
		return nil, err
	}
	if err := s.command.Start(); err != nil {
		return nil, err
	}
	return s, json.NewEncoder(s.in).Encode(content)
}

// run is one turn.
func (s *strangers) run() error {
	if _, err := io.WriteString(s.in, "\n"); err != nil {
		return err
	}
	var turn map[int]int
	if err := s.out.Decode(&turn); err != nil {
		return err
	}
	for status, n := range turn {
		if s.statuses[status] += n; !s.well(status) {
			return fmt.Errorf("strangers: %d answers of status %d", n, status)
		}
	}
	return nil
}

func (s *strangers) close() error { return errors.Join(s.in.Close(), s.command.Wait()) }
