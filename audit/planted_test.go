package audit_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"bailiwick/audit"
	"bailiwick/iam"
)

// positionsVariable is the environment variable with the number of entries at which faults are
// planted, or "all"; without it there are few. "make soak" takes many.
const positionsVariable = "BAILIWICK_POSITIONS"

// exported is an export of 10,000 entries: 9,091 events and 909 attempts to log in.
const exportedEvents = 9091

// positions returns the entries at which faults are planted: the ends of both chains, and others.
// They are the lines of the file, counted from zero.
func positions(t *testing.T, lines int) []int {
	t.Helper()
	ends := []int{1, 2, exportedEvents - 1, exportedEvents, exportedEvents + 3, exportedEvents + 4, lines - 3, lines - 2}
	more := 8
	switch text := os.Getenv(positionsVariable); text {
	case "":
	case "all":
		more = lines
	default:
		var err error
		if more, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	var all []int
	for i := range lines {
		if i != 0 && i != exportedEvents+1 && i != exportedEvents+2 && i != lines-1 && !slices.Contains(ends, i) {
			all = append(all, i)
		}
	}
	random := rand.New(rand.NewPCG(seed, 3))
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return append(ends, all[:min(more, len(all))]...)
}

// spot is an entry at which faults are planted.
type spot struct {
	at       int // its line, from zero
	chain    iam.Chain
	sequence int64
	last     bool // of its chain
}

func (s spot) fault(kind audit.FaultKind, line int, sequence int64) audit.Fault {
	return audit.Fault{Kind: kind, Line: line, Chain: s.chain, Sequence: sequence}
}

// TestThePlantedFaultIsNamed plants every kind of fault in an export of 10,000 entries, one by one,
// and wants the first bad entry named: what, where, and which line.
func TestThePlantedFaultIsNamed(t *testing.T) {
	tr := newTrail(exportedEvents)
	good := tr.lines(0)
	planted := 0
	for _, at := range positions(t, len(good)) {
		s := spot{at, iam.ChainEvents, int64(at), at == exportedEvents}
		if at > exportedEvents {
			s = spot{at, iam.ChainAuthentications, int64(at - exportedEvents - 2), at == len(good)-2}
		}
		for name, plant := range plants(tr, s) {
			lines, want := plant(slices.Clone(good))
			_, err := verify(lines, audit.Verification{Key: tr.key})
			var got *audit.Fault
			if !errors.As(err, &got) {
				t.Fatalf("%s, line %d: %v (seed %d)", name, at+1, err, seed)
			}
			if diff := cmp.Diff(want, *got, cmpopts.IgnoreFields(audit.Fault{}, "Text")); diff != "" || got.Text == "" {
				t.Errorf("%s, line %d (seed %d): %v (-want +got):\n%s", name, at+1, seed, got, diff)
			}
			planted++
		}
	}
	t.Logf("%d faults in %d lines", planted, len(good))
}

// plants returns what can be done to an entry by somebody who does not hold the key, and the fault
// that must be told.
func plants(tr *trail, s spot) map[string]func([]string) ([]string, audit.Fault) {
	all := map[string]func([]string) ([]string, audit.Fault){
		"edited": func(l []string) ([]string, audit.Fault) {
			l[s.at] = string(tr.forge(s, 0, false))
			return l, s.fault(audit.Edited, s.at+1, s.sequence)
		},
		"edited, with its hash": func(l []string) ([]string, audit.Fault) {
			l[s.at] = string(tr.forge(s, 0, true))
			if s.last { // nothing but the signed end is behind it
				return l, s.fault(audit.Edited, s.at+2, 0)
			}
			return l, s.fault(audit.Edited, s.at+2, s.sequence+1)
		},
		"removed": func(l []string) ([]string, audit.Fault) {
			kind := audit.Missing
			if s.last {
				kind = audit.Truncated
			}
			return slices.Delete(l, s.at, s.at+1), s.fault(kind, s.at+1, s.sequence)
		},
		"a second time": func(l []string) ([]string, audit.Fault) {
			return slices.Insert(l, s.at+1, l[s.at]), s.fault(audit.Duplicated, s.at+2, s.sequence)
		},
		"truncated behind it": func(l []string) ([]string, audit.Fault) {
			return l[:s.at+1], s.fault(audit.Truncated, s.at+2, 0)
		},
		"inserted": func(l []string) ([]string, audit.Fault) {
			return slices.Insert(l, s.at+1, string(tr.forge(s, 1, false))), s.fault(audit.Edited, s.at+2, s.sequence+1)
		},
		"inserted, with its hash": func(l []string) ([]string, audit.Fault) {
			l = slices.Insert(l, s.at+1, string(tr.forge(s, 1, true)))
			if s.last {
				return l, s.fault(audit.Edited, s.at+3, 0)
			}
			return l, s.fault(audit.Duplicated, s.at+3, s.sequence+1) // two entries have one place
		},
	}
	if !s.last {
		all["swapped with the next"] = func(l []string) ([]string, audit.Fault) {
			l[s.at], l[s.at+1] = l[s.at+1], l[s.at]
			return l, s.fault(audit.Reordered, s.at+1, s.sequence)
		}
		all["moved to the end"] = func(l []string) ([]string, audit.Fault) {
			moved := l[s.at]
			l = slices.Delete(l, s.at, s.at+1)
			end := slices.IndexFunc(l[s.at:], func(line string) bool { return strings.HasPrefix(line, `{"end":`) }) + s.at
			return slices.Insert(l, end, moved), s.fault(audit.Reordered, s.at+1, s.sequence)
		}
	}
	return all
}

// forge returns a line that says something else than the entry of a spot, or than the one that is
// ahead of it by so many. With its hash it is a good entry of the chain, as far as who holds no key
// can make one.
func (tr *trail) forge(s spot, ahead int, hashed bool) []byte {
	if s.chain == iam.ChainAuthentications {
		e := tr.logins[s.sequence-1]
		previous := iam.Digest{}
		if before := int(s.sequence) - 2 + ahead; before >= 0 {
			previous = tr.logins[before].Hash
		}
		e.Sequence += int64(ahead)
		e.Failure = iam.FailedUnknown
		if hashed {
			e.Hash = e.ChainHash(previous)
		}
		return audit.AppendEntry(nil, &audit.Entry{Chain: s.chain, Authentication: e})
	}
	e := tr.events[s.sequence-1]
	previous := iam.Digest{}
	if before := int(s.sequence) - 2 + ahead; before >= 0 {
		previous = tr.events[before].Hash
	}
	e.Sequence += int64(ahead)
	e.StatusCode = 403
	if hashed {
		e.Hash = e.ChainHash(previous)
	}
	return audit.AppendEntry(nil, &audit.Entry{Chain: s.chain, Event: e})
}
