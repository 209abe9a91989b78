package authority_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"bailiwick/authority"
	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
)

func lastUses(t *testing.T, r *kit.Runner, f iam.LastUseFilter) []iam.LastUse {
	t.Helper()
	f.Page = page()
	list, total, err := r.ListLastUses(f)
	done(t, err)
	same(t, "total", len(list), total)
	return list
}

// robotStory is a service that may ask, a robot with rights in a project, and a clock.
type robotStory struct {
	*clock
	*testing.T
	*kit.Kit
	owner, service *kit.Runner
	shop           iam.Project
	robot          iam.Application
	key            authority.CreatedAPIKey
}

func newRobotStory(t *testing.T, database string) *robotStory {
	c := &clock{}
	k := kit.New(t, kit.Options{Clock: c.Now, Database: database})
	owner := k.AsOwner(t)
	s := &robotStory{clock: c, T: t, Kit: k, owner: owner, shop: owner.MustCreateProject("shop"), robot: owner.MustCreateApplication("robot")}
	s.service = owner.MustHire("service", kit.Everywhere(owner.Organization(), "DecisionPointAccess", "IAMReadOnly"))
	owner.MustCreatePolicy("robot", s.robot.ID.Principal(), kit.InProject(s.shop.ID, "InstancesFullAccess", "ObjectStorageFullAccess"))
	s.key = owner.MustCreateAPIKey(s.robot.ID.Principal())
	return s
}

// ask lets the service ask whether the robot may read servers in a project.
func (s *robotStory) ask(kind, id string, project iam.ProjectID) bool {
	s.Helper()
	return must[authority.Answer](s)(s.service.Evaluate(authority.Question{
		SubjectType: kind, SubjectID: id, Action: "compute:servers:read",
		Resource: authority.Target{Type: "compute:servers", ID: "*", ProjectID: project},
	})).Allowed
}

// of returns the last uses of one kind of the robot: called and decided at, by name.
func (s *robotStory) of(kind iam.UseKind) []iam.LastUse {
	s.Helper()
	return lastUses(s.T, s.owner, iam.LastUseFilter{Kind: kind, PrincipalID: string(s.robot.ID)})
}

func TestLastUses(t *testing.T) {
	kit.Engines(t, func(t *testing.T, database string) {
		s := newRobotStory(t, database)
		id := s.robot.ID.Principal()
		key := iam.LastUse{OrganizationID: s.owner.Organization(), Kind: iam.UseOfAPIKey, Principal: id, AccessKey: s.key.AccessKey, CreatedAt: s.Now()}
		app := iam.LastUse{OrganizationID: key.OrganizationID, Kind: iam.UseOfApplication, Principal: id, Name: "robot", CreatedAt: s.Now()}
		compute := iam.LastUse{OrganizationID: key.OrganizationID, Kind: iam.UseOfPermissionSet, Principal: id, Name: "InstancesFullAccess"}
		storage := compute
		storage.Name = "ObjectStorageFullAccess"
		want := func(what string) {
			t.Helper()
			same(t, what+": key", []iam.LastUse{key}, s.of(iam.UseOfAPIKey))
			same(t, what+": application", []iam.LastUse{app}, s.of(iam.UseOfApplication))
			same(t, what+": permission sets", []iam.LastUse{compute, storage}, s.of(iam.UseOfPermissionSet))
		}
		want("never used")

		s.Advance(time.Hour)
		same(t, "in no project", false, s.ask("api_key", string(s.key.AccessKey), ""))
		want("a denial is no use")
		same(t, "about the robot", true, s.ask("application", string(s.robot.ID), s.shop.ID))
		app.DecidedAt, compute.DecidedAt = s.Now(), s.Now()
		want("a decision about the application")
		s.Advance(time.Hour)
		same(t, "about its key", true, s.ask("api_key", string(s.key.AccessKey), s.shop.ID))
		key.DecidedAt, app.DecidedAt, compute.DecidedAt = s.Now(), s.Now(), s.Now()
		want("a decision about the key")

		s.Advance(time.Hour)
		done(t, authenticate(t, s.Authority, s.key.SecretKey))
		key.CalledAt, app.CalledAt = s.Now(), s.Now()
		want("a call")
		// Uses are exact to a quarter of an hour, and where a quarter begins is random: of calls all
		// through one, at most two are stored.
		first, stored := s.Now(), map[time.Time]bool{}
		for s.Now().Sub(first) < 14*time.Minute {
			s.Advance(time.Minute)
			done(t, authenticate(t, s.Authority, s.key.SecretKey))
			app.CalledAt = s.of(iam.UseOfApplication)[0].CalledAt
			key.CalledAt = app.CalledAt
			stored[app.CalledAt] = true
			want("more calls in a quarter of an hour")
		}
		if len(stored) > 2 {
			t.Errorf("15 calls in 14 minutes stored %d last uses: %v", len(stored), stored)
		}

		// What is asked and not done is no use: explaining, searching, and who may what.
		s.Advance(time.Hour)
		_ = must[authority.Explanation](t)(s.owner.Explain(authority.Question{
			SubjectType: "application", SubjectID: string(s.robot.ID), Action: "compute:servers:read",
			Resource: authority.Target{Type: "compute:servers", ID: "*", ProjectID: s.shop.ID},
		}))
		_ = must[authority.WhatAnswer](t)(s.owner.WhatCan("", id))
		want("questions of people")

		done(t, s.owner.DeleteAPIKey(s.key.AccessKey))
		same(t, "a deleted key", nil, s.of(iam.UseOfAPIKey))
	})
}

func TestLastUsesOfCalls(t *testing.T) {
	s := newRobotStory(t, "")
	sets := iam.LastUseFilter{Kind: iam.UseOfPermissionSet, PrincipalID: s.service.Caller.Principal.ID}
	want := func(what string, access, readOnly time.Time) {
		t.Helper()
		got := map[string]time.Time{}
		for _, u := range lastUses(t, s.owner, sets) {
			got[u.Name] = u.At()
		}
		same(t, what, map[string]time.Time{"DecisionPointAccess": access, "IAMReadOnly": readOnly}, got)
	}
	want("never", time.Time{}, time.Time{})
	s.Advance(time.Hour)
	s.ask("application", string(s.robot.ID), s.shop.ID)
	asked := s.Now()
	want("a question", asked, time.Time{})
	s.Advance(time.Hour)
	_ = must[[]bool](t)(s.service.CheckPermissions([]authority.PermissionCheck{{Permission: "iam:group:list"}}))
	want("may I?", asked, time.Time{})
	_, _, err := s.service.ListGroups(iam.GroupFilter{Order: byCreation(), Page: page()})
	done(t, err)
	want("a call", asked, s.Now())
	sets.UnusedSince = s.Now()
	same(t, "unused", 1, len(lastUses(t, s.owner, sets)))
}

// Who may list keys of a kind of bearer sees their last uses, and no others.
func TestLastUsesAreForWhoListsKeys(t *testing.T) {
	s := newRobotStory(t, "")
	k := s.service
	org := s.owner.Organization()
	ann := s.owner.MustCreateUser("ann")
	annRuns := s.Kit.AsUser(t, ann)
	other := tenant(t, s.Kit, "other")
	bearers := func(r *kit.Runner, f iam.LastUseFilter) map[string]bool {
		t.Helper()
		found := map[string]bool{}
		for _, u := range lastUses(t, r, f) {
			found[u.Principal.ID] = true
		}
		return found
	}
	same(t, "ann sees her own", map[string]bool{string(ann.ID): true}, bearers(annRuns, iam.LastUseFilter{Kind: iam.UseOfAPIKey}))
	same(t, "ann sees herself", map[string]bool{string(ann.ID): true}, bearers(annRuns, iam.LastUseFilter{Kind: iam.UseOfUser}))
	same(t, "ann and the keys of others", map[string]bool{}, bearers(annRuns, iam.LastUseFilter{Kind: iam.UseOfAPIKey, PrincipalID: string(s.robot.ID)}))
	if seen := bearers(k, iam.LastUseFilter{Kind: iam.UseOfAPIKey}); !seen[string(ann.ID)] || !seen[string(s.robot.ID)] {
		t.Errorf("IAMReadOnly sees %v", seen)
	}
	if seen := bearers(other, iam.LastUseFilter{Kind: iam.UseOfAPIKey}); seen[string(ann.ID)] || seen[string(s.robot.ID)] || len(seen) != 1 {
		t.Errorf("another organization sees %v", seen)
	}
	nobody := s.owner.MustHire("nobody")
	for _, kind := range []iam.UseKind{iam.UseOfAPIKey, iam.UseOfUser, iam.UseOfApplication} {
		fails(t, "nobody", denied("api_key", "list"), refusedList[iam.LastUse](t)(nobody.ListLastUses(iam.LastUseFilter{Kind: kind, Page: page()})))
	}
	sets := iam.LastUseFilter{Kind: iam.UseOfPermissionSet, PrincipalID: string(ann.ID), Page: page()}
	fails(t, "ann's sets for ann", denied("rule", "list"), refusedList[iam.LastUse](t)(annRuns.ListLastUses(sets)))
	fails(t, "ann's sets for another organization", iam.NotFound("principal", string(ann.ID)), refusedList[iam.LastUse](t)(other.ListLastUses(sets)))
	fails(t, "another organization", denied("api_key", "list"), refusedList[iam.LastUse](t)(other.ListLastUses(iam.LastUseFilter{OrganizationID: org, Kind: iam.UseOfAPIKey, Page: page()})))
}

// What the database did not take waits, and is there when it does.
func TestLastUsesWaitForTheDatabase(t *testing.T) {
	s := newRobotStory(t, "")
	s.Advance(time.Hour)
	done(t, authenticate(t, s.Authority, s.key.SecretKey))
	ended, end := context.WithCancel(t.Context())
	end()
	if err := s.Authority.StoreUses(ended); err == nil {
		t.Fatal("stored in an ended context")
	}
	same(t, "called", s.Now(), s.of(iam.UseOfAPIKey)[0].CalledAt)
}

// Many at once, with the storing beside them: none is lost and none is torn (under -race).
func TestLastUsesAtOnce(t *testing.T) {
	s := newRobotStory(t, "")
	s.Advance(time.Hour)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 50 {
				if err := authenticate(t, s.Authority, s.key.SecretKey); err != nil {
					t.Error(err)
				}
				if err := s.Authority.StoreUses(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	same(t, "called", s.Now(), s.of(iam.UseOfAPIKey)[0].CalledAt)
}
