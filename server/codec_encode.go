package server

import (
	"encoding"
	stdjson "encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
	account "github.com/scaleway/scaleway-sdk-go/api/account/v3"
	trail "github.com/scaleway/scaleway-sdk-go/api/audit_trail/v1alpha1"
	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
	"github.com/scaleway/scaleway-sdk-go/scw"
)

// encode appends a value of one type, as JSON.
type encode func(out []byte, v reflect.Value) ([]byte, error)

// encoder makes the functions that write answers. What a type looks like is found out once,
// when the server starts: a library that asks again at each value takes longer for an answer
// than authentication and decision together.
//
// Lists are never null, and a field that the SDK tags omitempty is left out when its Go value
// is empty, as the API does, not when its JSON is: user_id:"" stays.
type encoder struct {
	absent  map[reflect.Type][]string // members that are left out; one that ends in ? if it is nil
	made    map[reflect.Type]*members // of structs
	library json.Options
}

// newEncoder returns an encoder of the API's answers. A server-sent srn would win over the
// one that clients compute from GET /metadata, and the recorded API sends none, nor the other
// fields left out here.
func newEncoder() *encoder {
	srn, token := []string{"srn"}, []string{"next_page_token?"}
	return &encoder{
		made:    map[reflect.Type]*members{},
		library: libraryOptions(),
		absent: map[reflect.Type][]string{
			reflect.TypeFor[sdk.APIKey]():                             srn,
			reflect.TypeFor[sdk.Application]():                        srn,
			reflect.TypeFor[sdk.Group]():                              {"srn", "all_users", "all_applications"},
			reflect.TypeFor[sdk.JWT]():                                srn,
			reflect.TypeFor[sdk.Log]():                                srn,
			reflect.TypeFor[sdk.Policy]():                             srn,
			reflect.TypeFor[sdk.Quotum]():                             srn,
			reflect.TypeFor[sdk.Rule]():                               srn,
			reflect.TypeFor[sdk.SSHKey]():                             srn,
			reflect.TypeFor[sdk.Saml]():                               srn,
			reflect.TypeFor[sdk.SamlCertificate]():                    srn,
			reflect.TypeFor[sdk.User]():                               srn,
			reflect.TypeFor[account.Contract]():                       srn,
			reflect.TypeFor[account.Project]():                        {"srn", "status"},
			reflect.TypeFor[trail.CustomAlertRule]():                  srn,
			reflect.TypeFor[trail.ExportJob]():                        srn,
			reflect.TypeFor[trail.ListEventsResponse]():               token,
			reflect.TypeFor[trail.ListAuthenticationEventsResponse](): token,
			reflect.TypeFor[trail.ListSystemEventsResponse]():         token,
			reflect.TypeFor[trail.ListCombinedEventsResponse]():       token,
		},
	}
}

// of returns the function for a type. Types with an encoding of their own, and those that
// hardly any answer holds, are left to the library.
func (e *encoder) of(t reflect.Type) encode {
	switch {
	case t == timeType:
		return encodeTime
	case t == reflect.TypeFor[scw.Duration]():
		return encodeDuration
	case t == reflect.TypeFor[*evaluationResponse]():
		return encodeDecision
	case t.Kind() == reflect.Pointer:
		return encodePointer(e.of(t.Elem()))
	case hasOwnEncoding(t):
		return e.byLibrary
	}
	switch t.Kind() {
	case reflect.Bool:
		return func(out []byte, v reflect.Value) ([]byte, error) { return strconv.AppendBool(out, v.Bool()), nil }
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(out []byte, v reflect.Value) ([]byte, error) { return strconv.AppendInt(out, v.Int(), 10), nil }
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return func(out []byte, v reflect.Value) ([]byte, error) { return strconv.AppendUint(out, v.Uint(), 10), nil }
	case reflect.String:
		return func(out []byte, v reflect.Value) ([]byte, error) { return appendText(out, v.String()) }
	case reflect.Slice:
		if t.Elem().Kind() != reflect.Uint8 { // of which strings are made
			return encodeList(e.of(t.Elem()))
		}
	case reflect.Struct:
		return e.object(t)
	}
	return e.byLibrary
}

// hasOwnEncoding reports whether a type says itself how it is written.
func hasOwnEncoding(t reflect.Type) bool {
	return slices.ContainsFunc([]reflect.Type{
		reflect.TypeFor[stdjson.Marshaler](), reflect.TypeFor[json.MarshalerTo](),
		reflect.TypeFor[encoding.TextMarshaler](), reflect.TypeFor[encoding.TextAppender](),
	}, reflect.PointerTo(t).Implements)
}

func encodePointer(of encode) encode {
	return func(out []byte, v reflect.Value) ([]byte, error) {
		if v.IsNil() {
			return append(out, "null"...), nil
		}
		return of(out, v.Elem())
	}
}

func encodeList(of encode) encode {
	return func(out []byte, v reflect.Value) (_ []byte, err error) {
		out = append(out, '[')
		for i := range v.Len() {
			if i > 0 {
				out = append(out, ',')
			}
			if out, err = of(out, v.Index(i)); err != nil {
				return out, err
			}
		}
		return append(out, ']'), nil
	}
}

// members are those of an object.
type members struct{ list []member }

type member struct {
	name   []byte // ,"name":
	index  int
	encode encode
	absent func(reflect.Value) bool // nil: never
}

// object returns the function for a struct.
func (e *encoder) object(t reflect.Type) encode {
	if known := e.made[t]; known != nil {
		return known.encode // it may still be in the making, if a type contains itself
	}
	if !isPlain(t) {
		return e.byLibrary
	}
	m := &members{}
	e.made[t] = m
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || slices.Contains(e.absent[t], name) {
			continue
		}
		written := member{name: append(strconv.AppendQuote([]byte{','}, name), ':'), index: i, encode: e.of(f.Type)}
		switch {
		case options == "omitempty":
			written.absent = isEmpty
		case options == "omitzero" || slices.Contains(e.absent[t], name+"?"):
			written.absent = reflect.Value.IsZero
		}
		m.list = append(m.list, written)
	}
	return m.encode
}

// isPlain reports whether the fields of a struct are named by tags and none asks for more than
// to be left out when it is empty.
func isPlain(t reflect.Type) bool {
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || !f.IsExported() || name == "" || !slices.Contains([]string{"", "omitempty", "omitzero"}, options) {
			return false
		}
	}
	return true
}

func (m *members) encode(out []byte, v reflect.Value) (_ []byte, err error) {
	start := len(out)
	for i := range m.list {
		member := &m.list[i]
		field := v.Field(member.index)
		if member.absent != nil && member.absent(field) {
			continue
		}
		out = append(out, member.name...)
		if out, err = member.encode(out, field); err != nil {
			return out, err
		}
	}
	if len(out) == start {
		return append(out, "{}"...), nil
	}
	out[start] = '{' // in the place of the first comma
	return append(out, '}'), nil
}

// isEmpty is what package encoding/json means by omitempty.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.String, reflect.Slice, reflect.Map, reflect.Array:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

// libraryOptions are those under which the library writes as the functions above do.
func libraryOptions() json.Options {
	return json.JoinOptions(jsonv1.OmitEmptyWithLegacySemantics(true), json.Deterministic(true), json.WithMarshalers(json.JoinMarshalers(
		json.MarshalToFunc(func(e *jsontext.Encoder, t time.Time) error { return e.WriteValue(appendTime(nil, t)) }),
		json.MarshalToFunc(func(e *jsontext.Encoder, d scw.Duration) error {
			return e.WriteToken(jsontext.String(formatDuration(d)))
		}),
	)))
}

func (e *encoder) byLibrary(out []byte, v reflect.Value) ([]byte, error) {
	value, err := json.Marshal(v.Interface(), e.library)
	return append(out, value...), err
}
