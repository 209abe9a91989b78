package server

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"bailiwick/iam"
)

const helpUUID = "value must be a valid UUID"

// checkString checks one string of a request and returns its canonical form: a UUID in
// lower case, and the zero value of an enum, unknown_..., as the empty string.
func checkString(name, text string, c check) (string, error) {
	switch {
	case c.uuid && text == "" && c.optional:
		return "", nil
	case c.uuid:
		id, ok := iam.ParseUUID(text)
		if !ok {
			return "", iam.Invalid(name, iam.ReasonFormat, helpUUID)
		}
		return id, nil
	case c.enum != nil:
		if text == "" || isUnknown(text, c.enum) {
			return "", nil
		}
		if !slices.Contains(c.enum, text) {
			return "", iam.Invalid(name, iam.ReasonConstraint, "value must be one of "+listed(c.enum))
		}
	}
	return text, nil
}

// isUnknown reports whether the text is the zero value of an enum: the clients send it for
// a filter that is not set.
func isUnknown(text string, enum []string) bool {
	return strings.HasPrefix(text, "unknown_") && slices.Contains(enum, text)
}

// listed returns the values for a help message; long enums are cut.
func listed(enum []string) string {
	const most = 12
	known := slices.DeleteFunc(slices.Clone(enum), func(v string) bool { return strings.HasPrefix(v, "unknown_") })
	if len(known) > most {
		return strings.Join(known[:most], ", ") + ", ..."
	}
	return strings.Join(known, ", ")
}

// checkFields checks and normalises the given fields of a decoded struct.
func checkFields(path string, v reflect.Value, fields []field) error {
	for _, f := range fields {
		if err := checkValue(join(path, f.name), v.Field(f.index), f); err != nil {
			return err
		}
	}
	return nil
}

func checkValue(path string, v reflect.Value, f field) error {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return checkValue(path, v.Elem(), f)
	case reflect.Slice:
		return checkItems(path, v, f)
	case reflect.Struct:
		return checkFields(path, v, f.inner)
	case reflect.String:
		text, err := checkString(path, v.String(), f.check)
		if err != nil {
			return err
		}
		v.SetString(text)
	}
	return nil
}

func checkItems(path string, v reflect.Value, f field) error {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		return nil // bytes
	}
	plain := len(f.inner) == 0 && !f.check.uuid && f.check.enum == nil
	for i := range v.Len() {
		item := v.Index(i)
		missing := item.Kind() == reflect.Pointer && item.IsNil()
		if plain && !missing {
			continue // nothing to check, nor to be named
		}
		name := fmt.Sprintf("%s[%d]", path, i)
		if missing {
			return iam.Invalid(name, iam.ReasonRequired, "value is required")
		}
		if err := checkValue(name, item, f); err != nil {
			return err
		}
	}
	return nil
}
