package authority

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"bailiwick/iam"
	"bailiwick/pdp"
)

var (
	useStart = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	useOrg   = iam.OrganizationID("11111111-1111-4111-8111-111111111111")
)

func useQuestion(n int) (*pdp.Request, *Question, []pdp.Grant) {
	id := fmt.Sprintf("c0000000-0000-4000-8000-%012d", n)
	return &pdp.Request{
		Organization: useOrg, Subject: iam.ApplicationID(id).Principal(), Resource: pdp.Resource{Project: iam.ProjectID(useOrg)},
	}, &Question{SubjectType: "application", SubjectID: id}, []pdp.Grant{{Set: "InstancesFullAccess"}}
}

func (u *uses) decideOnce(n int, at time.Time) {
	r, q, grants := useQuestion(n)
	u.decided(r, pdp.Decision{Allowed: true, By: pdp.ByPolicy}, grants, q, at)
}

// Of the uses in one window one is noted, for each user of things from another moment on.
func TestUsesWindow(t *testing.T) {
	u, begins := newUses(), map[time.Duration]bool{}
	for n := range 20 {
		last, noted := time.Duration(-1), 0
		for after := time.Duration(0); after <= 4*useWindow; after += time.Minute {
			u.decideOnce(n, useStart.Add(after))
			if len(u.take()) == 0 {
				continue
			}
			if noted++; noted == 2 {
				begins[after] = true
			}
			if noted > 2 && after-last != useWindow {
				t.Errorf("noted at %s after %s", after, last)
			}
			last = after
		}
		if noted < 5 || noted > 6 {
			t.Errorf("%d uses are noted in five windows", noted)
		}
	}
	if len(begins) < 5 {
		t.Errorf("all windows begin at %v", begins)
	}
}

// When there is no room a use is not taken for noted: it is noted with its next time.
func TestUsesBound(t *testing.T) {
	u := newUses()
	for n := range maxUses/2 + 1 {
		u.decideOnce(n, useStart)
	}
	if got := len(u.take()); got != maxUses {
		t.Fatalf("%d uses, want %d", got, maxUses)
	}
	u.decideOnce(maxUses/2, useStart)
	if got := len(u.take()); got != 2 {
		t.Errorf("the one that had no room: %d uses", got)
	}
}

// A text of a request lies in its body, whose memory is used again for the next one.
func TestUsesCopyTexts(t *testing.T) {
	u := newUses()
	r, q, grants := useQuestion(1)
	body := []byte(r.Subject.ID)
	r.Subject.ID = unsafe.String(&body[0], len(body))
	u.decided(r, pdp.Decision{Allowed: true, By: pdp.ByPolicy}, grants, q, useStart)
	copy(body, strings.Repeat("x", len(body)))
	for _, l := range u.take() {
		if d := cmp.Diff(q.SubjectID, l.Principal.ID); d != "" {
			t.Errorf("%s (-want +got):\n%s", l.Kind, d)
		}
	}
}

func BenchmarkUses(b *testing.B) {
	u := newUses()
	r, q, grants := useQuestion(1)
	caller := iam.Caller{Organization: useOrg, Principal: r.Subject, AccessKey: "SCW00000000000000001"}
	decision := pdp.Decision{Allowed: true, By: pdp.ByPolicy}
	b.Run("proven", func(b *testing.B) {
		for b.Loop() {
			u.proven(caller, useStart)
		}
	})
	b.Run("decided", func(b *testing.B) {
		for b.Loop() {
			u.decided(r, decision, grants, q, useStart)
		}
	})
	b.Run("called", func(b *testing.B) {
		u.recent[u.hash(useStart, useByCall, 0, r.Subject.ID, string(r.Resource.Project))%recentUses].Store(u.hash(useStart, useByCall, 0, r.Subject.ID, string(r.Resource.Project)))
		for b.Loop() {
			u.called(nil, r, decision, useStart)
		}
	})
	b.Run("decided, each another", func(b *testing.B) {
		ids := make([]string, 100_000)
		for n := range ids {
			ids[n] = fmt.Sprintf("c0000000-0000-4000-8000-%012d", n)
		}
		for n := 0; b.Loop(); n++ {
			r.Subject.ID = ids[n%len(ids)]
			u.decided(r, decision, grants, q, useStart)
			if len(u.waiting) > maxUses-2 {
				u.waiting = nil // as take does; what it does then is no part of a decision
			}
		}
	})
}
