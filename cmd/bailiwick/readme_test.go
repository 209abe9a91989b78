package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// block is a fenced block of the README: commands, and the output that stands below them.
type block struct {
	commands, output string
}

// readmeBlocks returns the ```sh blocks, each with the ```json block that follows it.
func readmeBlocks(text string) []block {
	var blocks []block
	for _, match := range regexp.MustCompile("(?ms)^```(sh|json)\n(.*?)^```$").FindAllStringSubmatch(text, -1) {
		if match[1] == "sh" {
			blocks = append(blocks, block{commands: match[2]})
		} else if len(blocks) > 0 {
			blocks[len(blocks)-1].output = match[2]
		}
	}
	return blocks
}

// TestReadme runs every command of the README against the server that "make run" builds
// and starts, and compares what it prints with what the README says ("…" stands for
// anything). The text of the README is the only source.
func TestReadme(t *testing.T) {
	text := readDocument(t, "README.md")
	blocks := readmeBlocks(text)
	if len(blocks) < 2 || strings.TrimSpace(blocks[0].commands) != "make run" {
		t.Fatalf("want a README whose first commands are \"make run\", got %+v", blocks)
	}
	if fences := strings.Count(text, "\n```"); fences%2 != 0 || fences/2 < len(blocks) {
		t.Fatalf("%d code fences", fences)
	}
	dir := t.TempDir()
	makeRun(t, dir, blocks[0].commands)

	// One shell for all the rest, as a reader has it. A line between the blocks cuts the
	// output into pieces.
	const cut = "---- next block ----"
	var script strings.Builder
	for _, b := range blocks[1:] {
		script.WriteString(b.commands + "echo '" + cut + "'\n")
	}
	shell := exec.CommandContext(t.Context(), "bash", "-eu", "-o", "pipefail", "-c", script.String())
	shell.Dir, shell.Env = dir, cleanEnviron()
	var stderr bytes.Buffer
	shell.Stderr = &stderr
	out, err := shell.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("the commands of the README: %v\n%s\n%s", err, out, &stderr)
	}
	pieces := strings.Split(string(out), cut+"\n")
	for i, b := range blocks[1:] {
		pattern := strings.ReplaceAll(regexp.QuoteMeta(b.output), "…", ".*")
		if b.output != "" && !regexp.MustCompile("^"+pattern+"$").MatchString(pieces[i]) {
			t.Errorf("commands:\n%sthe README says:\n%sthey print:\n%s", b.commands, b.output, pieces[i])
		}
	}
}

// makeRun runs "make run" in the repository, with another port and data directory, until
// the test ends.
func makeRun(t *testing.T, dir, command string) {
	t.Helper()
	run := exec.Command("bash", "-euc", command)
	run.Dir = root
	run.Env = append(cleanEnviron(), variable("listen")+"=127.0.0.1:0", variable("data")+"="+filepath.Join(dir, "data"),
		"BIN="+filepath.Join(dir, "bailiwick"))
	run.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	run.Stdout, run.Stderr = write, write
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	t.Cleanup(func() {
		syscall.Kill(-run.Process.Pid, syscall.SIGTERM)
		run.Wait()
	})
	log := newGrowingLog()
	go log.readFrom(read)
	if log.await(regexp.MustCompile(`msg=listening`)) == nil {
		t.Fatalf("make run:\n%s", log)
	}
	for _, want := range []string{"credentials.env", "set -a; . "} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("make run does not print %q:\n%s", want, log)
		}
	}
}
