package authority_test

import (
	"errors"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"bailiwick/audit"
	"bailiwick/authority"
	"bailiwick/bailiwicktest"
	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/store"
)

// exported returns the export of an organization's audit trail, in pages of three.
func exported(t *testing.T, k *bailiwicktest.Kit, caller iam.Caller) string {
	t.Helper()
	call := iam.Call{Operation: bailiwicktest.Operations()["ListAuditEntries"], Caller: caller}
	var file strings.Builder
	for _, chain := range iam.Chains() {
		after, ended := int64(0), false
		for !ended {
			page, err := k.Authority.AuditEntries(t.Context(), call, caller.Organization, chain, after, 3)
			if err != nil {
				t.Fatal(err)
			}
			if len(page.Lines) > 3 || (page.Begin != "") != (after == 0) {
				t.Fatalf("page behind %d: %+v", after, page)
			}
			for _, line := range append(append([]string{page.Begin}, page.Lines...), page.End) {
				if line != "" {
					file.WriteString(line + "\n")
				}
			}
			after, ended = page.Last, page.End != "" || page.Last == after
		}
	}
	return file.String()
}

func verified(t *testing.T, k *bailiwicktest.Kit, text string, checkpoints []iam.Statement) audit.Report {
	t.Helper()
	report, err := audit.VerifyFile(strings.NewReader(text), audit.Verification{Key: k.Authority.AuditKey(), Checkpoints: checkpoints})
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return report
}

// TestRetention removes what is old: the export begins behind a signed anchor and verifies, also
// against checkpoints from before.
func TestRetention(t *testing.T) {
	bailiwicktest.Engines(t, func(t *testing.T, database string) {
		var hours atomic.Int64
		start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		k := bailiwicktest.New(t, bailiwicktest.Options{Database: database, Clock: func() time.Time { return start.Add(time.Duration(hours.Load()) * time.Hour) }})
		owner := k.As(t, k.Owner())
		for range 40 {
			hours.Add(1)
			owner.MustCreateApplication("robot")
			err := k.Store.Record(t.Context(), func(tx *store.Tx) error {
				return tx.AppendSystemEvent(iam.SystemEvent{ID: identity.NewEventID(), OrganizationID: owner.Organization(), Kind: iam.SystemEventCron})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		checkpoints, err := k.Authority.Checkpoints(t.Context())
		if err != nil || len(checkpoints) != 2 { // nobody has logged in
			t.Fatalf("%d checkpoints, %v", len(checkpoints), err)
		}
		whole := verified(t, k, exported(t, k, k.Owner()), checkpoints)
		if whole.Chains[0].After != 0 || whole.Checkpoints != 2 {
			t.Errorf("before: %+v", whole)
		}
		n, err := k.Authority.Retain(t.Context(), 10*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		text := exported(t, k, k.Owner())
		kept := verified(t, k, text, checkpoints)
		if got := kept.Chains[0]; got.After != n-29 || got.Entries != whole.Chains[0].Entries-got.After || got.Entries != 11 || kept.Checkpoints != 2 {
			t.Errorf("%d removed of %d: %+v", n, whole.Chains[0].Entries, got)
		}
		if got := kept.Chains[2]; got.After != 29 || got.Entries != 11 {
			t.Errorf("system events: %+v", got)
		}
		if n, err := k.Authority.Retain(t.Context(), 10*time.Hour); n != 0 || err != nil {
			t.Errorf("a second time: %d removed, %v", n, err)
		}
		hours.Add(1000)
		if _, err := k.Authority.Retain(t.Context(), 10*time.Hour); err != nil {
			t.Fatal(err)
		}
		if got := verified(t, k, exported(t, k, k.Owner()), checkpoints).Chains[0]; got.Entries != 0 || got.After != whole.Chains[0].Entries {
			t.Errorf("all removed: %+v", got)
		}
		owner.MustCreateApplication("robot")
		if got := verified(t, k, exported(t, k, k.Owner()), nil).Chains[0]; got.Entries != 1 {
			t.Errorf("after all were removed: %+v", got)
		}
		// Without its anchor the rest proves nothing.
		lines := strings.SplitAfter(text, "\n")
		if _, err := audit.VerifyFile(strings.NewReader(strings.Join(lines[1:], "")), audit.Verification{}); err == nil {
			t.Error("an export without its anchor is good")
		}
	})
}

// TestSystemEventsProveThemselves plants faults in the stored system events, one by one, past the
// server: each is found in the export.
func TestSystemEventsProveThemselves(t *testing.T) {
	bailiwicktest.Engines(t, func(t *testing.T, database string) {
		k := bailiwicktest.New(t, bailiwicktest.Options{Database: database})
		o := k.Owner().Organization
		const n = 7
		for i := range n {
			err := k.Store.Record(t.Context(), func(tx *store.Tx) error {
				return tx.AppendSystemEvent(iam.SystemEvent{ID: identity.NewEventID(), OrganizationID: o, Kind: iam.SystemEventCron, Source: "exports", Name: "export", Product: "audit-trail",
					Resources: []iam.EventResource{{ID: strconv.Itoa(i), Type: "export_job", Name: "nightly"}}})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		checkpoints, err := k.Authority.Checkpoints(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		find := func() (audit.Report, error) {
			return audit.VerifyFile(strings.NewReader(exported(t, k, k.Owner())), audit.Verification{Key: k.Authority.AuditKey(), Checkpoints: checkpoints})
		}
		if report, err := find(); err != nil || report.Chains[2].Chain != iam.ChainSystem || report.Chains[2].Entries != n || report.Checkpoints != 2 {
			t.Fatalf("untouched: %+v, %v", report, err)
		}
		do := func(statements ...string) {
			t.Helper()
			past(t, k.Database, statements...)
		}
		do("CREATE TABLE kept AS SELECT * FROM system_events")
		for _, plant := range []struct {
			name, text string
			kind       audit.FaultKind
			sequence   int64
		}{
			{"edited", "UPDATE system_events SET name = 'nothing' WHERE sequence = 3", audit.Edited, 3},
			{"another name of a resource", "UPDATE system_events SET resources = REPLACE(resources, 'nightly', 'weekly') WHERE sequence = 3", audit.Edited, 3},
			{"another hash", "UPDATE system_events SET hash = (SELECT hash FROM kept WHERE sequence = 1) WHERE sequence = 3", audit.Edited, 3},
			{"another time", "UPDATE system_events SET recorded_at = recorded_at + 1 WHERE sequence = 7", audit.Edited, 7},
			{"removed", "DELETE FROM system_events WHERE sequence = 4", audit.Missing, 4},
			{"the first removed", "DELETE FROM system_events WHERE sequence = 1", audit.Missing, 1},
			{"without its hash", "UPDATE system_events SET hash = '' WHERE sequence = 5", audit.Missing, 5},
			{"two swapped", "UPDATE system_events SET sequence = CASE sequence WHEN 2 THEN -3 WHEN 3 THEN -2 ELSE sequence END", audit.Edited, 2},
			{"put in", "INSERT INTO system_events SELECT organization_id, 8, id, recorded_at, project_id, kind, source, name, product, resources, content_salt, content_commitment, hash FROM kept WHERE sequence = 7", audit.Edited, 8},
			{"cut off", "DELETE FROM system_events WHERE sequence > 5", audit.Truncated, 0},
			{"all removed", "DELETE FROM system_events", audit.Truncated, 0},
		} {
			do(plant.text, "UPDATE system_events SET sequence = -sequence WHERE sequence < 0")
			var fault *audit.Fault
			if _, err := find(); !errors.As(err, &fault) || fault.Kind != plant.kind || fault.Chain != iam.ChainSystem || fault.Sequence != plant.sequence {
				t.Errorf("%s: %v, want %s at %d", plant.name, err, plant.kind, plant.sequence)
			}
			do("DELETE FROM system_events", "INSERT INTO system_events SELECT * FROM kept")
		}
		do("DELETE FROM system_events WHERE sequence > 5",
			"UPDATE organizations SET system_event_sequence = 5, system_event_hash = (SELECT hash FROM kept WHERE sequence = 5) WHERE system_event_sequence = 7")
		var fault *audit.Fault
		if _, err := find(); !errors.As(err, &fault) || fault.Kind != audit.Truncated || fault.Sequence != 6 {
			t.Errorf("cut off, with a new end: %v", err)
		}
		do("DELETE FROM system_events", "INSERT INTO system_events SELECT * FROM kept",
			"UPDATE organizations SET system_event_sequence = 7, system_event_hash = (SELECT hash FROM kept WHERE sequence = 7) WHERE system_event_sequence = 5", "DROP TABLE kept")
		if _, err := find(); err != nil {
			t.Errorf("put back: %v", err)
		}
	})
}

// TestErasure erases a deleted user: nothing personal is left in the export or in filters, and the
// chain verifies against checkpoints from before.
func TestErasure(t *testing.T) {
	bailiwicktest.Engines(t, func(t *testing.T, database string) {
		k := bailiwicktest.New(t, bailiwicktest.Options{Database: database})
		owner := k.AsOwner(t)
		user := owner.MustCreateUser("canary-name")
		acting := k.AsUser(t, user).From("198.51.100.77", "canary-agent/1")
		if _, err := acting.CreateApplication(iam.NewApplication{Name: "refused"}); err == nil {
			t.Fatal("a user without rights makes an application")
		}
		_, err := k.Authority.LoginWithPassword(t.Context(), iam.Call{
			Operation: iam.Operation{Name: "LoginPassword"}, Client: acting.From("198.51.100.77", "canary-agent/2").Client,
		}, authority.PasswordLogin{Organization: string(owner.Organization()), Username: "canary-name", Password: "a guess"})
		if err == nil {
			t.Fatal("a guess opens a session")
		}
		for range 20 { // until the user is locked, which the system events tell by name
			_, _ = k.Authority.LoginWithPassword(t.Context(), iam.Call{
				Operation: iam.Operation{Name: "LoginPassword"}, Client: acting.From("198.51.100.77", "canary-agent/2").Client,
			}, authority.PasswordLogin{Organization: string(owner.Organization()), Username: "canary-name", Password: "another guess"})
		}
		erase := func(caller iam.Caller) error {
			return k.Authority.EraseUser(t.Context(), iam.Call{Operation: bailiwicktest.Operations()["EraseUser"], Caller: caller}, owner.Organization(), user.ID)
		}
		if err := erase(iam.Operator()); iam.KindOf(err) != iam.KindPreconditionFailed {
			t.Errorf("erase a user who is there: %v", err)
		}
		if err := owner.DeleteUser(user.ID); err != nil {
			t.Fatal(err)
		}
		if err := erase(k.Owner()); iam.KindOf(err) != iam.KindPermissionsDenied {
			t.Errorf("the owner erases: %v", err)
		}
		checkpoints, err := k.Authority.Checkpoints(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		before := exported(t, k, k.Owner())
		if _, system, found := strings.Cut(before, `{"system_event":`); !found || !strings.Contains(system, "canary-name") {
			t.Error("the system events do not name the user")
		}
		for _, canary := range []string{"canary-name", "canary-agent/1", "canary-agent/2", "198.51.100.77"} {
			if !strings.Contains(before, canary) {
				t.Errorf("%s was never there", canary)
			}
		}
		for range 2 { // a second time changes nothing
			if err := erase(iam.Operator()); err != nil {
				t.Fatal(err)
			}
			after := exported(t, k, k.Owner())
			report := verified(t, k, after, checkpoints)
			if report.Chains[0].Erased < 3 || report.Chains[1].Erased < 1 || report.Chains[2].Erased != 1 || report.Checkpoints != 3 {
				t.Errorf("%+v", report)
			}
			for _, canary := range []string{"canary", "198.51.100.77"} {
				if i := strings.Index(after, canary); i >= 0 {
					t.Errorf("%s is still there: %s", canary, after[max(0, i-300):i+50])
				}
			}
			if !strings.Contains(after, `"192.0.2.1"`) || !strings.Contains(after, string(user.ID)) {
				t.Error("what others did, or the user's id, is gone, too")
			}
		}
		events, _, err := owner.ListEvents(iam.EventFilter{SourceIP: "198.51.100.77", Size: 10}, "")
		if err != nil || len(events) > 0 {
			t.Errorf("found by the erased address: %v, %v", events, err)
		}
	})
}
