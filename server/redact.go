package server

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
)

// redacted stands in the audit trail for a secret that a request held.
const redacted = "[redacted]"

// secret is a field of a request type whose value must not be kept.
type secret struct {
	in   reflect.Type
	name string
}

// secrets lists every secret that a request can hold. It goes by type and field, never by
// what a value looks like: a filter over text misses what it does not know, and the audit
// trail is kept for months, exported and read by people who may not see passwords. A test
// walks all request types and fails for a field whose name smells of a secret and that is
// neither here nor known to be harmless.
func secrets() []secret {
	return []secret{
		{reflect.TypeFor[sdk.CreateUserRequestMember](), "password"},
		{reflect.TypeFor[sdk.UpdateUserPasswordRequest](), "password"},
		{reflect.TypeFor[sdk.ValidateUserMFAOTPRequest](), "one_time_password"},
		{reflect.TypeFor[sdk.JoinUserConnectionRequest](), "token"},
		// No secrets, but kilobytes that nobody has verified: a trail must not state them.
		{reflect.TypeFor[sdk.FinishUserWebAuthnRegistrationRequest](), "ceremony_id"},
		{reflect.TypeFor[sdk.FinishUserWebAuthnRegistrationRequest](), "raw_id"},
		{reflect.TypeFor[sdk.FinishUserWebAuthnRegistrationRequest](), "client_data_json"},
		{reflect.TypeFor[sdk.FinishUserWebAuthnRegistrationRequest](), "authenticator_data"},
		{reflect.TypeFor[sdk.FinishUserWebAuthnRegistrationRequest](), "attestation_object"},
		{reflect.TypeFor[sdk.FinishUserWebAuthnRegistrationRequest](), "public_key"},
		{reflect.TypeFor[createOrganizationRequest](), "owner_password"},
		{reflect.TypeFor[signUpRequest](), "password"},
		{reflect.TypeFor[confirmSignUpRequest](), "token"},
		{reflect.TypeFor[confirmSignUpRequest](), "password"},
		{reflect.TypeFor[answerInvitationRequest](), "token"},
		// Whoever knows the address of a webhook can often write to it: the path is the secret.
		{reflect.TypeFor[setAlertDeliveryRequest](), "webhook_url"},
		{reflect.TypeFor[loginPasswordRequest](), "password"},
		{reflect.TypeFor[loginPasskeyStartRequest](), "login_id"},
		{reflect.TypeFor[loginPasskeyRequest](), "login_id"},
		{reflect.TypeFor[loginPasskeyRequest](), "ceremony_id"},
		{reflect.TypeFor[loginPasskeyRequest](), "credential"},
		{reflect.TypeFor[loginCodeRequest](), "login_id"},
		{reflect.TypeFor[loginCodeRequest](), "code"},
		{reflect.TypeFor[loginNewPasswordRequest](), "login_id"},
		{reflect.TypeFor[loginNewPasswordRequest](), "password"},
		{reflect.TypeFor[loginRenewRequest](), "renew_token"},
		{reflect.TypeFor[loginMagicCodeStartRequest](), "login_id"},
		{reflect.TypeFor[loginResetRequest](), "token"},
		{reflect.TypeFor[loginResetRequest](), "password"},
	}
}

// redactor writes requests for the audit trail.
type redactor struct {
	secrets []secret
	options json.Options
}

func newRedactor() *redactor { return &redactor{secrets(), libraryOptions()} }

// message returns a decoded request as a JSON object, the way the audit trail keeps it:
// path and query values are members like those of the body, lists are never null, what was
// not given is left out, and secrets are replaced.
func (r *redactor) message(p *plan, in any) ([]byte, error) {
	var out bytes.Buffer
	encoder := jsontext.NewEncoder(&out)
	if err := r.object(encoder, reflect.ValueOf(in).Elem(), p.all); err != nil {
		return nil, fmt.Errorf("cannot write the request for the audit trail: %w", err)
	}
	return bytes.TrimSpace(out.Bytes()), nil
}

func (r *redactor) object(e *jsontext.Encoder, v reflect.Value, fields []field) error {
	if err := e.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for _, f := range fields {
		member := v.Field(f.index)
		if member.Kind() == reflect.Pointer && member.IsNil() {
			continue
		}
		if err := e.WriteToken(jsontext.String(f.name)); err != nil {
			return err
		}
		if err := r.member(e, v.Type(), member, f); err != nil {
			return err
		}
	}
	return e.WriteToken(jsontext.EndObject)
}

func (r *redactor) member(e *jsontext.Encoder, parent reflect.Type, v reflect.Value, f field) error {
	if slices.Contains(r.secrets, secret{parent, f.name}) {
		return e.WriteToken(jsontext.String(redacted))
	}
	return r.value(e, v, f)
}

func (r *redactor) value(e *jsontext.Encoder, v reflect.Value, f field) error {
	switch {
	case v.Kind() == reflect.Pointer && !v.IsNil():
		return r.value(e, v.Elem(), f)
	case v.Kind() == reflect.Slice && f.inner != nil:
		return r.list(e, v, f)
	case v.Kind() == reflect.Struct && f.inner != nil:
		return r.object(e, v, f.inner)
	default:
		return json.MarshalEncode(e, v.Interface(), r.options)
	}
}

func (r *redactor) list(e *jsontext.Encoder, v reflect.Value, f field) error {
	if err := e.WriteToken(jsontext.BeginArray); err != nil {
		return err
	}
	for i := range v.Len() {
		if err := r.value(e, v.Index(i), f); err != nil {
			return err
		}
	}
	return e.WriteToken(jsontext.EndArray)
}
