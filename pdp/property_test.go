package pdp

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bailiwick/condition"
	"bailiwick/iam"
)

// forWorlds runs a property over random worlds and random requests to each.
func forWorlds(t *testing.T, property func(d dice, w *World, s *Snapshot, requests []*Request)) {
	t.Helper()
	en, source := newEngine(t), newSource(t)
	d := dice(source.IntN)
	for range 150 {
		w := d.world()
		s, _ := en.load(w, source)
		var requests []*Request
		for range 100 {
			requests = append(requests, d.request(en.catalog))
		}
		property(d, w, s, requests)
	}
}

// changed returns a copy of the world in which every policy's rules went through change.
func (w *World) changed(change func(iam.Rule) (iam.Rule, bool)) *World {
	copied := *w
	copied.Policies = nil
	for _, p := range w.Policies {
		var rules []iam.Rule
		for _, r := range p.Rules {
			if r, keep := change(r); keep {
				rules = append(rules, r)
			}
		}
		copied.Policies = append(copied.Policies, PolicyRules{p.Policy, rules})
	}
	return &copied
}

// TestMoreRulesNeverTakeAway: policies only grant.
func TestMoreRulesNeverTakeAway(t *testing.T) {
	en := newEngine(t)
	forWorlds(t, func(d dice, w *World, s *Snapshot, requests []*Request) {
		more := *w
		for i := range more.Policies {
			if i%2 == 0 {
				p := &more.Policies[i]
				p.Rules = append(slices.Clone(p.Rules), d.rule(p.Policy.OrganizationID, 9))
			}
		}
		after, _ := en.load(&more, nil)
		for _, r := range requests {
			if s.Decide(r).Allowed && !after.Decide(r).Allowed {
				t.Fatalf("a rule more took %+v away", *r)
			}
		}
	})
}

// TestOrderNeverMatters: of objects, of members, of rules, of sets and projects in a rule.
func TestOrderNeverMatters(t *testing.T) {
	en := newEngine(t)
	forWorlds(t, func(_ dice, w *World, s *Snapshot, requests []*Request) {
		turned := w.changed(func(r iam.Rule) (iam.Rule, bool) {
			r.PermissionSetNames = slices.Clone(r.PermissionSetNames)
			r.Scope.ProjectIDs = slices.Clone(r.Scope.ProjectIDs)
			slices.Reverse(r.PermissionSetNames)
			slices.Reverse(r.Scope.ProjectIDs)
			return r, true
		})
		slices.Reverse(turned.Policies)
		for i := range turned.Policies {
			slices.Reverse(turned.Policies[i].Rules)
		}
		turned.Groups = slices.Clone(turned.Groups)
		for i := range turned.Groups {
			g := &turned.Groups[i]
			g.UserIDs = slices.Clone(g.UserIDs)
			slices.Reverse(g.UserIDs)
		}
		after, _ := en.load(turned, nil)
		for _, r := range requests {
			if before, after := s.Decide(r), after.Decide(r); before != after {
				t.Fatalf("%+v before, %+v after turning everything round: %+v", before, after, *r)
			}
		}
	})
}

// TestForeignObjectsNeverMatter: an organization decides alone as it does among others that
// have the same ids.
func TestForeignObjectsNeverMatter(t *testing.T) {
	en := newEngine(t)
	const home = "one"
	forWorlds(t, func(_ dice, w *World, s *Snapshot, requests []*Request) {
		alone := World{
			Organizations: slices.DeleteFunc(slices.Clone(w.Organizations), func(x iam.Organization) bool { return x.ID != home }),
			Projects:      slices.DeleteFunc(slices.Clone(w.Projects), func(x iam.Project) bool { return x.OrganizationID != home }),
			Users:         slices.DeleteFunc(slices.Clone(w.Users), func(x iam.User) bool { return x.OrganizationID != home }),
			Applications:  slices.DeleteFunc(slices.Clone(w.Applications), func(x iam.Application) bool { return x.OrganizationID != home }),
			Groups:        slices.DeleteFunc(slices.Clone(w.Groups), func(x iam.Group) bool { return x.OrganizationID != home }),
			Policies:      slices.DeleteFunc(slices.Clone(w.Policies), func(x PolicyRules) bool { return x.Policy.OrganizationID != home }),
		}
		without, _ := en.load(&alone, nil)
		for _, r := range requests {
			if r.Organization != home {
				continue
			}
			if among, alone := s.Decide(r), without.Decide(r); among != alone {
				t.Fatalf("%+v among others, %+v alone: %+v", among, alone, *r)
			}
			if s.Holds(home, r.Subject, r.Permission) != without.Holds(home, r.Subject, r.Permission) {
				t.Fatalf("Holds differs among others: %+v", *r)
			}
		}
	})
}

// TestErroringConditionsNeverGrant: a condition that errs is as good as no rule.
func TestErroringConditionsNeverGrant(t *testing.T) {
	en := newEngine(t)
	sources := []string{
		`request.user_agent == "curl" && int(request.user_agent) == 1`, `resource.id.startsWith("r")`,
		`request.time.getHours() >= 0`, `request.ip != "203.0.113.9"`, `!(resource.name == "/a/x")`,
	}
	curl := "curl"
	onlyAgent := condition.Input{UserAgent: &curl} // all else is absent
	for _, source := range sources {
		c, err := en.compiler.Compile(source)
		if err != nil {
			t.Fatal(err)
		}
		if met, err := c.Evaluate(&onlyAgent); met || err == nil {
			t.Fatalf("%s does not err", source)
		}
	}
	forWorlds(t, func(d dice, w *World, _ *Snapshot, requests []*Request) {
		failing := w.changed(func(r iam.Rule) (iam.Rule, bool) {
			if r.Condition != "" {
				r.Condition = pick(d, sources)
			}
			return r, true
		})
		none := w.changed(func(r iam.Rule) (iam.Rule, bool) { return r, r.Condition == "" })
		with, _ := en.load(failing, nil)
		without, _ := en.load(none, nil)
		for _, r := range requests {
			r.Input = onlyAgent
			if with, without := with.Decide(r), without.Decide(r); with.Allowed != without.Allowed || with.By != without.By {
				t.Fatalf("%+v with rules that err, %+v without: %+v", with, without, *r)
			}
		}
	})
}

// TestTrivialConditions: true is no condition, false is no rule.
func TestTrivialConditions(t *testing.T) {
	en := newEngine(t)
	forWorlds(t, func(_ dice, w *World, _ *Snapshot, requests []*Request) {
		set := func(from, to string) *World {
			return w.changed(func(r iam.Rule) (iam.Rule, bool) {
				if r.Condition == from {
					r.Condition = to
				}
				return r, true
			})
		}
		unless := func(source string) *World {
			return w.changed(func(r iam.Rule) (iam.Rule, bool) { return r, r.Condition != source })
		}
		for _, pair := range [][2]*World{{w, set("true", "")}, {set("", "true"), set("true", "")}, {w, unless("false")}} {
			a, _ := en.load(pair[0], nil)
			b, _ := en.load(pair[1], nil)
			for _, r := range requests {
				if a, b := a.Decide(r), b.Decide(r); a.Allowed != b.Allowed || a.By != b.By {
					t.Fatalf("%+v is not %+v: %+v", a, b, *r)
				}
			}
		}
	})
}

// TestLeavingNeverAdds: who leaves a group is never allowed more.
func TestLeavingNeverAdds(t *testing.T) {
	forWorlds(t, func(d dice, w *World, s *Snapshot, requests []*Request) {
		e := s.Edit()
		for _, g := range w.Groups {
			g.UserIDs = slices.DeleteFunc(slices.Clone(g.UserIDs), func(iam.UserID) bool { return d(2) == 0 })
			g.ApplicationIDs = nil
			e.PutGroup(g)
		}
		after := e.Snapshot(2)
		for _, r := range requests {
			if after.Decide(r).Allowed && !s.Decide(r).Allowed {
				t.Fatalf("leaving a group gave %+v", *r)
			}
		}
	})
}

// TestHoldsIsExact: Holds is true just when some resource and some values of the variables of
// conditions would be allowed.
func TestHoldsIsExact(t *testing.T) {
	en := newEngine(t)
	answers := map[bool]int{}
	forWorlds(t, func(_ dice, w *World, s *Snapshot, requests []*Request) {
		met := w.changed(func(r iam.Rule) (iam.Rule, bool) {
			if en.compiles(r) {
				r.Condition = ""
			}
			return r, true
		})
		for _, r := range requests[:20] {
			want := false
			for _, project := range append(someProjects, "") {
				for _, owner := range []iam.Principal{{}, r.Subject} {
					q := Request{Organization: r.Organization, Subject: r.Subject, Permission: r.Permission, Resource: Resource{Project: project, Owner: owner}}
					want = want || Naive(en.catalog, en.compiler, met, &q).Allowed
				}
			}
			got := s.Holds(r.Organization, r.Subject, r.Permission)
			if answers[got]++; got != want {
				t.Fatalf("Holds says %v: %+v", got, *r)
			}
		}
	})
	if answers[true] < 100 || answers[false] < 100 {
		t.Errorf("one-sided: %v", answers)
	}
}

// TestSameQuestionTwice: nothing is remembered between two questions.
func TestSameQuestionTwice(t *testing.T) {
	forWorlds(t, func(_ dice, _ *World, s *Snapshot, requests []*Request) {
		ask := func() (list []Decision) {
			for _, r := range requests {
				list = append(list, s.Decide(r))
			}
			return list
		}
		if diff := cmp.Diff(ask(), ask()); diff != "" {
			t.Fatal(diff)
		}
	})
}
