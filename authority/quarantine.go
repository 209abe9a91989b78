package authority

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"bailiwick/iam"
	"bailiwick/pdp"
	"bailiwick/store"
)

// quarantine is what the decision snapshot lacks because it cannot be read: rows that somebody
// wrote past the program, or a defect of a version of it.
//
// All nodes read the same rows. A node that stopped at such a row would stop with all others, and
// who can write one row of one organization could end every decision of everybody. So an object that
// cannot be read counts as one that is not there: whoever needs it is denied, for there is nothing whose absence
// grants. If it is an organization, or something of one that this program does not know, all of that organization
// is denied. Everything else goes on. What is held here is looked at again until it can be read.
type quarantine struct {
	mu   sync.Mutex
	held map[store.Change]bool
	next int // which is looked at next
}

// isolated is what the log says.
const isolated = "an object cannot be read: what depends on it is denied"

// releases bounds how many objects are looked at again in one look at the database: a look is short.
const releases = 8

var errUnknownKind = errors.New("a kind of change that this program does not know")

// isolable reports whether an error is the fault of one object.
func isolable(err error) bool {
	return errors.Is(err, store.ErrUnreadable) || errors.Is(err, errUnknownKind)
}

// checkHash refuses a key whose secret nothing could prove.
func checkHash(k store.HashedKey) error {
	if len(k.Hash) != sha256.Size {
		return fmt.Errorf("%w: the hash of its secret has %d bytes", store.ErrUnreadable, len(k.Hash))
	}
	return nil
}

// closedOrganization is one in which nothing is allowed.
func closedOrganization(id iam.OrganizationID) iam.Organization {
	return iam.Organization{ID: id, ClosedAt: time.Unix(0, 0)}
}

// known reports whether this program knows what an object is.
func known(k store.Kind) bool {
	return slices.Contains([]store.Kind{store.KindOrganization, store.KindProject, store.KindUser, store.KindApplication,
		store.KindGroup, store.KindPolicy, store.KindAPIKey, store.KindSession}, k)
}

// set replaces what is held.
func (q *quarantine) set(held map[store.Change]bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.held = held
}

// update holds the objects that are true, and no longer those that are false.
func (q *quarantine) update(changed map[store.Change]bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for c, holds := range changed {
		if !holds {
			delete(q.held, c)
			continue
		}
		if q.held == nil {
			q.held = map[store.Change]bool{}
		}
		q.held[c] = true
	}
}

// all returns what is held.
func (q *quarantine) all() []store.Change {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Collect(maps.Keys(q.held))
}

// Unreadable is the number of objects that cannot be read and so count as absent. It is told to probes, and is above 0
// only if somebody has written to the database past the program, or a program has a defect.
func (a *Authority) Unreadable() int { return len(a.quarantine.all()) }

// note notes whether an object is isolated.
func (d *draft) note(c store.Change, isolated bool) {
	if d.isolated == nil {
		d.isolated = map[store.Change]bool{}
	}
	d.isolated[c] = isolated
}

// isolate takes an object out of a draft.
func (a *Authority) isolate(d *draft, edit *pdp.Editor, c store.Change) {
	switch org := c.OrganizationID; c.Kind {
	case store.KindProject:
		edit.DeleteProject(org, iam.ProjectID(c.ID))
	case store.KindUser:
		edit.DeleteUser(org, iam.UserID(c.ID))
	case store.KindApplication:
		edit.DeleteApplication(org, iam.ApplicationID(c.ID))
	case store.KindGroup:
		edit.DeleteGroup(org, iam.GroupID(c.ID))
	case store.KindPolicy:
		edit.DeletePolicy(org, iam.PolicyID(c.ID))
	case store.KindSession:
		edit.DeleteSession(org, iam.SessionID(c.ID))
	case store.KindAPIKey:
		edit.DeleteAPIKey(org, iam.AccessKey(c.ID))
		d.forget = append(d.forget, iam.AccessKey(c.ID))
	default:
		edit.PutOrganization(closedOrganization(org))
	}
}

// keepClosed closes the organizations again of which something is held that this program does not
// know: a change of their own rows would open them.
func (a *Authority) keepClosed(d *draft, edit *pdp.Editor) {
	for _, c := range a.quarantine.all() {
		if now, changed := d.isolated[c]; !known(c.Kind) && (now || !changed) {
			edit.PutOrganization(closedOrganization(c.OrganizationID))
		}
	}
	for c, holds := range d.isolated {
		if holds && !known(c.Kind) {
			edit.PutOrganization(closedOrganization(c.OrganizationID))
		}
	}
}

// release looks again at some of what is held, and takes back what can be read. The caller holds the lock.
func (a *Authority) release(tx *store.Tx) error {
	held := a.quarantine.all()
	slices.SortFunc(held, func(a, b store.Change) int {
		return cmp.Or(cmp.Compare(a.OrganizationID, b.OrganizationID), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
	})
	for range min(len(held), releases) {
		a.quarantine.next = (a.quarantine.next + 1) % len(held)
		c := held[a.quarantine.next]
		d := &draft{state: a.snapshot.Load()}
		released, err := a.again(tx, d, c)
		if err != nil {
			return err
		}
		if released {
			a.swap(d)
			a.log.Warn("an object can be read again", "kind", c.Kind, "id", c.ID, "organization_id", c.OrganizationID)
		}
	}
	return nil
}

// again tries to take an object into a draft, and reports whether it could.
func (a *Authority) again(tx *store.Tx, d *draft, c store.Change) (bool, error) {
	again := c
	if !known(c.Kind) {
		if logged, err := tx.Logged(c); logged || err != nil {
			return false, err
		}
		again = store.Change{OrganizationID: c.OrganizationID, Kind: store.KindOrganization, ID: string(c.OrganizationID)}
	}
	edit := d.state.Edit()
	if err := a.applyChange(tx, d, edit, again); err != nil {
		if isolable(err) {
			return false, nil
		}
		return false, err
	}
	d.note(c, false)
	a.keepClosed(d, edit)
	d.state = edit.Snapshot(d.state.Revision())
	return true, nil
}
