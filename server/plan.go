package server

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
	"github.com/scaleway/scaleway-sdk-go/scw"

	"bailiwick/iam"
)

// plan says how a request type is read: which fields come from the path, which from the
// query and which from the body. It is made once for each operation.
type plan struct {
	in     reflect.Type
	path   []field
	query  []field
	body   []field
	all    []field // in the order of the type
	cursor bool    // pages by a place, not by a number, which allows larger pages

	checked []field      // those of the body with something to check, without the others
	options json.Options // for reading the body
	bodies  buffers
	used    sync.Pool // requests that are used again
}

// field is one field of a request type or of a type inside it.
type field struct {
	name  string // as on the wire
	index int
	check check
	inner []field // of a struct, or of the items of a list
}

// newPlan reads the type. The request types are those of the official SDK, which leave no
// choice: a field that the SDK tags json:"-" is a path value when the path has its name
// and a query key otherwise; other fields are in the body, except for GET and DELETE, where
// the SDK sends them in the query, too.
func newPlan(method, path string, in reflect.Type) (*plan, error) {
	p := &plan{in: in}
	values := pathValues(path)
	bodyless := method == "GET" || method == "DELETE"
	for i := range in.NumField() {
		if !in.Field(i).IsExported() {
			continue // our own memory
		}
		t := in.Field(i).Type
		name, tagged := wireName(in.Field(i))
		f := field{name, i, checkOf(in.Field(i), name), innerFields(t)}
		p.all = append(p.all, f)
		switch {
		case !tagged && slices.Contains(values, name):
			if t.Kind() != reflect.String {
				return nil, fmt.Errorf("%s.%s: a path value must be a string", in, name)
			}
			p.path = append(p.path, f)
			values = slices.DeleteFunc(values, func(v string) bool { return v == name })
		case tagged && !bodyless:
			p.body = append(p.body, f)
		case !queryable(t):
			return nil, fmt.Errorf("%s.%s: a %s cannot be read from the query", in, name, t)
		default:
			p.query = append(p.query, f)
			p.cursor = p.cursor || name == "page_token" || name == "after_sequence"
		}
	}
	if len(values) > 0 {
		return nil, fmt.Errorf("%s has no field for the path values %v", in, values)
	}
	p.checked = checkedFields(in, p.body)
	p.options = decodeOptions(in)
	return p, nil
}

// checkedFields returns the fields with something to check, in them or inside them.
func checkedFields(t reflect.Type, fields []field) []field {
	var checked []field
	for _, f := range fields {
		list := false // of pointers, of which none may be nil
		inner := t.Field(f.index).Type
		for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice {
			list = list || inner.Kind() == reflect.Slice && inner.Elem().Kind() == reflect.Pointer
			inner = inner.Elem()
		}
		if f.inner != nil {
			f.inner = checkedFields(inner, f.inner)
		}
		if list || f.check.uuid || f.check.enum != nil || len(f.inner) > 0 {
			checked = append(checked, f)
		}
	}
	return checked
}

// innerFields returns the fields of a struct type, of what a pointer points to and of the
// items of a list; nil for types that have no fields of their own on the wire.
func innerFields(t reflect.Type) []field {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t == timeType || t.PkgPath() == scwPackage {
		return nil
	}
	var fields []field
	for i := range t.NumField() {
		if name, tagged := wireName(t.Field(i)); tagged {
			fields = append(fields, field{name, i, checkOf(t.Field(i), name), innerFields(t.Field(i).Type)})
		}
	}
	return fields
}

// scwPackage holds the SDK's value types, which decode themselves.
const scwPackage = "github.com/scaleway/scaleway-sdk-go/scw"

// pathValues returns the names in braces of a path.
func pathValues(path string) []string {
	var names []string
	for segment := range strings.SplitSeq(path, "/") {
		if strings.HasPrefix(segment, "{") {
			names = append(names, strings.Trim(segment, "{}"))
		}
	}
	return names
}

// wireName returns the name of a field on the wire, and whether the field's tag gives it.
func wireName(f reflect.StructField) (name string, tagged bool) {
	name, _, _ = strings.Cut(f.Tag.Get("json"), ",")
	if name == "" || name == "-" {
		return snake(f.Name), false
	}
	return name, true
}

// check is what is checked of a value without knowing what it means.
type check struct {
	uuid     bool
	optional bool // an empty id stands for "not given"
	enum     []string
}

// checkOf returns the check of a field. Every string whose name ends in _id or _ids is a
// UUID, except for the few below. A check that hangs on the name covers the fields of a
// newer SDK, too.
func checkOf(f reflect.StructField, name string) check {
	element := f.Type
	for element.Kind() == reflect.Pointer || element.Kind() == reflect.Slice {
		element = element.Elem()
	}
	c := check{enum: enumValues(element)}
	if element.Kind() == reflect.String && c.enum == nil && f.Tag.Get("id") != "text" {
		c.uuid = strings.HasSuffix(name, "_id") || strings.HasSuffix(name, "_ids")
	}
	// The audit trail names objects of any product and principals that are no users, and a
	// ceremony is named by this server.
	if slices.Contains([]string{"resource_id", "principal_id", "ceremony_id"}, name) {
		c.uuid = false
	}
	// The clients send an empty organization_id when they have no default: it means the
	// caller's own organization.
	c.optional = name == "organization_id" && f.Type.Kind() == reflect.String
	return c
}

// enumValues returns the values of an SDK enum, and nil for any other type. scw.Region and
// scw.Zone are open lists there and are checked by form only.
func enumValues(t reflect.Type) []string {
	if t == reflect.TypeFor[scw.Region]() || t == reflect.TypeFor[scw.Zone]() {
		return nil
	}
	method, ok := t.MethodByName("Values")
	if !ok || t.Kind() != reflect.String {
		return nil
	}
	list := method.Func.Call([]reflect.Value{reflect.Zero(t)})[0]
	values := make([]string, list.Len())
	for i := range values {
		values[i] = list.Index(i).String()
	}
	if t == reflect.TypeFor[sdk.UserType]() {
		values = append(values, string(iam.UserGuest)) // which the newest schema has no longer
	}
	return values
}
