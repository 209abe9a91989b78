package authority

import (
	"cmp"
	"context"
	"hash/maphash"
	"maps"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"bailiwick/iam"
	"bailiwick/pdp"
	"bailiwick/store"
)

const (
	// useWindow is how exact last uses are: of several in one window the first is kept.
	useWindow = 15 * time.Minute
	// recentUses is how many uses are recognised as noted; a power of two.
	recentUses = 1 << 15
	// maxUses bounds the uses that wait to be stored. When there are more, those that were not
	// noted yet wait for their next time.
	maxUses = 1 << 16
	// useBatch is how many uses one transaction stores. Mutations wait for it.
	useBatch = 100
)

// uses notes what is used until it is stored. Nearly every call and decision repeats one of the
// last minutes, and for these it is one look at a table of hashes that is seldom written to: no
// lock, no memory, and no cache line that the processors take from each other.
//
// Two uses with one hash would be one of them unnoted for a window. The hash is seeded and has 64
// bits, and nothing is decided by last uses.
type uses struct {
	seed   maphash.Seed
	recent [recentUses]atomic.Uint64

	mutex   sync.Mutex
	waiting []use
}

// use is one use of a thing: of a key if it has an access key, of a permission set if it has a
// name of one, else of the principal.
type use struct {
	organization iam.OrganizationID
	principal    iam.Principal
	access       iam.AccessKey
	set          string
	byCall       bool // else by a decision
	at           time.Time
}

func newUses() *uses { return &uses{seed: maphash.MakeSeed()} }

// The ways of using, as they go into hashes. Permissions are numbered from 0.
const (
	useByCall = iota
	useByDecision
	useOfKeyByCall
	useOfKeyByDecision
	useWays
)

// hash stands for a use in the window of a time. The windows of each user of things begin at another
// moment: all at once would be a burst of writing at every full quarter of an hour.
func (u *uses) hash(at time.Time, way, number uint64, who, where string) uint64 {
	const seconds = uint64(useWindow / time.Second)
	h := maphash.String(u.seed, who)
	window := (uint64(at.Unix()) + h%seconds) / seconds
	h ^= bits.RotateLeft64(maphash.String(u.seed, where), 29)
	h ^= (window<<24 | number*useWays + way) * 0x9e3779b97f4a7c15
	return h ^ h>>32
}

// noted reports whether a use is noted already.
func (u *uses) noted(hash uint64) bool { return u.recent[hash%recentUses].Load() == hash }

// note notes uses of things of one principal, if there is room for all. All texts are copied: those
// of a request may lie in the body that it came with, whose memory is used again.
func (u *uses) note(hash uint64, things ...use) {
	first := things[0]
	text := string(first.organization) + first.principal.ID
	organization, id := text[:len(first.organization)], text[len(first.organization):]
	kind := iam.TypeApplication
	if first.principal.Type == iam.TypeUser {
		kind = iam.TypeUser
	}
	for i := range things {
		things[i].organization, things[i].principal = iam.OrganizationID(organization), iam.Principal{Type: kind, ID: id}
		things[i].access = iam.AccessKey(strings.Clone(string(things[i].access)))
	}
	u.mutex.Lock()
	defer u.mutex.Unlock()
	if len(u.waiting)+len(things) > maxUses {
		return
	}
	u.waiting = append(u.waiting, things...)
	u.recent[hash%recentUses].Store(hash)
}

// proven notes that a caller has proven who it is: its credential and itself.
func (u *uses) proven(caller iam.Caller, at time.Time) {
	credential, way := string(caller.AccessKey), uint64(useOfKeyByCall)
	if credential == "" {
		credential, way = string(caller.Session), useByCall
	}
	h := u.hash(at, way, 0, credential, "")
	if u.noted(h) {
		return
	}
	self := use{organization: caller.Organization, principal: caller.Principal, byCall: true, at: at}
	if caller.AccessKey == "" {
		u.note(h, self)
		return
	}
	key := self
	key.access = caller.AccessKey
	u.note(h, self, key)
}

// called notes that policies allowed a call of our own API. Which permission sets did is found out
// once in a window for what is the same in principal, permission and project: it takes longer than
// the decision.
func (u *uses) called(state *pdp.Snapshot, r *pdp.Request, d pdp.Decision, at time.Time) {
	if d.By != pdp.ByPolicy {
		return // the principal is noted when it is proven
	}
	if h := u.hash(at, useByCall, uint64(r.Permission), r.Subject.ID, string(r.Resource.Project)); !u.noted(h) {
		request := *r // what Grants is given moves to the heap
		u.note(h, setsOf(use{organization: r.Organization, principal: r.Subject, byCall: true, at: at}, state.Grants(nil, &request))...)
	}
}

// decided notes that a question was answered yes: about a principal, or about an API key.
func (u *uses) decided(r *pdp.Request, d pdp.Decision, grants []pdp.Grant, q *Question, at time.Time) {
	if !d.Allowed {
		return
	}
	self := use{organization: r.Organization, principal: r.Subject, at: at}
	if q.SubjectType == subjectAPIKey {
		if h := u.hash(at, useOfKeyByDecision, 0, q.SubjectID, ""); !u.noted(h) {
			key := self
			key.access = iam.AccessKey(q.SubjectID)
			u.note(h, key)
		}
	}
	if h := u.hash(at, useByDecision, uint64(r.Permission), r.Subject.ID, string(r.Resource.Project)); !u.noted(h) {
		u.note(h, setsOf(self, grants)...)
	}
}

// setsOf returns the use of a principal and of the permission sets that allowed it.
func setsOf(self use, grants []pdp.Grant) []use {
	list := append(make([]use, 0, len(grants)+1), self)
	for _, g := range grants {
		set := self
		set.set = g.Set
		list = append(list, set)
	}
	return list
}

// take returns what waits to be stored, each thing once, and forgets it.
func (u *uses) take() []iam.LastUse {
	u.mutex.Lock()
	waiting := u.waiting
	u.waiting = nil
	u.mutex.Unlock()
	things := map[use]iam.LastUse{}
	for _, w := range waiting {
		at, byCall := w.at, w.byCall
		w.at, w.byCall = time.Time{}, false
		l, known := things[w]
		if !known {
			l = iam.LastUse{OrganizationID: w.organization, Kind: w.kind(), Principal: w.principal, AccessKey: w.access, Name: w.set}
		}
		if byCall {
			l.CalledAt = latest(l.CalledAt, at)
		} else {
			l.DecidedAt = latest(l.DecidedAt, at)
		}
		things[w] = l
	}
	return slices.SortedFunc(maps.Values(things), func(a, b iam.LastUse) int {
		return cmp.Or(cmp.Compare(a.OrganizationID, b.OrganizationID), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Principal.ID, b.Principal.ID),
			cmp.Compare(a.AccessKey, b.AccessKey), cmp.Compare(a.Name, b.Name))
	})
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (w use) kind() iam.UseKind {
	switch {
	case w.access != "":
		return iam.UseOfAPIKey
	case w.set != "":
		return iam.UseOfPermissionSet
	case w.principal.Type == iam.TypeUser:
		return iam.UseOfUser
	}
	return iam.UseOfApplication
}

// giveBack takes in again what could not be stored.
func (u *uses) giveBack(list []iam.LastUse) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	for _, l := range list {
		w := use{organization: l.OrganizationID, principal: l.Principal, access: l.AccessKey}
		if l.Kind == iam.UseOfPermissionSet {
			w.set = l.Name
		}
		for i, at := range []time.Time{l.CalledAt, l.DecidedAt} {
			w.at, w.byCall = at, i == 0
			if !at.IsZero() && len(u.waiting) < maxUses {
				u.waiting = append(u.waiting, w)
			}
		}
	}
}

// StoreUses stores what was used since the last time, for [Authority.ListLastUses]. What cannot
// be stored waits for the next time; a crash loses it.
func (a *Authority) StoreUses(ctx context.Context) error {
	list := a.uses.take()
	for len(list) > 0 {
		batch := list[:min(useBatch, len(list))]
		if err := a.store.Record(ctx, func(tx *store.Tx) error { return tx.MarkUses(batch) }); err != nil {
			a.uses.giveBack(list)
			return err
		}
		list = list[len(batch):]
	}
	return nil
}

// StoreUsesUntil stores uses at an interval until the context ends, and what is left after that.
func (a *Authority) StoreUsesUntil(ctx context.Context, interval time.Duration) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), interval)
			defer cancel()
			if err := a.StoreUses(last); err != nil {
				a.log.Warn("last uses are lost", "error", err)
			}
			return
		case <-ticker.C:
		}
		if err := a.StoreUses(ctx); err != nil && ctx.Err() == nil {
			a.log.Warn("last uses cannot be stored and wait", "error", err)
		}
	}
}
