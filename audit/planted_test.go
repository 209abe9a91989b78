package audit_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"bailiwick/audit"
	"bailiwick/iam"
)

// positionsVariable is the environment variable with the number of entries at which faults are
// planted, or "all"; without it there are few. "make soak" takes many.
const positionsVariable = "BAILIWICK_POSITIONS"

// exportedEvents are the events in an export of 10,000 entries; a tenth as many are attempts to log in
// and system events each.
const exportedEvents = 8334

// spot is an entry at which faults are planted.
type spot struct {
	at       int // its line, from zero
	chain    iam.Chain
	sequence int64
	last     bool // of its chain
}

// spots returns the entries at which faults are planted: the ends of the chains, and others.
func spots(t *testing.T, tr *trail) (all []spot) {
	t.Helper()
	more := 4
	switch text := os.Getenv(positionsVariable); text {
	case "":
	case "all":
		more = exportedEvents * 2
	default:
		var err error
		if more, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	var others []spot
	at := 0
	for _, chain := range []struct {
		name iam.Chain
		n    int
	}{{iam.ChainEvents, len(tr.events)}, {iam.ChainAuthentications, len(tr.logins)}, {iam.ChainSystem, len(tr.system)}} {
		for i := 1; i <= chain.n; i++ {
			s := spot{at + i, chain.name, int64(i), i == chain.n}
			if i <= 2 || i >= chain.n-1 {
				all = append(all, s)
			} else {
				others = append(others, s)
			}
		}
		at += chain.n + 2 // with its beginning and its end
	}
	random := rand.New(rand.NewPCG(seed, 3))
	random.Shuffle(len(others), func(i, j int) { others[i], others[j] = others[j], others[i] })
	return append(all, others[:min(more, len(others))]...)
}

func (s spot) fault(kind audit.FaultKind, line int, sequence int64) audit.Fault {
	return audit.Fault{Kind: kind, Line: line, Chain: s.chain, Sequence: sequence}
}

// TestThePlantedFaultIsNamed plants every kind of fault in an export of 10,000 entries, one by one,
// and wants the first bad entry named: what, where, and which line.
func TestThePlantedFaultIsNamed(t *testing.T) {
	tr := newTrail(exportedEvents)
	good := tr.lines(0)
	if entries := len(tr.events) + len(tr.logins) + len(tr.system); entries != 10_000 {
		t.Fatalf("%d entries", entries)
	}
	all := spots(t, tr)
	var next, planted atomic.Int64
	var running sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		running.Go(func() {
			for i := next.Add(1); i <= int64(len(all)); i = next.Add(1) {
				planted.Add(plantEach(t, tr, good, all[i-1]))
			}
		})
	}
	running.Wait()
	t.Logf("%d faults at %d of %d lines", planted.Load(), len(all), len(good))
}

// plantEach plants all faults at one entry, one by one, and returns how many there were.
func plantEach(t *testing.T, tr *trail, good []string, s spot) (planted int64) {
	for name, plant := range plants(tr, s) {
		lines, want := plant(slices.Clone(good))
		_, err := verify(lines, audit.Verification{Key: tr.key})
		var got *audit.Fault
		if !errors.As(err, &got) {
			t.Errorf("%s, line %d: %v (seed %d)", name, s.at+1, err, seed)
			continue
		}
		if diff := cmp.Diff(want, *got, cmpopts.IgnoreFields(audit.Fault{}, "Text")); diff != "" || got.Text == "" {
			t.Errorf("%s, line %d (seed %d): %v (-want +got):\n%s", name, s.at+1, seed, got, diff)
		}
		planted++
	}
	return planted
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
	before := int(s.sequence) - 2 + ahead
	entry := audit.Entry{Chain: s.chain}
	switch s.chain {
	case iam.ChainAuthentications:
		e := tr.logins[s.sequence-1]
		e.Sequence += int64(ahead)
		e.Failure = iam.FailedUnknown
		if hashed {
			e.Hash = e.ChainHash(hashAt(tr.logins, before, func(e iam.AuthenticationEntry) iam.Digest { return e.Hash }))
		}
		entry.Authentication = e
	case iam.ChainSystem:
		e := tr.system[s.sequence-1]
		e.Sequence += int64(ahead)
		e.Name = "UnlockMember"
		if hashed {
			e.Hash = e.ChainHash(hashAt(tr.system, before, func(e iam.SystemEntry) iam.Digest { return e.Hash }))
		}
		entry.System = e
	default:
		e := tr.events[s.sequence-1]
		e.Sequence += int64(ahead)
		e.StatusCode = 403
		if hashed {
			e.Hash = e.ChainHash(hashAt(tr.events, before, func(e iam.EventEntry) iam.Digest { return e.Hash }))
		}
		entry.Event = e
	}
	return audit.AppendEntry(nil, &entry)
}

// hashAt is the hash of an entry by its place from zero; before the first one it is none.
func hashAt[E any](entries []E, i int, hash func(E) iam.Digest) iam.Digest {
	if i < 0 {
		return iam.Digest{}
	}
	return hash(entries[i])
}
