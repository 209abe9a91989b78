package store_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"bailiwick/bailiwicktest"
	"bailiwick/iam"
	"bailiwick/store"
)

// TestEventsOfBefore19 brings a database with events to the version that has their table anew: no
// event, and none of the numbers, is lost, and the chain goes on.
func TestEventsOfBefore19(t *testing.T) {
	bailiwicktest.Engines(t, func(t *testing.T, database string) {
		if database == "" {
			database = filepath.Join(t.TempDir(), "bailiwick.db")
		}
		old, err := store.OpenAt(t.Context(), database, 18)
		must(t, err)
		writer := old.Pools()["writes"]
		for _, text := range []string{
			`INSERT INTO organizations (id, name, alias, owner_id, created_at, updated_at, closed_at, login_password_enabled, login_magic_code_enabled,
				login_oauth2_enabled, login_saml_enabled, enforce_password_renewal, grace_period_us, login_attempts_before_lock, max_login_session_us, max_api_key_us,
				event_sequence, event_recorded_at, event_hash)
				VALUES ('` + string(mine) + `', 'mine', 'mine', 'u', 1, 1, 0, true, true, true, false, false, 0, 10, 0, 0, 3, 3, '` + fmt.Sprintf("%064d", 3) + `')`,
			`INSERT INTO counts (organization_id, name, value) VALUES ('` + string(mine) + `', 'logs', 3)`,
		} {
			_, err := writer.ExecContext(t.Context(), text)
			must(t, err)
		}
		var want []iam.Event
		for i := 1; i <= 3; i++ {
			_, err := writer.ExecContext(t.Context(), `INSERT INTO events (organization_id, sequence, id, recorded_at, principal_type, principal_id, project_id,
				source_ip, user_agent, product, service, method, resource_type, resource_id, action, resources, request_id, body, status_code,
				actor_salt, actor_commitment, content_salt, content_commitment, hash)
				VALUES ($1, $2, $3, $2, 'user', 'u', 'p', 'a', 'b', 'iam', 's', 'CreateUser', 'iam_user', 'x', 'created', '[{"id":"x","type":"iam_user","action":"created"}]',
				'r', '{}', 200, 'as', '', 'cs', '', $4)`, string(mine), i, id("0", i), fmt.Sprintf("%064d", i))
			must(t, err)
			want = append(want, iam.Event{OrganizationID: mine, Sequence: int64(i), ID: id("0", i), RecordedAt: store.Instant(int64(i)),
				Principal: iam.UserID("u").Principal(), ProjectID: "p", SourceIP: "a", UserAgent: "b", Product: "iam", Service: "s", Method: "CreateUser",
				Resources: []iam.EventResource{{ID: "x", Type: "iam_user", Action: "created"}}, RequestID: "r", Body: []byte("{}"), StatusCode: 200})
		}
		must(t, old.Close())

		s := open(t, database, nil)
		f := iam.EventFilter{OrganizationID: mine, Ascending: true, Size: 10}
		events, err := s.Read(t.Context()).Events(f)
		must(t, err)
		same(t, "events", events, want)
		must(t, s.Record(t.Context(), func(tx *store.Tx) error {
			return tx.AppendEvent(iam.Event{OrganizationID: mine, Method: "CreateGroup", StatusCode: 200,
				Resources: []iam.EventResource{{ID: "g", Type: iam.ResourceGroup, Action: iam.ActionCreated}}})
		}))
		view(t, s, func(tx *store.Tx) error {
			entries, err := tx.EventEntries(mine, 2, 10)
			must(t, err)
			same(t, "entries behind the second", len(entries), 2)
			same(t, "hash of the new one", entries[1].Hash, entries[1].ChainHash(entries[0].Hash))
			logs, total, err := tx.Logs(iam.LogFilter{OrganizationID: mine, Order: iam.Order{Field: "created_at"}, Page: iam.Page{Number: 1, Size: 10}})
			same(t, "logs", len(logs), 4)
			same(t, "their number", total, 4)
			return err
		})
	})
}
