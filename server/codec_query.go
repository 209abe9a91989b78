package server

import (
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"bailiwick/iam"
)

var timeType = reflect.TypeFor[time.Time]()

// queryable reports whether a query key can hold a value of the type.
func queryable(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Int32, reflect.Uint32, reflect.Int64:
		return true
	case reflect.Slice:
		return t.Elem().Kind() == reflect.String
	default:
		return t == timeType
	}
}

// readPath fills the fields that come from the path.
func (p *plan) readPath(r *http.Request, in reflect.Value) error {
	for _, f := range p.path {
		text, err := checkText(f.name, r.PathValue(f.name), f.check)
		if err != nil {
			return err
		}
		in.Field(f.index).SetString(text)
	}
	return nil
}

// readQuery fills the fields that come from the query. Unknown keys are ignored, as the
// published API does, but nothing that could be read in two ways is: a pair that does not
// parse (net/url drops it silently), a repeated key, and the key[] form of lists.
func (p *plan) readQuery(raw string, in reflect.Value) error {
	if raw == "" {
		return nil
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return iam.Invalid("query", iam.ReasonFormat, "value must be a valid URL query; a semicolon must be written as %3B")
	}
	for key := range values {
		if strings.HasSuffix(key, "[]") {
			return iam.Invalid(clip(key, maxArgumentName), iam.ReasonUnknown, "a list is written as a repeated key without brackets")
		}
	}
	for _, f := range p.query {
		given := nonEmpty(values[f.name])
		if len(given) == 0 {
			continue
		}
		if err := p.setQuery(f, given, in.Field(f.index)); err != nil {
			return err
		}
	}
	return nil
}

// nonEmpty drops empty values: the clients send key= for a filter that is not set.
func nonEmpty(values []string) []string {
	var out []string
	for _, v := range values {
		if v != "" {
			out = append(out, v)
		}
	}
	return out
}

func (p *plan) setQuery(f field, given []string, target reflect.Value) error {
	if target.Kind() == reflect.Slice {
		return setList(f, given, target)
	}
	if len(given) > 1 {
		return iam.Invalid(f.name, iam.ReasonConstraint, "value must be given once")
	}
	if target.Kind() == reflect.Pointer {
		target.Set(reflect.New(target.Type().Elem()))
		target = target.Elem()
	}
	return p.setScalar(f, given[0], target)
}

func setList(f field, given []string, target reflect.Value) error {
	if len(given) > iam.MaxFilterValues {
		return iam.Invalid(f.name, iam.ReasonConstraint, fmt.Sprintf("value must contain no more than %d item(s)", iam.MaxFilterValues))
	}
	for i, text := range given {
		text, err := checkText(fmt.Sprintf("%s[%d]", f.name, i), text, f.check)
		if err != nil {
			return err
		}
		item := reflect.New(target.Type().Elem()).Elem()
		item.SetString(text)
		target.Set(reflect.Append(target, item))
	}
	return nil
}

func (p *plan) setScalar(f field, text string, target reflect.Value) error {
	switch target.Kind() {
	case reflect.String:
		text, err := checkText(f.name, text, f.check)
		if err != nil {
			return err
		}
		target.SetString(text)
	case reflect.Bool:
		if text != "true" && text != "false" {
			return iam.Invalid(f.name, iam.ReasonFormat, "value must be true or false")
		}
		target.SetBool(text == "true")
	case reflect.Int64: // a place in a chain
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return iam.Invalid(f.name, iam.ReasonFormat, "value must be a whole number")
		}
		target.SetInt(n)
	case reflect.Int32, reflect.Uint32:
		n, err := p.number(f.name, text)
		if err != nil {
			return err
		}
		if target.CanInt() {
			target.SetInt(n)
		} else {
			target.SetUint(uint64(n))
		}
	default: // time.Time, by queryable
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return iam.Invalid(f.name, iam.ReasonFormat, "value must be an RFC 3339 time such as 2026-01-31T12:00:00Z")
		}
		target.Set(reflect.ValueOf(t))
	}
	return nil
}

// number reads a whole number and holds the paging keys to their bounds.
func (p *plan) number(name, text string) (int64, error) {
	low, high := int64(0), int64(1<<31-1)
	switch name {
	case "page":
		low, high = 1, iam.MaxPage
	case "page_size":
		low, high = 1, iam.MaxPageSize
		if p.cursor {
			high = iam.MaxEventPageSize
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, iam.Invalid(name, iam.ReasonFormat, "value must be a whole number")
	}
	if n < low || n > high {
		return 0, iam.Invalid(name, iam.ReasonConstraint, fmt.Sprintf("value must be between %d and %d", low, high))
	}
	return n, nil
}

// checkText checks a text that does not come from JSON and returns its canonical form.
// NUL is refused because PostgreSQL cannot store it and SQLite can: the two stores would
// answer differently.
func checkText(name, text string, c check) (string, error) {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return "", iam.Invalid(name, iam.ReasonFormat, "value must be valid UTF-8 without NUL")
	}
	return checkString(name, text, c)
}
