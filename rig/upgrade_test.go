package rig_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"bailiwick/rig"
)

// previous builds the program of the commit before the newest migration came: the one that a
// rolling upgrade comes from. It is built from history, because only its own source knows
// what it expects of a schema; a clone without history cannot build it.
var previous = sync.OnceValues(func() (string, error) {
	git := func(args ...string) (string, error) {
		out, err := exec.Command("git", append([]string{"-C", ".."}, args...)...).Output()
		return strings.TrimSpace(string(out)), err
	}
	migrations, err := filepath.Glob("../store/schema/*.sql")
	if err != nil {
		return "", err
	}
	newest := filepath.Base(slices.Max(migrations))
	commit, err := git("log", "--diff-filter=A", "--format=%H", "-1", "--", "store/schema/"+newest)
	if err == nil && commit != "" {
		commit, err = git("rev-parse", commit+"^")
	}
	if err != nil || commit == "" {
		return "", os.ErrNotExist
	}
	source := filepath.Join(built, "previous")
	if _, err := git("worktree", "add", "--detach", source, commit); err != nil {
		return "", err
	}
	defer git("worktree", "remove", "--force", source)
	file := filepath.Join(built, "bailiwick-previous")
	return file, rig.Build(context.Background(), source, file)
})

// Nodes are replaced one by one by those of the next version, whose first brings the schema
// up to date under load. Nothing that was acknowledged is lost, by old nodes or new ones, no
// node that runs fails a decision, and an old program does not start on the new schema.
func TestRollingUpgrade(t *testing.T) {
	t.Parallel()
	old, err := previous()
	if err != nil {
		t.Skipf("THE ROLLING UPGRADE WAS NOT TESTED: the program of the schema before cannot be built from this clone's history: %v", err)
	}
	b := setUp(t, rig.Options{Nodes: 3, Program: old})
	k, _ := b.key(0, "key", false)
	for node := range b.Nodes {
		b.eventually("the key is known", func() bool { return accepted(b.with(node, k)) })
	}
	decide := func(when string) {
		for node := range b.Nodes {
			if o := b.with(node, k); o.Status != 200 {
				t.Errorf("%s: a decision of node %d: %d %s %v", when, node, o.Status, o.Answer, o.Err)
			}
		}
	}
	recorder, stop := b.load()
	recorder.Await(100)
	for i, n := range b.Nodes {
		b.check(n.Stop())
		n.Use(must(program())(t))
		b.check(n.Start())
		for range 20 {
			decide(strings.Repeat("new ", i+1) + strings.Repeat("old ", len(b.Nodes)-i-1))
			recorder.Await(2)
		}
	}
	for node := range b.Nodes {
		b.ready(node)
	}
	recorder.Await(100)
	operations := stop()
	b.Nodes[2].Kill()
	b.Nodes[2].Use(old)
	if err := b.Nodes[2].Start(); err == nil || !strings.Contains(err.Error(), "run a newer program") {
		t.Errorf("an old program on the new schema: %v", err)
	}
	b.checkKept(operations, "key")
	b.checkTrail(0)
}
