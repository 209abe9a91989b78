package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a server that runs beside this program.
type process struct {
	command *exec.Cmd
	address string
}

// startServer starts the real server on a data folder, and returns it with the time from its
// start until it says that it is ready. args are more arguments of it.
func startServer(ctx context.Context, o options, data string, args ...string) (*process, time.Duration, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, 0, err
	}
	p := &process{address: listener.Addr().String()}
	if err := listener.Close(); err != nil {
		return nil, 0, err
	}
	p.command = exec.CommandContext(ctx, o.program, append([]string{"serve", "--listen", p.address, "--data", data}, args...)...)
	// The server refuses variables that it does not know, such as the one that names a PostgreSQL for this program.
	p.command.Env = slices.DeleteFunc(os.Environ(), func(entry string) bool { return strings.HasPrefix(entry, "BAILIWICK_") })
	log, err := os.Create(data + ".log") // a file, as a pipe through this program would slow the server
	if err != nil {
		return nil, 0, err
	}
	defer log.Close()
	p.command.Stderr = log
	start := time.Now()
	if err := p.command.Start(); err != nil {
		return nil, 0, err
	}
	for time.Since(start) < 10*time.Minute {
		if answer, err := http.Get("http://" + p.address + "/readyz"); err == nil {
			took := time.Since(start)
			if answer.Body.Close(); answer.StatusCode == http.StatusOK {
				return p, took, nil
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
	return nil, 0, fmt.Errorf("%s is not ready, see %s", o.program, log.Name())
}

// startBare starts this program as a server of bare handlers.
func startBare(ctx context.Context, content bareContent) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(content)
	if err != nil {
		return nil, err
	}
	p := &process{command: exec.CommandContext(ctx, self, bareCommand)}
	p.command.Stdin = bytes.NewReader(text)
	p.command.Stderr = os.Stderr
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	p.address, err = bufio.NewReader(out).ReadString('\n')
	p.address = strings.TrimSpace(p.address)
	return p, err
}

// stop ends the process and waits for it.
func (p *process) stop() error {
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	if err := p.command.Wait(); err != nil && p.command.ProcessState.ExitCode() > 0 {
		return err
	}
	return nil
}

// resident returns the resident memory of the process and its peak, in bytes, with those that it
// started: at most, as what they share is counted in each.
func (p *process) resident() (now, peak float64) {
	for _, id := range p.family() {
		now, peak = now+memory(id, "VmRSS"), peak+memory(id, "VmHWM")
	}
	return now, peak
}

// hashing returns the peak of the resident memory of those that the process started, in bytes, and how
// much of what they hold now is files, of which the program is one that the process holds, too.
func (p *process) hashing() (peak, files float64) {
	for _, id := range p.family()[1:] {
		peak, files = peak+memory(id, "VmHWM"), files+memory(id, "RssFile")
	}
	return peak, files
}

// memory returns one line of the status of a process, in bytes.
func memory(id, name string) float64 {
	n, _ := strconv.ParseFloat(strings.TrimSuffix(field("/proc/"+id+"/status", name), " kB"), 64)
	return n * 1024
}

// processorTime returns the processor time that the process has used, and those that it started.
func (p *process) processorTime() (used time.Duration) {
	for _, id := range p.family() {
		data, _ := os.ReadFile(fmt.Sprintf("/proc/%s/stat", id))
		_, rest, _ := strings.Cut(string(data), ") ")
		fields := strings.Fields(rest)
		if len(fields) < 13 {
			continue
		}
		user, _ := strconv.Atoi(fields[11])
		system, _ := strconv.Atoi(fields[12])
		used += time.Duration(user+system) * 10 * time.Millisecond // a tick is 1/100 s on Linux
	}
	return used
}

// family returns the ids of the process and of those that it has started, in which it hashes passwords.
func (p *process) family() []string {
	self := strconv.Itoa(p.command.Process.Pid)
	ids := []string{self}
	lists, _ := filepath.Glob("/proc/" + self + "/task/*/children") // by the thread that started them
	for _, list := range lists {
		children, _ := os.ReadFile(list)
		ids = append(ids, strings.Fields(string(children))...)
	}
	return ids
}

// credentials reads what a first start wrote.
func credentials(data string) (map[string]string, error) {
	text, err := os.ReadFile(filepath.Join(data, "credentials.env"))
	values := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		values[name] = strings.Trim(value, "'")
	}
	return values, err
}
