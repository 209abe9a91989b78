// Package audit is the form of an exported audit trail and its verification. It is pure: it
// reads and writes what it is given, and asks nobody. docs/audit.md tells the form for
// verifiers in other languages.
package audit

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"bailiwick/iam"
)

// Entry is one entry of any chain.
type Entry struct {
	Chain          iam.Chain
	Event          iam.EventEntry          // of the chain of events
	Authentication iam.AuthenticationEntry // of that of attempts to log in
	System         iam.SystemEntry         // of that of system events
}

func (e *Entry) organization() iam.OrganizationID {
	switch e.Chain {
	case iam.ChainEvents:
		return e.Event.OrganizationID
	case iam.ChainAuthentications:
		return e.Authentication.OrganizationID
	default:
		return e.System.OrganizationID
	}
}

// Sequence returns the place of the entry in its chain.
func (e *Entry) Sequence() int64 {
	switch e.Chain {
	case iam.ChainEvents:
		return e.Event.Sequence
	case iam.ChainAuthentications:
		return e.Authentication.Sequence
	default:
		return e.System.Sequence
	}
}

func (e *Entry) hash() iam.Digest {
	switch e.Chain {
	case iam.ChainEvents:
		return e.Event.Hash
	case iam.ChainAuthentications:
		return e.Authentication.Hash
	default:
		return e.System.Hash
	}
}

// erased reports whether personal data of the entry are gone.
func (e *Entry) erased() bool {
	switch e.Chain {
	case iam.ChainEvents:
		return e.Event.Actor.Erased() || e.Event.Content.Erased()
	case iam.ChainAuthentications:
		return e.Authentication.Actor.Erased() || e.Authentication.Content.Erased()
	default:
		return e.System.Content.Erased()
	}
}

func (e *Entry) chainHash(previous iam.Digest) iam.Digest {
	switch e.Chain {
	case iam.ChainEvents:
		return e.Event.ChainHash(previous)
	case iam.ChainAuthentications:
		return e.Authentication.ChainHash(previous)
	default:
		return e.System.ChainHash(previous)
	}
}

// AppendEntry appends the line of an entry, with its line feed. An entry has exactly one line:
// a verifier takes a line that was written in any other way for one that was edited.
func AppendEntry(b []byte, e *Entry) []byte {
	switch e.Chain {
	case iam.ChainEvents:
		return appendEvent(b, &e.Event)
	case iam.ChainAuthentications:
		return appendAuthentication(b, &e.Authentication)
	default:
		return appendSystem(b, &e.System)
	}
}

func appendEvent(b []byte, e *iam.EventEntry) []byte {
	b = appendText(b, `{"event":{"organization_id":`, string(e.OrganizationID))
	b = appendNumber(b, `,"sequence":`, e.Sequence)
	b = appendText(b, `,"id":`, e.ID)
	b = appendNumber(b, `,"recorded_at":`, micros(e.RecordedAt))
	b = appendText(b, `,"principal_type":`, string(e.Principal.Type))
	b = appendText(b, `,"principal_id":`, e.Principal.ID)
	b = appendText(b, `,"project_id":`, string(e.ProjectID))
	b = appendText(b, `,"product":`, e.Product)
	b = appendText(b, `,"service":`, e.Service)
	b = appendText(b, `,"method":`, e.Method)
	b = appendText(b, `,"request_id":`, e.RequestID)
	b = appendNumber(b, `,"status_code":`, int64(e.StatusCode))
	b = appendResources(b, e.Resources)
	b = appendActor(b, e.Actor, e.SourceIP, e.UserAgent)
	b = append(b, `,"content":{`...)
	if e.Content.Erased() {
		b = appendText(b, `"erased":`, e.Content.Commitment.String())
	} else {
		b = appendText(b, `"salt":`, e.Content.Salt)
		b = appendText(b, `,"body":`, string(e.Body))
		b = appendNames(b, e.Resources)
	}
	return append(appendText(b, `},"hash":`, e.Hash.String()), "}}\n"...)
}

func appendAuthentication(b []byte, e *iam.AuthenticationEntry) []byte {
	b = appendText(b, `{"authentication_event":{"organization_id":`, string(e.OrganizationID))
	b = appendNumber(b, `,"sequence":`, e.Sequence)
	b = appendText(b, `,"id":`, e.ID)
	b = appendNumber(b, `,"recorded_at":`, micros(e.RecordedAt))
	b = appendText(b, `,"user_id":`, string(e.UserID))
	b = appendText(b, `,"failure":`, string(e.Failure))
	b = appendText(b, `,"method":`, string(e.Method))
	b = appendText(b, `,"mfa":`, string(e.MFA))
	b = appendText(b, `,"request_id":`, e.RequestID)
	b = appendActor(b, e.Actor, e.SourceIP, e.UserAgent)
	b = append(b, `,"content":{`...)
	if e.Content.Erased() {
		b = appendText(b, `"erased":`, e.Content.Commitment.String())
	} else {
		b = appendText(b, `"salt":`, e.Content.Salt)
		b = appendText(b, `,"username":`, e.Username)
	}
	return append(appendText(b, `},"hash":`, e.Hash.String()), "}}\n"...)
}

func appendSystem(b []byte, e *iam.SystemEntry) []byte {
	b = appendText(b, `{"system_event":{"organization_id":`, string(e.OrganizationID))
	b = appendNumber(b, `,"sequence":`, e.Sequence)
	b = appendText(b, `,"id":`, e.ID)
	b = appendNumber(b, `,"recorded_at":`, micros(e.RecordedAt))
	b = appendText(b, `,"project_id":`, string(e.ProjectID))
	b = appendText(b, `,"kind":`, string(e.Kind))
	b = appendText(b, `,"source":`, e.Source)
	b = appendText(b, `,"name":`, e.Name)
	b = appendText(b, `,"product":`, e.Product)
	b = appendResources(b, e.Resources)
	b = append(b, `,"content":{`...)
	if e.Content.Erased() {
		b = appendText(b, `"erased":`, e.Content.Commitment.String())
	} else {
		b = appendText(b, `"salt":`, e.Content.Salt)
		b = appendNames(b, e.Resources)
	}
	return append(appendText(b, `},"hash":`, e.Hash.String()), "}}\n"...)
}

func appendResources(b []byte, resources []iam.EventResource) []byte {
	b = append(b, `,"resources":[`...)
	for i, r := range resources {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, `{"type":`, string(r.Type))
		b = appendText(b, `,"id":`, r.ID)
		b = appendText(b, `,"action":`, string(r.Action))
		b = appendNumber(b, `,"created_at":`, micros(r.CreatedAt))
		b = appendNumber(b, `,"updated_at":`, micros(r.UpdatedAt))
		b = appendNumber(b, `,"deleted_at":`, micros(r.DeletedAt))
		b = append(b, '}')
	}
	return append(b, ']')
}

func appendNames(b []byte, resources []iam.EventResource) []byte {
	b = append(b, `,"names":[`...)
	for i, r := range resources {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, "", r.Name)
	}
	return append(b, ']')
}

func appendActor(b []byte, p iam.Personal, ip, agent string) []byte {
	b = append(b, `,"actor":{`...)
	if p.Erased() {
		b = appendText(b, `"erased":`, p.Commitment.String())
	} else {
		b = appendText(b, `"salt":`, p.Salt)
		b = appendText(b, `,"source_ip":`, ip)
		b = appendText(b, `,"user_agent":`, agent)
	}
	return append(b, '}')
}

// lineKind is what a line with a statement is for.
type lineKind string

// The kinds of lines with a statement. A section of a chain begins with the anchor and ends with
// a checkpoint; a file of checkpoints has lines of the third kind only.
const (
	lineBegin      lineKind = "begin"
	lineEnd        lineKind = "end"
	lineCheckpoint lineKind = "checkpoint"
)

// AppendBegin appends the line that begins the section of a chain: behind which entry.
func AppendBegin(b []byte, anchor iam.Statement) []byte { return appendStatement(b, lineBegin, anchor) }

// AppendEnd appends the line that ends the section of a chain.
func AppendEnd(b []byte, checkpoint iam.Statement) []byte {
	return appendStatement(b, lineEnd, checkpoint)
}

// AppendCheckpoint appends a line of a file of checkpoints.
func AppendCheckpoint(b []byte, checkpoint iam.Statement) []byte {
	return appendStatement(b, lineCheckpoint, checkpoint)
}

func appendStatement(b []byte, kind lineKind, s iam.Statement) []byte {
	b = append(b, `{"`...)
	b = append(b, kind...)
	b = appendText(b, `":{"version":1,"organization_id":`, string(s.OrganizationID))
	b = appendText(b, `,"chain":`, string(s.Chain))
	b = appendNumber(b, `,"sequence":`, s.Sequence)
	b = appendText(b, `,"hash":`, s.Hash.String())
	b = appendNumber(b, `,"recorded_at":`, micros(s.RecordedAt))
	b = appendText(b, `,"key":`, s.Key)
	return append(appendText(b, `,"signature":`, s.Signature), "}}\n"...)
}

const hexDigits = "0123456789abcdef"

// appendText writes a string with the escapes that JSON demands, and no others.
func appendText(b []byte, before, text string) []byte {
	b = append(append(b, before...), '"')
	for from := 0; ; {
		n := plain(text[from:])
		b = append(b, text[from:from+n]...)
		if from += n; from == len(text) {
			return append(b, '"')
		}
		switch c := text[from]; c {
		case '"', '\\':
			b = append(b, '\\', c)
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		from++
	}
}

// plain returns how many bytes at the beginning of a text stand for themselves in a string.
func plain(text string) int {
	for i := range len(text) {
		if c := text[i]; c < 0x20 || c == '"' || c == '\\' {
			return i
		}
	}
	return len(text)
}

func appendNumber(b []byte, before string, n int64) []byte {
	return strconv.AppendInt(append(b, before...), n, 10)
}

func micros(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixMicro()
}

// errForm says that a line is not one that this package writes.
var errForm = errors.New("the line is not in the form of an audit trail")

// line reads the parts of a line in their order. After the first part that is not there it
// reads nothing more.
type line struct {
	rest   string
	failed bool
}

// literal reads a text that stands there as it is.
func (l *line) literal(text string) {
	rest, ok := strings.CutPrefix(l.rest, text)
	if !ok {
		l.failed = true
	}
	if !l.failed {
		l.rest = rest
	}
}

// has reports whether a text stands there.
func (l *line) has(text string) bool { return !l.failed && strings.HasPrefix(l.rest, text) }

// text reads a string behind a literal. One text has one form: other escapes of the same text
// would let a line be changed without a trace.
func (l *line) text(before string) string {
	l.literal(before)
	l.literal(`"`)
	if l.failed {
		return ""
	}
	var out []byte
	for {
		n := plain(l.rest)
		if n == len(l.rest) || l.rest[n] < 0x20 {
			l.failed = true
			return ""
		}
		part := l.rest[:n]
		closed := l.rest[n] == '"'
		l.rest = l.rest[n+1:]
		switch {
		case closed && out == nil:
			return part
		case closed:
			return string(append(out, part...))
		}
		if out = l.escape(append(out, part...)); l.failed {
			return ""
		}
	}
}

// escape reads what stands behind a backslash.
func (l *line) escape(out []byte) []byte {
	switch {
	case l.has(`"`), l.has(`\`):
		out = append(out, l.rest[0])
		l.rest = l.rest[1:]
		return out
	case l.has("u00") && len(l.rest) >= 5:
		high, low := strings.IndexByte("01", l.rest[3]), strings.IndexByte(hexDigits, l.rest[4])
		if high >= 0 && low >= 0 {
			l.rest = l.rest[5:]
			return append(out, byte(high<<4|low))
		}
	}
	l.failed = true
	return out
}

// number reads a number behind a literal, in its only form.
func (l *line) number(before string) int64 {
	l.literal(before)
	end := 0
	for end < len(l.rest) && (l.rest[end] == '-' || '0' <= l.rest[end] && l.rest[end] <= '9') {
		end++
	}
	digits := l.rest[:end]
	n, err := strconv.ParseInt(digits, 10, 64)
	if l.failed || err != nil || strconv.FormatInt(n, 10) != digits {
		l.failed = true
		return 0
	}
	l.rest = l.rest[end:]
	return n
}

// instant reads a time in microseconds behind a literal.
func (l *line) instant(before string) time.Time {
	n := l.number(before)
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

// digest reads a digest behind a literal.
func (l *line) digest(before string) iam.Digest {
	text := l.text(before)
	d, err := iam.ParseDigest(text)
	if err != nil || text == "" {
		l.failed = true
	}
	return d
}
