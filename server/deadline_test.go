package server

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestDeadline(t *testing.T) {
	bound := func(parent context.Context, after time.Duration) *deadline {
		return &deadline{Context: parent, at: time.Now().Add(after)}
	}
	ended := func(ctx context.Context) bool {
		select {
		case <-ctx.Done():
			return true
		default:
			return false
		}
	}
	for name, test := range map[string]func(t *testing.T){
		"it ends in time": func(t *testing.T) {
			d := bound(t.Context(), time.Second)
			defer d.stop()
			if d.Err() != nil || ended(d) {
				t.Error("it ended at once")
			}
			time.Sleep(time.Second)
			synctest.Wait()
			if !ended(d) || !errors.Is(d.Err(), context.DeadlineExceeded) {
				t.Errorf("it has not ended: %v", d.Err())
			}
		},
		"who looks late sees the end": func(t *testing.T) {
			d := bound(t.Context(), time.Second)
			defer d.stop()
			time.Sleep(time.Second)
			if !errors.Is(d.Err(), context.DeadlineExceeded) {
				t.Errorf("it has not ended: %v", d.Err())
			}
		},
		"the parent ends it": func(t *testing.T) {
			parent, cancel := context.WithCancel(t.Context())
			d := bound(parent, time.Second)
			defer d.stop()
			cancel()
			if !ended(d) || !errors.Is(d.Err(), context.Canceled) {
				t.Errorf("it has not ended: %v", d.Err())
			}
		},
		"the earlier end counts": func(t *testing.T) {
			parent, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			for d, want := range map[*deadline]time.Duration{bound(parent, time.Minute): time.Second, bound(parent, time.Millisecond): time.Millisecond} {
				if at, ok := d.Deadline(); !ok || !at.Equal(time.Now().Add(want)) {
					t.Errorf("it ends at %v, want in %v", at, want)
				}
				d.stop()
			}
		},
		"the end of the request ends it": func(t *testing.T) {
			for _, looked := range []bool{false, true} {
				d := bound(t.Context(), time.Second)
				if looked && d.Err() != nil {
					t.Error("it ended at once")
				}
				d.stop()
				if !ended(d) || !errors.Is(d.Err(), context.Canceled) {
					t.Errorf("it has not ended: %v", d.Err())
				}
			}
		},
		"what is derived ends with it": func(t *testing.T) {
			d := bound(t.Context(), time.Second)
			derived, cancel := context.WithCancel(context.WithValue(d, "a", "b"))
			defer cancel()
			called := false
			context.AfterFunc(derived, func() { called = true })
			d.stop()
			synctest.Wait()
			if !called || !errors.Is(derived.Err(), context.Canceled) || derived.Value("a") != "b" {
				t.Errorf("it has not ended: %v", derived.Err())
			}
		},
		"many look": func(t *testing.T) {
			d := bound(t.Context(), time.Second)
			var wait sync.WaitGroup
			for range 8 {
				wait.Go(func() { <-d.Done() })
				wait.Go(func() { d.Err() })
			}
			wait.Go(d.stop)
			wait.Wait()
		},
	} {
		t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
	}
}
