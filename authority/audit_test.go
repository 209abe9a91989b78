package authority_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"bailiwick/audit"
	"bailiwick/authority"
	"bailiwick/bailiwicktest"
	"bailiwick/iam"
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
			after, ended = page.Last, page.End != ""
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
		}
		checkpoints, err := k.Authority.Checkpoints(t.Context())
		if err != nil || len(checkpoints) != 1 { // nobody has logged in
			t.Fatalf("%d checkpoints, %v", len(checkpoints), err)
		}
		whole := verified(t, k, exported(t, k, k.Owner()), checkpoints)
		if whole.Chains[0].After != 0 || whole.Checkpoints != 1 {
			t.Errorf("before: %+v", whole)
		}
		n, err := k.Authority.Retain(t.Context(), 10*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		text := exported(t, k, k.Owner())
		kept := verified(t, k, text, checkpoints)
		if got := kept.Chains[0]; got.After != n || got.Entries != whole.Chains[0].Entries-n || got.Entries != 11 || kept.Checkpoints != 1 {
			t.Errorf("%d removed of %d: %+v", n, whole.Chains[0].Entries, got)
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
			if report.Chains[0].Erased < 3 || report.Chains[1].Erased != 1 || report.Checkpoints != 2 {
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
