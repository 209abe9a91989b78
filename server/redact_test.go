package server

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
)

// notSecrets are fields of requests whose name smells of a secret and that are none.
func notSecrets() []string {
	return []string{
		"send_password_email", "enforce_password_renewal", "login_password_enabled", "rotate_secret", "login_magic_code_enabled", "password_inactivity", // settings
		"page_token", "token", "token_id", "scim_token_id", // names of a place in a list and of a token
	}
}

func TestEverySmellingFieldIsRedactedOrExplained(t *testing.T) {
	smell := regexp.MustCompile(`password|secret|token|code|otp|private|credential|passphrase`)
	found := map[secret]bool{}
	var walk func(in reflect.Type)
	walk = func(in reflect.Type) {
		for in.Kind() == reflect.Pointer || in.Kind() == reflect.Slice {
			in = in.Elem()
		}
		if in.Kind() != reflect.Struct || in == timeType || in.PkgPath() == scwPackage {
			return
		}
		for i := range in.NumField() {
			if !in.Field(i).IsExported() {
				continue // our own memory, which is never written anywhere
			}
			name, _ := wireName(in.Field(i))
			found[secret{in, name}] = true
			if smell.MatchString(name) && !slices.Contains(secrets(), secret{in, name}) && !slices.Contains(notSecrets(), name) {
				t.Errorf("%s.%s: is it a secret? Put it into secrets or notSecrets", in, name)
			}
			walk(in.Field(i).Type)
		}
	}
	for _, op := range table() {
		walk(op.Endpoint.in)
	}
	for _, s := range secrets() {
		if !found[s] {
			t.Errorf("%s.%s is a secret of no request", s.in, s.name)
		}
	}
}

func TestMessage(t *testing.T) {
	for _, c := range []struct {
		method, path string
		in           any
		want         string
	}{
		{"POST", "/users", &sdk.CreateUserRequest{OrganizationID: idA, Member: &sdk.CreateUserRequestMember{Username: "u", Password: "hunter2"}},
			`{"organization_id":"` + idA + `","tags":[],"member":{"email":"","send_password_email":false,"send_welcome_email":false,"username":"u","password":"[redacted]","first_name":"","last_name":"","phone_number":"","locale":""}}`},
		{"POST", "/users/{user_id}/update-password", &sdk.UpdateUserPasswordRequest{UserID: idA, Password: "hunter2"},
			`{"user_id":"` + idA + `","password":"[redacted]"}`},
		{"PATCH", "/policies/{policy_id}", &sdk.UpdatePolicyRequest{PolicyID: idA, Tags: &[]string{}, NoPrincipal: new(true)},
			`{"policy_id":"` + idA + `","tags":[],"no_principal":true}`},
		{"PUT", "/rules", &sdk.SetRulesRequest{PolicyID: idA, Rules: []*sdk.RuleSpecs{{PermissionSetNames: new([]string(nil)), OrganizationID: new(idB)}}},
			`{"policy_id":"` + idA + `","rules":[{"permission_set_names":[],"condition":"","organization_id":"` + idB + `"}]}`},
		{"DELETE", "/groups/{group_id}", &sdk.DeleteGroupRequest{GroupID: idA}, `{"group_id":"` + idA + `"}`},
		{"POST", "/organizations", &createOrganizationRequest{Name: "n", OwnerPassword: "hunter2"}, `{"name":"n","owner_email":"","owner_password":"[redacted]"}`},
	} {
		p, err := newPlan(c.method, c.path, reflect.TypeOf(c.in).Elem())
		if err != nil {
			t.Fatal(err)
		}
		got, err := newRedactor().message(p, c.in)
		if err != nil || string(got) != c.want {
			t.Errorf("%T: %v\ngot  %s\nwant %s", c.in, err, got, c.want)
		}
		if strings.Contains(string(got), "hunter2") {
			t.Errorf("%T: a secret is in the message", c.in)
		}
	}
}

// Whatever a mutating request holds, its message can be written.
func TestEveryMutationHasAMessage(t *testing.T) {
	for _, op := range table() {
		if !op.mutates() {
			continue
		}
		p, err := newPlan(op.Method, op.Path, op.Endpoint.in)
		if err != nil {
			t.Fatal(err)
		}
		for _, in := range []reflect.Value{reflect.New(op.Endpoint.in), filled(op.Endpoint.in)} {
			message, err := newRedactor().message(p, in.Interface())
			if err != nil || message[0] != '{' || strings.Contains(string(message), "null") {
				t.Errorf("%s: %s, %v", op.Name, message, err)
			}
			for _, s := range secrets() {
				if s.in == op.Endpoint.in && !strings.Contains(string(message), redacted) {
					t.Errorf("%s: %s is not redacted in %s", op.Name, s.name, message)
				}
			}
		}
	}
}

// A canary in each secret of each request of the table, wherever it stands in it, is not in the
// message, and a canary in every other text is: what is left out is left out by type alone.
func TestNoSecretOfTheTableIsInItsMessage(t *testing.T) {
	const harmless = "harmless"
	hidden := 0
	for _, op := range table() {
		p, err := newPlan(op.Method, op.Path, op.Endpoint.in)
		if err != nil {
			t.Fatal(err)
		}
		in := filled(op.Endpoint.in)
		secretsIn, others := plant(in.Elem(), harmless)
		message, err := newRedactor().message(p, in.Interface())
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(message), canary) {
			t.Errorf("%s: a secret is in %s", op.Name, message)
		}
		if got := strings.Count(string(message), `"`+redacted+`"`); got != secretsIn {
			t.Errorf("%s: %d values are redacted, %d are secrets: %s", op.Name, got, secretsIn, message)
		}
		if others > 0 && !strings.Contains(string(message), harmless) {
			t.Errorf("%s: nothing is told in %s", op.Name, message)
		}
		hidden += secretsIn
	}
	if hidden < len(secrets()) {
		t.Errorf("%d secrets are hidden, there are %d", hidden, len(secrets()))
	}
}

// plant leaves the canary in the secrets of a filled request and puts another text into all else. It
// returns how many of each there are.
func plant(v reflect.Value, other string) (hidden, others int) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(other)
		return 0, 1
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() && v.Kind() == reflect.Pointer {
			return plant(v.Elem(), other)
		}
	case reflect.Slice:
		for i := range v.Len() {
			h, o := plant(v.Index(i), other)
			hidden, others = hidden+h, others+o
		}
	case reflect.Struct:
		if v.Type() == timeType {
			return 0, 0
		}
		for i := range v.NumField() {
			if name, _ := wireName(v.Type().Field(i)); slices.Contains(secrets(), secret{v.Type(), name}) {
				hidden++
			} else if v.Field(i).CanSet() {
				h, o := plant(v.Field(i), other)
				hidden, others = hidden+h, others+o
			}
		}
	}
	return hidden, others
}

const canary = "canary"

// filled returns a value of a type with every text set to the canary.
func filled(t reflect.Type) reflect.Value {
	v := reflect.New(t)
	fill(v.Elem())
	return v
}

func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(canary)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Struct:
		if v.Type() == timeType {
			v.Set(reflect.ValueOf(time.Unix(1, 0)))
			return
		}
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(v.Field(i))
			}
		}
	}
}
