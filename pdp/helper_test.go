package pdp

import (
	"errors"
	"math/rand/v2"
	"sync"
	"testing"

	"bailiwick/catalog"
	"bailiwick/condition"
	"bailiwick/iam"
)

// engine is the catalogue and the compiler, which are costly to make and never change.
type engine struct {
	catalog  *catalog.Catalog
	compiler *condition.Compiler
}

var loadEngine = sync.OnceValues(func() (engine, error) {
	c, faulty := catalog.Load("../examples/catalog") // has conditions that read properties
	compiler, broken := condition.NewCompiler()
	return engine{c, compiler}, errors.Join(faulty, broken)
})

func newEngine(t testing.TB) engine {
	t.Helper()
	e, err := loadEngine()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// compiles reports whether the condition of a rule is one that its sets may have.
func (e engine) compiles(r iam.Rule) bool {
	compile := e.compiler.CompileAttributes
	for _, name := range r.PermissionSetNames {
		if set, ok := e.catalog.Set(name); !ok || !set.Attributes {
			compile = e.compiler.Compile
		}
	}
	_, err := compile(r.Condition)
	return err == nil
}

func (e engine) number(t testing.TB, permission string) catalog.Number {
	t.Helper()
	n, ok := e.catalog.Number(permission)
	if !ok {
		t.Fatalf("the catalogue has no permission %q", permission)
	}
	return n
}

// load puts a world into an empty snapshot, in an order that the source shuffles.
func (e engine) load(w *World, source *rand.Rand) (*Snapshot, error) {
	editor := New(e.catalog, e.compiler).Edit()
	err := w.put(editor, source)
	return editor.Snapshot(1), err
}

// put puts every object of a world, shuffled if there is a source.
func (w *World) put(editor *Editor, source *rand.Rand) error {
	var steps []func() error
	do := func(step func()) { steps = append(steps, func() error { step(); return nil }) }
	for _, o := range w.Organizations {
		do(func() { editor.PutOrganization(o) })
	}
	for _, p := range w.Projects {
		do(func() { editor.PutProject(p.OrganizationID, p.ID) })
	}
	for _, u := range w.Users {
		do(func() { editor.PutUser(u) })
	}
	for _, a := range w.Applications {
		do(func() { editor.PutApplication(a) })
	}
	for _, g := range w.Groups {
		do(func() { editor.PutGroup(g) })
	}
	for _, p := range w.Policies {
		steps = append(steps, func() error { return editor.PutPolicy(p.Policy, p.Rules) })
	}
	if source != nil {
		source.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
	}
	var faults []error
	for _, step := range steps {
		faults = append(faults, step())
	}
	return errors.Join(faults...)
}
