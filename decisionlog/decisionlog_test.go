package decisionlog

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bailiwick/iam"
)

func open(t *testing.T, c Config) *Log {
	t.Helper()
	l, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func finish(t *testing.T, l *Log) {
	t.Helper()
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// lines reads a log back; every line must be whole.
func lines(t *testing.T, text string) []map[string]any {
	t.Helper()
	var all []map[string]any
	for line := range strings.Lines(text) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all = append(all, entry)
	}
	return all
}

func TestLineIsWhatTheQuestionWas(t *testing.T) {
	var out bytes.Buffer
	l := open(t, Config{Writer: &out, Mode: Full})
	l.Log(Entry{
		Time: time.Date(2026, 1, 31, 13, 0, 0, 0, time.FixedZone("", 3600)), DecisionID: "d1", Revision: 7, OrganizationID: "o1",
		Caller: iam.Principal{Type: iam.TypeApplication, ID: "a1"}, Subject: Entity{"user", "u1"}, Action: "compute:servers:read",
		Resource: Resource{"compute:servers", "s1", "p1"}, Allowed: true, Reasons: []string{"policy <x> && \n y"},
	})
	l.Log(Entry{DecisionID: "d2", Subject: Entity{"user", "u2"}})
	finish(t, l)
	want := `{"time":"2026-01-31T12:00:00Z","decision_id":"d1","revision":7,"organization_id":"o1","caller":{"type":"application","id":"a1"},"subject":{"type":"user","id":"u1"},"action":"compute:servers:read","resource":{"type":"compute:servers","id":"s1","project_id":"p1"},"decision":true,"reasons":["policy \u003cx\u003e \u0026\u0026 \n y"]}
{"time":"0001-01-01T00:00:00Z","decision_id":"d2","revision":0,"organization_id":"","caller":{"type":"","id":""},"subject":{"type":"user","id":"u2"},"action":"","resource":{"type":"","id":""},"decision":false,"reasons":[]}
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
	if l.Written() != 2 || l.Dropped() != 0 || l.SampledOut() != 0 {
		t.Errorf("written %d, dropped %d, sampled out %d", l.Written(), l.Dropped(), l.SampledOut())
	}
}

func TestSecretsAndFloodsStayOut(t *testing.T) {
	const secret = "11111111-1111-4111-8111-111111111111"
	var out bytes.Buffer
	l := open(t, Config{Writer: &out, Mode: Full})
	flood := strings.Repeat("ü\n", 1<<19)
	l.Log(Entry{Subject: Entity{"api_key", secret}, Resource: Resource{Type: "iam:api_key", ID: secret}})
	l.Log(Entry{Subject: Entity{"api_key", "SCWAAAAAAAAAAAAAAAAA"}, Resource: Resource{Type: "iam:api_key", ID: "*"}})
	l.Log(Entry{
		DecisionID: flood, OrganizationID: iam.OrganizationID(flood), Subject: Entity{flood, flood}, Action: flood,
		Resource: Resource{flood, flood, iam.ProjectID(flood)}, Reasons: strings.Split(flood, "\n"),
	})
	l.Log(Entry{Subject: Entity{"user", "\xff\xfe\"\n{"}})
	finish(t, l)
	if strings.Contains(out.String(), secret) {
		t.Errorf("a secret is in the log:\n%s", &out)
	}
	if out.Len() > 8<<10 {
		t.Errorf("the log has %d bytes", out.Len())
	}
	all := lines(t, out.String())
	var subjects []any
	for _, i := range []int{0, 1, 3} {
		subjects = append(subjects, all[i]["subject"].(map[string]any)["id"])
	}
	if diff := cmp.Diff([]any{NotAnAccessKey, "SCWAAAAAAAAAAAAAAAAA", "\ufffd\ufffd\"\n{"}, subjects); diff != "" || len(all) != 4 {
		t.Errorf("%d lines; subjects: %s", len(all), diff)
	}
}

func TestSampleKeepsEveryDenial(t *testing.T) {
	const n = 4_000
	sample := func(share float64) (kept map[string]bool, denials int, l *Log) {
		var out bytes.Buffer
		l = open(t, Config{Writer: &out, Mode: Sampled, Sample: share})
		for i := range n {
			l.Log(Entry{DecisionID: fmt.Sprintf("00000000-0000-4000-8000-%012d", i), Allowed: i%2 == 0})
		}
		finish(t, l)
		kept = map[string]bool{}
		for _, line := range lines(t, out.String()) {
			if line["decision"] == true {
				kept[line["decision_id"].(string)] = true
			} else {
				denials++
			}
		}
		return kept, denials, l
	}
	ten, denials, l := sample(0.1)
	if denials != n/2 {
		t.Errorf("%d denials of %d are kept", denials, n/2)
	}
	if share := float64(len(ten)) / (n / 2); math.Abs(share-0.1) > 0.02 {
		t.Errorf("%v of the allows are kept, want 0.1", share)
	}
	if got := l.Written() + l.SampledOut(); got != n || l.Dropped() != 0 || l.Written() != uint64(denials+len(ten)) {
		t.Errorf("written %d, sampled out %d, dropped %d", l.Written(), l.SampledOut(), l.Dropped())
	}
	again, _, _ := sample(0.1)
	if diff := cmp.Diff(ten, again); diff != "" {
		t.Error("the sample depends on more than the ids")
	}
	more, _, _ := sample(0.2)
	for id := range ten {
		if !more[id] {
			t.Errorf("%s is in the smaller sample only", id)
		}
	}
	if none, denials, _ := sample(0); len(none) != 0 || denials != n/2 {
		t.Errorf("sample 0 keeps %d allows and %d denials", len(none), denials)
	}
	if all, denials, _ := sample(1); len(all) != n/2 || denials != n/2 {
		t.Errorf("sample 1 keeps %d allows and %d denials", len(all), denials)
	}
}

// gate is a writer that writes only when it is let, as a disk that is too slow.
type gate struct {
	entered chan struct{} // one for each Write that waits
	open    chan struct{}
	bytes.Buffer
}

func newGate() *gate { return &gate{entered: make(chan struct{}, 1000), open: make(chan struct{})} }

func (g *gate) Write(p []byte) (int, error) {
	g.entered <- struct{}{}
	<-g.open
	return g.Buffer.Write(p)
}

func TestFullQueueDropsAndCounts(t *testing.T) {
	g := newGate()
	l := open(t, Config{Writer: g, Mode: Full, Queue: 4, WhenFull: Drop})
	l.Log(Entry{DecisionID: "first"})
	<-g.entered // the writer holds it, the queue is empty
	for i := range 10 {
		l.Log(Entry{DecisionID: fmt.Sprint(i)})
	}
	if l.Dropped() != 6 {
		t.Errorf("%d are dropped, want 6", l.Dropped())
	}
	close(g.open)
	finish(t, l)
	var ids []string
	for _, line := range lines(t, g.String()) {
		ids = append(ids, line["decision_id"].(string))
	}
	if diff := cmp.Diff([]string{"first", "0", "1", "2", "3"}, ids); diff != "" || l.Written() != 5 || l.Dropped() != 6 {
		t.Errorf("written %d, dropped %d: %s", l.Written(), l.Dropped(), diff)
	}
}

func TestFullQueueBlocksAndLosesNothing(t *testing.T) {
	g := newGate()
	l := open(t, Config{Writer: g, Mode: Full, Queue: 4})
	const senders, each = 8, 500
	var sending sync.WaitGroup
	for s := range senders {
		sending.Go(func() {
			for i := range each {
				l.Log(Entry{DecisionID: fmt.Sprintf("%d-%d", s, i), Allowed: i%2 == 0})
			}
		})
	}
	<-g.entered
	if l.Dropped() != 0 || l.Written() != 0 {
		t.Errorf("written %d, dropped %d while the writer hangs", l.Written(), l.Dropped())
	}
	close(g.open)
	go func() { // the gate is open now; its bookkeeping must not fill up
		for range g.entered {
		}
	}()
	sending.Wait()
	finish(t, l)
	close(g.entered)
	last := map[string]int{}
	for _, line := range lines(t, g.String()) {
		var s, i int
		if _, err := fmt.Sscanf(line["decision_id"].(string), "%d-%d", &s, &i); err != nil || last[fmt.Sprint(s)] != i {
			t.Fatalf("%v stands where %d should", line["decision_id"], last[fmt.Sprint(s)])
		}
		last[fmt.Sprint(s)]++
	}
	if l.Written() != senders*each || l.Dropped() != 0 || len(last) != senders {
		t.Errorf("written %d, dropped %d", l.Written(), l.Dropped())
	}
}

func TestCloseUnderFireCountsEverything(t *testing.T) {
	for _, full := range []WhenFull{Block, Drop} {
		var out bytes.Buffer
		l := open(t, Config{Writer: &out, Mode: Full, Queue: 2, WhenFull: full})
		const senders, each = 8, 300
		var sending sync.WaitGroup
		halfway := make(chan struct{})
		for s := range senders {
			sending.Go(func() {
				for i := range each {
					if s == 0 && i == each/2 {
						close(halfway)
					}
					l.Log(Entry{DecisionID: fmt.Sprintf("%d-%d", s, i)})
				}
			})
		}
		<-halfway
		finish(t, l)
		sending.Wait()
		finish(t, l) // a second time changes nothing
		if sum := l.Written() + l.Dropped(); sum != senders*each || len(lines(t, out.String())) != int(l.Written()) {
			t.Errorf("%s: written %d, dropped %d of %d, %d lines", full, l.Written(), l.Dropped(), senders*each, len(lines(t, out.String())))
		}
	}
}

func TestCloseDoesNotWaitForAHungWriter(t *testing.T) {
	g := newGate()
	l := open(t, Config{Writer: g, Mode: Full, Queue: 2})
	l.Log(Entry{DecisionID: "held"})
	<-g.entered
	var blocked sync.WaitGroup
	for range 10 {
		blocked.Go(func() { l.Log(Entry{}) })
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Close: %v", err)
	}
	blocked.Wait()
	if l.Dropped() != 10 || l.Written() != 0 {
		t.Errorf("written %d, dropped %d, want 10 dropped", l.Written(), l.Dropped())
	}
	close(g.open) // and the writer ends when it can
	<-l.ended
	if l.Written() != 1 || l.Dropped() != 10 {
		t.Errorf("written %d, dropped %d", l.Written(), l.Dropped())
	}
}

// faulty fails on chosen writes, after part of them.
type faulty struct {
	bytes.Buffer
	writes int
	fail   map[int]int // number of the write -> bytes that still get through
}

func (f *faulty) Write(p []byte) (int, error) {
	f.writes++
	if n, ok := f.fail[f.writes]; ok {
		f.Buffer.Write(p[:n])
		return n, errors.New("no space left on device")
	}
	return f.Buffer.Write(p)
}

func TestWriteErrorsAreCountedAndTold(t *testing.T) {
	var told bytes.Buffer
	f := &faulty{fail: map[int]int{2: 0, 3: 20}}
	l := open(t, Config{Writer: f, Mode: Full, Queue: 1, Logger: slog.New(slog.NewTextHandler(&told, nil))})
	for i := range 5 {
		line, _ := Entry{DecisionID: fmt.Sprint(i)}.line()
		l.queue <- line
		// One write for each line: the next one comes when this one is counted.
		for l.Written()+l.Dropped() != uint64(i+1) {
			if t.Context().Err() != nil {
				t.Fatal("the writer does not write")
			}
			runtime.Gosched()
		}
	}
	finish(t, l)
	if l.Written() != 3 || l.Dropped() != 2 {
		t.Errorf("written %d, dropped %d, want 3 and 2", l.Written(), l.Dropped())
	}
	var whole []string
	for line := range strings.Lines(f.String()) {
		var entry struct {
			ID string `json:"decision_id"`
		}
		if json.Unmarshal([]byte(line), &entry) == nil {
			whole = append(whole, entry.ID)
		}
	}
	if diff := cmp.Diff([]string{"0", "3", "4"}, whole); diff != "" {
		t.Errorf("whole lines: %s\n%s", diff, f)
	}
	if text := told.String(); strings.Count(text, "cannot be written") != 1 || strings.Count(text, "can be written again") != 1 {
		t.Errorf("told:\n%s", text)
	}
}

func TestOffDoesNothing(t *testing.T) {
	var none *Log
	for name, l := range map[string]*Log{"nil": none, "off": open(t, Config{}), "off with a writer": open(t, Config{Mode: Off, Writer: io.Discard})} {
		l.Log(Entry{})
		if err := l.Close(t.Context()); err != nil || l.Written() != 0 || l.Dropped() != 0 || l.SampledOut() != 0 {
			t.Errorf("%s: %v, written %d, dropped %d, sampled out %d", name, err, l.Written(), l.Dropped(), l.SampledOut())
		}
	}
}

func TestConfigFaultsComeTogether(t *testing.T) {
	_, err := New(Config{Mode: "loud", WhenFull: "explode", Sample: math.NaN(), Queue: -1})
	if err == nil || strings.Count(err.Error(), "\n") != 4 {
		t.Errorf("want five faults, got: %v", err)
	}
	for _, sample := range []float64{-0.1, 1.1, math.Inf(1)} {
		if _, err := New(Config{Sample: sample}); err == nil {
			t.Errorf("sample %v is taken", sample)
		}
	}
}

func BenchmarkLog(b *testing.B) {
	e := Entry{
		Time: time.Unix(1, 0), DecisionID: "00000000-0000-4000-8000-000000000000", Revision: 7, Subject: Entity{"user", "u1"},
		Action: "compute:servers:read", Resource: Resource{"compute:servers", "s1", "p1"}, Allowed: true, Reasons: []string{"policy p, rule r grants s"},
	}
	for _, mode := range []Mode{Off, Sampled, Full} {
		b.Run(string(mode), func(b *testing.B) {
			l, err := New(Config{Writer: io.Discard, Mode: mode, Sample: 0.01})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				l.Log(e)
			}
			if err := l.Close(context.Background()); err != nil {
				b.Fatal(err)
			}
		})
	}
}
