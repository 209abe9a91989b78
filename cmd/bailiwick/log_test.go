package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// writes keeps each write by itself.
type writes struct {
	mutex sync.Mutex
	list  []string
}

func (w *writes) Write(p []byte) (int, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.list = append(w.list, string(p))
	return len(p), nil
}

func (w *writes) taken() []string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	taken := w.list
	w.list = nil
	return taken
}

func TestLogLinesAreGathered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out writes
		w := &logWriter{out: &out}
		step := func(name string, after time.Duration, lines, want string) {
			t.Helper()
			for line := range strings.SplitAfterSeq(lines, "\n") {
				if line != "" {
					io.WriteString(w, line)
				}
			}
			time.Sleep(after)
			synctest.Wait()
			if got := fmt.Sprintf("%q", out.taken()); got != want {
				t.Errorf("%s: written %s, want %s", name, got, want)
			}
		}
		step("alone", 0, "a\n", `["a\n"]`)
		step("right behind", 0, "b\nc\n", `[]`)
		step("almost a while later", logGather-1, "", `[]`)
		step("a while later", 1, "", `["b\nc\n"]`)
		step("still in the crowd", 0, "d\n", `[]`)
		step("another while later", logGather, "", `["d\n"]`)
		step("nothing came in a while", logGather, "", `[]`)
		step("alone again", 0, "e\n", `["e\n"]`)

		long := strings.Repeat("x", logHeld/2) + "\n"
		step("many", 0, "f\n"+long+long, fmt.Sprintf("%q", []string{"f\n" + long + long}))
		step("held", 0, "g\n", `[]`)
		w.Flush()
		step("flushed", 0, "", `["g\n"]`)
		w.Flush()
		step("nothing to flush", 0, "h\n", `[]`)
		w.HoldNothing()
		step("the end begins", 0, "", `["h\n"]`)
		step("at the end", 0, "i\nj\n", `["i\n" "j\n"]`)
		w.HoldNothing()
		step("once more", time.Minute, "k\n", `["k\n"]`)
	})
}

// What a writer that fails does not take is lost, as ever; what comes later is not.
func TestLogGoesOnAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		broken := &breaking{Writer: &out}
		w := &logWriter{out: broken}
		io.WriteString(w, "a\n")
		broken.err = errors.New("disk full")
		io.WriteString(w, "b\n")
		time.Sleep(logGather)
		synctest.Wait()
		broken.err = nil
		io.WriteString(w, "c\n")
		w.HoldNothing()
		if out.String() != "a\nc\n" {
			t.Errorf("written %q", out.String())
		}
	})
}

type breaking struct {
	io.Writer
	err error
}

func (b *breaking) Write(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	return b.Writer.Write(p)
}

// A warning does not wait, nor does what was logged before it.
func TestWarningsAreWrittenAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, json := range []bool{false, true} {
			var out writes
			log := settings{logJSON: json}.logger(&logWriter{out: &out})
			log.Info("alone")
			out.taken()
			log.Info("held")
			if got := out.taken(); len(got) != 0 {
				t.Errorf("written at once: %q", got)
			}
			for _, odd := range []string{"plain", "\x00"} {
				log.With("with", odd).Error("wrong", "odd", odd)
				got := strings.Join(out.taken(), "")
				if !strings.HasSuffix(got, "\n") || !strings.Contains(got, "wrong") || odd == "plain" && !strings.Contains(got, "held") {
					t.Errorf("after an error: %q", got)
				}
			}
			log.Debug("unseen")
			time.Sleep(time.Minute)
			synctest.Wait()
			if got := out.taken(); len(got) != 0 {
				t.Errorf("written later: %q", got)
			}
		}
	})
}

// Every line is what the handlers of package slog write.
func TestLogLinesAreThoseOfSlog(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	texts := []string{"", "plain", "GET /a/{id}", "a=b", "a\"b", `a\b`, "\x00", "\x7f", "~", "é", "\xff", "<&>", "x:y,{z}"}
	text := func() string { return texts[r.IntN(len(texts))] }
	attributes := func() (list []slog.Attr) {
		for range r.IntN(8) {
			key := fmt.Sprint("key", r.IntN(100))
			if r.IntN(10) == 0 {
				key = text()
			}
			switch r.IntN(8) {
			case 0, 1, 2:
				list = append(list, slog.String(key, text()))
			case 3, 4:
				list = append(list, slog.Int(key, int(r.Int64())))
			case 5, 6:
				list = append(list, slog.Duration(key, time.Duration(r.Int64()>>r.IntN(64))))
			default:
				list = append(list, []slog.Attr{slog.Any(key, errors.New("cause")), slog.Bool(key, true), slog.Group(key, "a", 1), {}}[r.IntN(4)])
			}
		}
		return list
	}
	own := 0
	for range 20_000 {
		var want, got bytes.Buffer
		var reference slog.Handler = slog.NewTextHandler(&want, nil)
		json := r.IntN(2) == 0
		if json {
			reference = slog.NewJSONHandler(&want, nil)
		}
		handler := settings{logJSON: json}.logger(&logWriter{out: &got, unheld: true}).Handler()
		if r.IntN(2) == 0 {
			with := attributes()
			reference, handler = reference.WithAttrs(with), handler.WithAttrs(with)
		}
		if r.IntN(20) == 0 {
			reference, handler = reference.WithGroup("group"), handler.WithGroup("group")
		}
		at := time.Unix(r.Int64N(1<<33), []int64{0, 999_999_999, 120_000_000, 999_400_000, r.Int64N(1e9)}[r.IntN(5)])
		if r.IntN(10) == 0 {
			at = []time.Time{{}, time.Now()}[r.IntN(2)]
		}
		if r.IntN(2) == 0 {
			at = at.UTC()
		}
		record := slog.NewRecord(at, []slog.Level{slog.LevelInfo, slog.LevelError, slog.LevelDebug - 1}[r.IntN(3)], text(), 0)
		record.AddAttrs(attributes()...)
		if err := errors.Join(reference.Handle(context.Background(), record), handler.Handle(context.Background(), record)); err != nil {
			t.Fatal(err)
		}
		if got.String() != want.String() {
			t.Fatalf("got  %s\nwant %s", &got, &want)
		}
		if _, ok := handler.(*lineHandler).line(nil, record); ok {
			own++
		}
	}
	if own < 1000 {
		t.Errorf("only %d lines were not slog's own", own)
	}
}
