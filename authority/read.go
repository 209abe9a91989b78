package authority

import (
	"context"

	"bailiwick/iam"
	"bailiwick/store"
)

// mayList authorizes a list call on the caller's organization and returns that organization.
func (a *Authority) mayList(call iam.Call, named iam.OrganizationID) (iam.OrganizationID, error) {
	org, err := organization(call, named)
	if err != nil {
		return "", err
	}
	return org, a.authorize(a.snapshot.Load(), call, call.Operation.Permission, collection())
}

// get reads one object of the caller's organization and authorizes the reading: read looks
// it up, describe says what policies see of it (of an object with only its id, if it was
// not found).
func get[T any](ctx context.Context, a *Authority, call iam.Call, read func(*store.Tx, iam.OrganizationID) (T, error), describe func(T) object) (T, error) {
	item, err := read(a.store.Read(ctx), call.Caller.Organization)
	o := describe(item)
	if err := found(a.authorize(a.snapshot.Load(), call, call.Operation.Permission, o), o, err); err != nil {
		var none T
		return none, err
	}
	return item, nil
}

// listed reads a page of a list in one consistent state.
func listed[T any](ctx context.Context, a *Authority, read func(*store.Tx) ([]T, int, error)) (items []T, total int, err error) {
	err = a.store.View(ctx, func(tx *store.Tx) error {
		items, total, err = read(tx)
		return err
	})
	return items, total, err
}
