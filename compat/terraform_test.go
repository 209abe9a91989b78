package compat

import (
	"testing"

	"github.com/scaleway/scaleway-sdk-go/scw"
)

// These tests replay the calls that the Terraform provider makes, in its order, with what
// it sends. The provider cannot be built here; its calls are those of wire tables 4.1 and
// 4.2 of the specification.

// terraform returns the owner with the user agent of the provider.
func terraform(t *testing.T) *actor {
	me := newOwner(t)
	return newActor(t, me.server, me.organization, me.id, me.accessKey, me.secretKey,
		scw.WithUserAgent("terraform-provider/2.60.0 terraform/1.13.0"))
}

// kept are the attributes that the provider keeps of a resource.
type kept map[string]any

// resource is one resource of the provider.
type resource struct {
	create func() (id string, err error)
	read   func(id string) (kept, error) // ends with the typed error "not found" when it is gone
	update func(id string) error
	remove func(id string) error
	// first and second are what the configuration says before and after the change.
	first, second kept
	name          string // by which the API says that it is gone
}

// replay takes a resource through its life: each apply must leave what the configuration
// says, and each plan behind it must find nothing to change.
func (r resource) replay(t *testing.T) {
	t.Helper()
	id := must(r.create())(t)
	r.wantPlanned(t, "after create", id, r.first)
	check(t, r.update(id))
	r.wantPlanned(t, "after update", id, r.second)
	check(t, r.remove(id))
	wantNotFound(t, failure(r.read(id)), r.name, id) // the next plan drops it from the state
	wantNotFound(t, r.remove(id), r.name, id)        // deleting what is gone is tolerated
}

// wantPlanned requires that the refresh of a plan, twice, shows what the configuration
// says.
func (r resource) wantPlanned(t *testing.T, when, id string, want kept) {
	t.Helper()
	for _, plan := range []string{"first plan ", "second plan "} {
		equal(t, plan+when, must(r.read(id))(t), want)
	}
}
