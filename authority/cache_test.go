package authority_test

import (
	"testing"

	"bailiwick/iam"
)

// TestReadsAfterEveryChange reads an application after each change that shows in it, also
// such as are made to other objects, twice each time: the second reading comes from the
// cache, and must say the same as the store.
func TestReadsAfterEveryChange(t *testing.T) {
	k := start(t)
	owner, ctx := k.AsOwner(t), t.Context()
	app := owner.MustCreateApplication("app")
	other, tags := "other", []string{"a=b"}
	var key iam.AccessKey
	for _, change := range []struct {
		name string
		do   func()
	}{
		{"nothing", func() {}},
		{"rename", func() {
			u := iam.ApplicationUpdate{Name: &other, Tags: &tags}
			_, err := k.Authority.UpdateApplication(ctx, owner.Call("UpdateApplication"), app.ID, u)
			done(t, err)
		}},
		{"a key", func() { key = owner.MustCreateAPIKey(app.ID.Principal()).AccessKey }},
		{"no key", func() { done(t, k.Authority.DeleteAPIKey(ctx, owner.Call("DeleteAPIKey"), key)) }},
	} {
		change.do()
		want, err := k.Store.Read(ctx).Application(k.First.Organization.ID, app.ID)
		done(t, err)
		for range 2 {
			got, err := k.Authority.GetApplication(ctx, owner.Call("GetApplication"), app.ID)
			done(t, err)
			same(t, "after "+change.name, want, got)
		}
	}
	// What is cached for one organization is nothing in another.
	stranger := tenant(t, k, "strangers")
	_, err := k.Authority.GetApplication(ctx, stranger.Call("GetApplication"), app.ID)
	fails(t, "from another organization", iam.NotFound("application", string(app.ID)), err)
	done(t, k.Authority.DeleteApplication(ctx, owner.Call("DeleteApplication"), app.ID))
	_, err = k.Authority.GetApplication(ctx, owner.Call("GetApplication"), app.ID)
	fails(t, "after its deletion", iam.NotFound("application", string(app.ID)), err)
}
