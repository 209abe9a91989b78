package server

import (
	"errors"
	"reflect"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/scaleway/scaleway-sdk-go/scw"

	"bailiwick/iam"
)

const helpJSON = "value must be one JSON object in UTF-8"

// decodeError maps an error of the JSON library. Its text is not passed on: it may quote
// the input.
func decodeError(err error) error {
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		name := dotted(syntactic.JSONPointer)
		if errors.Is(err, jsontext.ErrDuplicateName) {
			return iam.Invalid(name, iam.ReasonFormat, "value must be given once")
		}
		return iam.Invalid(name, iam.ReasonFormat, helpJSON)
	}
	semantic, ok := errors.AsType[*json.SemanticError](err)
	if !ok {
		return iam.Invalid("body", iam.ReasonFormat, helpJSON)
	}
	if fault, ok := errors.AsType[*helpError](semantic.Err); ok {
		return iam.Invalid(dotted(semantic.JSONPointer), iam.ReasonFormat, fault.help)
	}
	return iam.Invalid(dotted(semantic.JSONPointer), iam.ReasonFormat, "value must be "+expected(semantic.GoType))
}

// expected names, for a person, what JSON a Go type is read from.
func expected(t reflect.Type) string {
	if t == nil {
		return "of another type"
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == timeType {
		return "an RFC 3339 time such as 2026-01-31T12:00:00Z"
	}
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "a base64 string"
		}
		return "a list"
	case reflect.Struct, reflect.Map:
		return "an object"
	}
	if t.Kind() >= reflect.Int && t.Kind() <= reflect.Uint64 {
		return "a whole number within " + t.Kind().String()
	}
	return "a number"
}

// helpError is an error of the unmarshaler below with the text for the caller.
type helpError struct{ help string }

func (e *helpError) Error() string { return e.help }

// unmarshalers replaces the decoding of a type whose own is too lenient.
var unmarshalers = json.WithUnmarshalers(json.UnmarshalFromFunc(decodeDuration))

// decodeOptions returns the options for reading a request type. The unmarshalers cost a look-up for
// each value that is read, so only types that have use for them get them.
func decodeOptions(t reflect.Type) json.Options {
	if reaches(t, reflect.TypeFor[scw.Duration](), map[reflect.Type]bool{}) {
		return unmarshalers
	}
	return json.JoinOptions()
}

// reaches reports whether a value of the type can hold one of the other type.
func reaches(t, other reflect.Type, seen map[reflect.Type]bool) bool {
	if t == other || seen[t] {
		return t == other
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return reaches(t.Elem(), other, seen)
	case reflect.Struct:
		for i := range t.NumField() {
			if reaches(t.Field(i).Type, other, seen) {
				return true
			}
		}
	}
	return false
}

// decodeDuration reads a duration in the form of protocol buffers, such as "86400s" or
// "1.500s". The SDK's own decoder takes seconds that overflow a time.Duration, which would
// turn the longest time into a negative one.
func decodeDuration(d *jsontext.Decoder, out *scw.Duration) error {
	token, err := d.ReadToken()
	if err != nil {
		return err
	}
	if token.Kind() != '"' {
		return &helpError{helpDuration}
	}
	seconds, nanos, ok := parseDuration(token.String())
	if !ok {
		return &helpError{helpDuration}
	}
	*out = scw.Duration{Seconds: seconds, Nanos: nanos}
	return nil
}
