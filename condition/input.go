package condition

import (
	"fmt"
	"net/netip"
	"time"
	"unicode/utf8"

	"bailiwick/planted"
)

// Bounds of the values that a condition reads. They make the work of a regular expression,
// and with it the cost of a condition, known before any request arrives.
const (
	maxUserAgent = 255  // characters; what is longer is cut, as Scaleway documents
	maxAttribute = 1024 // bytes of a resource's attribute; reading a longer one is an error
	maxElements  = 100  // of the lists and maps in one property, all levels together
	maxIP        = 45   // characters
)

// Input is what a condition may read. The zero value has nothing; what is absent makes
// has() false, and reading it is an error.
type Input struct {
	IP        netip.Addr // invalid = absent; a zone is ignored
	UserAgent *string    // nil = absent; cut at 255 characters
	Time      time.Time  // zero = absent
	Resource  *Resource  // nil = no resource at all, as on list calls

	// Properties for the conditions of CompileAttributes; a nil map is absent. Values are
	// JSON values: string, bool, float64, nil, []any and map[string]any. They are not copied
	// and must not change during an evaluation. Reading a value of any other kind, or one
	// beyond 1024 bytes in a text or 100 elements in all its lists and maps, is an error.
	SubjectProperties  map[string]any
	ResourceProperties map[string]any
	ActionProperties   map[string]any
}

// Resource is what the request is about; a nil attribute is absent. An attribute of more
// than 1024 bytes is present, but reading it is an error.
type Resource struct{ ID, Name, Locality *string }

// variable is one of the names that a condition may read. First come those of every
// condition, in the order of the names, then the maps of properties.
type variable uint8

const (
	requestIP variable = iota
	requestTime
	requestUserAgent
	resourceID
	resourceLocality
	resourceName
	actionProperties
	resourceProperties
	subjectProperties
	variables      // how many
	plainVariables = actionProperties
)

func (v variable) String() string {
	return [...]string{
		"request.ip", "request.time", "request.user_agent",
		"resource.id", "resource.locality", "resource.name",
		"action.properties", "resource.properties", "subject.properties",
	}[v]
}

// length returns how many characters the variable's text can have.
func (v variable) length() int {
	switch v {
	case requestIP:
		return maxIP
	case requestTime:
		return 1
	case requestUserAgent:
		return maxUserAgent
	}
	return maxAttribute
}

func variableOf(name string) (variable, bool) {
	for v := range variables {
		if v.String() == name {
			return v, true
		}
	}
	return 0, false
}

// text returns the variable's pointer to a text; nil if it is absent or not kept as a text.
func (in *Input) text(v variable) *string {
	if v == requestUserAgent {
		return in.UserAgent
	}
	if in.Resource == nil {
		return nil
	}
	switch v {
	case resourceID:
		return in.Resource.ID
	case resourceLocality:
		return in.Resource.Locality
	case resourceName:
		return in.Resource.Name
	}
	return nil
}

// The errors of reading a variable, made once: they are common, since list calls have no
// resource.
var (
	absent  = readErrors("is absent")
	tooLong = readErrors(fmt.Sprintf("is longer than %d bytes", maxAttribute))
)

func readErrors(why string) (errs [variables]error) {
	for v := range variables {
		errs[v] = fmt.Errorf("%s %s", v, why)
	}
	return errs
}

// attribute reads an attribute of the resource.
func (in *Input) attribute(v variable) (string, error) {
	value := in.text(v)
	switch {
	case value == nil && planted.AbsentValue:
		return "", nil
	case value == nil:
		return "", absent[v]
	case len(*value) > maxAttribute:
		return "", tooLong[v]
	}
	return *value, nil
}

func (in *Input) has(v variable) bool {
	switch v {
	case requestIP:
		return in.IP.IsValid()
	case requestTime:
		return !in.Time.IsZero()
	}
	if v >= plainVariables {
		return in.properties(v) != nil
	}
	return in.text(v) != nil
}

// address returns the caller's address in the one form that conditions see. A caller must
// not leave an IPv4 range by writing its address as ::ffff:a.b.c.d, nor an IPv6 range by
// adding a zone.
func (in *Input) address() netip.Addr { return in.IP.Unmap().WithZone("") }

// userAgent cuts at a number of characters, not bytes, and never inside a character.
func userAgent(s string) string {
	if len(s) <= maxUserAgent {
		return s
	}
	end := 0
	for range maxUserAgent {
		if end == len(s) {
			return s
		}
		_, size := utf8.DecodeRuneInString(s[end:])
		end += size
	}
	return s[:end]
}
