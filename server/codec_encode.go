package server

import (
	"reflect"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
	account "github.com/scaleway/scaleway-sdk-go/api/account/v3"
	trail "github.com/scaleway/scaleway-sdk-go/api/audit_trail/v1alpha1"
	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
	"github.com/scaleway/scaleway-sdk-go/scw"
)

// newEncoder returns the options under which every answer is written. Lists are never
// null, and a field that the SDK tags omitempty is left out when its Go value is empty,
// as the API does, not when its JSON is: user_id:"" stays.
//
// A server-sent srn would win over the one that clients compute from GET /metadata, and the
// recorded API sends none, nor the other fields left out here.
func newEncoder() json.Options {
	return json.JoinOptions(
		jsonv1.OmitEmptyWithLegacySemantics(true),
		json.Deterministic(true),
		json.WithMarshalers(json.JoinMarshalers(
			json.MarshalToFunc(encodeTime),
			json.MarshalToFunc(encodeDuration),
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
		)),
	)
}

// leaveOut writes a type without the named members; a name that ends in "?" is left out
// when its value is nil. It converts to a twin of the type with other tags.
func leaveOut[T any](names ...string) *json.Marshalers {
	t := reflect.TypeFor[T]()
	fields := make([]reflect.StructField, t.NumField())
	for i := range fields {
		fields[i] = t.Field(i)
		name, _ := wireName(fields[i])
		switch {
		case slices.Contains(names, name):
			fields[i].Tag = `json:"-"`
		case slices.Contains(names, name+"?"):
			fields[i].Tag = reflect.StructTag(`json:"` + name + `,omitzero"`)
		}
	}
	twin := reflect.StructOf(fields)
	return json.MarshalToFunc(func(e *jsontext.Encoder, v *T) error {
		return json.MarshalEncode(e, reflect.ValueOf(v).Elem().Convert(twin).Interface())
	})
}

// encodeTime writes a time as the API does: in UTC with six decimals, or with none on a
// whole second. The zero time is null.
func encodeTime(e *jsontext.Encoder, t time.Time) error {
	if t.IsZero() {
		return e.WriteToken(jsontext.Null)
	}
	return e.WriteToken(jsontext.String(formatTime(t)))
}

func formatTime(t time.Time) string {
	t = t.UTC().Truncate(time.Microsecond)
	if t.Nanosecond() == 0 {
		return t.Format("2006-01-02T15:04:05Z")
	}
	return t.Format("2006-01-02T15:04:05.000000Z")
}

func encodeDuration(e *jsontext.Encoder, d scw.Duration) error {
	return e.WriteToken(jsontext.String(formatDuration(d)))
}

// given returns a pointer to a time for an answer, and nil for the zero time.
func given(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
