package authority_test

import (
	"context"
	"errors"
	"runtime"
	"testing"

	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
	"bailiwick/pdp"
	"bailiwick/store"
)

var errRelease = errors.New("released")

// together runs calls so that all but the first share one transaction, in their order: the
// store is kept busy until they wait. It returns their errors.
func together(t *testing.T, k *kit.Kit, calls ...func() error) []error {
	t.Helper()
	return togetherAfter(t, k, func() {}, calls...)
}

// togetherAfter is together with something to do while all wait.
func togetherAfter(t *testing.T, k *kit.Kit, do func(), calls ...func() error) []error {
	t.Helper()
	held, release, freed := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		_, err := k.Store.Update(kit.Context(t), func(*store.Tx) error {
			close(held)
			<-release
			return errRelease
		})
		freed <- err
	}()
	<-held
	errs := make([]error, len(calls))
	finished := make(chan struct{}, len(calls))
	for i, call := range calls {
		go func() {
			errs[i] = call()
			finished <- struct{}{}
		}()
		// The first leads, and waits for the store; the others wait for the first.
		for !k.Authority.Leading() || k.Authority.Waiting() != i {
			runtime.Gosched()
		}
	}
	do()
	close(release)
	for range calls {
		<-finished
	}
	if err := <-freed; !errors.Is(err, errRelease) {
		t.Fatal(err)
	}
	return errs
}

// Of mutations that share a transaction each stands on those before it, and one that fails
// takes nothing with it.
func TestMutationsTogether(t *testing.T) {
	kit.Engines(t, func(t *testing.T, database string) {
		k := kit.New(t, kit.Options{Database: database, Quotas: map[string]int{"iam_applications": 3}})
		owner := k.AsOwner(t)
		robot := owner.MustCreateApplication("robot")
		key := owner.MustCreateAPIKey(robot.ID.Principal())
		owner.MustCreatePolicy("robots", robot.ID.Principal(), kit.Everywhere(owner.Organization(), "IAMManager"))
		holder := k.AsHolder(t, key.SecretKey)
		before, revision := len(events(t, owner)), k.Authority.Revision()
		create := func(r *kit.Runner, name string) func() error {
			return func() error { _, err := r.CreateApplication(iam.NewApplication{Name: name}); return err }
		}
		group := func(name string) func() error {
			return func() error { _, err := owner.CreateGroup(iam.NewGroup{Name: name}); return err }
		}
		errs := together(t, k,
			group("first"), // alone: nobody waits when it begins
			create(holder, "by the key"),
			group("twin"), group("twin"),
			func() error { return owner.DeleteAPIKey(key.AccessKey) },
			create(holder, "by the dead key"),
			create(owner, "the last place"), create(owner, "one too many"),
			func() error { return owner.DeleteGroup(nowhere) },
		)
		for i, want := range []string{"", "", "", "already_exists", "", "denied_authentication", "", "quotas_exceeded", "not_found"} {
			got := ""
			if errs[i] != nil {
				got = iam.KindOf(errs[i]).String()
			}
			if got != want {
				t.Errorf("call %d: %q (%v), want %q", i, got, errs[i], want)
			}
		}
		// The first made one revision, and the four that succeeded together one.
		same(t, "revision", revision+2, k.Authority.Revision())
		same(t, "events", before+5, len(events(t, owner)))
		apps, total, err := owner.ListApplications(iam.ApplicationFilter{Order: byCreation(), Page: page()})
		done(t, err)
		var names []string
		for _, app := range apps {
			names = append(names, app.Name)
		}
		same(t, "applications", []string{"robot", "by the key", "the last place"}, names)
		same(t, "their number", 3, total)
		k.CheckFold(t)
	})
}

// Who hangs up while it waits takes its mutation back; who hangs up while it leads does not
// take those with it that it leads.
func TestHangUp(t *testing.T) {
	k := start(t)
	owner := k.AsOwner(t)
	first, hangUpFirst := context.WithCancel(kit.Context(t))
	waiting, hangUp := context.WithCancel(kit.Context(t))
	group := func(ctx context.Context, name string) func() error {
		return func() error {
			_, err := k.Authority.CreateGroup(ctx, owner.Call("CreateGroup"), iam.NewGroup{Name: name})
			return err
		}
	}
	errs := togetherAfter(t, k, func() {
		left := make(chan error, 1)
		go func() { left <- group(waiting, "third")() }()
		for k.Authority.Waiting() != 2 {
			runtime.Gosched()
		}
		hangUp()
		hangUpFirst()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("who hung up: %v", err)
		}
	}, group(first, "first"), group(t.Context(), "second"))
	same(t, "errors", []error{nil, nil}, errs)
	groups, _, err := owner.ListGroups(iam.GroupFilter{Order: byCreation(), Page: page()})
	done(t, err)
	names := map[string]bool{}
	for _, g := range groups {
		names[g.Name] = true
	}
	if !names["first"] || !names["second"] || names["third"] {
		t.Errorf("groups: %v", names)
	}
}

// A panic in one mutation is that mutation's, in its own goroutine.
func TestPanicTogether(t *testing.T) {
	k := start(t)
	owner := k.AsOwner(t)
	before := len(events(t, owner))
	group := func(name string) func() error {
		return func() error { _, err := owner.CreateGroup(iam.NewGroup{Name: name}); return err }
	}
	panics := func() (err error) {
		defer func() {
			if v := recover(); v != "in an update" {
				t.Errorf("recovered %v", v)
			}
		}()
		return k.Authority.Commit(kit.Context(t), func(tx *store.Tx, _ *pdp.Snapshot) error {
			done(t, tx.AppendEvent(iam.Event{OrganizationID: owner.Organization()}))
			panic("in an update")
		})
	}
	same(t, "errors", []error{nil, nil, nil, nil}, together(t, k, panics, group("one"), panics, group("two")))
	same(t, "events", before+2, len(events(t, owner)))
	done(t, group("three")())
}
