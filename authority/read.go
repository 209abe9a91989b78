package authority

import (
	"context"

	"bailiwick/iam"
	"bailiwick/store"
)

// mayList authorizes a list call on the caller's organization and returns that organization.
func (a *Authority) mayList(call iam.Call, named iam.OrganizationID) (iam.OrganizationID, error) {
	return a.mayListIn(call, named, collection())
}

// mayListIn is mayList for a part of the organization.
func (a *Authority) mayListIn(call iam.Call, named iam.OrganizationID, part object) (iam.OrganizationID, error) {
	caller, err := a.enter(call)
	if err != nil {
		return "", err
	}
	org, err := caller.within(named)
	if err != nil {
		return "", err
	}
	return org, caller.authorize(call.Operation.Permission, part)
}

// get reads one object of the caller's organization in one consistent state and authorizes
// the reading: read looks it up, describe says what policies see of it (of an object with
// only its id, if it was not found).
func get[T any](ctx context.Context, a *Authority, call iam.Call, read func(*store.Tx, iam.OrganizationID) (T, error), describe func(T) object) (item T, err error) {
	caller, err := a.enter(call)
	if err != nil {
		return item, err
	}
	err = a.store.View(ctx, func(tx *store.Tx) (err error) {
		item, err = read(tx, call.Caller.Organization)
		return caller.found(call.Operation.Permission, describe(item), err)
	})
	return only(item, err)
}

// listed reads a page of a list in one consistent state.
func listed[T any](ctx context.Context, a *Authority, read func(*store.Tx) ([]T, int, error)) (items []T, total int, err error) {
	err = a.store.View(ctx, func(tx *store.Tx) error {
		items, total, err = read(tx)
		return err
	})
	return items, total, err
}

// only returns the value of a call that succeeded. What a refused call has read or prepared
// must not leave with the refusal.
func only[T any](value T, err error) (T, error) {
	if err != nil {
		var none T
		return none, err
	}
	return value, nil
}
