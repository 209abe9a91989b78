package authority_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"bailiwick/audit"
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
