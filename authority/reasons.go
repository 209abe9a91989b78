package authority

import (
	"strings"

	"bailiwick/pdp"
)

// lines writes the reasons of answers. Those of a batch share their memory: hundreds of short
// texts of their own would cost more than to decide.
type lines struct {
	together bool // many are to come
	text     strings.Builder
	list     []string
}

// The memory that reasons of a batch share, at a time.
const (
	sharedText  = 8 << 10 // bytes
	sharedLines = 64
)

// reasons explains a decision in sorted lines. The grants are those of the decision.
func (l *lines) reasons(d pdp.Decision, grants []pdp.Grant, permission string) []string {
	if !d.Allowed {
		return l.one(d.Reason.String(), ": ", permission)
	}
	switch d.By {
	case pdp.ByOwnership:
		return l.one("the subject owns the organization")
	case pdp.BySelf:
		return l.one("every user has this right")
	}
	list := l.room(len(grants))
	for i := range grants {
		g := &grants[i]
		if g.Group == "" {
			list = append(list, l.line("policy ", string(g.Policy), ", rule ", string(g.Rule), " grants ", g.Set))
		} else {
			list = append(list, l.line("group ", string(g.Group), ": policy ", string(g.Policy), ", rule ", string(g.Rule), " grants ", g.Set))
		}
	}
	return list
}

func (l *lines) one(parts ...string) []string { return append(l.room(1), l.line(parts...)) }

// room returns an empty list with room for n lines. Its end is that of the room, so that whoever
// appends to it does not write into the list of another answer.
func (l *lines) room(n int) []string {
	if !l.together {
		return make([]string, 0, n)
	}
	if cap(l.list)-len(l.list) < n {
		l.list = make([]string, 0, max(n, sharedLines))
	}
	from := len(l.list)
	l.list = l.list[:from+n]
	return l.list[from : from : from+n]
}

// line puts parts together.
func (l *lines) line(parts ...string) string {
	length := 0
	for _, part := range parts {
		length += len(part)
	}
	if l.text.Cap()-l.text.Len() < length {
		if l.together {
			length = max(length, sharedText)
		}
		l.text = strings.Builder{} // the texts of the old one stay as they are
		l.text.Grow(length)
	}
	from := l.text.Len()
	for _, part := range parts {
		l.text.WriteString(part)
	}
	return l.text.String()[from:]
}
