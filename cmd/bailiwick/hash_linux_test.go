package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// children returns the ids of the processes that a process has started.
func children(t *testing.T, id int) (ids []int) {
	t.Helper()
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", id))
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range lists {
		text, _ := os.ReadFile(list) // the thread may be gone
		for _, field := range strings.Fields(string(text)) {
			child, err := strconv.Atoi(field)
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, child)
		}
	}
	return ids
}

// Passwords are hashed in a process that knows nothing but what it is sent, that is replaced when it
// is gone, and that ends with the server, however that ends.
func TestHashProcess(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, "--data", "data")
	values := credentials(t, filepath.Join(dir, "data"))
	login := func() {
		t.Helper()
		body := fmt.Sprintf(`{"email":%q,"password":%q}`, strings.Trim(values["BAILIWICK_OWNER_EMAIL"], "'"), strings.Trim(values["BAILIWICK_OWNER_PASSWORD"], "'"))
		if status, text := (api{t, p, ""}).call("POST", "/bailiwick/v1/login/password", body); status != 200 {
			t.Fatalf("%d %s", status, text)
		}
	}
	login()
	notTooBusy := func() {
		t.Helper()
		if strings.Contains(p.log.String(), "no processor time") {
			t.Skip("the machine is so busy that passwords were hashed in the server")
		}
	}
	notTooBusy()
	ids := children(t, p.command.Process.Pid)
	if len(ids) == 0 {
		t.Fatal("there is no process for hashes")
	}
	for _, id := range ids {
		at := func(name string) string { return fmt.Sprintf("/proc/%d/%s", id, name) }
		environ, err := os.ReadFile(at("environ"))
		if len(environ) > 0 || err != nil {
			t.Errorf("the environment is %q: %v", environ, err)
		}
		if line, err := os.ReadFile(at("cmdline")); string(line) != "bailiwick\x00hash-passwords\x00" {
			t.Errorf("the command line is %q: %v", line, err)
		}
		if link, err := os.Readlink(at("cwd")); link != "/" {
			t.Errorf("it works in %s: %v", link, err)
		}
		files, err := filepath.Glob(at("fd/*"))
		if err != nil || len(files) < 3 {
			t.Errorf("%v: %v", files, err)
		}
		for _, file := range files {
			link, _ := os.Readlink(file)
			if !strings.HasPrefix(link, "pipe:") && link != "/dev/null" && !strings.HasPrefix(link, "anon_inode:") && !strings.HasPrefix(link, "/sys/fs/cgroup/") {
				t.Errorf("it has %s open", link)
			}
		}
		if err := syscall.Kill(id, syscall.SIGTERM); err != nil { // as whoever stops a whole unit does
			t.Error(err)
		}
	}
	login()
	notTooBusy()
	if again := children(t, p.command.Process.Pid); fmt.Sprint(again) != fmt.Sprint(ids) {
		t.Errorf("after a signal the processes are %v, not %v", again, ids)
	}
	for _, id := range ids {
		if err := syscall.Kill(id, syscall.SIGKILL); err != nil {
			t.Error(err)
		}
	}
	login()
	notTooBusy()
	ids = children(t, p.command.Process.Pid)
	var watched []unix.PollFd
	for _, id := range ids {
		fd, err := unix.PidfdOpen(id, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		watched = append(watched, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN})
	}
	if err := p.command.Process.Kill(); err != nil || len(ids) == 0 {
		t.Fatal(ids, err)
	}
	for i := range watched {
		n, err := unix.Poll(watched[i:i+1], int(patience.Milliseconds()))
		for err == unix.EINTR {
			n, err = unix.Poll(watched[i:i+1], int(patience.Milliseconds()))
		}
		if n != 1 {
			t.Errorf("process %d outlives the server: %v", ids[i], err)
		}
	}
}
