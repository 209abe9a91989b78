package catalog

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// A document is a catalogue file as written: texts with their lines, nothing resolved.
type document struct {
	order      int
	file       string
	operator   bool
	services   []serviceText
	sets       []setText
	unassigned []unassignedText
}

type text struct {
	value string
	line  int
}

type serviceText struct {
	line        int
	name, title text
	resources   []resourceText
}

type resourceText struct {
	line        int
	name, alias text
	actions     []text
	attributes  bool
}

type setText struct {
	line                         int
	name, scopeType, description text
	category                     text
	categories                   []text
	permissions                  []text
}

type unassignedText struct {
	line               int
	permission, reason text
}

// parse reads one file into d. It walks the syntax tree and not a decoded value, because
// only so every unknown key, every wrong type and its line can be told at once.
func parse(d *document, source []byte, f *faults) {
	if !utf8.Valid(source) {
		f.add(d, 0, "is not valid UTF-8")
		return
	}
	// Repeated keys are found by the walk, which goes on after them.
	file, err := parser.ParseBytes(source, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		line, message := syntaxError(err)
		f.add(d, line, "is not YAML: %s", message)
		return
	}
	bodies := 0
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if bodies++; bodies > 1 {
			f.add(d, lineOf(doc.Body), "only one YAML document is allowed in a file")
			return
		}
		walker{d, f}.document(doc.Body)
	}
	if bodies == 0 {
		f.add(d, 0, "is empty")
	}
}

// syntaxError cuts the parser's several lines with an excerpt down to line and message.
func syntaxError(err error) (int, string) {
	var detail interface {
		error
		GetMessage() string
		GetToken() *token.Token
	}
	if !errors.As(err, &detail) {
		message, _, _ := strings.Cut(err.Error(), "\n")
		return 0, message
	}
	line := 0
	if t := detail.GetToken(); t != nil && t.Position != nil {
		line = t.Position.Line
	}
	return line, detail.GetMessage()
}

// walker turns syntax tree nodes into the texts of a document.
type walker struct {
	d *document
	f *faults
}

func (w walker) document(n ast.Node) {
	w.mapping(n, "a catalogue file", map[string]func(ast.Node){
		"services": func(n ast.Node) {
			w.list(n, "services", func(n ast.Node) { w.d.services = append(w.d.services, w.service(n)) })
		},
		"permission_sets": func(n ast.Node) {
			w.list(n, "permission_sets", func(n ast.Node) { w.d.sets = append(w.d.sets, w.set(n)) })
		},
		"unassigned": func(n ast.Node) {
			w.list(n, "unassigned", func(n ast.Node) { w.d.unassigned = append(w.d.unassigned, w.reason(n)) })
		},
	})
}

func (w walker) service(n ast.Node) serviceText {
	s := serviceText{line: lineOf(n)}
	w.mapping(n, "a service", map[string]func(ast.Node){
		"name":  w.text("name", &s.name),
		"title": w.text("title", &s.title),
		"resources": func(n ast.Node) {
			w.list(n, "resources", func(n ast.Node) { s.resources = append(s.resources, w.resource(n)) })
		},
	})
	return s
}

func (w walker) resource(n ast.Node) resourceText {
	r := resourceText{line: lineOf(n)}
	w.mapping(n, "a resource", map[string]func(ast.Node){
		"name":    w.text("name", &r.name),
		"alias":   w.text("alias", &r.alias),
		"actions": w.texts("actions", &r.actions),
		"attributes": func(n ast.Node) {
			b, ok := n.(*ast.BoolNode)
			if !ok {
				w.f.add(w.d, lineOf(n), "attributes must be true or false")
				return
			}
			r.attributes = b.Value
		},
	})
	return r
}

func (w walker) set(n ast.Node) setText {
	s := setText{line: lineOf(n)}
	w.mapping(n, "a permission set", map[string]func(ast.Node){
		"name":        w.text("name", &s.name),
		"scope_type":  w.text("scope_type", &s.scopeType),
		"description": w.text("description", &s.description),
		"category":    w.text("category", &s.category),
		"categories":  w.texts("categories", &s.categories),
		"permissions": w.texts("permissions", &s.permissions),
	})
	return s
}

func (w walker) reason(n ast.Node) unassignedText {
	u := unassignedText{line: lineOf(n)}
	w.mapping(n, "an entry of unassigned", map[string]func(ast.Node){
		"permission": w.text("permission", &u.permission),
		"reason":     w.text("reason", &u.reason),
	})
	return u
}

// mapping calls the field function of each key; unknown and repeated keys are faults.
func (w walker) mapping(n ast.Node, what string, fields map[string]func(ast.Node)) {
	m, ok := n.(*ast.MappingNode)
	if !ok {
		w.f.add(w.d, lineOf(n), "%s must be a mapping of keys to values", what)
		return
	}
	seen := map[string]bool{}
	for _, pair := range m.Values {
		key, ok := pair.Key.(*ast.StringNode)
		if !ok {
			w.f.add(w.d, lineOf(pair.Key), "%s has a key that is not plain text", what)
			continue
		}
		field, known := fields[key.Value]
		switch {
		case !known:
			w.f.add(w.d, lineOf(key), "%s has no key %q (known: %s)", what, key.Value,
				strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
		case seen[key.Value]:
			w.f.add(w.d, lineOf(key), "%s has the key %q twice", what, key.Value)
		default:
			field(pair.Value)
		}
		seen[key.Value] = true
	}
}

func (w walker) list(n ast.Node, what string, each func(ast.Node)) {
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		w.f.add(w.d, lineOf(n), "%s must be a list", what)
		return
	}
	for _, item := range s.Values {
		each(item)
	}
}

func (w walker) text(what string, into *text) func(ast.Node) {
	return func(n ast.Node) {
		into.line = lineOf(n)
		switch n := n.(type) {
		case *ast.StringNode:
			into.value = n.Value
		case *ast.LiteralNode:
			into.value = strings.TrimSpace(n.Value.Value)
		default:
			w.f.add(w.d, into.line, "%s must be text", what)
			return
		}
		if into.value == "" {
			w.f.add(w.d, into.line, "%s is empty", what)
		}
	}
}

func (w walker) texts(what string, into *[]text) func(ast.Node) {
	return func(n ast.Node) {
		w.list(n, what, func(n ast.Node) {
			var t text
			w.text("an entry of "+what, &t)(n)
			*into = append(*into, t)
		})
	}
}

func lineOf(n ast.Node) int {
	if n == nil {
		return 0
	}
	t := n.GetToken()
	if t == nil || t.Position == nil {
		return 0
	}
	return t.Position.Line
}
