package rig_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"bailiwick/bailiwicktest"
	"bailiwick/planted"
	"bailiwick/rig"
	"bailiwick/store"
)

// Flags of long runs, see "make soak-rig".
var (
	seed   = flag.Uint64("seed", 1, "where the random faults begin")
	rounds = flag.Int("rounds", 1, "how many times as long as in the usual tests the runs of faults are")
)

// program builds the server once for all tests, with the defect that these tests are built
// with, if one is.
var program = sync.OnceValues(func() (string, error) { return build() })

// clocked is program with a wall clock that tests can move.
var clocked = sync.OnceValues(func() (string, error) { return build(rig.Clock) })

var built string // where the programs are

func build(tags ...string) (string, error) {
	if planted.Name != "" {
		tags = append(tags, "planted_"+planted.Name)
	}
	file := filepath.Join(built, "bailiwick-"+strings.Join(tags, "-"))
	return file, rig.Build(context.Background(), "..", file, tags...)
}

func TestMain(m *testing.M) {
	flag.Parse()
	// Each run of the state machine is an organization on three installations.
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	for name, value := range map[string]string{"rapid.checks": strconv.Itoa(4 * *rounds), "rapid.steps": "30", "rapid.shrinktime": "20s", "rapid.nofailfile": "true"} {
		if !given[name] {
			_ = flag.Set(name, value)
		}
	}
	var err error
	if built, err = os.MkdirTemp("", "bailiwick-rig."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	status := m.Run()
	os.RemoveAll(built)
	os.Exit(status)
}

// bench is a rig for one test.
type bench struct {
	*testing.T
	*rig.Installation
	random *rand.Rand
}

// setUp starts an installation that ends with the test, and puts the logs of a test that
// failed into its output.
func setUp(t *testing.T, o rig.Options) bench {
	t.Helper()
	if testing.Short() {
		t.Skip("the rig takes long")
	}
	if o.Program == "" {
		o.Program = must(program())(t)
	}
	in, err := rig.New(t.Context(), o)
	if (errors.Is(err, rig.ErrNoPostgres) || errors.Is(err, rig.ErrNoDisk)) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("-seed %d", *seed)
	t.Cleanup(func() {
		for i, n := range in.Nodes {
			if t.Failed() && n.Running() {
				t.Logf("node %d, the end of its log:\n%s", i, tail(n.Log(), 40))
			}
		}
		if err := in.Remove(); err != nil {
			t.Error(err)
		}
	})
	return bench{t, in, rand.New(rand.NewPCG(*seed, 0))}
}

// must returns a value, or ends the test on the error that came with it.
func must[V any](v V, err error) func(testing.TB) V {
	return func(t testing.TB) V {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (b bench) check(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func tail(text string, n int) string {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// owner asks with the key of the first start.
func (b bench) owner(node int, method, path, body string) rig.Operation {
	return b.Ask(b.Context(), rig.Request{Node: node, Method: method, Path: path, Secret: b.Keys["SCW_SECRET_KEY"], Body: body})
}

// mustDo asks with the key of the first start and ends the test if that is not done.
func (b bench) mustDo(node int, method, path, body string) rig.Operation {
	b.Helper()
	o := b.owner(node, method, path, body)
	if o.Outcome != rig.Done {
		b.Fatalf("%s %s at node %d: %d %s %v", method, path, node, o.Status, o.Answer, o.Err)
	}
	return o
}

// eventually asks until an answer is as wanted. It waits for no certain time: what never
// comes ends the test with its patience.
func (b bench) eventually(what string, ok func() bool) {
	b.Helper()
	for begun := time.Now(); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Since(begun) > rig.Patience {
			b.Fatalf("never: %s", what)
		}
	}
}

// ready waits until a node is.
func (b bench) ready(node int) {
	b.Helper()
	b.eventually(fmt.Sprintf("node %d is ready", node), func() bool { return b.isReady(node) })
}

func (b bench) isReady(node int) bool {
	return b.Ask(b.Context(), rig.Request{Node: node, Method: "GET", Path: "/readyz"}).Status == 200
}

// key makes an application with an API key, which may manage applications if it is an editor.
type key struct{ application, access, secret string }

func (b bench) key(node int, name string, editor bool) (key, rig.Operation) {
	b.Helper()
	var k key
	k.application = b.mustDo(node, "POST", "/iam/v1alpha1/applications", fmt.Sprintf(`{"name":%q}`, name)).Decode("id")
	o := b.mustDo(node, "POST", "/iam/v1alpha1/api-keys", fmt.Sprintf(`{"application_id":%q}`, k.application))
	k.access, k.secret = o.Decode("access_key"), o.Decode("secret_key")
	if editor {
		o = b.mustDo(node, "POST", "/iam/v1alpha1/policies", fmt.Sprintf(`{"name":%q,"application_id":%q,"rules":[{"permission_set_names":["IAMManager"],"organization_id":%q}]}`,
			"policy of "+name, k.application, b.Keys["SCW_DEFAULT_ORGANIZATION_ID"]))
	}
	return k, o
}

// revoke deletes an API key.
func (b bench) revoke(node int, k key) rig.Operation {
	b.Helper()
	return b.mustDo(node, "DELETE", "/iam/v1alpha1/api-keys/"+k.access, "")
}

// with asks with a key whether it proves anybody.
func (b bench) with(node int, k key) rig.Operation {
	return b.Ask(b.Context(), rig.Request{Node: node, Method: "POST", Path: "/iam/v1alpha1/check-permissions", Secret: k.secret, Body: `{"checks":[]}`})
}

// openStore opens the database beside the nodes.
func (b bench) openStore() *store.Store {
	b.Helper()
	s := must(store.Open(b.Context(), store.Config{Database: must(b.Store())(b), AsIs: true}))(b)
	b.Cleanup(func() { b.check(s.Close()) })
	return s
}

// checkTrail compares the tables with the audit trail, and verifies the chain with the
// program itself.
func (b bench) checkTrail(node int) {
	b.Helper()
	bailiwicktest.CheckFold(b, b.openStore())
	file := filepath.Join(b.TempDir(), "audit.jsonl")
	for _, args := range [][]string{{"audit", "export", "--out", file}, {"audit", "verify", file}} {
		command := exec.CommandContext(b.Context(), must(program())(b), args...)
		command.Env = append(os.Environ(), "SCW_API_URL="+b.Nodes[node].URL(), "SCW_SECRET_KEY="+b.Keys["SCW_SECRET_KEY"],
			"SCW_DEFAULT_ORGANIZATION_ID="+b.Keys["SCW_DEFAULT_ORGANIZATION_ID"])
		if out, err := command.CombinedOutput(); err != nil {
			b.Errorf("bailiwick %s: %v: %s", strings.Join(args, " "), err, out)
		}
	}
}
