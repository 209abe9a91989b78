package authority

import (
	"context"
	"errors"
	"fmt"

	"bailiwick/iam"
	"bailiwick/pdp"
	"bailiwick/store"
)

// eraseBatch is how many entries one transaction of an erasure changes.
const eraseBatch = 200

// EraseUser removes the personal data of a user who is no more from the audit trail of its
// organization: addresses and agents of what it did, usernames, and what was sent to change it.
// The chain stays as it is: commitments stand for what was erased.
//
// It is for the operator alone: who could erase their own traces would. For the same reason the
// user must have been deleted before, and the erasure is an event itself. It can be asked for
// again, and goes on where it was broken off.
func (a *Authority) EraseUser(ctx context.Context, call iam.Call, organization iam.OrganizationID, user iam.UserID) error {
	if !call.Caller.IsOperator() {
		return denied(call.Operation.Permission)
	}
	err := a.commit(ctx, func(tx *store.Tx, _ *pdp.Snapshot) error {
		if _, err := tx.Organization(organization); errors.Is(err, store.ErrNotFound) {
			return iam.NotFound("organization", string(organization))
		} else if err != nil {
			return err
		}
		if _, err := tx.User(organization, user); !errors.Is(err, store.ErrNotFound) {
			if err == nil {
				err = iam.Precondition(iam.PreconditionProtected, "the user exists: delete it first")
			}
			return err
		}
		m := &mutation{actor: &actor{authority: a, call: call}, Tx: tx, organization: organization}
		m.resources = []iam.EventResource{{ID: string(user), Type: iam.ResourceUser}}
		return tx.AppendEvent(m.event(200))
	})
	if err != nil {
		return err
	}
	for _, part := range store.Erasures() {
		for after, last := int64(0), int64(1); last > 0; after = last {
			err := a.store.Record(ctx, func(tx *store.Tx) (err error) {
				last, err = tx.Erase(organization, user, part, after, eraseBatch)
				return err
			})
			if err != nil {
				return fmt.Errorf("erase personal data: %w", err)
			}
		}
	}
	return nil
}
