package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test binary stand for the command: the scripts run the real main.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"bailiwick": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setUp,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"start":     startCommand,
			"terminate": terminateCommand,
			"http":      httpCommand,
			"mode":      modeCommand,
			"keys":      keysCommand,
			"make":      makeCommand,
			"status":    statusCommand,
		},
	})
}

// setUp keeps settings of the machine that runs the tests out of them, and makes a place
// for the server that a script starts.
func setUp(env *testscript.Env) error {
	var clean []string
	for _, entry := range env.Vars {
		if !strings.HasPrefix(entry, variablePrefix) {
			clean = append(clean, entry)
		}
	}
	env.Vars = clean
	holder := &serverHolder{}
	env.Values[serverKey{}] = holder
	env.Defer(holder.kill)
	return nil
}

type serverKey struct{}

// serverHolder is the server that a script has started, if any.
type serverHolder struct{ *process }

func (h *serverHolder) kill() {
	if h.process != nil {
		h.command.Process.Kill()
		h.wait()
		h.process = nil
	}
}

// startCommand is "start [flag...]": it starts the server on a free port, waits until it
// listens and sets $URL and $ADDRESS.
func startCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("start cannot be negated")
	}
	holder := ts.Value(serverKey{}).(*serverHolder)
	holder.kill()
	s, err := launch(ts.MkAbs("."), cleanEnviron(), append([]string{"--listen", "127.0.0.1:0"}, args...))
	ts.Check(err)
	holder.process = s
	ts.Setenv("URL", s.url)
	ts.Setenv("ADDRESS", strings.TrimPrefix(s.url, "http://"))
}

// terminateCommand is "terminate [INT]": it stops the server with SIGTERM or SIGINT, wants exit status 0, and leaves
// the log in server.log.
func terminateCommand(ts *testscript.TestScript, neg bool, args []string) {
	signal := syscall.SIGTERM
	if len(args) == 1 && args[0] == "INT" {
		signal = syscall.SIGINT
	}
	holder := ts.Value(serverKey{}).(*serverHolder)
	if neg || holder.process == nil {
		ts.Fatalf("there is no server to stop")
	}
	s := holder.process
	holder.process = nil
	ts.Check(s.command.Process.Signal(signal))
	if err := s.wait(); err != nil {
		ts.Fatalf("the server stopped with %v:\n%s", err, s.log)
	}
	ts.Check(os.WriteFile(ts.MkAbs("server.log"), []byte(s.log.String()), 0o600))
}

// httpCommand is "http STATUS PATH [SECRET-KEY]": it asks the started server and prints the
// answer.
func httpCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: http STATUS PATH [SECRET-KEY]")
	}
	request, err := http.NewRequest("GET", ts.Getenv("URL")+args[1], nil)
	ts.Check(err)
	if len(args) == 3 {
		request.Header.Set("X-Auth-Token", args[2])
	}
	response, err := http.DefaultClient.Do(request)
	ts.Check(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	ts.Check(err)
	if strconv.Itoa(response.StatusCode) != args[0] {
		ts.Fatalf("%s: status %d, want %s: %s", args[1], response.StatusCode, args[0], body)
	}
	fmt.Fprintln(ts.Stdout(), string(body))
}

// modeCommand is "mode OCTAL PATH...": it wants files of exactly that mode.
func modeCommand(ts *testscript.TestScript, neg bool, args []string) {
	for _, path := range args[1:] {
		info, err := os.Stat(ts.MkAbs(path))
		ts.Check(err)
		if got := fmt.Sprintf("%04o", info.Mode().Perm()); (got == args[0]) == neg {
			ts.Fatalf("%s has mode %s", path, got)
		}
	}
}

// keysCommand is "keys FILE": it loads a credentials file into the script's environment,
// through a real shell.
func keysCommand(ts *testscript.TestScript, neg bool, args []string) {
	script := exec.Command("bash", "-euc", `set -a; . "$1"; set +a; env`, "bash", ts.MkAbs(args[0]))
	script.Env = []string{"PATH=" + os.Getenv("PATH")}
	out, err := script.Output()
	ts.Check(err)
	for line := range strings.Lines(string(out)) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if strings.HasPrefix(name, "SCW_") || strings.HasPrefix(name, variablePrefix) {
			ts.Setenv(name, value)
		}
	}
}
