package authority_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"bailiwick/authority"
	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
)

const day = 24 * time.Hour

// told returns the letters that a sweep of the installation writes.
func told(t *testing.T, k *kit.Kit) (letters []iam.Letter) {
	t.Helper()
	_ = must[int](t)(k.Authority.TellExpiringKeys(t.Context()))
	done(t, k.Authority.Deliver(t.Context(), func(_ context.Context, l iam.Letter) error {
		if l.ID, l.CreatedAt = "", (time.Time{}); l.Kind == iam.LetterKeyExpiring {
			letters = append(letters, l)
		}
		return nil
	}))
	return letters
}

func TestTellExpiringKeys(t *testing.T) {
	kit.Engines(t, func(t *testing.T, database string) {
		c := &clock{}
		k := kit.New(t, kit.Options{Clock: c.Now, Database: database})
		owner := k.AsOwner(t)
		ann := must[iam.User](t)(owner.CreateUser(iam.NewMember{Username: "ann", Email: "ann@example.com", FirstName: "Ann", Locale: "fr_FR"}))
		make := func(r *kit.Runner, bearer iam.Principal, description string, life time.Duration) authority.CreatedAPIKey {
			return must[authority.CreatedAPIKey](t)(r.CreateAPIKey(iam.NewAPIKey{Bearer: bearer, Description: description, ExpiresAt: c.Now().Add(life)}))
		}
		annRuns := k.AsUser(t, ann)
		robot := owner.MustCreateApplication("robot")
		hers, its := make(annRuns, ann.ID.Principal(), "laptop", 10*day), make(owner, robot.ID.Principal(), "build", 9*day)
		extended, deleted := make(annRuns, ann.ID.Principal(), "extended", 10*day), make(annRuns, ann.ID.Principal(), "deleted", 10*day)
		_ = make(annRuns, ann.ID.Principal(), "short", time.Hour) // who makes such a key knows
		org := owner.Organization()
		toAnn := iam.Letter{
			OrganizationID: org, Kind: iam.LetterKeyExpiring, Name: "Ann", Address: "ann@example.com", Locale: "fr_FR", Organization: "default",
			Secret: string(hers.AccessKey) + " laptop", ExpiresAt: hers.ExpiresAt,
		}
		toOwner := iam.Letter{
			OrganizationID: org, Kind: iam.LetterKeyExpiring, Address: kit.OwnerEmail, Locale: "en_US", Organization: "default", Person: "robot",
			Secret: string(its.AccessKey) + " build", ExpiresAt: its.ExpiresAt,
		}
		same(t, "too early", nil, told(t, k))
		c.Advance(2 * day)
		same(t, "seven days before", []iam.Letter{toOwner}, told(t, k))
		same(t, "once", nil, told(t, k))
		done(t, owner.DeleteAPIKey(deleted.AccessKey))
		_ = must[iam.APIKey](t)(annRuns.UpdateAPIKey(extended.AccessKey, iam.APIKeyUpdate{ExpiresAt: new(c.Now().Add(30 * day))}))
		c.Advance(day)
		same(t, "seven days before hers", []iam.Letter{toAnn}, told(t, k))
		c.Advance(6*day - time.Minute)
		same(t, "a day before its", []iam.Letter{toOwner}, told(t, k))
		// Another expiry is told of anew, and not what its maker has just set.
		next := must[iam.APIKey](t)(owner.UpdateAPIKey(its.AccessKey, iam.APIKeyUpdate{ExpiresAt: new(c.Now().Add(3 * day))}))
		same(t, "set a moment ago", nil, told(t, k))
		c.Advance(2*day + time.Minute)
		toOwner.ExpiresAt = next.ExpiresAt
		same(t, "a day before the new one; hers has expired without a word", []iam.Letter{toOwner}, told(t, k))
		c.Advance(30 * day)
		same(t, "expired ones", nil, told(t, k))
	})
}

// Of nodes that look at once each letter is written by one.
func TestTellExpiringKeysOnce(t *testing.T) {
	kit.Engines(t, func(t *testing.T, database string) {
		c := &clock{}
		k := kit.New(t, kit.Options{Clock: c.Now, Database: database})
		owner := k.AsOwner(t)
		robot := owner.MustCreateApplication("robot")
		for range 20 {
			_ = must[authority.CreatedAPIKey](t)(owner.CreateAPIKey(iam.NewAPIKey{Bearer: robot.ID.Principal(), ExpiresAt: c.Now().Add(8 * day)}))
		}
		c.Advance(2 * day)
		var nodes sync.WaitGroup
		for range 4 {
			nodes.Go(func() {
				if _, err := k.Authority.TellExpiringKeys(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		nodes.Wait()
		same(t, "letters", 20, len(told(t, k)))
	})
}
