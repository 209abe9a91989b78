package rig

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Options say what an installation is made of.
type Options struct {
	// Program is the file of the server, see [Build].
	Program string
	// Nodes is how many there are on the PostgreSQL server; 0: one on an embedded database.
	Nodes int
	// Postgres are settings of the server, such as "synchronous_commit=off".
	Postgres []string
	// Disk gives the database a disk of its own, of so many bytes, which can be filled. What is
	// on it is lost when its server ends. 0: none.
	Disk int64
	// Args are more arguments of each node.
	Args []string
}

// Database is the name of the installation's database on its server.
const Database = "bailiwick"

// databaseFile is the embedded database in the data directory.
const databaseFile = "bailiwick.db"

// Installation is a running installation of Bailiwick.
type Installation struct {
	// Nodes are its servers.
	Nodes []*Node
	// Postgres is the server of its database; nil if that is embedded.
	Postgres *Postgres
	// Keys are the credentials of the first start: SCW_SECRET_KEY and others.
	Keys map[string]string

	options Options
	home    string
	began   time.Time
	client  *http.Client
}

// New starts an installation. The caller ends it with Remove.
func New(ctx context.Context, o Options) (in *Installation, err error) {
	in = &Installation{options: o, began: time.Now(), client: &http.Client{
		Timeout:   15 * time.Second, // longer than the server's own bound
		Transport: &http.Transport{MaxIdleConnsPerHost: 16},
	}}
	defer func() {
		if err != nil {
			err = errors.Join(err, in.Remove())
		}
	}()
	if in.home, err = os.MkdirTemp("", "bailiwick-rig."); err != nil {
		return in, err
	}
	if o.Nodes > 0 {
		if in.Postgres, err = newPostgres(ctx, o.Disk, o.Postgres); err != nil {
			return in, err
		}
		if _, err = in.Postgres.SQL("postgres", "CREATE DATABASE "+Database); err != nil {
			return in, err
		}
	}
	for range max(1, o.Nodes) {
		n, err := in.Add()
		if err != nil {
			return in, err
		}
		if err := n.Start(); err != nil {
			return in, err
		}
		if in.Keys == nil {
			folder := n.data
			if n.disk > 0 {
				folder = in.Disk()
			}
			if in.Keys, err = credentials(folder); err != nil {
				return in, err
			}
		}
	}
	return in, nil
}

// Add adds a node, which is not started yet.
func (in *Installation) Add() (*Node, error) {
	n := &Node{program: in.options.Program, data: filepath.Join(in.home, fmt.Sprintf("node-%d", len(in.Nodes))), args: slices.Clone(in.options.Args)}
	if in.Postgres == nil {
		n.disk = in.options.Disk
	}
	var err error
	if n.Front, err = NewLink("tcp", "127.0.0.1:1"); err != nil {
		return nil, err
	}
	in.Nodes = append(in.Nodes, n)
	if in.Postgres == nil {
		return n, nil
	}
	if n.Database, err = NewDatabaseLink("unix", in.Postgres.Socket()); err != nil {
		return nil, err
	}
	n.args = append(n.args, "--database", Over(n.Database, Database), "--master-key", filepath.Join(in.home, "node-0", "master.key"))
	return n, nil
}

// Data is the data directory of a node.
func (in *Installation) Data(node int) string { return in.Nodes[node].data }

// Store is the path or URL of the installation's database, for who does not go over a link. An
// embedded one on a disk of its own is copied, because SQLite would look for its journal
// outside of that disk: nobody may write to it meanwhile.
func (in *Installation) Store() (string, error) {
	switch {
	case in.Postgres != nil:
		return in.Postgres.URL(Database), nil
	case in.options.Disk == 0:
		return filepath.Join(in.Nodes[0].data, databaseFile), nil
	}
	var err error
	for _, suffix := range []string{"", "-wal"} {
		content, e := os.ReadFile(filepath.Join(in.Disk(), databaseFile+suffix))
		err = errors.Join(err, e, os.WriteFile(filepath.Join(in.home, databaseFile+suffix), content, 0o600))
	}
	return filepath.Join(in.home, databaseFile), err
}

// Now is the time since the installation began, as in [Operation].
func (in *Installation) Now() time.Duration { return time.Since(in.began) }

// Remove ends everything and removes what it kept.
func (in *Installation) Remove() error {
	var err error
	for _, n := range in.Nodes {
		err = errors.Join(err, n.remove())
	}
	if in.Postgres != nil {
		err = errors.Join(err, in.Postgres.Remove())
	}
	in.client.CloseIdleConnections()
	return errors.Join(err, os.RemoveAll(in.home))
}
