package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// process is a running "bailiwick serve".
type process struct {
	command *exec.Cmd
	log     *growingLog
	url     string
	ended   chan error // receives the end of the process, once
}

// patience bounds how long a test waits for the server to start or to stop.
const patience = time.Minute

// launch starts the server in a directory and returns when it listens. An error holds the
// whole log.
func launch(dir string, environ, args []string) (*process, error) {
	p := &process{
		command: exec.Command("bailiwick", append([]string{"serve"}, args...)...),
		log:     newGrowingLog(), ended: make(chan error, 1),
	}
	p.command.Dir, p.command.Env = dir, environ
	stderr, err := p.command.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.log.readFrom(stderr)
		p.ended <- p.command.Wait() // closes standard error, so it comes after the last line
	}()
	impatience := time.AfterFunc(patience, func() { p.command.Process.Kill() })
	defer impatience.Stop()
	match := p.log.await(regexp.MustCompile(`msg"?[=:]"?listening.*url"?[=:]"?(https?://[^ "]+)`))
	if match == nil {
		return nil, fmt.Errorf("the server does not listen (%v):\n%s", p.wait(), p.log)
	}
	p.url = match[1]
	return p, nil
}

// wait waits for the end of the process and returns its error: nil for exit status 0.
func (p *process) wait() error {
	select {
	case err := <-p.ended:
		p.ended <- err // for who asks again
		return err
	case <-time.After(patience):
		p.command.Process.Kill()
		return errors.New("the process does not end")
	}
}

// start launches the server for a Go test and ends it with the test.
func start(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	p, err := launch(dir, cleanEnviron(), append([]string{"--listen", "127.0.0.1:0"}, args...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.command.Process.Kill()
		p.wait()
		if t.Failed() {
			t.Logf("log of the server:\n%s", p.log)
		}
	})
	return p
}

// cleanEnviron is the environment without settings: those of the machine that runs the
// tests must not reach the server.
func cleanEnviron() []string {
	var clean []string
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, variablePrefix) {
			clean = append(clean, entry)
		}
	}
	return clean
}

// credentials reads the credentials file of a data directory.
func credentials(t *testing.T, data string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(data, credentialsName))
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		values[name] = value
	}
	return values
}

// growingLog is a log that is read while it grows.
type growingLog struct {
	mutex  sync.Mutex
	grown  sync.Cond
	text   strings.Builder
	closed bool
}

func newGrowingLog() *growingLog {
	l := &growingLog{}
	l.grown.L = &l.mutex
	return l
}

// readFrom takes lines until their source ends.
func (l *growingLog) readFrom(source io.Reader) {
	for lines := bufio.NewScanner(source); lines.Scan(); {
		l.add(lines.Text()+"\n", false)
	}
	l.add("", true)
}

func (l *growingLog) add(text string, last bool) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.text.WriteString(text)
	l.closed = last
	l.grown.Broadcast()
}

// await returns the first match of a pattern as soon as it is in the log, or nil when the
// log ends without one.
func (l *growingLog) await(pattern *regexp.Regexp) []string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	for {
		if match := pattern.FindStringSubmatch(l.text.String()); match != nil || l.closed {
			return match
		}
		l.grown.Wait()
	}
}

func (l *growingLog) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()
}
