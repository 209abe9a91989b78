package client

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"bailiwick/iam"
)

// Route says which permission a request needs, and on what. Requests that no route takes are
// refused.
type Route struct {
	// Pattern is a method and a path in the syntax of http.ServeMux, such as
	// "GET /projects/{project}/records/{id}". The method must be there: a pattern without
	// one would let DELETE pass with the permission to read. A host must not be there: the
	// client chooses the Host header, and with it which of two routes is asked about.
	Pattern string
	// Permission is what the request needs, "service:name:action". It names the type of the
	// resource as well.
	Permission string
	// ID, Project and Organization place the resource; Name and Locality are for conditions.
	// A field that is left out is not sent: without ID the question is about no single
	// resource. A field that is there must have a value, or the request is refused.
	ID, Project, Organization, Name, Locality Value
	// Public lets everybody pass without a question: a health check, a log-in page. Such a
	// route has a pattern and nothing else.
	Public bool
}

// Value is where a route takes a part of its resource from. The zero value is no part.
type Value struct {
	source source
	text   string // a wildcard's name, or the fixed text
	read   func(*http.Request) (string, error)
}

type source int

const (
	sourceNone source = iota
	sourcePath
	sourceFixed
	sourceFunction
)

// PathValue takes a wildcard of the route's pattern. Use it for the project only where the
// handler looks the resource up in that project: the answer is about the project that the
// client has written into the URL.
func PathValue(name string) Value { return Value{source: sourcePath, text: name} }

// Fixed takes the same text for every request. An empty one is a fault of the route, not the
// same as no value: a setting that was forgotten must not make the question another one.
func Fixed(text string) Value { return Value{source: sourceFixed, text: text} }

// FromRequest takes what a function finds, in the service's own data for one. An *iam.Error
// of kind not_found or invalid_arguments refuses the request with 403, any other error
// with 503.
func FromRequest(read func(*http.Request) (string, error)) Value {
	return Value{source: sourceFunction, read: read}
}

// of returns the value for a request, empty only if the route has no such value.
func (v Value) of(r *http.Request) (text string, err error) {
	switch v.source {
	case sourceNone:
		return "", nil
	case sourcePath:
		text = r.PathValue(v.text)
	case sourceFixed:
		text = v.text
	case sourceFunction:
		text, err = v.read(r)
	}
	if err == nil && text == "" {
		err = iam.Invalid("resource", iam.ReasonRequired, "a part of the resource is empty")
	}
	return text, err
}

// check returns the fault of a value on a route with the path.
func (v Value) check(path string) error {
	switch {
	case v.source == sourcePath && !strings.Contains(path, "{"+v.text+"}") && !strings.Contains(path, "{"+v.text+"...}"):
		return fmt.Errorf("the pattern has no {%s}", v.text)
	case v.source == sourceFixed && v.text == "":
		return errors.New("a fixed value is empty")
	case v.source == sourceFunction && v.read == nil:
		return errors.New("a function is missing")
	}
	return nil
}

func (route Route) values() []Value {
	return []Value{route.ID, route.Project, route.Organization, route.Name, route.Locality}
}

// resource returns what a request is about.
func (route Route) resource(r *http.Request) (Resource, error) {
	var texts [5]string
	for i, v := range route.values() {
		text, err := v.of(r)
		if err != nil {
			return Resource{}, err
		}
		texts[i] = text
	}
	return Resource{
		Type: route.resourceType(), ID: texts[0],
		Project: iam.ProjectID(texts[1]), Organization: iam.OrganizationID(texts[2]),
		Name: texts[3], Locality: texts[4],
	}, nil
}

func (route Route) resourceType() string {
	return route.Permission[:strings.LastIndexByte(route.Permission, ':')]
}

// check returns the fault of a route, which is one of the program.
func (route Route) check() error {
	method, path, ok := strings.Cut(route.Pattern, " ")
	if !ok || method == "" || !strings.HasPrefix(path, "/") {
		return errors.New("pattern must be a method, a space and a path that begins with /")
	}
	for _, v := range route.values() {
		if route.Public && v.source != sourceNone {
			return errors.New("a public route has no resource")
		}
		if err := v.check(path); err != nil {
			return err
		}
	}
	parts := strings.Split(route.Permission, ":")
	switch {
	case route.Public && route.Permission != "":
		return errors.New("a public route has no permission")
	case route.Public:
	case len(parts) != 3 || parts[0] == "" || parts[1] == "" || parts[2] == "":
		return fmt.Errorf("permission %q is not of the form service:name:action", route.Permission)
	}
	return nil
}

// plainPath reports whether a path has one reading only. The handler behind may not read it
// as this package does: it may decode %2F first, collapse //, resolve .. or take \ for /.
// Then a request for one resource here would be one for another resource, or another
// operation, there.
func plainPath(u *url.URL) bool {
	path := u.Path
	if !strings.HasPrefix(path, "/") || strings.Count(u.EscapedPath(), "/") != strings.Count(path, "/") || !utf8.ValidString(path) {
		return false
	}
	if strings.ContainsFunc(path, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' }) {
		return false
	}
	segments := strings.Split(path[1:], "/")
	for i, segment := range segments {
		last := i == len(segments)-1
		if segment == "." || segment == ".." || segment == "" && !last {
			return false
		}
	}
	return true
}
