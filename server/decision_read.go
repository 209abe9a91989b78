package server

import "strings"

// plainRequest is a request that can read the plain JSON in which nearly all of its kind are
// written, several times faster than a library that must be ready for anything.
//
// readPlain reports whether it understood everything. If it did not, whatever the reason, it
// leaves the request as it was, and the library reads the body from its start.
//
// The attack that it must not open: a body that this reader takes and the library would
// refuse or understand in another way, because a proxy in front may check it with the rules
// of the library. So this reader refuses nothing and repairs nothing: it takes only what can
// be read in one way, and makes the same of it, which a fuzz test holds it to.
type plainRequest interface {
	readPlain(body string) bool
}

func (r *evaluationRequest) readPlain(body string) bool {
	p, read := plainJSON{body}, evaluationRequest{}
	ok := p.object(func(name string) bool { return p.question(&read, name) }) && p.end()
	if ok {
		*r = read
	}
	return ok
}

func (r *evaluationsRequest) readPlain(body string) bool {
	p, read, defaults := plainJSON{body}, evaluationsRequest{}, evaluationRequest{}
	ok := p.object(func(name string) bool {
		switch name {
		case "evaluations":
			return read.Evaluations == nil && p.questions(&read.Evaluations)
		case "options":
			return read.Options == nil && p.options(&read.Options)
		}
		return p.question(&defaults, name)
	}) && p.end()
	if ok {
		read.Subject, read.Action, read.Resource, read.Context = defaults.Subject, defaults.Action, defaults.Resource, defaults.Context
		*r = read
	}
	return ok
}

// plainJSON reads JSON objects of strings and such objects. All methods report whether they have
// read what they are to read; strings must be of visible ASCII, without escapes and not empty,
// so that a value that is not empty has been given before.
type plainJSON struct{ rest string }

func (p *plainJSON) questions(list *[]*evaluationRequest) bool {
	*list = []*evaluationRequest{}
	if !p.take('[') {
		return false
	}
	for {
		var r evaluationRequest
		if !p.object(func(name string) bool { return p.question(&r, name) }) {
			return false // also an empty list
		}
		*list = append(*list, &r)
		if !p.take(',') {
			return p.take(']')
		}
	}
}

func (p *plainJSON) options(into **evaluationsOptions) bool {
	o := &evaluationsOptions{}
	*into = o
	return p.object(func(name string) bool { return name == "evaluations_semantic" && p.text(&o.Semantic) })
}

// question reads one member of a question.
func (p *plainJSON) question(r *evaluationRequest, name string) bool {
	switch name {
	case "subject":
		return p.entity(&r.Subject)
	case "resource":
		return p.entity(&r.Resource)
	case "action":
		if r.Action != nil {
			return false
		}
		r.Action = &authzenAction{}
		return p.object(func(name string) bool { return name == "name" && p.text(&r.Action.Name) })
	case "context":
		return p.context(&r.Context)
	}
	return false
}

func (p *plainJSON) entity(into **authzenEntity) bool {
	if *into != nil {
		return false
	}
	e := &authzenEntity{}
	*into = e
	return p.object(func(name string) bool {
		switch name {
		case "type":
			return p.text(&e.Type)
		case "id":
			return p.text(&e.ID)
		case "properties":
			return e.Properties == nil && p.properties(&e.Properties)
		}
		return false
	})
}

func (p *plainJSON) context(into **authzenContext) bool {
	if *into != nil {
		return false
	}
	c := &authzenContext{}
	*into = c
	return p.object(func(name string) bool {
		switch name {
		case "ip":
			return p.pointer(&c.IP)
		case "user_agent":
			return p.pointer(&c.UserAgent)
		case "time":
			return p.pointer(&c.Time)
		}
		return false
	})
}

func (p *plainJSON) properties(into *map[string]any) bool {
	values := map[string]any{}
	*into = values
	return p.object(func(name string) bool {
		value := ""
		if _, twice := values[name]; twice || !p.text(&value) {
			return false
		}
		values[name] = value
		return true
	})
}

// object calls member with each name; member reads the value.
func (p *plainJSON) object(member func(name string) bool) bool {
	if !p.take('{') {
		return false
	}
	if p.take('}') {
		return true
	}
	for {
		name, ok := p.string()
		if !ok || !p.take(':') || !member(name) {
			return false
		}
		if !p.take(',') {
			return p.take('}')
		}
	}
}

// text reads a string into a place that has none yet.
func (p *plainJSON) text(into *string) bool {
	if *into != "" {
		return false
	}
	text, ok := p.string()
	*into = text
	return ok
}

// pointer is text for a member that may be absent.
func (p *plainJSON) pointer(into **string) bool {
	if *into != nil {
		return false
	}
	*into = new(string)
	return p.text(*into)
}

// string reads a string. It is a part of the body, not a copy.
func (p *plainJSON) string() (string, bool) {
	if !p.take('"') {
		return "", false
	}
	end := strings.IndexByte(p.rest, '"')
	if end < 1 {
		return "", false
	}
	text := p.rest[:end]
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '\\' {
			return "", false
		}
	}
	p.rest = p.rest[end+1:]
	return text, true
}

// take reads white space and then a character.
func (p *plainJSON) take(c byte) bool {
	p.space()
	if len(p.rest) == 0 || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

func (p *plainJSON) space() {
	for len(p.rest) > 0 && (p.rest[0] == ' ' || p.rest[0] == '\t' || p.rest[0] == '\n' || p.rest[0] == '\r') {
		p.rest = p.rest[1:]
	}
}

// end reads white space up to the end.
func (p *plainJSON) end() bool {
	p.space()
	return len(p.rest) == 0
}
