package authority_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"bailiwick/authority"
	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
)

// ask asks whether a principal may do something; in names the project, or the organization
// level if it is empty.
func ask(p iam.Principal, action, resource string, in iam.ProjectID) authority.Question {
	return authority.Question{
		SubjectType: string(p.Type), SubjectID: p.ID, Action: action,
		Resource: authority.Target{Type: resource, ID: "r-1", ProjectID: in},
	}
}

// The product's own example: application production-c may use and change instances and
// databases in project A, but only read its object storage; in project F it may use the
// registry and databases and read containers.
func TestExamplePolicy(t *testing.T) {
	k := start(t)
	owner, operator := k.AsOwner(t), k.AsOperator(t)
	a, f, other := owner.MustCreateProject("A").ID, owner.MustCreateProject("F").ID, owner.MustCreateProject("G").ID
	app := owner.MustCreateApplication("production-c").ID.Principal()
	owner.MustCreatePolicy("production-c", app,
		kit.InProject(a, "InstancesFullAccess", "ObjectStorageReadOnly", "RelationalDatabasesFullAccess"),
		kit.InProject(f, "ContainerRegistryFullAccess", "ContainersReadOnly", "RelationalDatabasesFullAccess"))
	for _, c := range []struct {
		permission string
		where      []iam.ProjectID
	}{
		{"compute:servers:create", []iam.ProjectID{a}}, {"compute:servers:list", []iam.ProjectID{a}}, {"compute:servers:delete", []iam.ProjectID{a}},
		{"compute:servers:start", []iam.ProjectID{a}}, {"rdb:instance:create", []iam.ProjectID{a, f}}, {"rdb:instance:delete", []iam.ProjectID{a, f}},
		{"storage:object:list", []iam.ProjectID{a}}, {"storage:object:read", []iam.ProjectID{a}}, {"storage:object:write", nil}, {"storage:object:delete", nil},
		{"registry:image:delete", []iam.ProjectID{f}}, {"containers:container:read", []iam.ProjectID{f}}, {"containers:container:delete", nil},
		{"iam:user:list", nil}, {"account:project:read", nil},
	} {
		if _, ok := k.Catalog.Number(c.permission); !ok {
			t.Errorf("the catalogue has no %s", c.permission)
			continue
		}
		parts := strings.Split(c.permission, ":")
		for _, project := range []iam.ProjectID{a, f, other, k.First.DefaultProject.ID, ""} {
			want := false
			for _, w := range c.where {
				want = want || w == project
			}
			answer := must[authority.Answer](t)(operator.Evaluate(ask(app, c.permission, parts[0]+":"+parts[1], project)))
			if answer.Allowed != want || len(answer.Reasons) == 0 || answer.Revision != k.Authority.Revision() || answer.DecisionID == "" {
				t.Errorf("%s in %q: %+v, want %v", c.permission, project, answer, want)
			}
		}
	}
}

func TestEvaluateReasons(t *testing.T) {
	k := start(t)
	owner, operator := k.AsOwner(t), k.AsOperator(t)
	org, project := owner.Organization(), k.First.DefaultProject.ID
	ann := owner.MustCreateUser("ann")
	g := owner.MustCreateGroup("g", ann.ID.Principal())
	p := owner.MustCreatePolicy("p", g.ID.Principal(), kit.Everywhere(org, "InstancesReadOnly"))
	own := owner.MustCreatePolicy("own", ann.ID.Principal(), kit.If(`request.ip == "10.0.0.1"`, kit.Everywhere(org, "InstancesFullAccess")))
	annKey, _ := k.NewUserKey(t, ann)
	evaluate := func(q authority.Question) authority.Answer {
		t.Helper()
		return must[authority.Answer](t)(operator.Evaluate(q))
	}
	from := func(ip string, q authority.Question) authority.Question {
		q.IP = netip.MustParseAddr(ip)
		return q
	}
	resource := func(id string, q authority.Question) authority.Question {
		q.Resource.ID = id
		return q
	}
	locked := owner.MustCreateUser("bob")
	must[iam.User](t)(owner.LockUser(locked.ID))
	for what, c := range map[string]struct {
		q       authority.Question
		allowed bool
		reasons []string
	}{
		"owner":           {ask(k.First.Owner.ID.Principal(), "compute:servers:start", "compute:servers", project), true, []string{"the subject owns the organization"}},
		"by a group":      {ask(ann.ID.Principal(), "list", "compute:servers", project), true, []string{"group " + string(g.ID) + ": policy " + string(p.ID) + ", rule " + string(readRules(t, owner, p.ID)[0].ID) + " grants InstancesReadOnly"}},
		"by a condition":  {from("10.0.0.1", ask(ann.ID.Principal(), "start", "compute:servers", project)), true, []string{"policy " + string(own.ID) + ", rule " + string(readRules(t, owner, own.ID)[0].ID) + " grants InstancesFullAccess"}},
		"condition fails": {from("10.0.0.2", ask(ann.ID.Principal(), "start", "compute:servers", project)), false, []string{"condition: compute:servers:start"}},
		"no address":      {ask(ann.ID.Principal(), "start", "compute:servers", project), false, []string{"condition: compute:servers:start"}},
		"no grant":        {ask(ann.ID.Principal(), "iam:group:list", "iam:group", ""), false, []string{"no_grant: iam:group:list"}},
		"itself":          {resource(string(ann.ID), ask(ann.ID.Principal(), "iam:user:read", "iam:user", "")), true, []string{"every user has this right"}},
		"somebody else":   {resource(string(locked.ID), ask(ann.ID.Principal(), "iam:user:read", "iam:user", "")), false, []string{"no_grant: iam:user:read"}},
		"its own key":     {resource(string(annKey.AccessKey), ask(ann.ID.Principal(), "iam:user_api_key:delete", "iam:user_api_key", "")), true, []string{"every user has this right"}},
		"the owner's key": {resource(string(k.First.APIKey.AccessKey), ask(ann.ID.Principal(), "iam:api_key:delete", "iam:api_key", "")), false, []string{"no_grant: iam:api_key:delete"}},
		"locked":          {resource(string(locked.ID), ask(locked.ID.Principal(), "iam:user:read", "iam:user", "")), false, []string{"locked: iam:user:read"}},
		"unknown project": {ask(k.First.Owner.ID.Principal(), "compute:servers:start", "compute:servers", nowhere), false, []string{"unknown_project: compute:servers:start"}},
		"unknown subject": {ask(iam.UserID(nowhere).Principal(), "compute:servers:start", "compute:servers", ""), false, []string{"the subject is not known"}},
	} {
		got := evaluate(c.q)
		same(t, what, authority.Answer{Allowed: c.allowed, DecisionID: got.DecisionID, Revision: k.Authority.Revision(), Reasons: c.reasons}, got)
	}
}

func TestEvaluateSubjects(t *testing.T) {
	c := &clock{}
	k := kit.New(t, kit.Options{Clock: c.Now, Catalogs: []string{"../examples/catalog"}})
	owner, stranger, operator := k.AsOwner(t), tenant(t, k, "acme"), k.AsOperator(t)
	org := owner.Organization()
	app := owner.MustCreateApplication("reader").ID.Principal()
	owner.MustCreatePolicy("reader", app, kit.Everywhere(org, "LibraryReadOnly"))
	key := must[createdKey](t)(owner.CreateAPIKey(iam.NewAPIKey{Bearer: app, ExpiresAt: c.Now().Add(time.Hour)}))
	pep := owner.MustHire("pep", kit.Everywhere(org, "DecisionPointAccess"))
	theirPEP := stranger.MustHire("pep", kit.Everywhere(stranger.Organization(), "DecisionPointAccess"))
	byKey := func(access string) authority.Question {
		q := ask(app, "read", "record", "") // the bare action and the alias of the resource
		q.SubjectType, q.SubjectID = "api_key", access
		return q
	}
	at := func(when time.Time, q authority.Question) authority.Question {
		q.Time = when
		return q
	}
	of := func(o iam.OrganizationID, q authority.Question) authority.Question {
		q.Resource.OrganizationID = o
		return q
	}
	good, unknown, expired := byKey(string(key.AccessKey)), []string{"the subject is not known"}, []string{"the API key has expired"}
	upper := ask(iam.Principal{Type: app.Type, ID: strings.ToUpper(app.ID)}, "read", "record", "")
	check := func(what string, r *kit.Runner, q authority.Question, want bool, reasons []string) {
		t.Helper()
		got := must[authority.Answer](t)(r.Evaluate(q))
		if got.Allowed != want {
			t.Errorf("%s: %+v", what, got)
		}
		if reasons != nil {
			same(t, what, reasons, got.Reasons)
		}
	}
	for who, r := range map[string]*kit.Runner{"operator": operator, "service": pep, "owner": owner} {
		check(who+" by key", r, good, true, nil)
		check(who+" by id", r, ask(app, "library:record:read", "library:record", ""), true, nil)
		check(who+" by id in upper case", r, upper, true, nil)
		check(who+", what is not granted", r, ask(app, "write", "record", ""), false, nil)
		check(who+", unknown key", r, byKey(string(noKey)), false, unknown)
		check(who+", key that will have expired", r, at(c.Now().Add(time.Hour), good), false, expired)
		check(who+", its organization named", r, of(org, good), true, nil)
		check(who+", a foreign organization's resource", r, of(stranger.Organization(), good), false, nil)
	}
	check("foreign service by key", theirPEP, good, false, unknown)
	check("foreign service by id", theirPEP, ask(app, "read", "record", ""), false, nil)
	check("foreign service, our organization named", theirPEP, of(org, ask(app, "read", "record", "")), false, nil)
	same(t, "a foreign subject and an unknown one", reasonsOf(t, theirPEP, ask(iam.ApplicationID(nowhere).Principal(), "read", "record", "")), reasonsOf(t, theirPEP, ask(app, "read", "record", "")))
	same(t, "a foreign organization and an unknown one", reasonsOf(t, pep, of(nowhere, good)), reasonsOf(t, pep, of(stranger.Organization(), good)))

	c.Advance(time.Hour)
	for who, r := range map[string]*kit.Runner{"operator": operator, "service": pep} {
		check(who+", expired", r, good, false, expired)
		check(who+", expired, asked about a time before", r, at(c.Now().Add(-30*time.Minute), good), false, expired)
	}
	done(t, owner.DeleteAPIKey(key.AccessKey))
	check("deleted", operator, good, false, unknown)

	no := func(what string, want *iam.Error, q authority.Question) {
		t.Helper()
		for _, r := range []*kit.Runner{operator, pep} {
			fails(t, what, want, refused[authority.Answer](t)(r.Evaluate(q)))
		}
	}
	group := ask(app, "read", "record", "")
	group.SubjectType = "group"
	no("a group", invalid("subject.type", iam.ReasonUnknown, "value must be user, application or api_key"), group)
	no("unknown action", invalid("action.name", iam.ReasonUnknown, "unknown permission"), ask(app, "fly", "record", ""))
	no("unknown resource", invalid("action.name", iam.ReasonUnknown, "unknown permission"), ask(app, "read", "library:book", ""))
	no("action of another resource", invalid("resource.type", iam.ReasonConstraint, "value must be the service and resource name of the action"), ask(app, "iam:user:read", "record", ""))
	weak := owner.MustHire("weak", kit.Everywhere(org, "IAMReadOnly"))
	fails(t, "who may not ask", denied("decision", "evaluate"), refused[authority.Answer](t)(weak.Evaluate(good)))
	fails(t, "who may not ask, nonsense", denied("decision", "evaluate"), refused[authority.Answer](t)(weak.Evaluate(authority.Question{})))
}

func reasonsOf(t testing.TB, r *kit.Runner, q authority.Question) []string {
	t.Helper()
	return must[authority.Answer](t)(r.Evaluate(q)).Reasons
}
