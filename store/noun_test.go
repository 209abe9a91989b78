package store_test

import (
	"testing"

	"bailiwick/iam"
	"bailiwick/store"
)

// noun is the life of one kind of object: what is written first, what an update makes of
// it, and the methods for each step.
type noun[T any] struct {
	first, changed T
	insert, update func(*store.Tx, T) error
	get            func(*store.Tx, iam.OrganizationID) (T, error)
	remove         func(*store.Tx, iam.OrganizationID) error
	count          func(*store.Tx, iam.OrganizationID) (int, error)
}

// live takes an object of organization mine through its life.
func live[T any](n noun[T]) func(*testing.T, *store.Store) {
	return func(t *testing.T, s *store.Store) {
		get := func(org iam.OrganizationID) (T, error) {
			return got(t, s, func(tx *store.Tx) (T, error) { return n.get(tx, org) })
		}
		change := func(value T) error { return try(t, s, func(tx *store.Tx) error { return n.update(tx, value) }) }
		remove := func(org iam.OrganizationID) error {
			return try(t, s, func(tx *store.Tx) error { return n.remove(tx, org) })
		}
		counts := func(want int) {
			t.Helper()
			number, err := got(t, s, func(tx *store.Tx) (int, error) { return n.count(tx, mine) })
			must(t, err)
			same(t, "number", number, want)
			number, err = got(t, s, func(tx *store.Tx) (int, error) { return n.count(tx, theirs) })
			must(t, err)
			same(t, "number in the other organization", number, 0)
		}
		missing := func(what string) {
			t.Helper()
			_, err := get(mine)
			fails(t, what+", get", err, store.ErrNotFound)
			fails(t, what+", update", change(n.changed), store.ErrNotFound)
			fails(t, what+", delete", remove(mine), store.ErrNotFound)
			counts(0)
		}
		present := func(what string, want T) {
			t.Helper()
			value, err := get(mine)
			must(t, err)
			same(t, what, value, want)
			_, err = get(theirs)
			fails(t, what+", get in the other organization", err, store.ErrNotFound)
			fails(t, what+", delete in the other organization", remove(theirs), store.ErrNotFound)
			counts(1)
		}
		missing("before")
		update(t, s, func(tx *store.Tx) error { return n.insert(tx, n.first) })
		present("as written", n.first)
		fails(t, "twice", try(t, s, func(tx *store.Tx) error { return n.insert(tx, n.first) }), store.ErrDuplicate)
		present("after the second attempt", n.first)
		must(t, change(n.changed))
		present("as changed", n.changed)
		must(t, remove(mine))
		missing("after")
	}
}

func TestNouns(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		organizations(t, s)
		t.Run("project", func(t *testing.T) { live(projectNoun())(t, s) })
		t.Run("user", func(t *testing.T) { live(userNoun())(t, s) })
		t.Run("application", func(t *testing.T) { live(applicationNoun())(t, s) })
		t.Run("group", func(t *testing.T) { live(groupNoun())(t, s) })
		t.Run("policy", func(t *testing.T) { live(policyNoun())(t, s) })
		t.Run("api key", func(t *testing.T) { live(apiKeyNoun())(t, s) })
		t.Run("ssh key", func(t *testing.T) { live(sshKeyNoun())(t, s) })
	})
}

func projectNoun() noun[iam.Project] {
	p := iam.Project{ID: iam.ProjectID(id("a", 1)), OrganizationID: mine, Name: "Web", Description: "It's \"quoted\"; -- ü\n", CreatedAt: minute(1), UpdatedAt: minute(2)}
	q := p
	q.Name, q.Description, q.UpdatedAt = "Web 2", "", minute(3)
	return noun[iam.Project]{
		first: p, changed: q, insert: (*store.Tx).InsertProject, update: (*store.Tx).UpdateProject,
		get:    func(tx *store.Tx, org iam.OrganizationID) (iam.Project, error) { return tx.Project(org, p.ID) },
		remove: func(tx *store.Tx, org iam.OrganizationID) error { return tx.DeleteProject(org, p.ID) },
		count:  (*store.Tx).CountProjects,
	}
}

func userNoun() noun[iam.User] {
	u := iam.User{
		ID: iam.UserID(id("b", 1)), OrganizationID: mine, Type: iam.UserOwner, Status: iam.UserActivated, Email: "a@example.com",
		Username: "ada", FirstName: "Ada", LastName: "Ł", PhoneNumber: "+33 1", Locale: "fr_FR", Tags: []string{"x", "y=z"},
		MFA: true, Locked: false, AccountRootID: id("c", 1), CreatedAt: minute(1), UpdatedAt: minute(2), LastLoginAt: minute(3),
	}
	v := iam.User{ID: u.ID, OrganizationID: mine, Type: iam.UserMember, Status: iam.UserInvitationPending, Email: "b@example.com", Username: "bob", Locked: true}
	return noun[iam.User]{
		first: u, changed: v, update: (*store.Tx).UpdateUser,
		insert: func(tx *store.Tx, u iam.User) error { return tx.InsertUser(u, "$argon2id$") },
		get:    func(tx *store.Tx, org iam.OrganizationID) (iam.User, error) { return tx.User(org, u.ID) },
		remove: func(tx *store.Tx, org iam.OrganizationID) error { return tx.DeleteUser(org, u.ID) },
		count:  (*store.Tx).CountUsers,
	}
}

func applicationNoun() noun[iam.Application] {
	a := iam.Application{
		ID: iam.ApplicationID(id("d", 1)), OrganizationID: mine, Name: "ci", Description: "builds", Tags: []string{"b", "a"},
		Managed: true, CreatedAt: minute(1), UpdatedAt: minute(2),
	}
	b := a
	b.Name, b.Description, b.Tags, b.UpdatedAt = "CI", "", nil, minute(3)
	return noun[iam.Application]{
		first: a, changed: b, insert: (*store.Tx).InsertApplication, update: (*store.Tx).UpdateApplication,
		get:    func(tx *store.Tx, org iam.OrganizationID) (iam.Application, error) { return tx.Application(org, a.ID) },
		remove: func(tx *store.Tx, org iam.OrganizationID) error { return tx.DeleteApplication(org, a.ID) },
		count:  (*store.Tx).CountApplications,
	}
}

func groupNoun() noun[iam.Group] {
	g := iam.Group{
		ID: iam.GroupID(id("e", 1)), OrganizationID: mine, Name: "admins", Description: "all of it", Tags: []string{"t"},
		Managed: true, CreatedAt: minute(1), UpdatedAt: minute(2),
	}
	h := g
	h.Name, h.Description, h.Tags, h.UpdatedAt = "Admins", "some", nil, minute(3)
	return noun[iam.Group]{
		first: g, changed: h, insert: (*store.Tx).InsertGroup, update: (*store.Tx).UpdateGroup,
		get:    func(tx *store.Tx, org iam.OrganizationID) (iam.Group, error) { return tx.Group(org, g.ID) },
		remove: func(tx *store.Tx, org iam.OrganizationID) error { return tx.DeleteGroup(org, g.ID) },
		count:  (*store.Tx).CountGroups,
	}
}

// policyWithRules is a policy and what is stored with it.
type policyWithRules struct {
	Policy iam.Policy
	Rules  []iam.Rule
}

func policyNoun() noun[policyWithRules] {
	p := iam.Policy{
		ID: iam.PolicyID(id("f", 1)), OrganizationID: mine, Name: "read", Description: "reads", Tags: []string{"t"},
		Principal: iam.UserID(id("b", 9)).Principal(), Managed: true, CreatedAt: minute(1), UpdatedAt: minute(2),
	}
	rules := []iam.Rule{
		{ID: iam.RuleID(id("1", 2)), PermissionSetNames: []string{"B", "A"}, ScopeType: iam.ScopeProjects,
			Condition: `request.user_agent == "x"`, Scope: iam.Scope{ProjectIDs: []iam.ProjectID{iam.ProjectID(id("a", 2)), iam.ProjectID(id("a", 1))}}},
		{ID: iam.RuleID(id("1", 1)), PermissionSetNames: []string{"C"}, ScopeType: iam.ScopeOrganization, Scope: iam.Scope{OrganizationID: mine}},
	}
	p.CountRules(rules)
	q := iam.Policy{ID: p.ID, OrganizationID: mine, Name: "nothing", CreatedAt: minute(4)}
	return noun[policyWithRules]{
		first: policyWithRules{p, rules}, changed: policyWithRules{q, nil},
		insert: func(tx *store.Tx, p policyWithRules) error { return tx.InsertPolicy(p.Policy, p.Rules) },
		update: func(tx *store.Tx, p policyWithRules) error { return tx.SetRules(p.Policy, p.Rules) },
		get: func(tx *store.Tx, org iam.OrganizationID) (all policyWithRules, err error) {
			if all.Rules, err = tx.Rules(org, p.ID); err != nil {
				return all, err
			}
			all.Policy, err = tx.Policy(org, p.ID)
			return all, err
		},
		remove: func(tx *store.Tx, org iam.OrganizationID) error { return tx.DeletePolicy(org, p.ID) },
		count:  (*store.Tx).CountPolicies,
	}
}

func apiKeyNoun() noun[store.HashedKey] {
	secret := store.Secret{Hash: []byte{0, 1, 255}, Sealed: []byte("sealed")}
	k := iam.APIKey{
		AccessKey: "SCW00000000000000001", OrganizationID: mine, Bearer: iam.ApplicationID(id("d", 9)).Principal(), Description: "deploys",
		DefaultProjectID: iam.ProjectID(mine), Managed: true, CreationIP: "2001:db8::1", CreatedAt: minute(1), UpdatedAt: minute(2), ExpiresAt: minute(9),
	}
	l := k
	l.Description, l.DefaultProjectID, l.UpdatedAt, l.ExpiresAt = "", iam.ProjectID(id("a", 1)), minute(3), minute(0)
	return noun[store.HashedKey]{
		first: store.HashedKey{APIKey: k, Hash: secret.Hash}, changed: store.HashedKey{APIKey: l, Hash: secret.Hash},
		insert: func(tx *store.Tx, k store.HashedKey) error { return tx.InsertAPIKey(k.APIKey, secret) },
		update: func(tx *store.Tx, k store.HashedKey) error { return tx.UpdateAPIKey(k.APIKey) },
		get: func(tx *store.Tx, org iam.OrganizationID) (store.HashedKey, error) {
			hashed, err := tx.HashedAPIKey(org, k.AccessKey)
			if err != nil {
				return hashed, err
			}
			hashed.APIKey, err = tx.APIKey(org, k.AccessKey)
			return hashed, err
		},
		remove: func(tx *store.Tx, org iam.OrganizationID) error { return tx.DeleteAPIKey(org, k.AccessKey) },
		count:  (*store.Tx).CountAPIKeys,
	}
}

func sshKeyNoun() noun[iam.SSHKey] {
	k := iam.SSHKey{
		ID: iam.SSHKeyID(id("5", 1)), OrganizationID: mine, ProjectID: iam.ProjectID(mine), Name: "laptop", PublicKey: "ssh-ed25519 AAAA",
		Fingerprint: "256 MD5:00 (ssh-ed25519)", CreatedAt: minute(1), UpdatedAt: minute(2),
	}
	l := k
	l.Name, l.Disabled, l.UpdatedAt = "old laptop", true, minute(3)
	return noun[iam.SSHKey]{
		first: k, changed: l, insert: (*store.Tx).InsertSSHKey, update: (*store.Tx).UpdateSSHKey,
		get:    func(tx *store.Tx, org iam.OrganizationID) (iam.SSHKey, error) { return tx.SSHKey(org, k.ID) },
		remove: func(tx *store.Tx, org iam.OrganizationID) error { return tx.DeleteSSHKey(org, k.ID) },
		count:  (*store.Tx).CountSSHKeys,
	}
}

func TestOrganization(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		first := iam.Organization{
			ID: mine, Name: "One", Alias: "one", OwnerID: iam.UserID(id("b", 1)), CreatedAt: minute(1), UpdatedAt: minute(2), ClosedAt: minute(3),
			LoginPasswordEnabled: true, LoginSAMLEnabled: true,
			Security: iam.SecuritySettings{EnforcePasswordRenewal: true, GracePeriodDuration: 1, LoginAttemptsBeforeLock: 7, MaxLoginSessionDuration: 2e9, MaxAPIKeyDuration: iam.MaxAPIKeyLifeLimit, MFARequired: true, PasswordInactivity: 3e9},
		}
		first.Security.GracePeriodDuration = 3600e9
		other := organization(theirs, "Two")
		get := func(id iam.OrganizationID) (iam.Organization, error) {
			return got(t, s, func(tx *store.Tx) (iam.Organization, error) { return tx.Organization(id) })
		}
		alias := func(alias string) (iam.Organization, error) {
			return got(t, s, func(tx *store.Tx) (iam.Organization, error) { return tx.OrganizationByAlias(alias) })
		}
		_, err := get(mine)
		fails(t, "before", err, store.ErrNotFound)
		fails(t, "update before", try(t, s, func(tx *store.Tx) error { return tx.UpdateOrganization(first) }), store.ErrNotFound)
		update(t, s, func(tx *store.Tx) error { return tx.InsertOrganization(first) }, func(tx *store.Tx) error { return tx.InsertOrganization(other) })
		o, err := get(mine)
		must(t, err)
		same(t, "as written", o, first)
		o, err = alias("one")
		must(t, err)
		same(t, "by alias", o, first)
		for _, missing := range []string{"", "ONE", "on_", "two"} {
			_, err = alias(missing)
			fails(t, "alias "+missing, err, store.ErrNotFound)
		}
		fails(t, "twice", try(t, s, func(tx *store.Tx) error { return tx.InsertOrganization(first) }), store.ErrDuplicate)
		other.Alias = "one"
		fails(t, "alias taken", try(t, s, func(tx *store.Tx) error { return tx.UpdateOrganization(other) }), store.ErrDuplicate)
		first = organization(mine, "Uno")
		must(t, try(t, s, func(tx *store.Tx) error { return tx.UpdateOrganization(first) }))
		o, err = get(mine)
		must(t, err)
		same(t, "as changed", o, first)
		o, err = get(theirs)
		must(t, err)
		same(t, "the other", o, organization(theirs, "Two"))
	})
}

func TestDuplicates(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		organizations(t, s)
		secret := func(hash string) store.Secret { return store.Secret{Hash: []byte(hash)} }
		key := func(org iam.OrganizationID, n string) iam.APIKey {
			return iam.APIKey{OrganizationID: org, AccessKey: iam.AccessKey("SCW0000000000000000" + n), Bearer: iam.UserID(id("b", 1)).Principal()}
		}
		user := func(org iam.OrganizationID, n int, name string) iam.User {
			return iam.User{OrganizationID: org, ID: iam.UserID(id("b", n)), Username: name}
		}
		group := func(org iam.OrganizationID, n int, name string) iam.Group {
			return iam.Group{OrganizationID: org, ID: iam.GroupID(id("e", n)), Name: name}
		}
		update(t, s,
			func(tx *store.Tx) error { return tx.InsertUser(user(mine, 1, "ada"), "") },
			func(tx *store.Tx) error { return tx.InsertUser(user(mine, 2, "bob"), "") },
			func(tx *store.Tx) error { return tx.InsertGroup(group(mine, 1, "admins")) },
			func(tx *store.Tx) error { return tx.InsertGroup(group(mine, 2, "others")) },
			func(tx *store.Tx) error { return tx.InsertAPIKey(key(mine, "1"), secret("a")) },
			func(tx *store.Tx) error {
				return tx.InsertApplication(iam.Application{OrganizationID: mine, ID: iam.ApplicationID(id("d", 1)), Name: "same"})
			},
			func(tx *store.Tx) error {
				return tx.AddMembers(mine, iam.GroupID(id("e", 1)), iam.Members{UserIDs: []iam.UserID{iam.UserID(id("b", 1))}})
			})
		for name, test := range map[string]struct {
			step func(*store.Tx) error
			want error
		}{
			"username":                   {func(tx *store.Tx) error { return tx.InsertUser(user(mine, 3, "ada"), "") }, store.ErrDuplicate},
			"username by update":         {func(tx *store.Tx) error { return tx.UpdateUser(user(mine, 2, "ada")) }, store.ErrDuplicate},
			"username in another case":   {func(tx *store.Tx) error { return tx.InsertUser(user(mine, 3, "ADA"), "") }, nil},
			"username of the other":      {func(tx *store.Tx) error { return tx.InsertUser(user(theirs, 4, "ada"), "") }, nil},
			"user id of the other":       {func(tx *store.Tx) error { return tx.InsertUser(user(theirs, 1, "eve"), "") }, store.ErrDuplicate},
			"group name":                 {func(tx *store.Tx) error { return tx.InsertGroup(group(mine, 3, "admins")) }, store.ErrDuplicate},
			"group name by update":       {func(tx *store.Tx) error { return tx.UpdateGroup(group(mine, 2, "admins")) }, store.ErrDuplicate},
			"group name in another case": {func(tx *store.Tx) error { return tx.InsertGroup(group(mine, 3, "Admins")) }, nil},
			"group name of the other":    {func(tx *store.Tx) error { return tx.InsertGroup(group(theirs, 1, "admins")) }, nil},
			"access key of the other":    {func(tx *store.Tx) error { return tx.InsertAPIKey(key(theirs, "1"), secret("b")) }, store.ErrDuplicate},
			"secret":                     {func(tx *store.Tx) error { return tx.InsertAPIKey(key(theirs, "2"), secret("a")) }, store.ErrDuplicate},
			"member": {func(tx *store.Tx) error {
				return tx.AddMembers(mine, iam.GroupID(id("e", 1)), iam.Members{UserIDs: []iam.UserID{iam.UserID(id("b", 1))}})
			}, store.ErrDuplicate},
			"application name is not unique": {func(tx *store.Tx) error {
				return tx.InsertApplication(iam.Application{OrganizationID: mine, ID: iam.ApplicationID(id("d", 2)), Name: "same"})
			}, nil},
			"application id of the other": {func(tx *store.Tx) error {
				return tx.InsertApplication(iam.Application{OrganizationID: theirs, ID: iam.ApplicationID(id("d", 1))})
			}, store.ErrDuplicate},
			"username that is alike in Kelvin": {func(tx *store.Tx) error { return tx.InsertUser(user(mine, 5, "\u212a"), "") }, nil},
		} {
			t.Run(name, func(t *testing.T) { fails(t, name, try(t, s, test.step), test.want) })
		}
	})
}
