package server

import (
	"reflect"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/scaleway/scaleway-sdk-go/scw"
)

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

// schemas collects the JSON Schemas of the types that the document names.
type schemas struct {
	named object
}

func newSchemas() *schemas { return &schemas{object{}} }

// body describes the body of a request: the fields that come from path and query are not
// in it.
func (s *schemas) body(p *plan) object {
	return s.object(p.in, p.body)
}

// of returns the schema of a type that is written or read as JSON. A struct becomes a named
// schema, which its own fields may refer to.
func (s *schemas) of(t reflect.Type) object {
	switch {
	case t.Kind() == reflect.Pointer:
		return s.of(t.Elem())
	case t == typeOf[jsontext.Value]():
		return object{"type": "object"} // of somebody else's standard: a key, a passkey
	case t == timeType:
		return object{"type": "string", "format": "date-time"}
	case t == typeOf[scw.Duration]():
		return object{"type": "string", "pattern": `^[0-9]+(\.[0-9]{1,9})?s$`}
	case t == typeOf[scw.JSONObject]():
		return object{"type": "object"}
	case t == typeOf[scw.File]():
		return object{"type": "object", "properties": object{"name": text(), "content_type": text(), "content": text()}}
	}
	switch t.Kind() {
	case reflect.String:
		return s.field(t, field{check: check{enum: enumValues(t)}})
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return text() // base64, or an address in its text form
		}
		return object{"type": "array", "items": s.of(t.Elem())}
	case reflect.Struct:
		return s.reference(t)
	case reflect.Float32, reflect.Float64:
		return object{"type": "number"}
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint32, reflect.Uint64:
		return object{"type": "integer"}
	}
	return text() // an SDK type that writes itself as text, such as a network
}

func text() object { return object{"type": "string"} }

// field is of with what the codec checks of the field.
func (s *schemas) field(t reflect.Type, f field) object {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.String:
		return object{"type": "array", "items": s.field(t.Elem(), f)}
	case t.Kind() != reflect.String:
		return s.of(t)
	case f.check.uuid:
		return object{"type": "string", "format": "uuid"}
	case f.check.enum != nil:
		return object{"type": "string", "enum": f.check.enum}
	}
	return text()
}

// reference names the schema of a struct after its package and type, as in
// "iam.v1alpha1.Policy".
func (s *schemas) reference(t reflect.Type) object {
	name := schemaName(t)
	if _, known := s.named[name]; !known {
		s.named[name] = nil // a type may hold itself
		s.named[name] = s.object(t, innerFields(t))
	}
	return object{"$ref": "#/components/schemas/" + name}
}

func schemaName(t reflect.Type) string {
	parts := strings.Split(t.PkgPath(), "/")
	if i := slices.Index(parts, "api"); i >= 0 {
		parts = parts[i+1:]
	} else {
		parts = []string{"bailiwick"}
	}
	name := t.Name()
	return strings.Join(append(parts, strings.ToUpper(name[:1])+name[1:]), ".")
}

func (s *schemas) object(t reflect.Type, fields []field) object {
	properties := object{}
	for _, f := range fields {
		properties[f.name] = s.field(t.Field(f.index).Type, f)
	}
	return object{"type": "object", "properties": properties}
}
