package audit_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"bailiwick/audit"
	"bailiwick/iam"

	"github.com/google/go-cmp/cmp"
)

const organization = iam.OrganizationID("11111111-1111-4111-8111-111111111111")

// seed makes every run the same; it is printed with each failure.
const seed = 20260301

// trail is an audit trail as a server would export it.
type trail struct {
	private ed25519.PrivateKey
	key     string
	events  []iam.EventEntry
	logins  []iam.AuthenticationEntry
	system  []iam.SystemEntry
}

func (tr *trail) sign(kind iam.StatementKind, s iam.Statement) iam.Statement {
	s.RecordedAt, s.Key = at(1<<20), tr.key
	s.Signature = base64.RawURLEncoding.EncodeToString(ed25519.Sign(tr.private, s.Signed(kind)))
	return s
}

func at(n int) time.Time {
	return time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC).Add(time.Duration(n) * time.Second)
}

// newTrail makes n events, and a tenth as many attempts to log in and system events.
func newTrail(n int) *trail {
	random := rand.New(rand.NewPCG(seed, 1))
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	tr := &trail{private: private, key: base64.RawURLEncoding.EncodeToString(private.Public().(ed25519.PublicKey))}
	id := func() string { return fmt.Sprintf("%08x-0000-4000-8000-%012x", random.Uint32(), random.Uint32()) }
	salt := func() iam.Personal { return iam.Personal{Salt: fmt.Sprintf("%026X", random.Uint64())} }
	previous := iam.Digest{}
	for i := 1; i <= n; i++ {
		e := iam.EventEntry{
			Event: iam.Event{
				ID: id(), OrganizationID: organization, Sequence: int64(i), RecordedAt: at(i), Principal: iam.UserID(id()).Principal(),
				ProjectID: iam.ProjectID(id()), SourceIP: "203.0.113.7", UserAgent: "agent \"7\" <&> \u2028 é", Product: "iam", Service: "scaleway.iam.v1alpha1.Api",
				Method: "CreateUser", RequestID: id(), Body: []byte(`{"username":"anna","tags":["a\\b"]}`), StatusCode: 200,
			},
			Proof: iam.Proof{Actor: salt(), Content: salt()},
		}
		for j := range i % 3 {
			e.Resources = append(e.Resources, iam.EventResource{ID: id(), Type: iam.ResourceUser, Name: "anna\n", Action: iam.ActionCreated, CreatedAt: at(i), UpdatedAt: at(i + j + 1), DeletedAt: at(i + 5)})
		}
		e.Hash = e.ChainHash(previous)
		previous = e.Hash
		tr.events = append(tr.events, e)
	}
	previous = iam.Digest{}
	for i := 1; i <= n/10; i++ {
		e := iam.AuthenticationEntry{
			AuthenticationEvent: iam.AuthenticationEvent{
				ID: id(), OrganizationID: organization, Sequence: int64(i), RecordedAt: at(i), UserID: iam.UserID(id()), Username: "anna",
				SourceIP: "2001:db8::1", UserAgent: "agent", RequestID: id(), Failure: iam.FailedPassword, Method: iam.LoginPassword, MFA: iam.MFATOTP,
			},
			Proof: iam.Proof{Actor: salt(), Content: salt()},
		}
		e.Hash = e.ChainHash(previous)
		previous = e.Hash
		tr.logins = append(tr.logins, e)
	}
	previous = iam.Digest{}
	for i := 1; i <= n/10; i++ {
		e := iam.SystemEntry{
			SystemEvent: iam.SystemEvent{
				ID: id(), OrganizationID: organization, Sequence: int64(i), RecordedAt: at(i), ProjectID: iam.ProjectID(id()),
				Kind: iam.SystemEventOther, Source: "logins", Name: "LockMember", Product: "iam",
			},
			Content: salt(),
		}
		for range i % 3 {
			e.Resources = append(e.Resources, iam.EventResource{ID: id(), Type: iam.ResourceUser, Name: "otto", Action: iam.ActionUpdated, CreatedAt: at(i), UpdatedAt: at(i + 1)})
		}
		e.Hash = e.ChainHash(previous)
		previous = e.Hash
		tr.system = append(tr.system, e)
	}
	return tr
}

// lines returns the lines of the export, from the events behind one on.
func (tr *trail) lines(after int) []string {
	anchor := iam.Statement{OrganizationID: organization, Chain: iam.ChainEvents}
	if after > 0 {
		anchor.Sequence, anchor.Hash = int64(after), tr.events[after-1].Hash
		anchor = tr.sign(iam.Anchor, anchor)
	}
	begin := func(chain iam.Chain) iam.Statement {
		return iam.Statement{OrganizationID: organization, Chain: chain}
	}
	out := section(tr, nil, anchor, tr.events[after:], func(e iam.EventEntry) audit.Entry {
		return audit.Entry{Chain: iam.ChainEvents, Event: e}
	}, tr.events[len(tr.events)-1].Hash)
	out = section(tr, out, begin(iam.ChainAuthentications), tr.logins, func(e iam.AuthenticationEntry) audit.Entry {
		return audit.Entry{Chain: iam.ChainAuthentications, Authentication: e}
	}, hashAt(tr.logins, len(tr.logins)-1, func(e iam.AuthenticationEntry) iam.Digest { return e.Hash }))
	return section(tr, out, begin(iam.ChainSystem), tr.system, func(e iam.SystemEntry) audit.Entry {
		return audit.Entry{Chain: iam.ChainSystem, System: e}
	}, hashAt(tr.system, len(tr.system)-1, func(e iam.SystemEntry) iam.Digest { return e.Hash }))
}

// section appends the lines of a chain behind an anchor, whose last entry has a hash.
func section[E any](tr *trail, out []string, anchor iam.Statement, entries []E, as func(E) audit.Entry, last iam.Digest) []string {
	out = append(out, string(audit.AppendBegin(nil, anchor)))
	end := iam.Statement{OrganizationID: organization, Chain: anchor.Chain, Sequence: anchor.Sequence + int64(len(entries)), Hash: last}
	for _, e := range entries {
		entry := as(e)
		out = append(out, string(audit.AppendEntry(nil, &entry)))
	}
	return append(out, string(audit.AppendEnd(nil, tr.sign(iam.Checkpoint, end))))
}

func verify(lines []string, v audit.Verification) (audit.Report, error) {
	return audit.VerifyFile(strings.NewReader(strings.Join(lines, "")), v)
}

// kindOf returns what kind of fault an error is.
func kindOf(t *testing.T, err error) audit.FaultKind {
	t.Helper()
	var fault *audit.Fault
	if !errors.As(err, &fault) {
		t.Fatalf("error %v is no fault (seed %d)", err, seed)
	}
	return fault.Kind
}

func TestGoodTrail(t *testing.T) {
	tr := newTrail(100)
	erase(tr, 40)
	for after, want := range map[int]audit.ChainReport{0: {Entries: 100, Erased: 1}, 30: {After: 30, Entries: 70, Erased: 1}, 100: {After: 100, Entries: 0}} {
		lines := tr.lines(after)
		report, err := verify(lines, audit.Verification{Key: tr.key})
		if err != nil {
			t.Fatal(err)
		}
		want.Chain = iam.ChainEvents
		end := func(chain iam.Chain, n int, hash iam.Digest) iam.Statement {
			return tr.sign(iam.Checkpoint, iam.Statement{OrganizationID: organization, Chain: chain, Sequence: int64(n), Hash: hash})
		}
		want.End = end(iam.ChainEvents, 100, tr.events[99].Hash)
		if diff := cmp.Diff(audit.Report{OrganizationID: organization, Key: tr.key, Chains: []audit.ChainReport{
			want, {Chain: iam.ChainAuthentications, Entries: 10, End: end(iam.ChainAuthentications, 10, tr.logins[9].Hash)},
			{Chain: iam.ChainSystem, Entries: 10, Erased: 1, End: end(iam.ChainSystem, 10, tr.system[9].Hash)},
		}}, report); diff != "" {
			t.Errorf("behind %d (-want +got):\n%s", after, diff)
		}
	}
}

// erase takes the personal data of an event and of a system event away and leaves the commitments.
func erase(tr *trail, i int) {
	system := &tr.system[i%len(tr.system)]
	system.Content = iam.Personal{Commitment: system.ContentCommitment()}
	for j := range system.Resources {
		system.Resources[j].Name = ""
	}
	e := &tr.events[i]
	e.Proof.Actor, e.Proof.Content = iam.Personal{Commitment: e.ActorCommitment()}, iam.Personal{Commitment: e.ContentCommitment()}
	e.SourceIP, e.UserAgent, e.Body = "", "", nil
	for j := range e.Resources {
		e.Resources[j].Name = ""
	}
}

// TestEveryPlantedFaultIsFound plants faults in an export of 10,000 entries, one by one.
func TestEveryPlantedFaultIsFound(t *testing.T) {
	tr := newTrail(9000)
	erase(tr, 50)
	good := tr.lines(0)
	if _, err := verify(good, audit.Verification{Key: tr.key}); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(seed, 2))
	entry := func() int { return 1 + random.IntN(9000) }
	finds := func(t *testing.T, want audit.FaultKind, plant func([]string) []string) {
		t.Helper()
		_, err := verify(plant(slices.Clone(good)), audit.Verification{Key: tr.key})
		if err == nil {
			t.Fatalf("not found (seed %d)", seed)
		}
		if kind := kindOf(t, err); want != "" && kind != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	for range 2 {
		i, j := entry(), entry()
		t.Run(fmt.Sprintf("line %d and %d", i, j), func(t *testing.T) {
			finds(t, audit.Missing, func(l []string) []string { return slices.Delete(l, min(i, 8999), min(i, 8999)+1) })
			finds(t, audit.Duplicated, func(l []string) []string { return slices.Insert(l, i+1, l[i]) })
			finds(t, audit.Duplicated, func(l []string) []string { return slices.Insert(l, max(i, j)+1, l[min(i, j)]) })
			if i != j {
				finds(t, audit.Reordered, func(l []string) []string { l[i], l[j] = l[j], l[i]; return l })
			}
			finds(t, audit.Truncated, func(l []string) []string { return l[:i+1] })
			finds(t, audit.Malformed, func(l []string) []string { l[i] = l[i][:len(l[i])/2]; return l[:i+1] })
			finds(t, "", func(l []string) []string { l[i] = l[9003+j%900]; return l })
			finds(t, "", func(l []string) []string {
				k := random.IntN(len(l[i]) - 1)
				l[i] = l[i][:k] + string(rune(l[i][k]^1)) + l[i][k+1:]
				return l
			})
		})
	}
	for name, plant := range map[string]func([]string) []string{
		"no last entry":           func(l []string) []string { return slices.Delete(l, 9000, 9001) },
		"no last entries":         func(l []string) []string { return slices.Delete(l, 8000, 9001) },
		"no end":                  func(l []string) []string { return slices.Delete(l, 9001, 9002) },
		"one chain":               func(l []string) []string { return l[:9002] },
		"no first chain":          func(l []string) []string { return l[9002:] },
		"no second chain":         func(l []string) []string { return slices.Delete(l, 9002, 9904) },
		"no third chain":          func(l []string) []string { return l[:9904] },
		"an empty third chain":    func(l []string) []string { return slices.Delete(l, 9905, 10805) },
		"another order of chains": func(l []string) []string { return slices.Concat(l[:9002], l[9904:], l[9002:9904]) },
		"nothing":                 func([]string) []string { return nil },
		"two ends":                func(l []string) []string { return slices.Insert(l, 9001, l[9001]) },
		"two chains of events":    func(l []string) []string { return append(l[:9002], l[:9002]...) },
		"the other end":           func(l []string) []string { l[9001] = l[len(l)-1]; return l },
		"begins in the middle":    func(l []string) []string { return slices.Delete(l, 1, 2) },
		"more behind the end":     func(l []string) []string { return append(l, l[9002:]...) },
		"no line feed at the end": func(l []string) []string { return append(l[:len(l)-1], strings.TrimSuffix(l[len(l)-1], "\n")) },
		"an empty line":           func(l []string) []string { return append(l, "\n") },
		"an anchor without a name": func(l []string) []string {
			return append([]string{begin(iam.Statement{}, 7, tr.events[6].Hash)}, l[8:]...)
		},
		"a checkpoint as an anchor": func(l []string) []string {
			s := tr.sign(iam.Checkpoint, iam.Statement{OrganizationID: organization, Chain: iam.ChainEvents, Sequence: 7, Hash: tr.events[6].Hash})
			return append([]string{string(audit.AppendBegin(nil, s))}, l[8:]...)
		},
		"another key": func([]string) []string {
			other := newTrail(9000)
			other.private = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
			other.key = base64.RawURLEncoding.EncodeToString(other.private.Public().(ed25519.PublicKey))
			return other.lines(0)
		},
	} {
		t.Run(name, func(t *testing.T) { finds(t, "", plant) })
	}
}

func begin(s iam.Statement, sequence int64, hash iam.Digest) string {
	s.OrganizationID, s.Chain, s.Sequence, s.Hash = organization, iam.ChainEvents, sequence, hash
	return string(audit.AppendBegin(nil, s))
}

// TestNoByteCanBeAnother changes every byte of a whole export, adds one and takes each away: names
// of members, values, punctuation.
func TestNoByteCanBeAnother(t *testing.T) {
	tr := newTrail(12)
	erase(tr, 11)
	tr.system = append(tr.system, tr.system[0])
	tr.system[1].Sequence, tr.system[1].Content = 2, iam.Personal{Salt: "salt"}
	tr.system[1].Hash = tr.system[1].ChainHash(tr.system[0].Hash)
	good := strings.Join(tr.lines(10), "")
	for i := range len(good) {
		for _, change := range []string{"", string(rune(good[i] ^ 1)), " " + good[i:i+1]} {
			_, err := audit.VerifyFile(strings.NewReader(good[:i]+change+good[i+1:]), audit.Verification{Key: tr.key})
			var fault *audit.Fault
			if !errors.As(err, &fault) {
				t.Fatalf("byte %d as %q: %v (seed %d)", i, change, err, seed)
			}
		}
	}
}

// TestCheckpoints: what the server said earlier must still be true.
func TestCheckpoints(t *testing.T) {
	tr := newTrail(50)
	said := func(n int) iam.Statement {
		return tr.sign(iam.Checkpoint, iam.Statement{OrganizationID: organization, Chain: iam.ChainEvents, Sequence: int64(n), Hash: tr.events[n-1].Hash})
	}
	kept := []iam.Statement{said(20), said(50), said(30)}
	report, err := verify(tr.lines(25), audit.Verification{Checkpoints: kept})
	if err != nil || report.Checkpoints != 2 {
		t.Fatalf("%d checkpoints compared, error %v", report.Checkpoints, err)
	}
	// A chain made anew by who holds the key but not the file of checkpoints.
	anew := newTrail(40)
	anew.events[9].Method = "DeleteUser"
	previous := anew.events[8].Hash
	for i := 9; i < 40; i++ {
		anew.events[i].Hash = anew.events[i].ChainHash(previous)
		previous = anew.events[i].Hash
	}
	if _, err := verify(anew.lines(0), audit.Verification{}); err != nil {
		t.Fatal(err)
	}
	_, err = verify(anew.lines(0), audit.Verification{Checkpoints: kept})
	if kindOf(t, err) != audit.Edited {
		t.Errorf("a chain made anew: %v", err)
	}
	// A chain that was cut off.
	short := newTrail(40)
	_, err = verify(short.lines(0), audit.Verification{Checkpoints: kept})
	if kindOf(t, err) != audit.Truncated {
		t.Errorf("a chain cut off: %v", err)
	}
	forged := said(30)
	forged.RecordedAt = at(2)
	_, err = verify(tr.lines(0), audit.Verification{Checkpoints: []iam.Statement{forged}})
	if kindOf(t, err) != audit.Forged {
		t.Errorf("a forged checkpoint: %v", err)
	}
	var file []byte
	for _, s := range kept {
		file = audit.AppendCheckpoint(file, s)
	}
	read, err := audit.ReadCheckpoints(append(file, `{"checkpoint":`...))
	if diff := cmp.Diff(kept, read); err != nil || diff != "" {
		t.Errorf("file of checkpoints: %v\n%s", err, diff)
	}
	// A torn line stays where it is when more comes after it.
	torn, err := audit.ReadCheckpoints(append([]byte("{\"checkpoint\":\n"), file...))
	if diff := cmp.Diff(read, torn); err != nil || diff != "" {
		t.Errorf("behind a torn line: %v\n%s", err, diff)
	}
	if _, err := audit.ReadCheckpoints([]byte(strings.Replace(string(file), `"version":1`, `"version":2`, 1))); err == nil {
		t.Error("another version is read")
	}
}

func FuzzVerifyFile(f *testing.F) {
	good := newTrail(10).lines(2)
	f.Add(strings.Join(good, ""))
	for _, l := range good {
		f.Add(l)
	}
	f.Fuzz(func(t *testing.T, text string) {
		report, err := audit.VerifyFile(strings.NewReader(text), audit.Verification{})
		var fault *audit.Fault
		if err != nil && !errors.As(err, &fault) {
			t.Errorf("error %v is no fault", err)
		}
		if err == nil && len(report.Chains) != len(iam.Chains()) {
			t.Errorf("good with %d chains", len(report.Chains))
		}
		_, _ = audit.ReadCheckpoints([]byte(text))
	})
}

func BenchmarkVerifyFile(b *testing.B) {
	const n = 100_000
	text := strings.Join(newTrail(n).lines(0), "")
	b.SetBytes(int64(len(text)))
	b.ResetTimer()
	for b.Loop() {
		if _, err := audit.VerifyFile(strings.NewReader(text), audit.Verification{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n+2*(n/10))*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}
