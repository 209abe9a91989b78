package server

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	account "github.com/scaleway/scaleway-sdk-go/api/account/v3"
	trail "github.com/scaleway/scaleway-sdk-go/api/audit_trail/v1alpha1"
	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
	"github.com/scaleway/scaleway-sdk-go/scw"
)

func TestEncode(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 120_000_999, time.FixedZone("", 3600))
	whole := at.Truncate(time.Second)
	for name, c := range map[string]struct {
		in   any
		want string
	}{
		"group": {&sdk.Group{ID: "g", CreatedAt: &at, UserIDs: nil, AllUsers: true, Srn: "srn"},
			`{"id":"g","created_at":"2026-01-02T02:04:05.120000Z","updated_at":null,"organization_id":"","name":"","description":"","user_ids":[],"application_ids":[],"tags":[],"editable":false,"deletable":false,"managed":false}`},
		"list": {&sdk.ListGroupsResponse{}, `{"groups":[],"total_count":0}`},
		"rule": {&sdk.ListRulesResponse{Rules: []*sdk.Rule{{ID: "r", PermissionSetNames: &[]string{}, ProjectIDs: &[]string{}, PermissionSetsScopeType: "projects"}}, TotalCount: 1},
			`{"rules":[{"id":"r","permission_set_names":[],"permission_sets_scope_type":"projects","condition":"","project_ids":[]}],"total_count":1}`},
		"key": {&sdk.APIKey{AccessKey: "SCW", ExpiresAt: &whole, UserID: new("u")},
			`{"access_key":"SCW","secret_key":null,"user_id":"u","description":"","created_at":null,"updated_at":null,"expires_at":"2026-01-02T02:04:05Z","default_project_id":"","editable":false,"deletable":false,"managed":false,"creation_ip":""}`},
		"project": {&account.Project{ID: "p", Status: "active"},
			`{"id":"p","name":"","organization_id":"","created_at":null,"updated_at":null,"description":"","qualification":null}`},
		"events":      {&trail.ListEventsResponse{}, `{"events":[]}`},
		"more events": {&trail.ListEventsResponse{NextPageToken: new("t")}, `{"events":[],"next_page_token":"t"}`},
		"settings": {&sdk.OrganizationSecuritySettings{GracePeriodDuration: &scw.Duration{Seconds: 5, Nanos: 1000}, MaxAPIKeyExpirationDuration: &scw.Duration{}},
			`{"enforce_password_renewal":false,"grace_period_duration":"5.000001s","login_attempts_before_locked":0,"max_login_session_duration":null,"max_api_key_expiration_duration":"0s"}`},
		"zero time": {&sdk.Log{CreatedAt: &time.Time{}}, `{"id":"","created_at":null,"ip":"","user_agent":"","action":"unknown_action","bearer_id":"","organization_id":"","resource_type":"unknown_resource_type","resource_id":""}`},
	} {
		if got := encoded(t, c.in); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, c.want)
		}
	}
}

func encoded(t *testing.T, v any) string {
	t.Helper()
	body, err := newEncoder().of(reflect.TypeOf(v))(nil, reflect.ValueOf(v))
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// oracle are options under which the library, which knows every rule of JSON, writes answers.
func oracle() json.Options {
	times, _ := json.GetOption(libraryOptions(), json.WithMarshalers)
	return json.JoinOptions(libraryOptions(), json.WithMarshalers(json.JoinMarshalers(
		times,
		leaveOut[sdk.APIKey]("srn"),
		leaveOut[sdk.Application]("srn"),
		leaveOut[sdk.Group]("srn", "all_users", "all_applications"),
		leaveOut[sdk.JWT]("srn"),
		leaveOut[sdk.Log]("srn"),
		leaveOut[sdk.Policy]("srn"),
		leaveOut[sdk.Quotum]("srn"),
		leaveOut[sdk.Rule]("srn"),
		leaveOut[sdk.SSHKey]("srn"),
		leaveOut[sdk.Saml]("srn"),
		leaveOut[sdk.SamlCertificate]("srn"),
		leaveOut[sdk.User]("srn"),
		leaveOut[account.Contract]("srn"),
		leaveOut[account.Project]("srn", "status"),
		leaveOut[trail.CustomAlertRule]("srn"),
		leaveOut[trail.ExportJob]("srn"),
		leaveOut[trail.ListEventsResponse]("next_page_token?"),
		leaveOut[trail.ListAuthenticationEventsResponse]("next_page_token?"),
		leaveOut[trail.ListSystemEventsResponse]("next_page_token?"),
		leaveOut[trail.ListCombinedEventsResponse]("next_page_token?"),
	)))
}

// leaveOut writes a type without the named members; a name that ends in "?" is left out
// when its value is nil. It converts to a twin of the type with other tags.
func leaveOut[T any](names ...string) *json.Marshalers {
	var fields []reflect.StructField
	for f := range reflect.TypeFor[T]().Fields() {
		name, _ := wireName(f)
		switch {
		case slices.Contains(names, name):
			f.Tag = `json:"-"`
		case slices.Contains(names, name+"?"):
			f.Tag = reflect.StructTag(`json:"` + name + `,omitzero"`)
		}
		fields = append(fields, f)
	}
	twin := reflect.StructOf(fields)
	return json.MarshalToFunc(func(e *jsontext.Encoder, v *T) error {
		return json.MarshalEncode(e, reflect.ValueOf(v).Elem().Convert(twin).Interface())
	})
}

// What the encoder writes is what the library writes, for random answers of every operation.
func TestEncodeLikeTheLibrary(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	e, options := newEncoder(), oracle()
	for _, op := range table() {
		if op.Endpoint.out == nil || !op.Endpoint.implemented() {
			continue
		}
		encode := e.of(op.Endpoint.out)
		for range 50 {
			v := reflect.New(op.Endpoint.out).Elem()
			scramble(random, v, 0)
			want, wantErr := json.Marshal(v.Interface(), options)
			got, err := encode(nil, v)
			if (err == nil) != (wantErr == nil) || err == nil && string(got) != string(want) {
				t.Fatalf("%s: %v, %v\ngot  %s\nwant %s", op.Name, err, wantErr, got, want)
			}
		}
	}
}

// scramble fills a value with random content; much of it is empty, absent or odd.
func scramble(r *rand.Rand, v reflect.Value, depth int) {
	if r.IntN(5) == 0 || depth > 12 {
		return
	}
	if v.Type() == timeType {
		v.Set(reflect.ValueOf(time.Unix(r.Int64N(1<<33)-1<<31, []int64{0, 120_000_000, 457, 999_999_999, r.Int64N(1e9)}[r.IntN(5)]).In(time.FixedZone("", 3600))))
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(r.Int64() >> (64 - v.Type().Bits() + r.IntN(8)))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(r.Uint64() >> (64 - v.Type().Bits() + r.IntN(8)))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(r.NormFloat64())
	case reflect.String:
		v.SetString([]string{"a", "", "é<&>", "\"\\/\n\x01\x7f", "\u2028\U0001f600", "plain text", string([]byte{'x', byte(r.IntN(256))})}[r.IntN(7)])
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		scramble(r, v.Elem(), depth+1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), r.IntN(4), 4))
		for i := range v.Len() {
			scramble(r, v.Index(i), depth+1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for i := range r.IntN(4) {
			item := reflect.New(v.Type().Elem()).Elem()
			scramble(r, item, depth+1)
			v.SetMapIndex(reflect.ValueOf(fmt.Sprint("k", i)).Convert(v.Type().Key()), item)
		}
	case reflect.Interface:
		v.Set(reflect.ValueOf([]any{"text", 1.5, true, map[string]any{"b": nil, "a": "x"}, []any{}}[r.IntN(5)]))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				scramble(r, v.Field(i), depth+1)
			}
		}
	}
}
