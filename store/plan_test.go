package store_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"bailiwick/iam"
	"bailiwick/store"

	"modernc.org/sqlite"
)

// recorder is the SQLite driver, with a list of what it was asked.
type recorder struct {
	dsn     string
	mu      sync.Mutex
	queries []recorded
}

type recorded struct {
	text string
	args []driver.NamedValue
}

// recordingConn forwards what database/sql needs for statements that are not prepared.
type recordingConn struct {
	driver.Conn
	recorder *recorder
}

func (r *recorder) Driver() driver.Driver { return &sqlite.Driver{} }

func (r *recorder) Connect(context.Context) (driver.Conn, error) {
	c, err := r.Driver().Open(r.dsn)
	return recordingConn{c, r}, err
}

func (c recordingConn) note(text string, args []driver.NamedValue) {
	c.recorder.mu.Lock()
	defer c.recorder.mu.Unlock()
	c.recorder.queries = append(c.recorder.queries, recorded{text, args})
}

func (c recordingConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	c.note(text, args)
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, text, args)
}

func (c recordingConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	c.note(text, args)
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, text, args)
}

func (c recordingConn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, options)
}

// TestQueriesUseIndexes runs what the server asks all day and reads how SQLite goes about it:
// a table that is read from end to end, or rows that are sorted, would not be seen in a
// small test and would be felt in a large installation.
func TestQueriesUseIndexes(t *testing.T) {
	path := t.TempDir() + "/x.db"
	s := open(t, path, nil)
	watch := &recorder{dsn: store.SQLiteDSN(path, false)}
	db := sql.OpenDB(watch)
	defer db.Close()
	watched := store.OnSQLite(db)

	page := iam.Page{Number: 3, Size: 100}
	by := func(field string) iam.Order { return iam.Order{Field: field, Descending: true} }
	user := iam.UserID("u").Principal()
	queries := map[string]func(*store.Tx) error{
		"applications by time": func(t *store.Tx) error {
			return third(t.Applications(iam.ApplicationFilter{OrganizationID: "o", Order: by("created_at"), Page: page}))
		},
		"applications by name": func(t *store.Tx) error {
			return third(t.Applications(iam.ApplicationFilter{OrganizationID: "o", Order: by("name"), Page: page}))
		},
		"projects by time": func(t *store.Tx) error {
			return third(t.Projects(iam.ProjectFilter{OrganizationID: "o", Order: by("created_at"), Page: page}))
		},
		"projects by name": func(t *store.Tx) error {
			return third(t.Projects(iam.ProjectFilter{OrganizationID: "o", Order: by("name"), Page: page}))
		},
		"users by time": func(t *store.Tx) error {
			return third(t.Users(iam.UserFilter{OrganizationID: "o", Order: by("created_at"), Page: page}))
		},
		"users by name": func(t *store.Tx) error {
			return third(t.Users(iam.UserFilter{OrganizationID: "o", Order: by("username"), Page: page}))
		},
		"groups by time": func(t *store.Tx) error {
			return third(t.Groups(iam.GroupFilter{OrganizationID: "o", Order: by("created_at"), Page: page}))
		},
		"groups by name": func(t *store.Tx) error {
			return third(t.Groups(iam.GroupFilter{OrganizationID: "o", Order: by("name"), Page: page}))
		},
		"policies by time": func(t *store.Tx) error {
			return third(t.Policies(iam.PolicyFilter{OrganizationID: "o", Order: by("created_at"), Page: page}))
		},
		"policies by name": func(t *store.Tx) error {
			return third(t.Policies(iam.PolicyFilter{OrganizationID: "o", Order: by("policy_name"), Page: page}))
		},
		"keys by time": func(t *store.Tx) error {
			return third(t.APIKeys(iam.APIKeyFilter{OrganizationID: "o", Order: by("created_at"), Page: page}))
		},
		"ssh keys by time": func(t *store.Tx) error {
			return third(t.SSHKeys(iam.SSHKeyFilter{OrganizationID: "o", Order: by("created_at"), Page: page}))
		},
		"organizations": func(t *store.Tx) error { return third(t.Organizations(page)) },
		"logs": func(t *store.Tx) error {
			return third(t.Logs(iam.LogFilter{OrganizationID: "o", Order: by("created_at"), Page: page}))
		},
		"logs of a time": func(t *store.Tx) error {
			return third(t.Logs(iam.LogFilter{OrganizationID: "o", After: time.Now(), Before: time.Now(), Order: by("created_at"), Page: page}))
		},
		"log":    func(t *store.Tx) error { return missing(t.Log("o", "l")) },
		"events": func(t *store.Tx) error { return second(t.Events(iam.EventFilter{OrganizationID: "o", Size: 20})) },
		"events onward": func(t *store.Tx) error {
			return second(t.Events(iam.EventFilter{OrganizationID: "o", Cursor: 9, Ascending: true, Size: 20}))
		},
		"events of a time": func(t *store.Tx) error {
			return second(t.Events(iam.EventFilter{OrganizationID: "o", After: time.Now(), Before: time.Now(), Size: 20}))
		},
		"events of a principal": func(t *store.Tx) error {
			return second(t.Events(iam.EventFilter{OrganizationID: "o", PrincipalID: "p", Size: 20}))
		},
		"events of a type": func(t *store.Tx) error {
			return second(t.Events(iam.EventFilter{OrganizationID: "o", ResourceType: "r", Size: 20}))
		},
		"application":             func(t *store.Tx) error { return missing(t.Application("o", "a")) },
		"project":                 func(t *store.Tx) error { return missing(t.Project("o", "p")) },
		"user":                    func(t *store.Tx) error { return missing(t.User("o", "u")) },
		"group":                   func(t *store.Tx) error { return missing(t.Group("o", "g")) },
		"policy":                  func(t *store.Tx) error { return missing(t.Policy("o", "p")) },
		"rules":                   func(t *store.Tx) error { return second(t.Rules("o", "p")) },
		"key":                     func(t *store.Tx) error { return missing(t.APIKey("o", "k")) },
		"keys of a bearer":        func(t *store.Tx) error { return second(t.APIKeysOf("o", user)) },
		"policies of a principal": func(t *store.Tx) error { return second(t.PoliciesOf("o", user)) },
		"ssh key":                 func(t *store.Tx) error { return missing(t.SSHKey("o", "k")) },
		"ssh keys of a project":   func(t *store.Tx) error { return second(t.SSHKeysOf("o", "p")) },
		"organization of a user":  func(t *store.Tx) error { return missing(t.OrganizationOf(user)) },
		"by alias":                func(t *store.Tx) error { return missing(t.OrganizationByAlias("a")) },
		"number":                  func(t *store.Tx) error { return second(t.CountApplications("o")) },
		"revision":                func(t *store.Tx) error { return second(t.Latest()) },
		"fact":                    func(t *store.Tx) error { return missing(t.Fact("f")) },
	}
	// Filters that name few rows: they are looked up by the filter, and then sorted.
	selective := map[string]func(*store.Tx) error{
		"applications of a name": func(t *store.Tx) error {
			return third(t.Applications(iam.ApplicationFilter{OrganizationID: "o", Name: "n", Order: by("created_at"), Page: page}))
		},
		"applications of ids": func(t *store.Tx) error {
			return third(t.Applications(iam.ApplicationFilter{OrganizationID: "o", ApplicationIDs: []iam.ApplicationID{"a", "b"}, Order: by("created_at"), Page: page}))
		},
		"projects of a name": func(t *store.Tx) error {
			return third(t.Projects(iam.ProjectFilter{OrganizationID: "o", Name: "n", Order: by("created_at"), Page: page}))
		},
		"groups of a name": func(t *store.Tx) error {
			return third(t.Groups(iam.GroupFilter{OrganizationID: "o", Name: "n", Order: by("created_at"), Page: page}))
		},
		"policies of a user": func(t *store.Tx) error {
			return third(t.Policies(iam.PolicyFilter{OrganizationID: "o", UserIDs: []iam.UserID{"u"}, Order: by("policy_name"), Page: page}))
		},
		"policies of anybody": func(t *store.Tx) error {
			return third(t.Policies(iam.PolicyFilter{OrganizationID: "o", UserIDs: []iam.UserID{"u"}, GroupIDs: []iam.GroupID{"g"}, Order: by("policy_name"), Page: page}))
		},
		"keys of a user": func(t *store.Tx) error {
			return third(t.APIKeys(iam.APIKeyFilter{OrganizationID: "o", BearerType: "user", BearerID: "u", Order: by("expires_at"), Page: page}))
		},
		"ssh keys of a project": func(t *store.Tx) error {
			return third(t.SSHKeys(iam.SSHKeyFilter{OrganizationID: "o", ProjectID: "p", Order: by("created_at"), Page: page}))
		},
		"events of a resource": func(t *store.Tx) error {
			return second(t.Events(iam.EventFilter{OrganizationID: "o", ResourceID: "r", Size: 20}))
		},
		"changes": func(t *store.Tx) error { return second(t.Changes(1, 2)) },
	}
	for sorted, queries := range map[bool]map[string]func(*store.Tx) error{false: queries, true: selective} {
		for name, query := range queries {
			t.Run(name, func(t *testing.T) {
				watch.queries = nil
				must(t, watched.View(t.Context(), query))
				if len(watch.queries) == 0 {
					t.Fatal("nothing was asked")
				}
				for _, q := range watch.queries {
					if fault := badPlan(t, s, q, sorted); fault != "" {
						t.Errorf("%s:\n%s", fault, q.text)
					}
				}
			})
		}
	}
	t.Run("the gate sees a scan and a sort", func(t *testing.T) {
		for _, text := range []string{
			"SELECT id FROM applications WHERE description = 'x'",
			"SELECT id FROM applications WHERE organization_id = 'x' ORDER BY updated_at LIMIT 1",
			"SELECT id FROM applications WHERE organization_id = 'x' AND description = 'x'",
		} {
			if badPlan(t, s, recorded{text: text}, false) == "" {
				t.Errorf("not seen: %s", text)
			}
		}
	})
}

// What a plan may scan: the page of keys that a list has found, a list of values, and the
// number of organizations, which only the operator asks.
var scanAllowed = regexp.MustCompile(`^SCAN (page|organizations)\b`)

// badPlan returns what is wrong with the way in which SQLite would run a query. A query for
// few rows may sort them; another must walk in the order of an index, up to its limit.
func badPlan(t *testing.T, s *store.Store, q recorded, sorted bool) string {
	t.Helper()
	args := make([]any, len(q.args))
	for i, arg := range q.args {
		args[i] = arg.Value
	}
	rows, err := s.Pools()["reads"].QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+q.text, args...)
	must(t, err)
	defer rows.Close()
	listPage := strings.Contains(q.text, "AS page")
	for rows.Next() {
		var id, parent, unused int
		var detail string
		must(t, rows.Scan(&id, &parent, &unused, &detail))
		switch {
		case strings.HasPrefix(detail, "SCAN") && !scanAllowed.MatchString(detail):
			return fmt.Sprintf("reads all: %s", detail)
		case strings.HasSuffix(detail, "(organization_id=?)") && (sorted || !strings.Contains(q.text, "LIMIT")):
			return fmt.Sprintf("reads all of an organization: %s", detail)
		case strings.Contains(detail, "TEMP B-TREE") && !sorted && (!listPage || parent != 0):
			return fmt.Sprintf("sorts: %s", detail)
		}
	}
	must(t, rows.Err())
	return ""
}

func second[T any](_ T, err error) error { return err }

func third[A, B any](_ A, _ B, err error) error { return err }

// missing is second for the look-up of one row, which is not there.
func missing[T any](_ T, err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}
