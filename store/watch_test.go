package store_test

import (
	"context"
	"errors"
	"testing"

	"bailiwick/store"
)

// Another node's update wakes who watches; one that is rolled back does not.
func TestWatchHearsOfUpdates(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		if s.Engine() == store.EngineSQLite {
			fails(t, "watch an embedded database", s.Watch(ctx, func() { t.Error("woken") }), store.ErrNoNotifications)
			return
		}
		woken, ended := make(chan int64), make(chan error, 1)
		go func() {
			ended <- s.Watch(ctx, func() {
				revision, err := s.Read(ctx).Latest()
				if err != nil && ctx.Err() == nil {
					t.Error(err)
				}
				select {
				case woken <- revision:
				case <-ctx.Done():
				}
			})
		}()
		first := <-woken // it listens
		refused := errors.New("refused")
		fails(t, "an update that is rolled back", try(t, s, func(*store.Tx) error { return refused }), refused)
		revision := update(t, s, func(*store.Tx) error { return nil })
		if got := <-woken; got != revision || revision <= first {
			t.Errorf("woken at revision %d, the update made %d after %d", got, revision, first)
		}
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("it ended with %v", err)
		}
	})
}
