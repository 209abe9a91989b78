package authority

import (
	"context"
	"sync"
	"sync/atomic"

	"bailiwick/iam"
	"bailiwick/store"
)

// cache keeps objects that were read by id. An entry holds for one revision: every change
// of anything makes a new one and with it all entries void, so there is no list of what
// depends on what that could be incomplete. Installations read far more than they write.
//
// The attack that it must not open: the object of one organization under the key of
// another. The key holds the organization, and is made in one place, from the proven caller.
type cache struct {
	entries sync.Map // cacheKey -> cacheEntry
	size    atomic.Int64
}

type cacheKey struct {
	organization iam.OrganizationID
	kind, id     string
}

type cacheEntry struct {
	revision int64
	object   any
}

// maxCached bounds the entries; when there are more, all go.
const maxCached = 20_000

func (c *cache) get(k cacheKey, revision int64) (any, bool) {
	held, ok := c.entries.Load(k)
	if !ok || held.(cacheEntry).revision != revision {
		return nil, false
	}
	return held.(cacheEntry).object, true
}

func (c *cache) put(k cacheKey, revision int64, object any) {
	if _, replaced := c.entries.Swap(k, cacheEntry{revision, object}); replaced {
		return
	}
	if c.size.Add(1) > maxCached {
		c.clear()
	}
}

// clear forgets everything. It is for a database that went back, too: its revisions are given
// a second time, to other states.
func (c *cache) clear() {
	if c != nil {
		c.entries.Clear()
		c.size.Store(0)
	}
}

// getCached is get for an object that is what one row, or one group of rows, says. Nodes that
// share a database do not use it: a client that writes at one node and reads at another
// would not find its own change until that node has followed.
func getCached[T any](ctx context.Context, a *Authority, call iam.Call, read func(*store.Tx, iam.OrganizationID) (T, error), describe func(T) object) (item T, err error) {
	if a.cache == nil {
		return get(ctx, a, call, read, describe)
	}
	caller, err := a.enter(call)
	if err != nil {
		return item, err
	}
	named := describe(item)
	k := cacheKey{call.Caller.Organization, named.kind, named.id}
	if held, ok := a.cache.get(k, caller.state.Revision()); ok {
		item = held.(T)
		return only(item, caller.found(call.Operation.Permission, describe(item), nil))
	}
	err = a.store.View(ctx, func(tx *store.Tx) error {
		revision, err := tx.Latest()
		if err != nil {
			return err
		}
		if item, err = read(tx, call.Caller.Organization); err == nil {
			a.cache.put(k, revision, item)
		}
		return caller.found(call.Operation.Permission, describe(item), err)
	})
	return only(item, err)
}
