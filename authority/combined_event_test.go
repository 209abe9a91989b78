package authority_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/store"
)

// combined lists the combined feed from the first page to the last. between runs after the
// first page.
func combined(t *testing.T, r *kit.Runner, f iam.CombinedEventFilter, between func()) (all []iam.CombinedEvent) {
	t.Helper()
	for token, pages := "", 0; ; pages++ {
		page, next, err := r.ListCombinedEvents(f, token)
		done(t, err)
		all = append(all, page...)
		if token = next; token == "" {
			return all
		}
		if len(page) != f.Size || pages > 100 {
			t.Fatalf("%d events on page %d, which is not the last", len(page), pages)
		}
		if between != nil {
			between()
			between = nil
		}
	}
}

func combinedID(e iam.CombinedEvent) string {
	switch {
	case e.API != nil:
		return "api " + e.API.ID
	case e.Login != nil:
		return "login " + e.Login.ID
	default:
		return "system " + e.System.ID
	}
}

func combinedIDs(events []iam.CombinedEvent) (ids []string) {
	for _, e := range events {
		ids = append(ids, combinedID(e))
	}
	return ids
}

// scatter records events of all kinds in a random order, some in the same moment.
func scatter(t *testing.T, k *kit.Kit, now *clock, organization iam.OrganizationID, random *rand.Rand, n int) {
	t.Helper()
	for range n {
		now.Advance(time.Duration(random.IntN(3)) * time.Second)
		done(t, k.Store.Record(t.Context(), func(tx *store.Tx) error {
			switch random.IntN(3) {
			case 0:
				return tx.AppendEvent(iam.Event{ID: identity.NewEventID(), OrganizationID: organization, StatusCode: 200,
					Resources: []iam.EventResource{{ID: "x", Type: iam.ResourceUser}}})
			case 1:
				return tx.AppendAuthenticationEvent(iam.AuthenticationEvent{ID: identity.NewEventID(), OrganizationID: organization})
			default:
				return tx.AppendSystemEvent(iam.SystemEvent{ID: identity.NewEventID(), OrganizationID: organization, Kind: iam.SystemEventCron,
					Resources: []iam.EventResource{{ID: "x", Type: iam.ResourceUser}}})
			}
		}))
	}
}

// The feed holds every event once, in order of time, whatever the size of the pages, and no
// event that came after the first page where it goes back in time.
func TestCombinedEvents(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	now := &clock{}
	k := kit.New(t, kit.Options{Clock: now.Now})
	owner, stranger := k.AsOwner(t), tenant(t, k, "acme")
	scatter(t, k, now, stranger.Caller.Organization, random, 20)
	for _, size := range []int{1, 2, 5, 100} {
		scatter(t, k, now, owner.Caller.Organization, random, 30)
		f := iam.CombinedEventFilter{Size: size, After: time.Unix(1, 0)}
		whole, _, err := owner.ListCombinedEvents(iam.CombinedEventFilter{Size: 1000, After: time.Unix(1, 0)}, "")
		done(t, err)
		if !slices.IsSortedFunc(whole, func(a, b iam.CombinedEvent) int { return b.RecordedAt().Compare(a.RecordedAt()) }) {
			t.Error("the feed is not in order of time")
		}
		newest := combined(t, owner, f, func() { scatter(t, k, now, owner.Caller.Organization, random, 5) })
		same(t, fmt.Sprint("pages of ", size), combinedIDs(whole), combinedIDs(newest))
		f.Ascending = true
		oldest := combinedIDs(combined(t, owner, f, nil))
		seen := slices.Clone(oldest)
		slices.Sort(seen)
		if len(slices.Compact(seen)) != len(oldest) || len(oldest) < len(whole) {
			t.Errorf("pages of %d, oldest first: %d events, %d different, want at least %d", size, len(oldest), len(seen), len(whole))
		}
		for _, id := range combinedIDs(whole) {
			if !slices.Contains(oldest, id) {
				t.Errorf("pages of %d, oldest first: %s is missing", size, id)
			}
		}
	}
}

func TestCombinedEventFilters(t *testing.T) {
	now := &clock{}
	k := kit.New(t, kit.Options{Clock: now.Now})
	owner := k.AsOwner(t)
	project := owner.MustCreateProject("shop")
	done(t, k.Store.Record(t.Context(), func(tx *store.Tx) error {
		organization := owner.Caller.Organization
		if err := tx.AppendAuthenticationEvent(iam.AuthenticationEvent{ID: "login", OrganizationID: organization}); err != nil {
			return err
		}
		return tx.AppendSystemEvent(iam.SystemEvent{ID: "system", OrganizationID: organization, ProjectID: project.ID, Kind: iam.SystemEventCron,
			Resources: []iam.EventResource{{ID: "x", Type: "audit_trail_export_job"}}})
	}))
	kinds := func(events []iam.CombinedEvent) (texts []string) {
		for _, e := range events {
			switch {
			case e.API != nil:
				texts = append(texts, e.API.Method)
			case e.Login != nil:
				texts = append(texts, "login")
			default:
				texts = append(texts, "system")
			}
		}
		return texts
	}
	for what, c := range map[string]struct {
		f    iam.CombinedEventFilter
		want []string
	}{
		"all":            {iam.CombinedEventFilter{}, []string{"CreateOrganization", "CreateProject", "login", "system"}},
		"of a project":   {iam.CombinedEventFilter{ProjectID: project.ID}, []string{"CreateProject", "system"}},
		"of users":       {iam.CombinedEventFilter{ResourceType: iam.ResourceUser}, []string{"CreateOrganization", "login"}},
		"of export jobs": {iam.CombinedEventFilter{ResourceType: "audit_trail_export_job"}, []string{"system"}},
		"later":          {iam.CombinedEventFilter{After: now.Now().Add(time.Minute)}, nil},
		"earlier":        {iam.CombinedEventFilter{Before: now.Now()}, nil},
	} {
		c.f.Size, c.f.Ascending = 10, true
		same(t, what, c.want, kinds(combined(t, owner, c.f, nil)))
	}
}

func TestForgedCombinedPageTokens(t *testing.T) {
	k := start(t)
	owner, stranger := k.AsOwner(t), tenant(t, k, "acme")
	for i := range 5 {
		owner.MustCreateProject(fmt.Sprint("p", i))
	}
	f := iam.CombinedEventFilter{Size: 2}
	_, token, err := owner.ListCombinedEvents(f, "")
	done(t, err)
	_, other, err := owner.ListEvents(iam.EventFilter{Size: 2}, "")
	done(t, err)
	wrong := invalid("page_token", iam.ReasonConstraint, "value is not a token that this list gave for these filters")
	for what, c := range map[string]struct {
		who   *kit.Runner
		f     iam.CombinedEventFilter
		token string
	}{
		"text":               {owner, f, "next"},
		"of another list":    {owner, f, other},
		"other organization": {stranger, f, token},
		"other direction":    {owner, iam.CombinedEventFilter{Size: 2, Ascending: true}, token},
	} {
		page, next, err := c.who.ListCombinedEvents(c.f, c.token)
		fails(t, what, wrong, err)
		if next != "" || page != nil {
			t.Errorf("%s: something came with the refusal", what)
		}
	}
}
