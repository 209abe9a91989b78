package iam

import (
	"fmt"
	"net/mail"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of labels (Scaleway's published field rules).
const (
	MaxName        = 64
	MaxDescription = 200
	MaxTags        = 10
	MaxTag         = 70
	MaxEmail       = 254
	MinUsername    = 2
	MaxUsername    = 150
	MaxPassword    = 72 // bytes
)

var (
	namePattern     = regexp.MustCompile(`^[\w().\-]+( +[\w().\-]+)*$`)
	projectPattern  = regexp.MustCompile(`^[a-zA-Z0-9._\- ]+$`)
	usernamePattern = regexp.MustCompile(`^[a-zA-Z0-9@._-]+$`)
	tagPattern      = regexp.MustCompile(`^[a-zA-Z0-9._\-/=+@ ]+$`)
	aliasPattern    = regexp.MustCompile(`^[a-z0-9]{2,32}$`)
	localePattern   = regexp.MustCompile(`^[a-z]{2}_[A-Z]{2}$`)
	phonePattern    = regexp.MustCompile(`^\+?[0-9 ().\-]{3,32}$`)
)

// Validator collects the faults of a request, so that one answer names them all.
type Validator struct {
	arguments []Argument
}

// Err returns an invalid-arguments error with every fault, or nil.
func (v *Validator) Err() error {
	if len(v.arguments) == 0 {
		return nil
	}
	return &Error{Kind: KindInvalidArguments, Arguments: v.arguments}
}

// Add notes a fault.
func (v *Validator) Add(name, reason, help string) {
	v.arguments = append(v.arguments, Argument{name, reason, help})
}

// Required, Format and Constraint note a fault of that reason.
func (v *Validator) Required(name, help string)   { v.Add(name, ReasonRequired, help) }
func (v *Validator) Format(name, help string)     { v.Add(name, ReasonFormat, help) }
func (v *Validator) Constraint(name, help string) { v.Add(name, ReasonConstraint, help) }

// Length checks the number of characters. Control characters are refused in every text
// field: they have no use in a label and let a name forge lines in a log or a terminal.
func (v *Validator) Length(name, value string, low, high int) {
	n := utf8.RuneCountInString(value)
	switch {
	case low > 0 && n == 0:
		v.Required(name, "value is required")
	case n < low || n > high:
		v.Constraint(name, fmt.Sprintf("value length must be between %d and %d runes, inclusive", low, high))
	case strings.ContainsFunc(value, func(r rune) bool { return (r < ' ' && r != '\n' && r != '\t') || r == 0x7f }):
		v.Format(name, "value must not contain control characters")
	}
}

func (v *Validator) pattern(name, value string, low, high int, pattern *regexp.Regexp) {
	before := len(v.arguments)
	v.Length(name, value, low, high)
	if len(v.arguments) == before && value != "" && !pattern.MatchString(value) {
		v.Format(name, fmt.Sprintf("value does not match regex pattern %q", pattern))
	}
}

// Name checks the name of an application, a group or a policy: words of letters, digits
// and _().- separated by spaces, 1 to 64 characters.
func (v *Validator) Name(name, value string) { v.pattern(name, value, 1, MaxName, namePattern) }

// ProjectName checks the name of a project or an organization.
func (v *Validator) ProjectName(name, value string) {
	v.pattern(name, value, 1, MaxName, projectPattern)
}

// Username checks a member's username, 2 to 150 characters.
func (v *Validator) Username(name, value string) {
	v.pattern(name, value, MinUsername, MaxUsername, usernamePattern)
}

// Description checks a description, up to 200 characters.
func (v *Validator) Description(name, value string) { v.Length(name, value, 0, MaxDescription) }

// Alias checks an organization's alias.
func (v *Validator) Alias(name, value string) { v.pattern(name, value, 2, 32, aliasPattern) }

// Locale checks a locale such as en_US; empty is allowed.
func (v *Validator) Locale(name, value string) { v.pattern(name, value, 0, 5, localePattern) }

// Phone checks a phone number; empty is allowed.
func (v *Validator) Phone(name, value string) { v.pattern(name, value, 0, 33, phonePattern) }

// Email checks an address (RFC 5322 addr-spec, without display name).
func (v *Validator) Email(name, value string) {
	if value == "" {
		v.Required(name, "value is required")
		return
	}
	address, err := mail.ParseAddress(value)
	if err != nil || address.Address != value || len(value) > MaxEmail {
		v.Format(name, "value must be a valid email address")
	}
}

// CanonicalEmail is the form in which two spellings of an address are one: in ASCII lower case, as
// the store compares. Letters beyond ASCII stay as they are: to fold them would make different
// addresses one, and whoever owns the one would be taken for the other.
func CanonicalEmail(address string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, address)
}

// Password checks the length of a password in bytes, as the API states it.
func (v *Validator) Password(name, value string) {
	if n := len(value); n < 1 || n > MaxPassword {
		v.Constraint(name, fmt.Sprintf("value length must be between 1 and %d bytes, inclusive", MaxPassword))
	}
}

// Tags checks number, form and uniqueness of tags.
func (v *Validator) Tags(name string, tags []string) {
	if len(tags) > MaxTags {
		v.Constraint(name, fmt.Sprintf("value must contain no more than %d item(s)", MaxTags))
		return
	}
	seen := make(map[string]bool, len(tags))
	for i, tag := range tags {
		field := fmt.Sprintf("%s[%d]", name, i)
		switch {
		case utf8.RuneCountInString(tag) < 1 || utf8.RuneCountInString(tag) > MaxTag:
			v.Constraint(field, fmt.Sprintf("value length must be between 1 and %d runes, inclusive", MaxTag))
		case !tagPattern.MatchString(tag):
			v.Format(field, fmt.Sprintf("value does not match regex pattern %q", tagPattern))
		case seen[tag]:
			v.Constraint(field, "repeated value must contain unique items")
		}
		seen[tag] = true
	}
}

// DurationIn checks a duration against its bounds, both allowed.
func (v *Validator) DurationIn(name string, d, low, high time.Duration) {
	if d < low || d > high {
		v.Constraint(name, fmt.Sprintf("value must be between %s and %s", seconds(low), seconds(high)))
	}
}

func seconds(d time.Duration) string { return fmt.Sprintf("%ds", int64(d.Seconds())) }

// optional applies a check to a field of a partial update, when the field is given.
func optional(check func(name, value string), name string, value *string) {
	if value != nil {
		check(name, *value)
	}
}

func validateLabels(name, description string, tags []string) error {
	var v Validator
	v.Name("name", name)
	v.Description("description", description)
	v.Tags("tags", tags)
	return v.Err()
}

func validateLabelUpdate(name, description *string, tags *[]string) error {
	var v Validator
	optional(v.Name, "name", name)
	optional(v.Description, "description", description)
	if tags != nil {
		v.Tags("tags", *tags)
	}
	return v.Err()
}
