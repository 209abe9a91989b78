package authority

import (
	"context"
	"errors"
	"fmt"

	"bailiwick/iam"
	"bailiwick/pdp"
	"bailiwick/planted"
	"bailiwick/store"
)

// load builds the snapshot from the whole store.
func (a *Authority) load(ctx context.Context) error {
	a.following.Lock()
	defer a.following.Unlock()
	a.freshAt.Store(int64(a.epoch.now()))
	return a.store.Follow(ctx, func(tx *store.Tx) error {
		revision, err := tx.Latest()
		if err != nil {
			return err
		}
		return a.build(tx, revision)
	})
}

// build builds the snapshot of the state that a transaction sees. The caller holds the lock.
// Objects that cannot be read are left out, see [quarantine].
func (a *Authority) build(tx *store.Tx, revision int64) error {
	edit := pdp.New(a.catalog, a.compiler).Edit()
	held := map[store.Change]bool{}
	isolate := func(c store.Change, err error) {
		a.log.Error(isolated, "kind", c.Kind, "id", c.ID, "organization_id", c.OrganizationID, "error", err)
		held[c] = true
		if c.Kind == store.KindOrganization {
			edit.PutOrganization(closedOrganization(c.OrganizationID))
		}
	}
	if !planted.PoisonStops {
		tx.SkipUnreadable(isolate)
		defer tx.SkipUnreadable(nil)
	}
	if err := errors.Join(
		tx.EachOrganization(func(o iam.Organization) error { edit.PutOrganization(o); return nil }),
		tx.EachProject(func(p iam.Project) error { edit.PutProject(p.OrganizationID, p.ID); return nil }),
		tx.EachUser(func(u iam.User) error { edit.PutUser(u); return nil }),
		tx.EachApplication(func(app iam.Application) error { edit.PutApplication(app); return nil }),
		tx.EachGroup(func(g iam.Group) error { edit.PutGroup(g); return nil }),
		tx.EachPolicy(func(p iam.Policy, rules []iam.Rule) error { a.putPolicy(edit, p, rules); return nil }),
		tx.EachAPIKey(func(k store.HashedKey) error {
			if err := checkHash(k); err != nil {
				isolate(store.Change{OrganizationID: k.OrganizationID, Kind: store.KindAPIKey, ID: string(k.AccessKey)}, err)
				return nil
			}
			edit.PutAPIKey(k.APIKey)
			a.secrets.put(k.Hash, k.AccessKey)
			return nil
		}),
		tx.EachSession(func(s iam.Session) error { edit.PutSession(s); return nil }),
	); err != nil {
		return err
	}
	a.quarantine.set(held)
	a.snapshot.Store(edit.Snapshot(revision))
	return nil
}

// putPolicy gives a policy to the snapshot. A rule that no longer compiles (its permission
// set has left the catalogue) grants nothing; the rest of the installation goes on.
func (a *Authority) putPolicy(edit *pdp.Editor, p iam.Policy, rules []iam.Rule) {
	if err := edit.PutPolicy(p, rules); err != nil {
		a.log.Error("part of a policy has no effect", "organization_id", p.OrganizationID, "policy_id", p.ID, "error", err)
	}
}

// Follow brings the snapshot up to the newest state of the store. A node that shares its
// database with others calls it regularly.
//
// A database that is behind the snapshot has been restored from a copy. What the snapshot
// knows beyond it no longer holds, and the changes to come will be numbered like ones that
// the snapshot believes to have; so it is built anew.
func (a *Authority) Follow(ctx context.Context) error {
	a.following.Lock()
	defer a.following.Unlock()
	return a.follow(ctx)
}

// follow is Follow for who holds the lock.
func (a *Authority) follow(ctx context.Context) error {
	began := a.epoch.now()
	err := a.look(ctx)
	a.lost.Store(err != nil)
	if err == nil {
		a.freshAt.Store(int64(began))
	}
	return err
}

func (a *Authority) look(ctx context.Context) error {
	return a.store.Follow(ctx, func(tx *store.Tx) error {
		have := a.Revision()
		latest, changes, err := tx.Since(have)
		if err != nil && !errors.Is(err, store.ErrPruned) {
			return err
		}
		if have > latest {
			a.log.Error("the database went back: the decision snapshot is built anew", "revision", latest, "was", have)
			a.cache.clear()
			return a.build(tx, latest)
		}
		if err := a.take(tx, changes, err, latest); err != nil {
			return err
		}
		return a.release(tx)
	})
}

// current returns a snapshot of exactly the state that an update sees: that of the revision
// before its own. The update holds the revision row, so nothing can come between.
func (a *Authority) current(tx *store.Tx) (*pdp.Snapshot, error) {
	if s := a.snapshot.Load(); s.Revision() == tx.Revision()-1 {
		return s, nil
	}
	a.following.Lock()
	defer a.following.Unlock()
	if err := a.apply(tx, tx.Revision()-1); err != nil {
		return nil, fmt.Errorf("bring the decision snapshot up to date: %w", err)
	}
	s := a.snapshot.Load()
	if s.Revision() != tx.Revision()-1 {
		return nil, &iam.Error{Kind: iam.KindUnavailable, Detail: fmt.Sprintf("the decision snapshot is at revision %d, the database at %d", s.Revision(), tx.Revision()-1)}
	}
	return s, nil
}

// apply brings the snapshot up to a revision by reading again each object that the change
// log names. The caller holds the lock, and the transaction sees exactly that revision.
func (a *Authority) apply(tx *store.Tx, upTo int64) error {
	from := a.snapshot.Load()
	if from.Revision() >= upTo {
		return nil
	}
	changes, err := tx.Changes(from.Revision(), upTo)
	return a.take(tx, changes, err, upTo)
}

// take brings the snapshot up to a revision by changes; err is that of reading them. The caller holds
// the lock.
func (a *Authority) take(tx *store.Tx, changes []store.Change, err error, upTo int64) error {
	from := a.snapshot.Load()
	if from.Revision() >= upTo {
		return nil
	}
	if errors.Is(err, store.ErrPruned) {
		a.log.Warn("the change log does not go back that far: the decision snapshot is built anew", "revision", upTo, "was", from.Revision())
		return a.build(tx, upTo)
	}
	if err != nil {
		return err
	}
	next := &draft{state: from, isolates: !planted.PoisonStops}
	if err := a.advance(tx, next, changes, upTo); err != nil {
		return err
	}
	a.swap(next)
	return nil
}

// draft is a state that is not in force yet, and what changed of the secrets on the way.
type draft struct {
	state  *pdp.Snapshot
	put    []store.HashedKey
	forget []iam.AccessKey
	// isolates: what cannot be read does not stop it. A mutation is stopped: it must not rest on half of what it
	// has just written.
	isolates bool
	isolated map[store.Change]bool // and which were looked at and are not isolated (any more)
}

// advance takes changes into a draft, which then is the state of a revision.
func (a *Authority) advance(tx *store.Tx, d *draft, changes []store.Change, revision int64) error {
	edit := d.state.Edit()
	for _, c := range changes {
		err := a.applyChange(tx, d, edit, c)
		if err != nil && !(d.isolates && isolable(err)) {
			return fmt.Errorf("%s %s: %w", c.Kind, c.ID, err)
		}
		if err != nil {
			a.log.Error(isolated, "kind", c.Kind, "id", c.ID, "organization_id", c.OrganizationID, "error", err)
			a.isolate(d, edit, c)
		}
		if d.isolates {
			d.note(c, err != nil)
		}
	}
	a.keepClosed(d, edit)
	d.state = edit.Snapshot(revision)
	return nil
}

// swap puts a draft into force. The caller holds the lock.
func (a *Authority) swap(d *draft) {
	for _, k := range d.put {
		a.secrets.put(k.Hash, k.AccessKey)
	}
	a.snapshot.Store(d.state)
	for _, key := range d.forget {
		a.secrets.forget(key)
	}
	a.quarantine.update(d.isolated)
}

func (a *Authority) applyChange(tx *store.Tx, d *draft, edit *pdp.Editor, c store.Change) error {
	switch org := c.OrganizationID; c.Kind {
	case store.KindOrganization:
		return reload(edit.PutOrganization, nil)(tx.Organization(org))
	case store.KindProject:
		id := iam.ProjectID(c.ID)
		return reload(func(iam.Project) { edit.PutProject(org, id) }, func() { edit.DeleteProject(org, id) })(tx.Project(org, id))
	case store.KindUser:
		id := iam.UserID(c.ID)
		return reload(edit.PutUser, func() { edit.DeleteUser(org, id) })(tx.User(org, id))
	case store.KindApplication:
		id := iam.ApplicationID(c.ID)
		return reload(edit.PutApplication, func() { edit.DeleteApplication(org, id) })(tx.Application(org, id))
	case store.KindGroup:
		id := iam.GroupID(c.ID)
		return reload(edit.PutGroup, func() { edit.DeleteGroup(org, id) })(tx.Group(org, id))
	case store.KindPolicy:
		return a.reloadPolicy(tx, edit, org, iam.PolicyID(c.ID))
	case store.KindSession:
		id := iam.SessionID(c.ID)
		return reload(edit.PutSession, func() { edit.DeleteSession(org, id) })(tx.Session(org, id))
	case store.KindAPIKey:
		key := iam.AccessKey(c.ID)
		held, err := tx.HashedAPIKey(org, key)
		if err == nil {
			err = checkHash(held)
		}
		return reload(func(k store.HashedKey) {
			edit.PutAPIKey(k.APIKey)
			d.put = append(d.put, k)
		}, func() {
			edit.DeleteAPIKey(org, key)
			d.forget = append(d.forget, key)
		})(held, err)
	default:
		return errUnknownKind
	}
}

func (a *Authority) reloadPolicy(tx *store.Tx, edit *pdp.Editor, org iam.OrganizationID, id iam.PolicyID) error {
	rules, err := tx.Rules(org, id)
	if err != nil {
		return err
	}
	return reload(func(p iam.Policy) { a.putPolicy(edit, p, rules) }, func() { edit.DeletePolicy(org, id) })(tx.Policy(org, id))
}

// reload returns a function that takes what a look-up gave: an object is put, a missing one
// is removed.
func reload[T any](put func(T), remove func()) func(T, error) error {
	return func(object T, err error) error {
		switch {
		case errors.Is(err, store.ErrNotFound) && remove != nil:
			remove()
			return nil
		case err != nil:
			return err
		}
		put(object)
		return nil
	}
}
