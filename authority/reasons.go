package authority

import (
	"strings"
	"unsafe"

	"bailiwick/pdp"
)

// lines writes the reasons of answers. Those of a batch share their memory, which the next batch
// uses again: hundreds of short texts of their own would cost more than to decide.
type lines struct {
	shared *sharedLines // nil: each has memory of its own
}

// sharedLines is memory of many texts and lists. What has no room in it gets new memory, and the
// old stays as it is for those whose texts lie there.
type sharedLines struct {
	text []byte
	list []string
}

// The memory that reasons of a batch share, at a time: it is of no size at first, and grows when a
// batch did not fit, up to what is kept for the next.
const (
	leastText, mostText   = 8 << 10, 64 << 10 // bytes
	leastLines, mostLines = 64, 1 << 10
)

// clean makes room for the next batch. The texts of this one must not be used any more: as those
// of a body (server.bodyMemory) they would turn into what another caller is told, so they are wiped.
func (s *sharedLines) clean() {
	clear(s.text)
	clear(s.list)
	s.text, s.list = s.text[:0], s.list[:0]
	if cap(s.text) > mostText {
		s.text = nil
	}
	if cap(s.list) > mostLines {
		s.list = nil
	}
}

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
	s := l.shared
	if s == nil {
		return make([]string, 0, n)
	}
	if cap(s.list)-len(s.list) < n {
		s.list = make([]string, 0, max(n, leastLines, min(2*cap(s.list), mostLines)))
	}
	from := len(s.list)
	s.list = s.list[:from+n]
	return s.list[from : from : from+n]
}

// line puts parts together.
func (l *lines) line(parts ...string) string {
	s := l.shared
	if s == nil {
		return strings.Join(parts, "")
	}
	length := 0
	for _, part := range parts {
		length += len(part)
	}
	if cap(s.text)-len(s.text) < length {
		s.text = make([]byte, 0, max(length, leastText, min(2*cap(s.text), mostText)))
	}
	from := len(s.text)
	for _, part := range parts {
		s.text = append(s.text, part...)
	}
	return unsafe.String(unsafe.SliceData(s.text[from:]), length)
}
