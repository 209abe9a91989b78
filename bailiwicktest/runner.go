package bailiwicktest

import (
	"context"
	"net/netip"
	"testing"

	"bailiwick/authority"
	"bailiwick/iam"
)

// Runner acts as one caller: each of its methods is a use case of the authority, called with
// the operation that the server would fill in. So a test reads as a story of who does what.
type Runner struct {
	// Caller is who acts; Client is where from.
	Caller iam.Caller
	Client iam.Client

	t         testing.TB
	kit       *Kit
	authority *authority.Authority
}

// As returns a runner that acts as a caller, from 192.0.2.1 with the agent "runner/1.0".
func (k *Kit) As(t testing.TB, caller iam.Caller) *Runner {
	return &Runner{
		Caller: caller, t: t, kit: k, authority: k.Authority,
		Client: iam.Client{IP: netip.MustParseAddr("192.0.2.1"), UserAgent: "runner/1.0", RequestID: "4c6e5e2e-0000-4000-8000-000000000001"},
	}
}

// AsOwner returns a runner that acts as the owner of the first organization.
func (k *Kit) AsOwner(t testing.TB) *Runner { return k.As(t, k.Owner()) }

// AsOperator returns a runner that acts as who runs the installation.
func (k *Kit) AsOperator(t testing.TB) *Runner { return k.As(t, iam.Operator()) }

// AsHolder returns a runner that acts as whom a secret key proves.
func (k *Kit) AsHolder(t testing.TB, secret string) *Runner {
	t.Helper()
	return k.As(t, must[iam.Caller](t)(k.Authority.Authenticate(Context(t), authority.Credential{Kind: authority.SecretKey, Value: secret})))
}

// AsUser gives a user an API key and returns a runner that acts with it.
func (k *Kit) AsUser(t testing.TB, u iam.User) *Runner {
	t.Helper()
	_, secret := k.NewUserKey(t, u)
	return k.AsHolder(t, secret)
}

// On returns the same actor on another authority, such as a second node.
func (r Runner) On(a *authority.Authority) *Runner {
	r.authority = a
	return &r
}

// From returns the same actor at another address with another agent.
func (r Runner) From(ip, agent string) *Runner {
	r.Client.IP, r.Client.UserAgent = netip.MustParseAddr(ip), agent
	return &r
}

// In returns the same actor as part of another test, such as a subtest.
func (r Runner) In(t testing.TB) *Runner {
	r.t = t
	return &r
}

// must returns the value, or ends the test.
func must[T any](t testing.TB) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		check(t, err)
		return value
	}
}

// Organization is the caller's.
func (r *Runner) Organization() iam.OrganizationID { return r.Caller.Organization }

// Call returns a call of an operation by the runner's caller. The body of a mutating one
// names the operation.
func (r *Runner) Call(operation string) iam.Call {
	op, ok := Operations()[operation]
	if !ok {
		r.t.Helper()
		r.t.Fatalf("the kit knows no operation %q", operation)
	}
	call := iam.Call{Operation: op, Caller: r.Caller, Client: r.Client}
	if op.Mutates {
		call.Body = []byte(`{"operation":"` + operation + `"}`)
	}
	return call
}

func (r *Runner) ctx() context.Context { return Context(r.t) }

// MustCreateProject creates a project.
func (r *Runner) MustCreateProject(name string) iam.Project {
	r.t.Helper()
	return must[iam.Project](r.t)(r.CreateProject(iam.NewProject{Name: name}))
}

// MustCreateUser creates a member with an address made of its username.
func (r *Runner) MustCreateUser(username string) iam.User {
	r.t.Helper()
	return must[iam.User](r.t)(r.CreateUser(iam.NewMember{Username: username, Email: username + "@example.com"}))
}

// MustCreateApplication creates an application.
func (r *Runner) MustCreateApplication(name string) iam.Application {
	r.t.Helper()
	return must[iam.Application](r.t)(r.CreateApplication(iam.NewApplication{Name: name}))
}

// MustCreateGroup creates a group with members.
func (r *Runner) MustCreateGroup(name string, members ...iam.Principal) iam.Group {
	r.t.Helper()
	g := must[iam.Group](r.t)(r.CreateGroup(iam.NewGroup{Name: name}))
	for _, p := range members {
		g = must[iam.Group](r.t)(r.AddGroupMember(g.ID, p))
	}
	return g
}

// MustCreatePolicy creates a policy of a principal.
func (r *Runner) MustCreatePolicy(name string, p iam.Principal, rules ...iam.RuleSpec) iam.Policy {
	r.t.Helper()
	return must[iam.Policy](r.t)(r.CreatePolicy(iam.NewPolicy{Name: name, Principal: p, Rules: rules}))
}

// MustCreateAPIKey creates an API key of a bearer.
func (r *Runner) MustCreateAPIKey(bearer iam.Principal) authority.CreatedAPIKey {
	r.t.Helper()
	return must[authority.CreatedAPIKey](r.t)(r.CreateAPIKey(iam.NewAPIKey{Bearer: bearer}))
}

// MustCreateSSHKey stores an SSH key in a project.
func (r *Runner) MustCreateSSHKey(project iam.ProjectID, name string) iam.SSHKey {
	r.t.Helper()
	return must[iam.SSHKey](r.t)(r.CreateSSHKey(iam.NewSSHKey{ProjectID: project, Name: name, PublicKey: PublicKey}))
}

// MustHire creates an application, gives it rights by a policy of its own, and returns a
// runner that acts as it. Without rules it has no policy.
func (r *Runner) MustHire(name string, rules ...iam.RuleSpec) *Runner {
	r.t.Helper()
	app := r.MustCreateApplication(name)
	if len(rules) > 0 {
		r.MustCreatePolicy(name, app.ID.Principal(), rules...)
	}
	return r.kit.AsHolder(r.t, r.MustCreateAPIKey(app.ID.Principal()).SecretKey)
}

// PublicKey is an SSH public key for tests.
const PublicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIUQdVUuKWPV4CQlGuOo1kOPGQLSTWHGdEOEZ4uB3F5K"

// Everywhere is a rule that grants permission sets in a whole organization.
func Everywhere(o iam.OrganizationID, sets ...string) iam.RuleSpec {
	return iam.RuleSpec{PermissionSetNames: sets, Scope: iam.Scope{OrganizationID: o}}
}

// InProject is a rule that grants permission sets in a project.
func InProject(p iam.ProjectID, sets ...string) iam.RuleSpec {
	return iam.RuleSpec{PermissionSetNames: sets, Scope: iam.Scope{ProjectIDs: []iam.ProjectID{p}}}
}

// If returns the rule with a condition.
func If(condition string, rule iam.RuleSpec) iam.RuleSpec {
	rule.Condition = condition
	return rule
}
