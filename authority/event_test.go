package authority_test

import (
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
)

// summary is an event in one line: method, status, and each resource as action type/id.
func summary(e iam.Event) string {
	text := fmt.Sprintf("%s %d", e.Method, e.StatusCode)
	for _, r := range e.Resources {
		action := string(r.Action)
		if action == "" {
			action = "asked"
		}
		text += fmt.Sprintf(" %s %s/%s", action, r.Type, r.ID)
	}
	return text
}

func summaries(list []iam.Event) []string {
	lines := make([]string, len(list))
	for i, e := range list {
		lines[i] = summary(e)
	}
	return lines
}

// Each mutation leaves exactly one event, whatever it takes along.
func TestEachMutationLeavesOneEvent(t *testing.T) {
	k := start(t)
	owner := k.AsOwner(t)
	project, group := owner.MustCreateProject("shop"), owner.MustCreateGroup("ops")
	app, user := owner.MustCreateApplication("ci"), owner.MustCreateUser("ann")
	key, ssh := owner.MustCreateAPIKey(app.ID.Principal()), owner.MustCreateSSHKey(project.ID, "laptop")
	policy := owner.MustCreatePolicy("p", app.ID.Principal(), kit.InProject(project.ID, "SSHKeysReadOnly"))
	userKey, _ := k.NewUserKey(t, user)
	userPolicy := owner.MustCreatePolicy("u", user.ID.Principal())
	groupPolicy := owner.MustCreatePolicy("g", group.ID.Principal())
	org, label := owner.Organization(), "renamed"
	one := func(_ any, err error) error { return err }

	for _, c := range []struct {
		what string
		act  func() error
	}{
		{"UpdateProject 200 updated account_project/" + string(project.ID), func() error {
			return one(owner.UpdateProject(project.ID, iam.ProjectUpdate{Name: &label}))
		}},
		{"UpdateApplication 200 updated iam_application/" + string(app.ID), func() error {
			return one(owner.UpdateApplication(app.ID, iam.ApplicationUpdate{Name: &label}))
		}},
		{"UpdateUser 200 updated iam_user/" + string(user.ID), func() error {
			return one(owner.UpdateUser(user.ID, iam.UserUpdate{FirstName: &label}))
		}},
		{"UpdateUserUsername 200 updated iam_user/" + string(user.ID), func() error { return one(owner.UpdateUserUsername(user.ID, label)) }},
		{"UpdateUserPassword 200 updated iam_user/" + string(user.ID), func() error { return one(owner.UpdateUserPassword(user.ID, "quiet-harbor-walnut-19")) }},
		{"LockMember 200 updated iam_user/" + string(user.ID), func() error { return one(owner.LockUser(user.ID)) }},
		{"UnlockMember 200 updated iam_user/" + string(user.ID), func() error { return one(owner.UnlockUser(user.ID)) }},
		{"UpdateGroup 200 updated iam_group/" + string(group.ID), func() error { return one(owner.UpdateGroup(group.ID, iam.GroupUpdate{Name: &label})) }},
		{"AddGroupMember 200 updated iam_group/" + string(group.ID), func() error { return one(owner.AddGroupMember(group.ID, user.ID.Principal())) }},
		{"AddGroupMembers 200 updated iam_group/" + string(group.ID), func() error {
			return one(owner.AddGroupMembers(group.ID, iam.Members{ApplicationIDs: []iam.ApplicationID{app.ID}}))
		}},
		{"RemoveGroupMember 200 updated iam_group/" + string(group.ID), func() error { return one(owner.RemoveGroupMember(group.ID, user.ID.Principal())) }},
		{"SetGroupMembers 200 updated iam_group/" + string(group.ID), func() error {
			return one(owner.SetGroupMembers(group.ID, iam.Members{UserIDs: []iam.UserID{user.ID}}))
		}},
		{"UpdatePolicy 200 updated iam_policy/" + string(policy.ID), func() error { return one(owner.UpdatePolicy(policy.ID, iam.PolicyUpdate{Name: &label})) }},
		{"SetRules 200 updated iam_policy/" + string(policy.ID), func() error {
			return one(owner.SetRules(policy.ID, []iam.RuleSpec{kit.InProject(project.ID, "SSHKeysReadOnly")}))
		}},
		{"UpdateAPIKey 200 updated iam_api_key/" + string(key.AccessKey), func() error {
			return one(owner.UpdateAPIKey(key.AccessKey, iam.APIKeyUpdate{Description: &label}))
		}},
		{"UpdateSSHKey 200 updated iam_ssh_key/" + string(ssh.ID), func() error { return one(owner.UpdateSSHKey(ssh.ID, iam.SSHKeyUpdate{Name: &label})) }},
		{"SetOrganizationAlias 200 updated account_organization/" + string(org), func() error { return one(owner.SetOrganizationAlias(org, "acme")) }},
		{"UpdateOrganizationLoginMethods 200 updated account_organization/" + string(org), func() error {
			return one(owner.UpdateOrganizationLoginMethods(org, iam.LoginMethodsUpdate{OAuth2: new(false)}))
		}},
		{"UpdateOrganizationSecuritySettings 200 updated account_organization/" + string(org), func() error {
			return one(owner.UpdateOrganizationSecuritySettings(org, iam.SecuritySettingsUpdate{LoginAttemptsBeforeLock: new(3)}))
		}},
		{"DeleteProject 200 deleted account_project/" + string(project.ID) + " deleted iam_ssh_key/" + string(ssh.ID) + " updated iam_policy/" + string(policy.ID),
			func() error { return owner.DeleteProject(project.ID) }},
		{"DeleteApplication 200 deleted iam_application/" + string(app.ID) + " deleted iam_api_key/" + string(key.AccessKey) + " updated iam_policy/" + string(policy.ID),
			func() error { return owner.DeleteApplication(app.ID) }},
		{"DeleteUser 200 deleted iam_user/" + string(user.ID) + " deleted iam_api_key/" + string(userKey.AccessKey) + " updated iam_policy/" + string(userPolicy.ID),
			func() error { return owner.DeleteUser(user.ID) }},
		{"DeleteGroup 200 deleted iam_group/" + string(group.ID) + " updated iam_policy/" + string(groupPolicy.ID), func() error { return owner.DeleteGroup(group.ID) }},
		{"DeletePolicy 200 deleted iam_policy/" + string(policy.ID), func() error { return owner.DeletePolicy(policy.ID) }},
	} {
		got := newEvents(t, owner, func() { done(t, c.act()) })
		same(t, c.what, []string{c.what}, summaries(got))
		for _, e := range got {
			if e.Principal != owner.Caller.Principal || e.SourceIP != "192.0.2.1" || e.UserAgent != "runner/1.0" || e.RequestID == "" || e.Product == "" || e.Service == "" || len(e.Body) == 0 {
				t.Errorf("%s: %+v", c.what, e)
			}
		}
	}
	for i, e := range events(t, owner) {
		if e.Sequence != int64(i+1) {
			t.Fatalf("event %d has sequence %d", i+1, e.Sequence)
		}
	}
}

// A refused mutation leaves one event that names its target; nothing else leaves any.
func TestRefusalsLeaveOneEvent(t *testing.T) {
	k := start(t)
	owner := k.AsOwner(t)
	project := owner.MustCreateProject("shop")
	ssh, otherKey := owner.MustCreateSSHKey(project.ID, "laptop"), owner.MustCreateSSHKey(iam.ProjectID(owner.Organization()), "desktop")
	app, group := owner.MustCreateApplication("victim"), owner.MustCreateGroup("ops")
	weak := owner.MustHire("weak")
	inProject := owner.MustHire("narrow", kit.InProject(project.ID, "SSHKeysFullAccess"))
	label := "renamed"

	for _, c := range []struct {
		who  *kit.Runner
		want []string
		act  func(r *kit.Runner) error
	}{
		{weak, []string{"CreateProject 403"}, func(r *kit.Runner) error { return refused[iam.Project](t)(r.CreateProject(iam.NewProject{Name: "x"})) }},
		{weak, []string{"DeleteApplication 403 asked iam_application/" + string(app.ID)}, func(r *kit.Runner) error { return r.DeleteApplication(app.ID) }},
		{weak, []string{"DeleteApplication 403 asked iam_application/" + nowhere}, func(r *kit.Runner) error { return r.DeleteApplication(nowhere) }},
		{weak, []string{"UpdateGroup 403 asked iam_group/" + string(group.ID)}, func(r *kit.Runner) error {
			return refused[iam.Group](t)(r.UpdateGroup(group.ID, iam.GroupUpdate{Name: &label}))
		}},
		{weak, []string{"SetRules 403 asked iam_policy/" + nowhere}, func(r *kit.Runner) error { return refused[[]iam.Rule](t)(r.SetRules(nowhere, nil)) }},
		{weak, []string{"DeleteAPIKey 403 asked iam_api_key/" + string(k.First.APIKey.AccessKey)}, func(r *kit.Runner) error { return r.DeleteAPIKey(k.First.APIKey.AccessKey) }},
		{weak, []string{"SetOrganizationAlias 403 asked account_organization/" + string(owner.Organization())}, func(r *kit.Runner) error {
			return refused[iam.Organization](t)(r.SetOrganizationAlias(owner.Organization(), "acme"))
		}},
		{inProject, []string{"DeleteSSHKey 403 asked iam_ssh_key/" + string(otherKey.ID)}, func(r *kit.Runner) error { return r.DeleteSSHKey(otherKey.ID) }},
		{weak, nil, func(r *kit.Runner) error { return refused[iam.Project](t)(r.GetProject(project.ID)) }},
		{weak, nil, func(r *kit.Runner) error { return refusedList[iam.User](t)(r.ListUsers(iam.UserFilter{Page: page()})) }},
		{owner, nil, func(r *kit.Runner) error { return refused[iam.Project](t)(r.CreateProject(iam.NewProject{})) }},
		{owner, nil, func(r *kit.Runner) error { return r.DeleteApplication(nowhere) }},
		{owner, nil, func(r *kit.Runner) error { return r.DeleteProject(k.First.DefaultProject.ID) }},
		{owner, nil, func(r *kit.Runner) error { return refused[iam.Group](t)(r.CreateGroup(iam.NewGroup{Name: "ops"})) }},
	} {
		got := newEvents(t, owner, func() {
			if err := c.act(c.who); err == nil {
				t.Errorf("%v: not refused", c.want)
			}
		})
		same(t, "events of a refusal", c.want, summaries(got))
		for _, e := range got {
			if e.Principal != c.who.Caller.Principal || len(e.Body) == 0 {
				t.Errorf("event of a refusal: %+v", e)
			}
		}
	}
	same(t, "the key is still there", ssh, must[iam.SSHKey](t)(owner.GetSSHKey(ssh.ID)))
}

func TestEventPages(t *testing.T) {
	k := start(t)
	owner, stranger := k.AsOwner(t), tenant(t, k, "acme")
	for i := range 7 {
		owner.MustCreateProject(fmt.Sprint("p", i))
		stranger.MustCreateProject(fmt.Sprint("p", i))
	}
	want := summaries(events(t, owner))
	for _, ascending := range []bool{true, false} {
		f := iam.EventFilter{Size: 3, Ascending: ascending} // no beginning: the last hour
		var got []string
		token := ""
		for pages := 0; ; pages++ {
			list, next, err := owner.ListEvents(f, token)
			if err != nil || pages > 4 {
				t.Fatalf("page %d: %v", pages, err)
			}
			for _, line := range summaries(list) {
				if ascending {
					got = append(got, line)
				} else {
					got = append([]string{line}, got...)
				}
			}
			if token = next; token == "" {
				break
			}
		}
		same(t, fmt.Sprint("all pages, ascending ", ascending), want, got)
	}
}

func TestForgedPageTokens(t *testing.T) {
	k := start(t)
	owner, stranger := k.AsOwner(t), tenant(t, k, "acme")
	for i := range 5 {
		owner.MustCreateProject(fmt.Sprint("p", i))
	}
	f := iam.EventFilter{Size: 2, After: time.Now().Add(-time.Hour), Method: "CreateProject"}
	_, token, err := owner.ListEvents(f, "")
	done(t, err)
	raw := must[[]byte](t)(base64.RawURLEncoding.DecodeString(token))
	flipped := append([]byte{}, raw...)
	flipped[7] ^= 1
	with := func(change func(*iam.EventFilter)) iam.EventFilter {
		other := f
		change(&other)
		return other
	}
	wrong := invalid("page_token", iam.ReasonConstraint, "value is not a token that this list gave for these filters")
	for _, c := range []struct {
		what  string
		who   *kit.Runner
		f     iam.EventFilter
		token string
	}{
		{"text", owner, f, "next"},
		{"not base64", owner, f, token + "="},
		{"short", owner, f, token[:11]},
		{"no signature", owner, f, base64.RawURLEncoding.EncodeToString(raw[:8])},
		{"cut", owner, f, token[:len(token)-1]},
		{"flipped", owner, f, base64.RawURLEncoding.EncodeToString(flipped)},
		{"other organization", stranger, f, token},
		{"other method", owner, with(func(f *iam.EventFilter) { f.Method = "DeleteProject" }), token},
		{"other status", owner, with(func(f *iam.EventFilter) { f.Status = 403 }), token},
		{"other direction", owner, with(func(f *iam.EventFilter) { f.Ascending = true }), token},
		{"other beginning", owner, with(func(f *iam.EventFilter) { f.After = f.After.Add(-time.Hour) }), token},
		{"no beginning", owner, with(func(f *iam.EventFilter) { f.After = time.Time{} }), token},
	} {
		_, next, err := c.who.ListEvents(c.f, c.token)
		fails(t, c.what, wrong, err)
		if next != "" {
			t.Errorf("%s: a refused page has a next one", c.what)
		}
	}
	list, _, err := owner.ListEvents(with(func(f *iam.EventFilter) { f.Size = 100 }), token) // the size may change
	if err != nil || len(list) != 3 {
		t.Errorf("%d events on the rest, %v", len(list), err)
	}
}
