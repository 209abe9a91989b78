package audit

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"bailiwick/iam"
)

// FaultKind is what is wrong with an audit trail.
type FaultKind string

// The kinds.
const (
	Edited     FaultKind = "edited"
	Missing    FaultKind = "missing"
	Reordered  FaultKind = "reordered"
	Duplicated FaultKind = "duplicated"
	Truncated  FaultKind = "truncated"
	Malformed  FaultKind = "malformed" // a line is not in the only form that it can have
	Forged     FaultKind = "forged"    // a signature is not that of the key
)

// Fault is the first thing that is wrong.
type Fault struct {
	Kind     FaultKind
	Line     int // 0: not of a file
	Chain    iam.Chain
	Sequence int64 // of the entry that is bad or that is not there; 0: none
	Text     string
}

// Error tells the fault in one line.
func (f *Fault) Error() string {
	where := string(f.Chain)
	if f.Sequence > 0 {
		where += fmt.Sprintf(", entry %d", f.Sequence)
	}
	if f.Line > 0 {
		where = strings.TrimPrefix(fmt.Sprintf("%s, line %d", where, f.Line), ", ")
	}
	return fmt.Sprintf("%s (%s): %s", f.Kind, where, f.Text)
}

// ChainReport is what was found in a chain.
type ChainReport struct {
	Chain   iam.Chain
	After   int64 // behind which entry the chain begins; 0: it is whole
	Entries int64
	Erased  int64 // entries of which personal data have been erased
	End     iam.Statement
}

// Report is what was found in an audit trail without fault.
type Report struct {
	OrganizationID iam.OrganizationID
	Chains         []ChainReport
	Key            string // that signed all statements; "" if there are none
	Checkpoints    int    // how many kept checkpoints were compared
}

// Verification says against what an audit trail is verified.
type Verification struct {
	// Key is the public key that statements must be signed with, in base64url; "" takes that
	// of the first one, and then a trail that was made up as a whole is not found out.
	Key string
	// Checkpoints are kept ones. The chains must go through each of their organization.
	Checkpoints []iam.Statement
	// Progress is called now and then with the number of bytes read; nil is not called.
	Progress func(read int64)
}

// maxLine bounds a line: the longest body of a request, each byte of it as an escape, and what
// stands around it.
const maxLine = 8 << 20

// VerifyFile verifies an export from its first byte to its last. The error is a *[Fault] if
// the trail is bad, and another one if it cannot be read.
func VerifyFile(r io.Reader, v Verification) (Report, error) {
	s := &sections{v: v, checker: checker{key: v.Key}, chains: iam.Chains()}
	lines := newLines(r)
	for {
		text, err := lines.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Report{}, err
		}
		if fault := s.line(text); fault != nil {
			fault.Line = lines.number
			s.lookAhead(lines, fault)
			return Report{}, fault
		}
		if v.Progress != nil && lines.number%4096 == 0 {
			v.Progress(lines.read)
		}
	}
	if s.open || len(s.chains) > 0 {
		chain := s.checker.chain
		if !s.open {
			chain = s.chains[0]
		}
		return Report{}, &Fault{Truncated, lines.number + 1, chain, 0, "the file ends before the signed end of the chain"}
	}
	return s.report, nil
}

// lines reads a file line by line.
type lines struct {
	reader *bufio.Reader
	long   []byte
	number int
	read   int64
}

func newLines(r io.Reader) *lines { return &lines{reader: bufio.NewReaderSize(r, 256<<10)} }

// next returns the next line without its line feed; io.EOF behind the last. The bytes are good
// until the next call. A line without its line feed is returned with a byte that no line has,
// so that it is malformed: the file was cut off in it.
func (l *lines) next() ([]byte, error) {
	l.long = l.long[:0]
	for {
		part, err := l.reader.ReadSlice('\n')
		l.read += int64(len(part))
		switch {
		case err == nil && len(l.long) == 0:
			l.number++
			return part[:len(part)-1], nil
		case err == nil:
			l.number++
			l.long = append(l.long, part[:len(part)-1]...)
			return l.long, nil
		case errors.Is(err, bufio.ErrBufferFull) && len(l.long) < maxLine:
			l.long = append(l.long, part...)
		case errors.Is(err, io.EOF) && len(part)+len(l.long) == 0:
			return nil, io.EOF
		case errors.Is(err, io.EOF), errors.Is(err, bufio.ErrBufferFull):
			l.number++
			return append(append(l.long, part...), '\n'), nil
		default:
			return nil, err
		}
	}
}

// sections verifies the sections of a file: those of all chains, each once, in their order.
type sections struct {
	v       Verification
	checker checker
	chains  []iam.Chain // those to come
	open    bool        // inside of a section
	record  record
	report  Report
}

func (s *sections) line(text []byte) *Fault {
	if err := parse(string(text), &s.record); err != nil {
		return &Fault{Malformed, 0, s.checker.chain, 0, err.Error()}
	}
	r := &s.record
	switch {
	case r.kind == lineBegin && !s.open && len(s.chains) > 0 && r.statement.Chain == s.chains[0]:
		s.open, s.chains = true, s.chains[1:]
		if s.report.OrganizationID == "" {
			s.report.OrganizationID = r.statement.OrganizationID
		}
		if r.statement.OrganizationID != s.report.OrganizationID {
			return &Fault{Edited, 0, r.statement.Chain, 0, "the section is of another organization"}
		}
		return s.checker.begin(r.statement, s.v.Checkpoints)
	case r.kind == "" && s.open:
		return s.checker.entry(&r.entry)
	case r.kind == lineEnd && s.open:
		s.open = false
		if fault := s.checker.end(r.statement); fault != nil {
			return fault
		}
		s.report.Chains = append(s.report.Chains, s.checker.report)
		s.report.Key, s.report.Checkpoints = s.checker.key, s.checker.compared
		return nil
	}
	return &Fault{Malformed, 0, s.checker.chain, 0, "a line of this kind does not belong here"}
}

// lookAhead tells an entry that stands further behind from one that is gone.
func (s *sections) lookAhead(l *lines, fault *Fault) {
	if fault.Kind != Missing {
		return
	}
	for {
		text, err := l.next()
		if err != nil || parse(string(text), &s.record) != nil {
			return
		}
		switch {
		case s.record.kind == lineEnd:
			return
		case s.record.kind == "" && s.record.entry.Chain == fault.Chain && s.record.entry.Sequence() == fault.Sequence:
			fault.Kind = Reordered
			fault.Text = fmt.Sprintf("the entry stands further behind, on line %d", l.number)
			return
		}
	}
}

// checker verifies one chain after another.
type checker struct {
	key         string // that must have signed; "" until the first statement
	compared    int
	chain       iam.Chain
	org         iam.OrganizationID
	last        int64
	hash        iam.Digest
	checkpoints []iam.Statement // of this chain, by sequence, those to come
	report      ChainReport
}

// begin begins a chain behind its anchor.
func (c *checker) begin(anchor iam.Statement, kept []iam.Statement) *Fault {
	c.chain, c.org, c.last, c.hash = anchor.Chain, anchor.OrganizationID, anchor.Sequence, anchor.Hash
	c.report = ChainReport{Chain: anchor.Chain, After: anchor.Sequence}
	c.checkpoints = nil
	for _, s := range kept {
		if s.OrganizationID == c.org && s.Chain == c.chain && s.Sequence >= c.last {
			c.checkpoints = append(c.checkpoints, s)
		}
	}
	slices.SortStableFunc(c.checkpoints, func(a, b iam.Statement) int { return int(a.Sequence - b.Sequence) })
	switch {
	case anchor.Sequence < 0:
		return c.fault(Malformed, 0, "a chain cannot begin before its first entry")
	case anchor.Hash == iam.Digest{}:
		// The first entry binds itself to the beginning: no signature is needed, and none can
		// make an entry from the middle of a chain its first.
		if anchor.Key+anchor.Signature != "" || !anchor.RecordedAt.IsZero() {
			return c.fault(Malformed, 0, "the beginning of a chain has no signature and no time")
		}
	case anchor.Sequence == 0:
		return c.fault(Edited, 0, "a whole chain begins with no hash")
	default:
		if fault := c.signed(iam.Anchor, anchor); fault != nil {
			return fault
		}
	}
	return c.compare()
}

// entry takes the next entry of the chain.
func (c *checker) entry(e *Entry) *Fault {
	sequence := e.Sequence()
	switch {
	case e.Chain != c.chain || e.organization() != c.org:
		return c.fault(Edited, 0, "an entry of another chain or organization stands here")
	case sequence <= c.last && sequence > c.report.After:
		return c.fault(Duplicated, sequence, "the entry stands here a second time")
	case sequence <= c.last:
		return c.fault(Reordered, sequence, "the entry lies before the beginning of the chain")
	case sequence > c.last+1:
		return c.fault(Missing, c.last+1, fmt.Sprintf("behind entry %d comes entry %d", c.last, sequence))
	}
	hash := e.hash()
	if e.chainHash(c.hash) != hash {
		return c.fault(Edited, sequence, "the hash is not that of the entry and the one before it: one of them was changed")
	}
	c.last, c.hash = sequence, hash
	c.report.Entries++
	if e.erased() {
		c.report.Erased++
	}
	return c.compare()
}

// compare holds kept checkpoints of the entry that the chain has come to against it.
func (c *checker) compare() *Fault {
	for len(c.checkpoints) > 0 && c.checkpoints[0].Sequence == c.last {
		kept := c.checkpoints[0]
		c.checkpoints = c.checkpoints[1:]
		if kept.Hash != c.hash {
			return c.fault(Edited, c.last, "the hash is not that of the checkpoint of "+when(kept)+": the chain was made anew")
		}
		if fault := c.signed(iam.Checkpoint, kept); fault != nil {
			return fault
		}
		c.compared++
	}
	return nil
}

// end ends the chain with the signed statement of where it ends.
func (c *checker) end(s iam.Statement) *Fault {
	switch {
	case s.Chain != c.chain || s.OrganizationID != c.org:
		return c.fault(Edited, 0, "the end is that of another chain or organization")
	case s.Sequence > c.last:
		return c.fault(Truncated, c.last+1, fmt.Sprintf("the chain ended with entry %d", s.Sequence))
	case s.Sequence < c.last || s.Hash != c.hash:
		return c.fault(Edited, 0, "the signed end is not that of the last entry")
	}
	if fault := c.signed(iam.Checkpoint, s); fault != nil {
		return fault
	}
	c.report.End = s
	// What was checkpointed after the export was made cannot be in it.
	c.checkpoints = slices.DeleteFunc(c.checkpoints, func(kept iam.Statement) bool { return kept.RecordedAt.After(s.RecordedAt) })
	return c.finish()
}

// finish ends a chain. Kept checkpoints behind its last entry tell that there was more.
func (c *checker) finish() *Fault {
	if len(c.checkpoints) > 0 {
		kept := c.checkpoints[0]
		return c.fault(Truncated, c.last+1, fmt.Sprintf("the checkpoint of %s saw entry %d", when(kept), kept.Sequence))
	}
	return nil
}

// signed verifies a statement.
func (c *checker) signed(kind iam.StatementKind, s iam.Statement) *Fault {
	if c.key == "" {
		c.key = s.Key
	}
	if s.Key != c.key {
		return c.fault(Forged, s.Sequence, fmt.Sprintf("the %s is of the key %q, not of %q", kind, s.Key, c.key))
	}
	if !Signed(kind, s) {
		return c.fault(Forged, s.Sequence, fmt.Sprintf("the signature of the %s is not good", kind))
	}
	return nil
}

// Signed reports whether a statement has the signature of the key that it names.
func Signed(kind iam.StatementKind, s iam.Statement) bool {
	key, err := base64.RawURLEncoding.Strict().DecodeString(s.Key)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return false
	}
	signature, err := base64.RawURLEncoding.Strict().DecodeString(s.Signature)
	return err == nil && ed25519.Verify(key, s.Signed(kind), signature)
}

func (c *checker) fault(kind FaultKind, sequence int64, text string) *Fault {
	return &Fault{kind, 0, c.chain, sequence, text}
}

func when(s iam.Statement) string { return s.RecordedAt.Format("2006-01-02T15:04:05Z") }

// ReadCheckpoints reads a file of checkpoints. A last line that was not written to its end is
// left out: the machine may have stopped in the middle of it.
func ReadCheckpoints(text []byte) ([]iam.Statement, error) {
	var all []iam.Statement
	for i, number := 0, 1; ; number++ {
		end := bytes.IndexByte(text[i:], '\n')
		if end < 0 {
			return all, nil
		}
		line := string(text[i : i+end])
		i += end + 1
		if !strings.HasSuffix(line, "}") {
			continue // torn when the machine stopped; the next one says more
		}
		var r record
		if err := parse(line, &r); err != nil || r.kind != lineCheckpoint {
			return nil, fmt.Errorf("line %d is not a checkpoint", number)
		}
		all = append(all, r.statement)
	}
}
