package authority

import (
	"cmp"
	"context"
	"hash/maphash"
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
	useWindow = 5 * time.Minute
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
	waiting map[useKey]useTimes
}

// useKey is a thing that is used: a key if it has an access key, a permission set if it has a
// name of one, else the principal.
type useKey struct {
	organization iam.OrganizationID
	principal    iam.Principal
	access       iam.AccessKey
	set          string
}

type useTimes struct{ called, decided time.Time }

func newUses() *uses { return &uses{seed: maphash.MakeSeed(), waiting: map[useKey]useTimes{}} }

// The ways of using, as they go into hashes. Permissions are numbered from 0.
const (
	useByCall = iota
	useByDecision
	useOfKeyByCall
	useOfKeyByDecision
	useWays
)

// hash stands for a use in the window of a time.
func (u *uses) hash(at time.Time, way, number uint64, who, where string) uint64 {
	h := maphash.String(u.seed, who) ^ bits.RotateLeft64(maphash.String(u.seed, where), 29)
	h ^= (uint64(at.Unix())/uint64(useWindow/time.Second)<<24 | number*useWays + way) * 0x9e3779b97f4a7c15
	return h ^ h>>32
}

// noted reports whether a use is noted already.
func (u *uses) noted(hash uint64) bool { return u.recent[hash%recentUses].Load() == hash }

// note notes a use of things by a call, or else by a decision, at a time. All texts are copied:
// those of a request may lie in the body that it came with, which would live on with them.
func (u *uses) note(hash uint64, byCall bool, at time.Time, things ...useKey) {
	times := useTimes{decided: at}
	if byCall {
		times = useTimes{called: at}
	}
	u.mutex.Lock()
	defer u.mutex.Unlock()
	for _, k := range things {
		if !u.add(k, times) {
			return
		}
	}
	u.recent[hash%recentUses].Store(hash)
}

// add takes a use in, and reports whether there was room.
func (u *uses) add(k useKey, times useTimes) bool {
	held, known := u.waiting[k]
	if !known {
		if len(u.waiting) >= maxUses {
			return false
		}
		k = useKey{
			organization: iam.OrganizationID(strings.Clone(string(k.organization))), access: iam.AccessKey(strings.Clone(string(k.access))),
			principal: iam.Principal{Type: iam.PrincipalType(strings.Clone(string(k.principal.Type))), ID: strings.Clone(k.principal.ID)}, set: k.set,
		}
	}
	u.waiting[k] = useTimes{latest(held.called, times.called), latest(held.decided, times.decided)}
	return true
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
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
	self := useKey{organization: caller.Organization, principal: caller.Principal}
	if caller.AccessKey == "" {
		u.note(h, true, at, self)
		return
	}
	key := self
	key.access = caller.AccessKey
	u.note(h, true, at, self, key)
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
		u.note(h, true, at, setsOf(&request, state.Grants(nil, &request))...)
	}
}

// decided notes that a question was answered yes: about a principal, or about an API key.
func (u *uses) decided(r *pdp.Request, d pdp.Decision, grants []pdp.Grant, q *Question, at time.Time) {
	if !d.Allowed {
		return
	}
	if q.SubjectType == subjectAPIKey {
		if h := u.hash(at, useOfKeyByDecision, 0, q.SubjectID, ""); !u.noted(h) {
			u.note(h, false, at, useKey{organization: r.Organization, principal: r.Subject, access: iam.AccessKey(q.SubjectID)})
		}
	}
	if h := u.hash(at, useByDecision, uint64(r.Permission), r.Subject.ID, string(r.Resource.Project)); !u.noted(h) {
		u.note(h, false, at, append(setsOf(r, grants), useKey{organization: r.Organization, principal: r.Subject})...)
	}
}

// setsOf returns the permission sets that allow a request.
func setsOf(r *pdp.Request, grants []pdp.Grant) []useKey {
	var sets []useKey
	for _, g := range grants {
		sets = append(sets, useKey{organization: r.Organization, principal: r.Subject, set: g.Set})
	}
	return sets
}

// take returns what waits to be stored, in the order of its keys, and forgets it.
func (u *uses) take() []iam.LastUse {
	u.mutex.Lock()
	waiting := u.waiting
	if len(waiting) > 0 {
		u.waiting = map[useKey]useTimes{}
	}
	u.mutex.Unlock()
	list := make([]iam.LastUse, 0, len(waiting))
	for k, times := range waiting {
		list = append(list, iam.LastUse{
			OrganizationID: k.organization, Kind: k.kind(), Principal: k.principal, AccessKey: k.access, Name: k.set,
			CalledAt: times.called, DecidedAt: times.decided,
		})
	}
	slices.SortFunc(list, func(a, b iam.LastUse) int {
		return cmp.Or(cmp.Compare(a.OrganizationID, b.OrganizationID), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Principal.ID, b.Principal.ID),
			cmp.Compare(a.AccessKey, b.AccessKey), cmp.Compare(a.Name, b.Name))
	})
	return list
}

func (k useKey) kind() iam.UseKind {
	switch {
	case k.access != "":
		return iam.UseOfAPIKey
	case k.set != "":
		return iam.UseOfPermissionSet
	case k.principal.Type == iam.TypeUser:
		return iam.UseOfUser
	}
	return iam.UseOfApplication
}

// giveBack takes in again what could not be stored.
func (u *uses) giveBack(list []iam.LastUse) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	for _, l := range list {
		u.add(useKey{l.OrganizationID, l.Principal, l.AccessKey, l.Name}, useTimes{l.CalledAt, l.DecidedAt})
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
