package authority

import (
	"context"

	"bailiwick/pdp"
	"bailiwick/store"
)

// Waiting returns how many mutations wait for a transaction.
func (a *Authority) Waiting() int {
	a.commits.mu.Lock()
	defer a.commits.mu.Unlock()
	return len(a.commits.waiting)
}

// Leading reports whether a mutation leads.
func (a *Authority) Leading() bool {
	a.commits.mu.Lock()
	defer a.commits.mu.Unlock()
	return a.commits.led
}

// Commit runs an update as mutations do.
func (a *Authority) Commit(ctx context.Context, update func(*store.Tx, *pdp.Snapshot) error) error {
	return a.commit(ctx, update)
}
