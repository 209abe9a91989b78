package authority

import (
	"context"
	"fmt"
	"time"

	"bailiwick/iam"
	"bailiwick/store"
)

// trimBatch is how many entries one transaction of retention removes: few enough that a
// mutation that waits for it does not notice.
const trimBatch = 500

// Retain removes the entries of the audit trail of all organizations that are older than keep,
// and returns how many. What verification needs of them stays: the hash before the first kept
// entry, signed. It goes on from where it was if it is called again after an error.
func (a *Authority) Retain(ctx context.Context, keep time.Duration) (removed int64, err error) {
	organizations, err := a.everyOrganization(ctx)
	if err != nil {
		return 0, err
	}
	before := a.now().Add(-keep)
	for _, o := range organizations {
		for _, chain := range iam.Chains() {
			for n := int64(1); n > 0; removed += n {
				if n, err = a.trim(ctx, o, chain, before); err != nil {
					return removed, fmt.Errorf("remove old entries of the audit trail: %w", err)
				}
			}
		}
	}
	return removed, nil
}

// changesKept is how long the change log tells of a change. A node that has not looked for longer,
// because it was cut off or stopped, builds its snapshot anew: that is always right, and only slower.
const changesKept = time.Hour

// pruneBatch is how many revisions one transaction takes out of the change log.
const pruneBatch = 2000

// PruneChanges removes old changes from the change log. It does nothing unless it is called again
// after a while.
func (a *Authority) PruneChanges(ctx context.Context) error {
	for more := true; more; {
		err := a.store.Record(ctx, func(tx *store.Tx) (err error) {
			more, err = tx.PruneChanges(changesKept, pruneBatch)
			return err
		})
		if err != nil {
			return fmt.Errorf("prune the change log: %w", err)
		}
	}
	return nil
}

// trim removes one batch.
func (a *Authority) trim(ctx context.Context, o iam.OrganizationID, chain iam.Chain, before time.Time) (n int64, err error) {
	err = a.store.Record(ctx, func(tx *store.Tx) error {
		n = 0
		anchor, err := tx.Expired(o, chain, before, trimBatch)
		if err != nil || anchor.Sequence == 0 {
			return err
		}
		if anchor.Hash != (iam.Digest{}) {
			anchor = a.sign(iam.Anchor, anchor, tx)
		}
		n, err = tx.Trim(anchor)
		return err
	})
	return n, err
}

func (a *Authority) everyOrganization(ctx context.Context) (ids []iam.OrganizationID, err error) {
	err = a.store.View(ctx, func(tx *store.Tx) error {
		ids = nil
		return tx.EachOrganization(func(o iam.Organization) error {
			ids = append(ids, o.ID)
			return nil
		})
	})
	return ids, err
}

// Checkpoints returns signed statements of where the chains of all organizations end.
func (a *Authority) Checkpoints(ctx context.Context) (all []iam.Statement, err error) {
	organizations, err := a.everyOrganization(ctx)
	if err != nil {
		return nil, err
	}
	err = a.store.View(ctx, func(tx *store.Tx) error {
		all = nil
		for _, o := range organizations {
			for _, chain := range iam.Chains() {
				head, err := tx.Head(o, chain)
				if err != nil {
					return err
				}
				if head.Hash != (iam.Digest{}) { // an empty chain has nothing to lose
					all = append(all, a.sign(iam.Checkpoint, head, tx))
				}
			}
		}
		return nil
	})
	return all, err
}
