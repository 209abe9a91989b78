package server_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bailiwick/authority"
	"bailiwick/bailiwicktest"
	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/server"
)

// world is the stage of the authorization matrix: two organizations, every class of caller,
// and an operator's catalogue with one permission set for each permission of the table, so
// that "the right set" and "a neighbouring set" can be granted exactly.
type world struct {
	*bailiwicktest.Kit
	url     string
	foreign authority.CreatedOrganization
	secrets map[string]string // secret key by class of caller
	policy  iam.PolicyID      // of the application whose rights change from line to line
	n       int
}

// The classes of callers. The comments say what the matrix expects of them.
const (
	nobody       = "nobody"                         // 401
	garbage      = "garbage"                        // 401
	expired      = "expired key"                    // 401
	otherOwner   = "owner of another organization"  // sees nothing of ours
	locked       = "locked user's key"              // 403 on everything
	noPolicy     = "application without policy"     // 403 on everything
	neighbour    = "application, neighbouring sets" // every permission of the service but the right one
	rightSet     = "application with the right set" // exactly the right permission
	memberNobody = "member without policy"          // the self layer
	theOwner     = "owner"                          // everything in its own organization
)

var callers = []string{nobody, garbage, expired, otherOwner, locked, noPolicy, neighbour, rightSet, memberNobody, theOwner}

// setName is the name of the operator's permission set that holds one permission.
func setName(permission string) string {
	var b strings.Builder
	b.WriteString("Only")
	for _, word := range strings.FieldsFunc(permission, func(r rune) bool { return r == ':' || r == '_' }) {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

// extra are permissions that the matrix grants beside those of the table.
var extra = []string{"iam:user_api_key:list", "iam:user_api_key:read", "iam:user_api_key:write", "iam:user_api_key:delete"}

// matrixPermissions returns every permission that the matrix may grant: those of operations on
// oneself are in no set.
func matrixPermissions() []string {
	seen := map[string]bool{"iam:mfa_otp:create": true, "iam:mfa_otp:validate": true, "iam:jwt:create": true,
		"iam:webauthn_authenticator:create": true, "iam:webauthn_authenticator:write": true,
		"iam:connection:initiate": true, "iam:connection:join": true, "account:organization:close": true}
	var all []string
	for _, line := range server.Lines() {
		if p := line.Permission; p != "" && !seen[p] && !line.Operator && line.Implemented {
			seen[p] = true
			all = append(all, p)
		}
	}
	return append(all, extra...)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldWith(t, bailiwicktest.Options{})
}

// newWorldWith is newWorld with options of one's own; the catalogues are those of the matrix.
func newWorldWith(t *testing.T, options bailiwicktest.Options) *world {
	t.Helper()
	dir := t.TempDir()
	var yaml strings.Builder
	yaml.WriteString("permission_sets:\n")
	for _, p := range matrixPermissions() {
		fmt.Fprintf(&yaml, "  - {name: %s, scope_type: organization, category: Matrix, description: %s, permissions: [%q]}\n", setName(p), "One permission", p)
	}
	if err := os.WriteFile(filepath.Join(dir, "matrix.yaml"), []byte(yaml.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	options.Catalogs = []string{dir, "../examples/catalog"}
	w := &world{Kit: bailiwicktest.New(t, options), secrets: map[string]string{}}
	w.url = w.Serve(t)
	w.secrets[garbage] = identity.NewSecretKey()
	w.secrets[theOwner] = w.First.APIKey.SecretKey
	operator := iam.Call{Caller: iam.Operator(), Operation: iam.Operation{Method: "CreateOrganization"}, Body: []byte("{}")}
	var err error
	w.foreign, err = w.Authority.CreateOrganization(t.Context(), operator, iam.NewOrganization{Name: "other", OwnerEmail: "other@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	w.secrets[otherOwner] = w.foreign.APIKey.SecretKey
	w.addCallers(t)
	return w
}

func (w *world) addCallers(t *testing.T) {
	t.Helper()
	member := w.member(t, w.Owner())
	_, w.secrets[memberNobody] = w.NewUserKey(t, member)

	shut := w.member(t, w.Owner())
	_, w.secrets[locked] = w.NewUserKey(t, shut)
	ok(w.Authority.LockUser(t.Context(), w.call(w.Owner(), "LockUser"), shut.ID)).in(t)

	_, w.secrets[noPolicy] = w.applicationKey(t, w.Owner())
	changing, secret := w.applicationKey(t, w.Owner())
	w.secrets[neighbour], w.secrets[rightSet] = secret, secret
	policy := ok(w.Authority.CreatePolicy(t.Context(), w.call(w.Owner(), "CreatePolicy"), iam.NewPolicy{Name: "matrix", Principal: changing.Principal()})).in(t)
	w.policy = policy.ID

	w.secrets[expired] = identity.NewSecretKey()
	past := time.Now().Add(-time.Hour)
	w.PutKey(t, iam.APIKey{
		AccessKey: identity.NewAccessKey(), OrganizationID: w.First.Organization.ID, Bearer: w.First.Owner.ID.Principal(),
		DefaultProjectID: w.First.DefaultProject.ID, CreatedAt: past, UpdatedAt: past, ExpiresAt: past,
	}, w.secrets[expired])
}

// grant gives the changing application exactly the named permissions.
func (w *world) grant(t *testing.T, permissions []string) {
	t.Helper()
	var specs []iam.RuleSpec
	if len(permissions) > 0 {
		spec := iam.RuleSpec{Scope: iam.Scope{OrganizationID: w.First.Organization.ID}}
		for _, p := range permissions {
			spec.PermissionSetNames = append(spec.PermissionSetNames, setName(p))
		}
		specs = append(specs, spec)
	}
	ok(w.Authority.SetRules(t.Context(), w.call(w.Owner(), "SetRules"), w.policy, specs)).in(t)
}

// call is a call of an operation by somebody, made without HTTP.
func (w *world) call(caller iam.Caller, operation string) iam.Call {
	for _, line := range server.Lines() {
		if line.Name == operation {
			return iam.Call{Operation: line.Audit, Caller: caller, Body: []byte("{}")}
		}
	}
	panic("no operation " + operation)
}

// result is what a use case gave; in ends the test if that is an error.
type result[T any] struct {
	value T
	err   error
}

func ok[T any](value T, err error) result[T] { return result[T]{value, err} }

func (r result[T]) in(t *testing.T) T {
	t.Helper()
	if r.err != nil {
		t.Fatal(r.err)
	}
	return r.value
}

// otherCaller is the owner of the other organization.
func (w *world) otherCaller() iam.Caller {
	return iam.Caller{Organization: w.foreign.Organization.ID, Principal: w.foreign.Owner.ID.Principal(), AccessKey: w.foreign.APIKey.AccessKey}
}

func (w *world) unique() string {
	w.n++
	return fmt.Sprintf("text-%d", w.n)
}

func (w *world) member(t *testing.T, owner iam.Caller) iam.User {
	t.Helper()
	name := w.unique()
	return ok(w.Authority.CreateUser(t.Context(), w.call(owner, "CreateUser"), iam.NewMember{Username: name, Email: name + "@example.com"})).in(t)
}

func (w *world) application(t *testing.T, owner iam.Caller) iam.ApplicationID {
	t.Helper()
	return ok(w.Authority.CreateApplication(t.Context(), w.call(owner, "CreateApplication"), iam.NewApplication{Name: w.unique()})).in(t).ID
}

func (w *world) applicationKey(t *testing.T, owner iam.Caller) (iam.ApplicationID, string) {
	t.Helper()
	id := w.application(t, owner)
	key := ok(w.Authority.CreateAPIKey(t.Context(), w.call(owner, "CreateAPIKey"), iam.NewAPIKey{Bearer: id.Principal()})).in(t)
	return id, key.SecretKey
}

// send makes a request as a class of caller.
func (w *world) send(t *testing.T, caller, method, path, body string) reply {
	t.Helper()
	e := edge{url: w.url}
	headers := []string{}
	if secret, ok := w.secrets[caller]; ok {
		headers = append(headers, "X-Auth-Token", secret)
	}
	if method == http.MethodGet {
		body = ""
	}
	return e.send(t, method, path, body, headers...)
}
