package authority

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bailiwick/iam"
	"bailiwick/planted"
	"bailiwick/store"
)

// Bounds of how old the snapshot may be on a database that other nodes write to.
const (
	// DefaultMaxStaleness is how long decisions go on without the database: with the database
	// away nobody can revoke either, but a node that alone lost it would not hear.
	DefaultMaxStaleness = 15 * time.Minute
	// staleAfter is the age from which on a snapshot is stale: several polls have failed, or
	// the process was stopped for as long.
	staleAfter = time.Second
	// followTimeout bounds one look at the database for changes.
	followTimeout = 2 * time.Second
)

// epoch is where the monotonic clock of this process is read from. Staleness must not
// depend on the wall clock, which somebody may set back.
type epoch struct {
	time.Time
	wall func() time.Time // for a planted defect only
}

func (e epoch) now() time.Duration {
	if planted.WallClock {
		return e.wall().Sub(e.Time)
	}
	return time.Since(e.Time)
}

// Staleness is for how long the snapshot may have been behind the database: the time since
// the last look at it began that found everything. On an embedded database, which nobody
// else writes to, it is 0.
func (a *Authority) Staleness() time.Duration {
	if a.embedded() {
		return 0
	}
	return a.epoch.now() - time.Duration(a.freshAt.Load())
}

// Stale reports whether the snapshot is older than a healthy node's would be.
func (a *Authority) Stale() bool { return a.Staleness() > staleAfter }

func (a *Authority) embedded() bool { return a.store.Engine() == store.EngineSQLite }

// Freshen makes sure that the snapshot is at least of revision least (0: of any), and not
// older than the configured staleness. A node that is behind, because it has not heard yet
// or was stopped for a while, first catches up. KindUnavailable if it cannot.
//
// The attack against which a stale node must fall silent in the end: who has cut a node off
// from its database, or finds one that is, could go on with a credential that everybody
// else has revoked.
func (a *Authority) Freshen(ctx context.Context, least int64) error {
	if (a.Revision() >= least || planted.OldRevision) && !a.Stale() {
		return nil
	}
	// Who waits for a database that has just failed to answer would wait in vain, and
	// decisions go on without it; only a revision that we lack is worth another try.
	if !a.embedded() && (a.Revision() < least || !a.lost.Load() && !planted.PausedAnswers) {
		limited, cancel := context.WithTimeout(ctx, followTimeout)
		defer cancel()
		if err := a.catchUp(limited, a.epoch.now()); err != nil {
			a.log.Debug("cannot catch up with the database", "error", err)
		}
	}
	if have := a.Revision(); have < least && !planted.OldRevision {
		return &iam.Error{Kind: iam.KindUnavailable, Message: "this node has not reached the wanted revision, try again",
			Detail: fmt.Sprintf("revision %d is wanted, the snapshot is at %d", least, have)}
	}
	if age := a.Staleness(); age > a.maxStaleness && !planted.StaleAnswers {
		return &iam.Error{Kind: iam.KindUnavailable, Message: "this node has been without its database for too long",
			Detail: fmt.Sprintf("the snapshot is %s old", age.Round(time.Second))}
	}
	return nil
}

// catchUp follows the database unless somebody else has since an instant: many who wait for
// one revision cost one query.
func (a *Authority) catchUp(ctx context.Context, since time.Duration) error {
	a.following.Lock()
	defer a.following.Unlock()
	if time.Duration(a.freshAt.Load()) >= since {
		return nil
	}
	return a.follow(ctx)
}

// Unavailable reports whether an error of a use case says that the database cannot serve
// now, and may later.
func Unavailable(err error) bool { return store.Unavailable(err) }

// FollowUntil follows the store until the context ends: at each notification of the
// database, and at an interval, because notifications get lost.
func (a *Authority) FollowUntil(ctx context.Context, interval time.Duration) {
	changed := make(chan struct{}, 1)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		a.watchUntil(ctx, interval, func() {
			select {
			case changed <- struct{}{}:
			default: // a look that has not begun yet will see it, too
			}
		})
	}()
	defer func() { <-watched }()
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-ticker.C:
			if planted.NotificationsOnly {
				a.freshAt.Store(int64(a.epoch.now()))
				continue
			}
		}
		limited, cancel := context.WithTimeout(ctx, followTimeout)
		err := a.Follow(limited)
		cancel()
		if err != nil && ctx.Err() == nil {
			a.log.Error("cannot follow the database", "stale_for", a.Staleness().Round(time.Millisecond), "error", err)
		}
	}
}

// watchUntil listens to the database, again after a pause whenever the connection breaks.
func (a *Authority) watchUntil(ctx context.Context, pause time.Duration, wake func()) {
	for {
		err := a.store.Watch(ctx, wake)
		if errors.Is(err, store.ErrNoNotifications) {
			a.log.Info("this database has no notifications: changes of other nodes are polled", "interval", pause)
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
			a.log.Debug("listening again", "error", err)
		}
	}
}
