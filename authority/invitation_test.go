package authority_test

import (
	"testing"

	"bailiwick/authority"
	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
)

// On every engine: an account is invited by its proven address, answers, and is a guest, with
// rights from then on; a pending one has none, whatever its policies.
func TestGuestOnEngines(t *testing.T) {
	kit.Engines(t, func(t *testing.T, database string) {
		k := kit.New(t, kit.Options{Database: database})
		owner := k.AsOwner(t)
		made := must[authority.CreatedOrganization](t)(k.AsOperator(t).CreateOrganization(iam.NewOrganization{Name: "zoes", OwnerEmail: "zoe@example.com"}))
		zoe := k.AsHolder(t, made.APIKey.SecretKey)
		guest := must[iam.User](t)(owner.InviteGuest(iam.NewGuest{Email: "Zoe@example.com"}))
		owner.MustCreatePolicy("guests", guest.ID.Principal(), kit.Everywhere(owner.Organization(), "IAMReadOnly"))
		can := func() bool {
			t.Helper()
			answer := must[authority.WhoAnswer](t)(owner.WhoCan(authority.WhoQuestion{Permission: "iam:group:list", OrganizationID: owner.Organization(), PageSize: 100}))
			for _, p := range answer.Grantees {
				if p.Principal == guest.ID.Principal() {
					return true
				}
			}
			return false
		}
		if can() {
			t.Error("a pending guest is among who can")
		}
		offered := must[[]iam.Invitation](t)(zoe.ListInvitations())
		if len(offered) != 1 || offered[0].UserID != guest.ID || offered[0].OrganizationName != "default" {
			t.Fatalf("offered: %+v", offered)
		}
		if own := must[[]iam.Invitation](t)(owner.ListInvitations()); len(own) != 0 {
			t.Errorf("the inviting owner is offered %+v", own)
		}
		answer := authority.InvitationAnswer{ID: guest.ID}
		done(t, zoe.RejectInvitation(answer))
		fails(t, "rejected twice", iam.NotFound("invitation", string(guest.ID)), zoe.RejectInvitation(answer))
		fails(t, "the guest", iam.NotFound("user", string(guest.ID)), refused[iam.User](t)(owner.GetUser(guest.ID)))

		guest = must[iam.User](t)(owner.InviteGuest(iam.NewGuest{Email: "zoe@example.com"}))
		owner.MustCreatePolicy("guests again", guest.ID.Principal(), kit.Everywhere(owner.Organization(), "IAMReadOnly"))
		accepted := must[iam.User](t)(zoe.AcceptInvitation(authority.InvitationAnswer{ID: guest.ID}))
		want := guest
		want.Status, want.AccountRootID, want.UpdatedAt = iam.UserActivated, made.Owner.AccountRootID, accepted.UpdatedAt
		same(t, "accepted", want, accepted)
		same(t, "stored", want, must[iam.User](t)(owner.GetUser(guest.ID)))
		if !can() {
			t.Error("a guest is not among who can")
		}
		exists := iam.AlreadyExists("user", string(guest.ID), "a user of the organization has this username")
		fails(t, "invited twice", exists, refused[iam.User](t)(owner.InviteGuest(iam.NewGuest{Email: "ZOE@example.com"})))
	})
}
