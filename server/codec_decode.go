package server

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"bailiwick/iam"
)

// Bounds of a request body.
const (
	maxBody  = 1 << 20 // bytes
	maxDepth = 32      // of nested objects and lists
)

// decode returns a new request of the plan's type, as a pointer to it, read from path,
// query and body. Every error is an *iam.Error that names the first fault.
//
// The request is for [plan.keep] when nobody needs it or its answer any more.
func (p *plan) decode(w http.ResponseWriter, r *http.Request) (any, error) {
	in := p.take()
	if err := p.readPath(r, in.Elem()); err != nil {
		return nil, err
	}
	if err := p.readQuery(r.URL.RawQuery, in.Elem()); err != nil {
		return nil, err
	}
	body, err := p.readBody(w, r, in.Interface())
	if err != nil {
		return nil, err
	}
	if err := p.decodeBody(body, in); err != nil {
		return nil, err
	}
	return in.Interface(), nil
}

// readBody returns the whole body of a request, which may be empty.
func (p *plan) readBody(w http.ResponseWriter, r *http.Request, in any) (string, error) {
	switch {
	case r.ContentLength == 0:
		return "", nil
	case r.ContentLength > maxBody:
		return "", &iam.Error{Kind: iam.KindTooLarge}
	}
	body, err := p.bodyText(w, r, in)
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return "", &iam.Error{Kind: iam.KindTooLarge}
	}
	if err != nil {
		return "", &iam.Error{
			Kind:      iam.KindInvalidArguments,
			Arguments: []iam.Argument{{Name: "body", Reason: iam.ReasonFormat, Help: "the body ended before it was complete"}},
			Err:       err,
		}
	}
	if body != "" && !isJSON(r.Header) {
		return "", &iam.Error{Kind: iam.KindUnsupportedMedia}
	}
	return body, nil
}

// bodyText reads a body as a text: in the memory of the request if it has some for that, else a copy.
func (p *plan) bodyText(w http.ResponseWriter, r *http.Request, in any) (string, error) {
	if owner, ok := in.(bodyOwner); ok {
		memory := owner.bodyMemory()
		data, err := readAll(w, r, memory.data)
		memory.data = data
		return memory.text(), err
	}
	data, err := readAll(w, r, p.bodies.get())
	body := string(data)
	clear(data) // a body may hold a password, and nobody knows when the buffer is used again
	p.bodies.put(data)
	return body, err
}

// readAll reads a body to its end, into the buffer if there is room. Room for the announced
// length is made only when a first piece has arrived: whoever announces a megabyte and sends
// nothing gets no megabyte.
func readAll(w http.ResponseWriter, r *http.Request, buffer []byte) ([]byte, error) {
	const piece = 16 << 10
	if r.ContentLength < 0 {
		return io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	}
	length := int(r.ContentLength)
	first := min(length, piece)
	data := slices.Grow(buffer, first)[:first]
	if _, err := io.ReadFull(r.Body, data); err != nil || length == first {
		return data, err
	}
	data = slices.Grow(data, length-first)[:length]
	_, err := io.ReadFull(r.Body, data[first:])
	return data, err
}

// isJSON reports whether the header announces plain JSON. A compressed body is refused
// rather than unpacked, so that a small request cannot become a large one. Another content
// type is refused because a web page of anyone may send text/plain, but not JSON, to
// another site without asking it first.
func isJSON(h http.Header) bool {
	if encoding := h["Content-Encoding"]; len(encoding) > 0 && !strings.EqualFold(strings.Join(encoding, ""), "identity") {
		return false
	}
	kind := h["Content-Type"]
	if len(kind) != 1 {
		return false
	}
	if kind[0] == contentType {
		return true // as nearly all clients write it
	}
	media, parameters, err := mime.ParseMediaType(kind[0])
	if err != nil || media != "application/json" {
		return false
	}
	for name, value := range parameters {
		if name != "charset" || !strings.EqualFold(value, "utf-8") {
			return false
		}
	}
	return true
}

// decodeBody reads a body into the request that in points to. It takes one JSON object in
// UTF-8 and refuses what parsers read in different ways: a member given twice, a name in
// another case (it is another, unknown member), bytes after the object. Otherwise one
// reader could check a value and another one use a different value.
func (p *plan) decodeBody(body string, in reflect.Value) error {
	if body == "" {
		return p.check(in)
	}
	if r, ok := in.Interface().(plainRequest); ok && r.readPlain(body) {
		return p.check(in)
	}
	data := []byte(body)
	if err := scan(data); err != nil {
		return err
	}
	target := in.Interface()
	if len(p.body) == 0 {
		target = &struct{}{} // what is sent must be JSON, but says nothing
	}
	if err := json.Unmarshal(data, target, p.options); err != nil {
		return decodeError(err)
	}
	return p.check(in)
}

func (p *plan) check(in reflect.Value) error { return checkFields("", in.Elem(), p.checked) }

// scan refuses a body that is not an object, nests too deeply or holds NUL. It looks at
// bytes only and does not judge whether the rest is JSON.
func scan(data []byte) error {
	if trimmed := bytes.TrimLeft(data, " \t\r\n"); len(trimmed) == 0 || trimmed[0] != '{' {
		return iam.Invalid("body", iam.ReasonFormat, helpJSON)
	}
	if bytes.Count(data, []byte{'{'})+bytes.Count(data, []byte{'['}) <= maxDepth && bytes.IndexByte(data, '\\') < 0 {
		return nil // too few brackets, quoted ones included, to nest deeper, and no escapes
	}
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			if bytes.HasPrefix(data[i+1:], []byte("u0000")) {
				return iam.Invalid(nulPath(data), iam.ReasonFormat, "value must not contain NUL")
			}
			i++ // the escaped character, which may be a quote
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return iam.Invalid("body", iam.ReasonConstraint, "value must not nest deeper than 32 levels")
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// nulPath returns the name of the first argument that holds NUL.
func nulPath(data []byte) string {
	decoder := jsontext.NewDecoder(bytes.NewReader(data))
	for {
		token, err := decoder.ReadToken()
		if err != nil {
			return "body"
		}
		if token.Kind() == '"' && strings.ContainsRune(token.String(), 0) {
			return strings.ReplaceAll(dotted(decoder.StackPointer()), "\x00", "")
		}
	}
}
