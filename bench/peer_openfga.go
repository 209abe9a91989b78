package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	openfgav1 "github.com/openfga/api/proto/openfga/v1"
	"github.com/openfga/language/pkg/go/transformer"
	"github.com/openfga/openfga/pkg/server"
	"github.com/openfga/openfga/pkg/storage"
	"github.com/openfga/openfga/pkg/storage/migrate"
	"github.com/openfga/openfga/pkg/storage/sqlcommon"
	"github.com/openfga/openfga/pkg/storage/sqlite"
	"github.com/openfga/openfga/pkg/tuple"
	"google.golang.org/protobuf/types/known/structpb"

	"bailiwick/iam"
)

// fgaModel has a relation for each permission set, and one for each combination of sets that
// some permission is in; these are added to it. A tuple has at most one condition, so one
// condition holds all agents and networks of the grants that would be the same tuple.
const fgaModel = `model
  schema 1.1
type application
type group
  relations
    define member: [application]
type organization
  relations
%s
type project
  relations
    define organization: [organization]
%s
condition met(agents: list<string>, networks: list<string>, agent: string, ip: ipaddress) {
  agents.exists(a, agent.contains(a)) || networks.exists(n, ip.in_cidr(n))
}
`

// fga is OpenFGA in this process over its SQLite store, the one that needs no service.
type fga struct {
	server       *server.Server
	store, model string
	relations    map[string]string // by permission; without one no set has it
}

func loadOpenFGA(ctx context.Context, r rooms, w *world) (engine, error) {
	dir, err := os.MkdirTemp(r.folder, "openfga")
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "openfga.db")
	if err := migrate.RunMigrations(migrate.MigrationConfig{Engine: "sqlite", URI: file, Timeout: loadLimit, PingTimeout: loadLimit}); err != nil {
		return nil, err
	}
	dsn, err := sqlite.PrepareDSN(file + "?_pragma=synchronous(OFF)")
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	data, err := sqlite.NewWithDB(db, sqlcommon.NewConfig())
	if err != nil {
		return nil, err
	}
	s, err := server.NewServerWithOpts(server.WithDatastore(data))
	if err != nil {
		return nil, err
	}
	f := &fga{server: s, relations: r.fgaRelations()}
	if err := f.define(ctx); err != nil {
		return nil, err
	}
	for tuples := range slices.Chunk(fgaTuples(w), data.MaxTuplesPerWrite()) {
		err := data.Write(ctx, f.store, nil, tuples, storage.WithOnDuplicateInsert(storage.OnDuplicateInsertError))
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return nil, errTooLarge
		}
		if err != nil {
			return nil, err
		}
	}
	_, err = db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)") // so that the file is as large as what it holds
	return f.prepare, err
}

// fgaRelations maps a permission to the relation that stands for all permissions that are in
// the same sets: it is named after their numbers, because a name has at most 50 characters.
func (r rooms) fgaRelations() map[string]string {
	relations := map[string]string{}
	for i, name := range setNames() {
		set, _ := r.catalog.Set(name)
		for _, permission := range set.Permissions {
			relations[permission] += fmt.Sprintf("_%d", i)
		}
	}
	return relations
}

func (f *fga) define(ctx context.Context) error {
	created, err := f.server.CreateStore(ctx, &openfgav1.CreateStoreRequest{Name: "bench"})
	if err != nil {
		return err
	}
	f.store = created.GetId()
	var organization, project strings.Builder
	for _, name := range setNames() {
		assigned := "[application, group#member, application with met, group#member with met]"
		fmt.Fprintf(&organization, "    define %s: %s\n", name, assigned)
		fmt.Fprintf(&project, "    define %s: %s or %s from organization\n", name, assigned, name)
	}
	combinations := slices.Sorted(maps.Values(f.relations))
	for _, relation := range slices.Compact(combinations) {
		var sets []string
		for i, name := range setNames() {
			if strings.Contains(relation+"_", fmt.Sprintf("_%d_", i)) {
				sets = append(sets, name)
			}
		}
		fmt.Fprintf(&project, "    define %s: %s\n", relation, strings.Join(sets, " or "))
	}
	model, err := transformer.TransformDSLToProto(fmt.Sprintf(fgaModel, strings.TrimRight(organization.String(), "\n"), strings.TrimRight(project.String(), "\n")))
	if err != nil {
		return err
	}
	written, err := f.server.WriteAuthorizationModel(ctx, &openfgav1.WriteAuthorizationModelRequest{
		StoreId: f.store, SchemaVersion: model.GetSchemaVersion(), TypeDefinitions: model.GetTypeDefinitions(), Conditions: model.GetConditions(),
	})
	f.model = written.GetAuthorizationModelId()
	return err
}

// fgaTuples are the world as tuples, none twice.
func fgaTuples(w *world) []*openfgav1.TupleKey {
	type key struct{ object, relation, user string }
	type terms struct {
		always           bool
		agents, networks []any
	}
	var order []key
	granted := map[key]*terms{}
	for _, g := range w.grants {
		user := "application:" + g.principal.ID
		if g.principal.Type == iam.TypeGroup {
			user = "group:" + g.principal.ID + "#member"
		}
		objects := []string{"organization:" + string(w.organization)}
		if len(g.projects) > 0 {
			objects = nil
			for _, id := range g.projects {
				objects = append(objects, "project:"+string(id))
			}
		}
		for _, object := range objects {
			k := key{object, g.set, user}
			t := granted[k]
			if t == nil {
				t = &terms{}
				granted[k], order = t, append(order, k)
			}
			switch {
			case g.agent != "":
				t.agents = append(t.agents, g.agent)
			case g.network != "":
				t.networks = append(t.networks, g.network)
			default:
				t.always = true
			}
		}
	}
	var list []*openfgav1.TupleKey
	for _, id := range w.projects {
		list = append(list, tuple.NewTupleKey("project:"+string(id), "organization", "organization:"+string(w.organization)))
	}
	for _, g := range w.groups {
		for _, id := range g.ApplicationIDs {
			list = append(list, tuple.NewTupleKey("group:"+string(g.ID), "member", "application:"+string(id)))
		}
	}
	for _, k := range order {
		t := granted[k]
		if t.always {
			list = append(list, tuple.NewTupleKey(k.object, k.relation, k.user))
			continue
		}
		values, _ := structpb.NewStruct(map[string]any{"agents": t.agents, "networks": t.networks})
		list = append(list, tuple.NewTupleKeyWithCondition(k.object, k.relation, k.user, "met", values))
	}
	return list
}

func (f *fga) prepare(questions []question) (decider, error) {
	requests := make([]*openfgav1.CheckRequest, len(questions))
	for i, q := range questions {
		relation, ok := f.relations[q.permission]
		if !ok {
			continue
		}
		values, err := structpb.NewStruct(map[string]any{"agent": q.agent, "ip": q.address.String()})
		if err != nil {
			return nil, err
		}
		requests[i] = &openfgav1.CheckRequest{
			StoreId: f.store, AuthorizationModelId: f.model, Context: values,
			TupleKey: &openfgav1.CheckRequestTupleKey{Object: "project:" + q.project, Relation: relation, User: "application:" + q.application},
		}
	}
	return func(i int) bool {
		if requests[i] == nil {
			return false
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		answer, err := f.server.Check(ctx, requests[i])
		return err == nil && answer.GetAllowed()
	}, nil
}
