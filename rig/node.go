package rig

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// clockVariable is the environment variable that names the file of the offset. It does not begin
// like a setting, because a program without [Clock] must not refuse it.
const clockVariable = "RIG_CLOCK"

// clockFile holds the offset of a node's wall clock, in its data directory.
const clockFile = "clock"

// Node is a server of an installation. Its clients reach it over one link, and it reaches its
// database over another one.
type Node struct {
	// Front is the way from clients to the node.
	Front *Link
	// Database is the way from the node to its database; nil if that is embedded.
	Database *Link

	program string
	data    string
	args    []string
	address string // of its listener
	disk    int64  // bytes of the disk of its data directory; 0: none
	server  *process
}

// Start starts the node and returns when it listens. What it says before is in the error if
// it does not.
func (n *Node) Start() error {
	command := exec.Command(n.program, append([]string{"serve", "--listen", "127.0.0.1:0", "--data", n.data}, n.args...)...)
	command.Env = append(CleanEnviron(), clockVariable+"="+filepath.Join(n.data, clockFile))
	command.SysProcAttr = &syscall.SysProcAttr{}
	if n.disk > 0 {
		if err := errors.Join(os.MkdirAll(n.data, 0o700), onDisk(command, n.data, n.disk, nil, "")); err != nil {
			return err
		}
	}
	server, err := run(command)
	if err != nil {
		return err
	}
	n.server = server
	match, err := server.await(`msg=listening url=http://([^ ]+)`)
	if err != nil {
		server.kill()
		return err
	}
	n.address = match[1]
	n.Front.Lead("tcp", n.address)
	return nil
}

// Use makes the next start one of another program.
func (n *Node) Use(program string) { n.program = program }

// URL is where clients reach the node.
func (n *Node) URL() string { return "http://" + n.Front.Address() }

// Kill ends the node as kill -9 does.
func (n *Node) Kill() { n.server.kill() }

// Stop ends the node by SIGTERM; an error if its exit status is not 0.
func (n *Node) Stop() error { return n.server.stop(syscall.SIGTERM) }

// Pause stops the node where it is; Resume lets it go on.
func (n *Node) Pause() error { return n.server.signal(syscall.SIGSTOP) }

// Resume ends a Pause.
func (n *Node) Resume() error { return n.server.signal(syscall.SIGCONT) }

// Log is what the node has said since its last start.
func (n *Node) Log() string { return n.server.said() }

// Await waits until the node has said something that matches a pattern.
func (n *Node) Await(pattern string) error {
	_, err := n.server.await(pattern)
	return err
}

// PID is the process id of the running node.
func (n *Node) PID() int { return n.server.command.Process.Pid }

// SetClock moves the wall clock of the node by an offset from that of this machine, at once
// if it runs. The program must be built with [Clock].
func (n *Node) SetClock(offset time.Duration) error {
	path := filepath.Join(n.data, clockFile)
	if err := os.MkdirAll(n.data, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", []byte(offset.String()), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// remove ends the node and its links.
func (n *Node) remove() error {
	if n.server != nil {
		n.server.kill()
	}
	err := n.Front.Close()
	if n.Database != nil {
		err = errors.Join(err, n.Database.Close())
	}
	return err
}

// CleanEnviron is the environment without settings of a server.
func CleanEnviron() []string {
	var clean []string
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "BAILIWICK_") {
			clean = append(clean, entry)
		}
	}
	return clean
}

// credentials reads the file that a first start writes.
func credentials(data string) (map[string]string, error) {
	text, err := os.ReadFile(filepath.Join(data, "credentials.env"))
	if err != nil {
		return nil, err
	}
	values := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		values[name] = strings.Trim(value, "'")
	}
	if values["SCW_SECRET_KEY"] == "" {
		return nil, fmt.Errorf("no secret key in %s", data)
	}
	return values, nil
}

// Running reports whether the node has been started.
func (n *Node) Running() bool { return n.server != nil }

// Address is where the node itself listens, for who measures it and must not go over a link.
func (n *Node) Address() string { return n.address }
