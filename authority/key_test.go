package authority_test

import (
	"strings"
	"testing"
	"time"

	"bailiwick/authority"
	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
)

type createdKey = authority.CreatedAPIKey

func TestAPIKeys(t *testing.T) {
	c := &clock{}
	k := kit.New(t, kit.Options{Clock: c.Now})
	owner := k.AsOwner(t)
	org, app, shop := owner.Organization(), owner.MustCreateApplication("ci"), owner.MustCreateProject("shop")
	expires := c.Now().Add(time.Hour)
	created := must[createdKey](t)(owner.CreateAPIKey(iam.NewAPIKey{
		Bearer: app.ID.Principal(), Description: "build", DefaultProjectID: shop.ID, ExpiresAt: expires,
	}))
	key := created.APIKey
	same(t, "created", iam.APIKey{
		AccessKey: key.AccessKey, OrganizationID: org, Bearer: app.ID.Principal(), Description: "build", DefaultProjectID: shop.ID,
		CreationIP: "192.0.2.1", CreatedAt: c.Now(), UpdatedAt: c.Now(), ExpiresAt: expires,
	}, key)
	if !iam.ValidAccessKey(string(key.AccessKey)) {
		t.Errorf("access key %q", key.AccessKey)
	}
	if _, ok := iam.ParseUUID(created.SecretKey); !ok {
		t.Errorf("the secret is no UUID")
	}
	same(t, "read back", key, must[iam.APIKey](t)(owner.GetAPIKey(key.AccessKey)))
	same(t, "default project", iam.ProjectID(org), owner.MustCreateAPIKey(app.ID.Principal()).DefaultProjectID)

	c.Advance(time.Minute)
	changed := must[iam.APIKey](t)(owner.UpdateAPIKey(key.AccessKey, iam.APIKeyUpdate{
		Description: new("deploy"), DefaultProjectID: new(iam.ProjectID(org)), ExpiresAt: new(expires.Add(time.Hour)),
	}))
	key.Description, key.DefaultProjectID, key.ExpiresAt, key.UpdatedAt = "deploy", iam.ProjectID(org), expires.Add(time.Hour), c.Now()
	same(t, "changed", key, changed)
	same(t, "read back", key, must[iam.APIKey](t)(owner.GetAPIKey(key.AccessKey)))

	done(t, owner.DeleteAPIKey(key.AccessKey))
	gone := iam.NotFound("access_key", string(key.AccessKey))
	fails(t, "get", gone, refused[iam.APIKey](t)(owner.GetAPIKey(key.AccessKey)))
	fails(t, "update", gone, refused[iam.APIKey](t)(owner.UpdateAPIKey(key.AccessKey, iam.APIKeyUpdate{})))
	fails(t, "delete", gone, owner.DeleteAPIKey(key.AccessKey))
	fails(t, "its secret", iam.AuthenticationDenied("api_key", iam.AuthNotFound), authenticate(t, k.Authority, created.SecretKey))
}

func TestSecretKeys(t *testing.T) {
	k := start(t)
	secret := k.First.APIKey.SecretKey
	got := must[iam.Caller](t)(k.Authority.Authenticate(t.Context(), authority.Credential{Kind: authority.SecretKey, Value: secret}))
	same(t, "caller", k.Owner(), got)
	malformed := iam.AuthenticationDenied("api_key", iam.AuthInvalidArgument)
	for i := range len(secret) {
		fails(t, "cut", malformed, authenticate(t, k.Authority, secret[:i]))
	}
	for _, odd := range []string{secret + "0", " " + secret, secret + "\n", "{" + secret + "}", "urn:uuid:" + secret, strings.ReplaceAll(secret, "-", ""), string(k.First.APIKey.AccessKey)} {
		fails(t, odd, malformed, authenticate(t, k.Authority, odd))
	}
	for i, r := range secret {
		if r == '-' {
			continue
		}
		other := []byte(secret)
		if other[i] = '0'; r == '0' {
			other[i] = '1'
		}
		fails(t, "one digit off", iam.AuthenticationDenied("api_key", iam.AuthNotFound), authenticate(t, k.Authority, string(other)))
	}
	for kind, method := range map[authority.CredentialKind]string{authority.SessionToken: "jwt", authority.OperatorToken: "operator_token", 0: "jwt"} {
		reason := iam.AuthNotFound
		if kind == authority.SessionToken {
			reason = iam.AuthInvalidArgument // it has not even the form of one
		}
		_, err := k.Authority.Authenticate(t.Context(), authority.Credential{Kind: kind, Value: secret})
		fails(t, "a secret key as "+method, iam.AuthenticationDenied(method, reason), err)
	}
	fails(t, "the operator token as a key", malformed, authenticate(t, k.Authority, kit.OperatorToken))
}

func TestExpiry(t *testing.T) {
	c := &clock{}
	k := kit.New(t, kit.Options{Clock: c.Now})
	owner := k.AsOwner(t)
	app, org := owner.MustCreateApplication("ci").ID.Principal(), owner.Organization()
	past := invalid("expires_at", iam.ReasonConstraint, "value must be in the future")
	beyond := invalid("expires_at", iam.ReasonConstraint, "value is later than the organization's max_api_key_expiration_duration allows")
	required := invalid("expires_at", iam.ReasonConstraint, "Expiration date required")
	create := func(expires time.Time) (createdKey, error) {
		return owner.CreateAPIKey(iam.NewAPIKey{Bearer: app, ExpiresAt: expires})
	}
	extend := func(key iam.AccessKey, expires time.Time) (iam.APIKey, error) {
		return owner.UpdateAPIKey(key, iam.APIKeyUpdate{ExpiresAt: &expires})
	}
	fails(t, "now", past, refused[createdKey](t)(create(c.Now())))
	fails(t, "1970", past, refused[createdKey](t)(create(time.Unix(0, 0))))
	forever := must[createdKey](t)(create(time.Time{}))
	short := must[createdKey](t)(create(c.Now().Add(time.Hour)))
	fails(t, "moved to the past", past, refused[iam.APIKey](t)(extend(short.AccessKey, c.Now())))
	must[iam.APIKey](t)(extend(short.AccessKey, c.Now().Add(100*24*time.Hour))) // both ways
	must[iam.APIKey](t)(extend(short.AccessKey, c.Now().Add(time.Minute)))

	must[iam.SecuritySettings](t)(owner.UpdateOrganizationSecuritySettings(org, iam.SecuritySettingsUpdate{MaxAPIKeyDuration: new(24 * time.Hour)}))
	fails(t, "without", required, refused[createdKey](t)(create(time.Time{})))
	fails(t, "beyond", beyond, refused[createdKey](t)(create(c.Now().Add(24*time.Hour+time.Microsecond))))
	limit := must[createdKey](t)(create(c.Now().Add(24 * time.Hour)))
	fails(t, "the owner's own", required, refused[createdKey](t)(owner.CreateAPIKey(iam.NewAPIKey{Bearer: owner.Caller.Principal})))
	fails(t, "extended beyond", beyond, refused[iam.APIKey](t)(extend(limit.AccessKey, c.Now().Add(25*time.Hour))))
	fails(t, "expiry taken away", required, refused[iam.APIKey](t)(extend(limit.AccessKey, time.Time{})))
	c.Advance(10 * time.Hour)
	fails(t, "extended bit by bit", beyond, refused[iam.APIKey](t)(extend(limit.AccessKey, c.Now().Add(24*time.Hour))))

	// A limit leaves old keys alone, and so does the change of something else of theirs.
	done(t, authenticate(t, k.Authority, forever.SecretKey))
	shop := owner.MustCreateProject("shop")
	for _, key := range []iam.AccessKey{forever.AccessKey, short.AccessKey} { // short has expired by now
		got := must[iam.APIKey](t)(owner.UpdateAPIKey(key, iam.APIKeyUpdate{DefaultProjectID: &shop.ID, Description: new("x")}))
		same(t, "default project", shop.ID, got.DefaultProjectID)
		must[iam.APIKey](t)(extend(key, got.ExpiresAt)) // the same again
	}

	c.Advance(14*time.Hour - time.Microsecond)
	done(t, authenticate(t, k.Authority, limit.SecretKey))
	c.Advance(time.Microsecond)
	fails(t, "expired", iam.AuthenticationDenied("api_key", iam.AuthExpired), authenticate(t, k.Authority, limit.SecretKey))
}

func TestAPIKeyErrors(t *testing.T) {
	k := start(t)
	owner, stranger := k.AsOwner(t), tenant(t, k, "acme")
	org, app := owner.Organization(), owner.MustCreateApplication("ci").ID.Principal()
	group := owner.MustCreateGroup("g").ID.Principal()
	foreignProject, foreignApp := stranger.MustCreateProject("p").ID, stranger.MustCreateApplication("zapp").ID
	deleted := owner.MustCreateProject("gone").ID
	done(t, owner.DeleteProject(deleted))
	create := func(n iam.NewAPIKey) error { return refused[createdKey](t)(owner.CreateAPIKey(n)) }

	fails(t, "no bearer", invalid("application_id", iam.ReasonRequired, "exactly one of application_id and user_id is required"), create(iam.NewAPIKey{}))
	fails(t, "a group's", invalid("bearer", iam.ReasonConstraint, "value must be a user or an application"), create(iam.NewAPIKey{Bearer: group}))
	fails(t, "the operator's", invalid("bearer", iam.ReasonConstraint, "value must be a user or an application"), create(iam.NewAPIKey{Bearer: iam.Operator().Principal}))
	fails(t, "long description", invalid("description", iam.ReasonConstraint, "value length must be between 0 and 200 runes, inclusive"),
		create(iam.NewAPIKey{Bearer: app, Description: strings.Repeat("x", 201)}))
	for what, id := range map[string]iam.ApplicationID{"unknown": nowhere, "foreign": foreignApp} {
		fails(t, what+" application", iam.NotFound("application", string(id)), create(iam.NewAPIKey{Bearer: id.Principal()}))
	}
	key := owner.MustCreateAPIKey(app)
	for what, id := range map[string]iam.ProjectID{"unknown": nowhere, "foreign": foreignProject, "deleted": deleted, "foreign default": iam.ProjectID(stranger.Organization())} {
		gone := iam.NotFound("project_id", string(id))
		fails(t, what+" project", gone, create(iam.NewAPIKey{Bearer: app, DefaultProjectID: id}))
		fails(t, what+" project, later", gone, refused[iam.APIKey](t)(owner.UpdateAPIKey(key.AccessKey, iam.APIKeyUpdate{DefaultProjectID: &id})))
	}
	fails(t, "for another user", denied("api_key", "create"), create(iam.NewAPIKey{Bearer: owner.MustCreateUser("ann").ID.Principal()}))
	fails(t, "for nobody", denied("api_key", "create"), create(iam.NewAPIKey{Bearer: iam.UserID(nowhere).Principal()}))
	same(t, "the key", key.APIKey, must[iam.APIKey](t)(owner.GetAPIKey(key.AccessKey)))

	// A key cannot make another key, for itself or for others, unless a policy says so.
	ci := k.AsHolder(t, key.SecretKey)
	fails(t, "for itself", denied("api_key", "create"), refused[createdKey](t)(ci.CreateAPIKey(iam.NewAPIKey{Bearer: app})))
	fails(t, "for the owner", denied("api_key", "create"), refused[createdKey](t)(ci.CreateAPIKey(iam.NewAPIKey{Bearer: owner.Caller.Principal})))
	fails(t, "its own expiry", denied("api_key", "write"), refused[iam.APIKey](t)(ci.UpdateAPIKey(key.AccessKey, iam.APIKeyUpdate{ExpiresAt: new(time.Now().Add(time.Hour))})))
	owner.MustCreatePolicy("apps", app, kit.Everywhere(org, "IAMApplicationManager"))
	must[createdKey](t)(ci.CreateAPIKey(iam.NewAPIKey{Bearer: app}))
}

// Keys of people and keys of applications are governed apart, and a user always has its own.
func TestKeysOfPeopleAndApplications(t *testing.T) {
	k := start(t)
	owner := k.AsOwner(t)
	org := owner.Organization()
	appKey := owner.MustCreateAPIKey(owner.MustCreateApplication("victim").ID.Principal()).APIKey
	userKey, _ := k.NewUserKey(t, owner.MustCreateUser("bob"))
	ann := k.AsUser(t, owner.MustCreateUser("ann"))
	annKey := must[iam.APIKey](t)(ann.GetAPIKey(ann.Caller.AccessKey))
	touch := func(what string, r *kit.Runner, key iam.APIKey, read, write, remove bool) {
		t.Helper()
		for action, c := range map[string]struct {
			want bool
			err  error
		}{
			"read":   {read, refused[iam.APIKey](t)(r.GetAPIKey(key.AccessKey))},
			"write":  {write, refused[iam.APIKey](t)(r.UpdateAPIKey(key.AccessKey, iam.APIKeyUpdate{Description: new("x")}))},
			"delete": {remove, r.DeleteAPIKey(key.AccessKey)},
		} {
			switch {
			case c.want && c.err != nil:
				t.Errorf("%s %s: %v", what, action, c.err)
			case !c.want:
				fails(t, what+" "+action, denied("api_key", action), c.err)
			}
		}
	}
	touch("a plain application, an application's", owner.MustHire("plain"), appKey, false, false, false)
	touch("a plain application, a user's", owner.MustHire("plain"), userKey, false, false, false)
	touch("a plain user, an application's", ann, appKey, false, false, false)
	touch("a plain user, another user's", ann, userKey, false, false, false)
	touch("a plain user, one that is not there", ann, iam.APIKey{AccessKey: noKey}, false, false, false)
	touch("user manager, a user's", owner.MustHire("u", kit.Everywhere(org, "IAMUserManager")), userKey, false, false, false)
	touch("application manager, a user's", owner.MustHire("a", kit.Everywhere(org, "IAMApplicationManager")), userKey, false, false, false)
	touch("IAM reader, both", owner.MustHire("r", kit.Everywhere(org, "IAMReadOnly")), userKey, true, false, false)
	touch("application manager, an application's", owner.MustHire("a", kit.Everywhere(org, "IAMApplicationManager")), appKey, true, true, true)
	touch("IAM manager, a user's", owner.MustHire("m", kit.Everywhere(org, "IAMManager")), userKey, true, true, true)
	mine := must[createdKey](t)(ann.CreateAPIKey(iam.NewAPIKey{Bearer: ann.Caller.Principal}))
	touch("a plain user, its own", ann, mine.APIKey, true, true, true)

	seen := func(r *kit.Runner, f iam.APIKeyFilter) (all []iam.AccessKey) {
		t.Helper()
		f.Order, f.Page = byCreation(), page()
		keys, total, err := r.ListAPIKeys(f)
		done(t, err)
		for _, key := range keys {
			all = append(all, key.AccessKey)
		}
		if total != len(all) {
			t.Errorf("%d keys of %d", len(all), total)
		}
		return all
	}
	own := []iam.AccessKey{annKey.AccessKey}
	same(t, "a plain user's list", own, seen(ann, iam.APIKeyFilter{}))
	same(t, "asking for the owner's", nil, seen(ann, iam.APIKeyFilter{BearerID: string(k.First.Owner.ID)}))
	same(t, "asking for applications'", nil, seen(ann, iam.APIKeyFilter{BearerType: iam.TypeApplication}))
	grant := owner.MustCreatePolicy("ann", ann.Caller.Principal, kit.Everywhere(org, "IAMApplicationReadOnly"))
	if got := seen(ann, iam.APIKeyFilter{}); len(got) == 0 || got[0] == annKey.AccessKey {
		t.Errorf("keys of applications: %v", got)
	}
	same(t, "its own beside applications'", own, seen(ann, iam.APIKeyFilter{BearerID: ann.Caller.Principal.ID}))
	same(t, "users' beside applications'", own, seen(ann, iam.APIKeyFilter{BearerType: iam.TypeUser}))
	must[iam.Policy](t)(owner.UpdatePolicy(grant.ID, iam.PolicyUpdate{Name: new("users")}))
	must[[]iam.Rule](t)(owner.SetRules(grant.ID, []iam.RuleSpec{kit.Everywhere(org, "IAMUserReadOnly")}))
	same(t, "keys of users", []iam.AccessKey{k.First.APIKey.AccessKey, annKey.AccessKey}, seen(ann, iam.APIKeyFilter{}))
	same(t, "applications' with users'", nil, seen(ann, iam.APIKeyFilter{BearerType: iam.TypeApplication}))
	fails(t, "a plain application", denied("api_key", "list"), refusedList[iam.APIKey](t)(owner.MustHire("plain").ListAPIKeys(iam.APIKeyFilter{Page: page()})))
}
