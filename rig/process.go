package rig

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Patience bounds how long the rig waits for a program to start, to stop, or to say something.
const Patience = time.Minute

// process is a program that runs, with what it says on standard error. It ends with this
// process.
type process struct {
	command *exec.Cmd
	ended   chan struct{}

	mu    sync.Mutex
	grown sync.Cond
	text  strings.Builder
	over  bool
}

// run starts a program.
func run(command *exec.Cmd) (*process, error) {
	p := &process{command: command, ended: make(chan struct{})}
	p.grown.L = &p.mu
	if command.SysProcAttr == nil {
		command.SysProcAttr = &syscall.SysProcAttr{}
	}
	command.SysProcAttr.Pdeathsig = syscall.SIGKILL
	stderr, err := command.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.read(stderr)
		_ = command.Wait() // its status is in the command
		close(p.ended)
	}()
	return p, nil
}

func (p *process) read(source io.Reader) {
	lines := bufio.NewReader(source)
	for over := false; !over; {
		line, err := lines.ReadString('\n')
		over = err != nil
		p.mu.Lock()
		p.text.WriteString(line)
		p.over = over
		p.grown.Broadcast()
		p.mu.Unlock()
	}
}

// await returns the first match of a pattern in what the program says, or an error with all
// that it said if it ends, or says nothing of the kind for too long.
func (p *process) await(pattern string) ([]string, error) {
	expression := regexp.MustCompile(pattern)
	late := false
	timer := time.AfterFunc(Patience, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		late = true
		p.grown.Broadcast()
	})
	defer timer.Stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		text := p.text.String()
		if match := expression.FindStringSubmatch(text); match != nil {
			return match, nil
		}
		if p.over || late {
			return nil, fmt.Errorf("%s never said %q:\n%s", p.command.Args[0], pattern, text)
		}
		p.grown.Wait()
	}
}

// said is all that the program has said so far.
func (p *process) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

func (p *process) signal(s syscall.Signal) error { return p.command.Process.Signal(s) }

// kill ends the program as kill -9 does and waits for its end.
func (p *process) kill() {
	_ = p.command.Process.Kill() // it may have ended
	<-p.ended
}

// stop asks the program to end and waits until it has; how it ended is the error.
func (p *process) stop(s syscall.Signal) error {
	if err := p.signal(s); err != nil {
		return err
	}
	select {
	case <-p.ended:
	case <-time.After(Patience):
		p.kill()
		return errors.New("the program did not end")
	}
	if code := p.command.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("the program ended with %s:\n%s", p.command.ProcessState, p.said())
	}
	return nil
}
