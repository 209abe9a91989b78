package compat

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for the server.
const patience = 30 * time.Second

// server is a running process of the server.
type server struct {
	command     *exec.Cmd
	logFile     string
	exited      chan error
	credentials map[string]string // the content of credentials.env
	url         string
	binary      string
}

// startFor starts a server that ends, with exit code 0, when the test does.
func startFor(t *testing.T, flags ...string) *server {
	t.Helper()
	s := must(start(installation.binary, filepath.Join(t.TempDir(), "data"), flags...))(t)
	t.Cleanup(func() { check(t, s.stop()) })
	return s
}

// build compiles the server from the repository that these tests lie in, with the flags
// that the Makefile gives, such as -race.
func build(binary string) error {
	arguments := append([]string{"build", "-o", binary}, strings.Fields(os.Getenv("BUILDFLAGS"))...)
	command := exec.Command("go", append(arguments, "./cmd/bailiwick")...)
	command.Dir = ".."
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build the server: %w\n%s", err, output)
	}
	return nil
}

// start runs the server on a free port of the loopback interface and waits until it is
// ready. Its environment has no variable that could change what it does; flags are more of
// the command line.
func start(binary, data string, flags ...string) (*server, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	s := &server{exited: make(chan error, 1), url: "http://" + address, binary: binary, logFile: filepath.Clean(data) + ".log"}
	log, err := os.Create(s.logFile)
	if err != nil {
		return nil, err
	}
	defer log.Close() // the process has its own handle
	s.command = exec.Command(binary, append([]string{"serve", "--listen", address, "--data", data}, flags...)...)
	s.command.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + data}
	s.command.Stdout, s.command.Stderr = log, log
	if err := s.command.Start(); err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	go func() { s.exited <- s.command.Wait() }()
	if err := s.awaitReady(); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	if s.credentials, err = readEnv(filepath.Join(data, "credentials.env")); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	return s, nil
}

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// awaitReady asks /readyz until it says yes.
func (s *server) awaitReady() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	retry := time.NewTicker(20 * time.Millisecond)
	defer retry.Stop()
	for {
		if response, err := http.Get(s.url + "/readyz"); err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case err := <-s.exited:
			s.exited <- err
			return fmt.Errorf("the server ended before it was ready: %w\n%s", err, s.log())
		case <-ctx.Done():
			return fmt.Errorf("the server was not ready within %s\n%s", patience, s.log())
		case <-retry.C:
		}
	}
}

// stop ends the server with SIGTERM, which must drain it and exit with code 0.
func (s *server) stop() error {
	if err := s.command.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal the server: %w", err)
	}
	select {
	case err := <-s.exited:
		s.exited <- err
		if err != nil {
			return fmt.Errorf("the server did not exit with code 0: %w\n%s", err, s.log())
		}
		return nil
	case <-time.After(patience):
		return errors.Join(fmt.Errorf("the server did not exit within %s of SIGTERM\n%s", patience, s.log()), s.command.Process.Kill())
	}
}

// log returns what the server has written, for the report of a failure.
func (s *server) log() string {
	text, err := os.ReadFile(s.logFile)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// readEnv reads a file of NAME=VALUE lines; values may be in single quotes.
func readEnv(path string) (map[string]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	values := map[string]string{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		name, value, found := strings.Cut(lines.Text(), "=")
		if found {
			values[name] = strings.Trim(value, "'")
		}
	}
	return values, nil
}
