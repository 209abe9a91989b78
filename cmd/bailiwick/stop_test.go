package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// halfRequest sends a request up to the middle of its body, and returns once a handler has
// begun to read that body.
func halfRequest(t *testing.T, p *process, secret, path, body string) (net.Conn, *bufio.Reader) {
	t.Helper()
	address := strings.TrimPrefix(p.url, "http://")
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nX-Auth-Token: %s\r\nContent-Type: application/json\r\n"+
		"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n", path, address, secret, len(body))
	answer := bufio.NewReader(conn)
	// net/http sends this line when the handler first reads the body.
	line, err := answer.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "HTTP/1.1 100 ") {
		t.Fatalf("answer to Expect: %q, %v", line, err)
	}
	if _, err := answer.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte(body[:len(body)/2])); err != nil {
		t.Fatal(err)
	}
	return conn, answer
}

var stopping = regexp.MustCompile(`msg=stopping`)

func TestStopLetsRequestsFinish(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir)
	keys := credentials(t, filepath.Join(dir, "data"))
	const body = `{"name":"made while stopping"}`
	conn, answer := halfRequest(t, p, keys["SCW_SECRET_KEY"], "/iam/v1alpha1/applications", body)

	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if p.log.await(stopping) == nil {
		t.Fatal("the server does not say that it stops")
	}
	refused := regexp.MustCompile(`refused|reset`)
	// The listener closes a moment after the log line.
	for tries := 0; ; tries++ {
		response, err := http.Get(p.url + "/readyz")
		if err != nil && refused.MatchString(err.Error()) {
			break
		}
		if err == nil {
			response.Body.Close()
		}
		if tries == 1000 {
			t.Fatalf("a stopping server still takes requests: %v", err)
		}
	}
	if _, err := conn.Write([]byte(body[len(body)/2:])); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(answer, nil)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("the request in flight got %+v, %v", response, err)
	}
	if err := p.wait(); err != nil {
		t.Fatalf("exit: %v", err)
	}

	// What was acknowledged is there after the next start.
	p = start(t, dir)
	request, err := http.NewRequest("GET", p.url+"/iam/v1alpha1/applications?name=made+while+stopping", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Auth-Token", keys["SCW_SECRET_KEY"])
	if got := ask(t, request); !strings.Contains(got, `"total_count":1`) {
		t.Errorf("after the restart: %s", got)
	}
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir)
	keys := credentials(t, filepath.Join(dir, "data"))
	halfRequest(t, p, keys["SCW_SECRET_KEY"], "/iam/v1alpha1/applications", `{"name":"never sent"}`)
	for range 2 {
		if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if p.log.await(stopping) == nil {
			t.Fatal("the server does not say that it stops")
		}
	}
	exit, ok := errors.AsType[*exec.ExitError](p.wait())
	if !ok || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
		t.Errorf("exit: %v, want an end by the second signal", exit)
	}
}

// Lines of requests are held back for a moment; a stop writes them all.
func TestStopLosesNoLineOfTheLog(t *testing.T) {
	p := start(t, t.TempDir())
	var ids []string
	for range 300 {
		response, err := http.Get(p.url + "/metadata")
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, response.Body)
		response.Body.Close()
		ids = append(ids, response.Header.Get("X-Request-Id"))
	}
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.wait(); err != nil {
		t.Fatalf("exit: %v", err)
	}
	log := p.log.String()
	for i, id := range ids {
		if strings.Count(log, "msg=request method=GET route=\"GET /metadata\" ") != len(ids) || strings.Count(log, "request_id="+id+"\n") != 1 {
			t.Fatalf("the line of request %d of %d is not in the log:\n%s", i+1, len(ids), log)
		}
	}
	if !strings.HasSuffix(log, "msg=stopped\n") {
		t.Errorf("the log does not end with the stop:\n%s", log)
	}
}

// With a delay a load balancer hears that the node stops while it still serves.
func TestStopDelay(t *testing.T) {
	p := start(t, t.TempDir(), "--stop-delay", "10m")
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if p.log.await(stopping) == nil {
		t.Fatal("the server does not say that it stops")
	}
	for path, status := range map[string]int{"/readyz": 503, "/healthz": 200, "/account/v3/projects": 401} {
		response, err := http.Get(p.url + path)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != status {
			t.Errorf("%s: %s, want %d", path, response.Status, status)
		}
	}
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil { // the second signal waits for nothing
		t.Fatal(err)
	}
	if err := p.wait(); err == nil {
		t.Error("it ended as if it had stopped in order")
	}
}
