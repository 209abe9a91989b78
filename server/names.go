package server

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"
)

// snake returns the wire name of a field that has none in its tag: SSHKeyID is
// ssh_key_id and UserIDs is user_ids.
func snake(field string) string {
	field = strings.NewReplacer("IDs", "Ids", "IPs", "Ips").Replace(field)
	runes := []rune(field)
	var out strings.Builder
	for i, r := range runes {
		if i > 0 && unicode.IsUpper(r) {
			afterLower := !unicode.IsUpper(runes[i-1])
			startsWord := i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if afterLower || startsWord {
				out.WriteByte('_')
			}
		}
		out.WriteRune(unicode.ToLower(r))
	}
	return out.String()
}

// maxArgumentName bounds the name of an argument in an error, in bytes. Names come from
// the request: without a bound, a member name of a megabyte would come back in the answer
// and in the log.
const maxArgumentName = 128

// dotted returns a JSON pointer in the form in which the API names arguments:
// /rules/0/condition is rules[0].condition. The empty pointer, which is the whole body,
// is "body".
func dotted(pointer jsontext.Pointer) string {
	var out strings.Builder
	for token := range pointer.Tokens() {
		switch {
		case isIndex(token) && out.Len() > 0:
			fmt.Fprintf(&out, "[%s]", token)
		case out.Len() > 0:
			out.WriteByte('.')
			out.WriteString(token)
		default:
			out.WriteString(token)
		}
	}
	if out.Len() == 0 {
		return "body"
	}
	return clip(out.String(), maxArgumentName)
}

func isIndex(token string) bool {
	return token != "" && len(token) < 10 && strings.Trim(token, "0123456789") == ""
}

// clip returns the text cut to at most n bytes, without invalid UTF-8. A character that
// the cut would split is dropped.
func clip(text string, n int) string {
	if len(text) > n {
		text = text[:n]
	}
	return strings.ToValidUTF8(text, "")
}

// join appends a member name to the path of an argument.
func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
