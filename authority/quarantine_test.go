package authority_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"bailiwick/authority"
	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
	"bailiwick/store"
)

// poison is something of a worker's that is made unreadable, past the program.
type poison struct {
	kind, id     string
	poison, mend string
	embedded     bool // only that engine stores values of another type
}

// Whatever of a principal cannot be read, on a node that follows and on one that starts: the principal is
// denied, everybody else is not, the node says so and goes on, and takes it back when it is mended.
func TestUnreadableObjectsCountAsAbsent(t *testing.T) {
	t.Parallel()
	kit.Engines(t, func(t *testing.T, database string) {
		k := kit.New(t, kit.Options{Database: database})
		k.NoFold("rows are changed past the program")
		owner := k.AsOwner(t)
		org, project := owner.Organization(), k.First.DefaultProject.ID
		bystander := owner.MustHire("bystander", kit.Everywhere(org, "ProjectManager"))
		worker := owner.MustHire("worker")
		group := owner.MustCreateGroup("workers", worker.Caller.Principal)
		policy := owner.MustCreatePolicy("work", group.ID.Principal(), kit.Everywhere(org, "ProjectManager"))
		elsewhere := tenant(t, k, "elsewhere")
		follower, err := node(t, database, 0)
		done(t, err)

		tags := func(table, id string) (string, string) {
			set := "UPDATE " + table + " SET tags = '%s' WHERE id = '" + id + "'"
			return fmt.Sprintf(set, "{"), fmt.Sprintf(set, "[]")
		}
		var cases []poison
		for _, c := range []struct{ kind, table, id string }{
			{"application", "applications", worker.Caller.Principal.ID}, {"group", "groups", string(group.ID)}, {"policy", "policies", string(policy.ID)},
		} {
			p := poison{kind: c.kind, id: c.id}
			p.poison, p.mend = tags(c.table, c.id)
			cases = append(cases, p)
		}
		key := string(worker.Caller.AccessKey)
		cases = append(cases,
			poison{kind: "policy", id: string(policy.ID), poison: "UPDATE rules SET project_ids = '{' WHERE policy_id = '" + string(policy.ID) + "'",
				mend: "UPDATE rules SET project_ids = '[]' WHERE policy_id = '" + string(policy.ID) + "'"},
			poison{kind: "api_key", id: key, poison: "UPDATE api_keys SET secret_hash = 'x' || secret_hash WHERE access_key = '" + key + "'",
				mend: "UPDATE api_keys SET secret_hash = substr(secret_hash, 2) WHERE access_key = '" + key + "'"},
			poison{kind: "api_key", id: key, poison: "UPDATE api_keys SET secret_hash = secret_hash || 'ab' WHERE access_key = '" + key + "'",
				mend: "UPDATE api_keys SET secret_hash = substr(secret_hash, 1, 64) WHERE access_key = '" + key + "'"},
			poison{kind: "project", id: string(project), embedded: true, poison: "UPDATE projects SET created_at = 'x' WHERE id = '" + string(project) + "'",
				mend: "UPDATE projects SET created_at = 1 WHERE id = '" + string(project) + "'"},
			poison{kind: "organization", id: string(org), embedded: true, poison: "UPDATE organizations SET created_at = 'x' WHERE id = '" + string(org) + "'",
				mend: "UPDATE organizations SET created_at = 1 WHERE id = '" + string(org) + "'"},
			poison{kind: "martian", id: "x", poison: "SELECT 1", mend: "DELETE FROM changes WHERE kind = 'martian'"},
		)
		may := func(r *kit.Runner, a *authority.Authority, in iam.ProjectID) bool {
			_, err := r.On(a).GetProject(in)
			return err == nil
		}
		whole := func(kind string) bool { return kind == "organization" || kind == "martian" }
		for _, c := range cases {
			if c.embedded && store.IsPostgresURL(database) {
				continue
			}
			t.Run(c.kind, func(t *testing.T) {
				past(t, database, c.poison, "UPDATE revision SET value = value + 1",
					fmt.Sprintf("INSERT INTO changes (organization_id, revision, kind, id) SELECT '%s', value, '%s', '%s' FROM revision", org, c.kind, c.id))
				nodes := map[string]*authority.Authority{"follows": follower}
				if c.kind != "martian" { // who starts builds from what it knows
					built, err := node(t, database, 0)
					done(t, err)
					nodes["starts"] = built
				}
				for how, a := range nodes {
					done(t, a.Follow(t.Context()))
					done(t, a.Ready(t.Context()))
					if n := a.Unreadable(); n != 1 {
						t.Errorf("a node that %s: %d objects are unreadable", how, n)
					}
					if may(worker, a, project) {
						t.Errorf("a node that %s: who depends on it may go on", how)
					}
					if open := !whole(c.kind) && c.kind != "project"; may(bystander, a, project) != open {
						t.Errorf("a node that %s: somebody else of the organization: %v", how, !open)
					}
					if !may(elsewhere, a, iam.ProjectID(elsewhere.Organization())) {
						t.Errorf("a node that %s: another organization is denied", how)
					}
				}
				past(t, database, c.mend)
				for how, a := range nodes {
					done(t, a.Follow(t.Context()))
					if n := a.Unreadable(); n != 0 || !may(worker, a, project) || !may(bystander, a, project) {
						t.Errorf("a node that %s does not take back what is mended: %d objects are unreadable", how, n)
					}
				}
			})
		}
	})
}

// past changes a database past the program.
func past(t *testing.T, database string, statements ...string) {
	t.Helper()
	driver, source := "sqlite", database+"?_pragma=busy_timeout(10000)"
	if store.IsPostgresURL(database) {
		driver, source = "pgx", database
	}
	db, err := sql.Open(driver, source)
	done(t, err)
	for _, statement := range statements {
		_, err := db.ExecContext(t.Context(), statement)
		if err != nil {
			t.Fatalf("%s: %v", strings.SplitN(statement, " SET", 2)[0], err)
		}
	}
	done(t, db.Close())
}
