package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"bailiwick/authority"
	"bailiwick/catalog"
	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/store"
)

// installation is a data folder that the real server made at its first start, filled with a
// world.
type installation struct {
	data     string
	database string // URL; empty for the embedded one
	secret   string // of the owner
	// organization is that of the first start.
	organization iam.OrganizationID
	world        *world
}

func (in *installation) masterKey() string { return filepath.Join(in.data, "master.key") }

// install makes an installation, once of each size. The world goes straight into the store, in large
// transactions: what the API takes for it is measured elsewhere.
func install(ctx context.Context, o options, s size) (*installation, error) {
	if in := o.made[s.name]; in != nil {
		return in, nil
	}
	in := &installation{data: filepath.Join(o.scratch, "data-"+s.name)}
	if err := in.bootstrap(ctx, o); err != nil {
		return nil, err
	}
	in.world = newWorld(s, in.organization)
	db, err := store.Open(ctx, store.Config{Database: filepath.Join(in.data, "bailiwick.db")})
	if err != nil {
		return nil, err
	}
	if err := in.world.fill(ctx, db); err != nil {
		return nil, err
	}
	o.made[s.name] = in
	return in, db.Close()
}

// bootstrap makes the first start of a server. args are more arguments of it.
func (in *installation) bootstrap(ctx context.Context, o options, args ...string) error {
	p, _, err := startServer(ctx, o, in.data, args...)
	if err == nil {
		err = p.stop()
	}
	if err != nil {
		return err
	}
	return in.identify()
}

// identify reads who the owner is, as the first start wrote it.
func (in *installation) identify() error {
	values, err := credentials(in.data)
	in.secret, in.organization = values["SCW_SECRET_KEY"], iam.OrganizationID(values["SCW_DEFAULT_ORGANIZATION_ID"])
	return err
}

// fill puts the world into a store that has its organization.
func (w *world) fill(ctx context.Context, db *store.Store) error {
	var steps []func(*store.Tx) error
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for i, id := range w.projects {
		steps = append(steps, func(tx *store.Tx) error {
			return tx.InsertProject(iam.Project{ID: id, OrganizationID: w.organization, Name: fmt.Sprintf("project %d", i), CreatedAt: at, UpdatedAt: at})
		})
	}
	for i, id := range w.applications {
		created := at.Add(time.Duration(i)*time.Millisecond + 457*time.Microsecond) // no zero at the end, which encoders write or not
		steps = append(steps, func(tx *store.Tx) error {
			return tx.InsertApplication(iam.Application{ID: id, OrganizationID: w.organization, Name: fmt.Sprintf("application %d", i), CreatedAt: created, UpdatedAt: created})
		})
	}
	for _, g := range w.groups {
		g.CreatedAt, g.UpdatedAt = at, at
		steps = append(steps, func(tx *store.Tx) error {
			if err := tx.InsertGroup(g); err != nil {
				return err
			}
			return tx.AddMembers(w.organization, g.ID, iam.Members{ApplicationIDs: g.ApplicationIDs})
		})
	}
	for _, g := range w.grants {
		steps = append(steps, func(tx *store.Tx) error {
			policy, rule := g.policyAndRule(w.organization)
			policy.CreatedAt, policy.UpdatedAt = at, at
			policy.CountRules([]iam.Rule{rule})
			return tx.InsertPolicy(policy, []iam.Rule{rule})
		})
	}
	const batch = 20_000
	for len(steps) > 0 {
		now := steps[:min(batch, len(steps))]
		if _, err := db.Update(ctx, func(tx *store.Tx) error {
			for _, step := range now {
				if err := step(tx); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
		steps = steps[len(now):]
	}
	return nil
}

// inside is the authority over an installation, in this process, with a call of its owner.
type inside struct {
	authority *authority.Authority
	store     *store.Store
	caller    iam.Caller
}

func (in *installation) keyring() (*identity.Keyring, error) {
	keyring, _, err := identity.OpenKeyring(in.masterKey())
	return keyring, err
}

func (in *installation) open(ctx context.Context) (*inside, error) {
	keyring, err := in.keyring()
	if err != nil {
		return nil, err
	}
	c, err := catalog.Load()
	if err != nil {
		return nil, err
	}
	database := in.database
	if database == "" {
		database = filepath.Join(in.data, "bailiwick.db")
	}
	db, err := store.Open(ctx, store.Config{Database: database})
	if err != nil {
		return nil, err
	}
	a, err := authority.New(ctx, authority.Config{Store: db, Catalog: c, Keyring: keyring})
	if err != nil {
		return nil, err
	}
	caller, err := a.Authenticate(ctx, authority.Credential{Kind: authority.SecretKey, Value: in.secret})
	return &inside{a, db, caller}, err
}

// call is one of the owner's, as the server would make it.
func (in *inside) call(name, permission string, resource iam.ResourceType) iam.Call {
	c := iam.Call{
		Operation: iam.Operation{Name: name, Permission: permission},
		Caller:    in.caller, Client: iam.Client{UserAgent: "bench/1.0", RequestID: "4c6e5e2e-0000-4000-8000-000000000001"},
	}
	if resource != "" {
		c.Operation.Mutates, c.Operation.ResourceType = true, resource
		c.Operation.Product, c.Operation.Service, c.Operation.Method = "iam", "scaleway.iam.v1alpha1.Api", name
		c.Body = []byte(`{"name":"bench"}`)
	}
	return c
}
