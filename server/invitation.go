package server

import (
	"context"
	"time"

	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"

	"bailiwick/authority"
	"bailiwick/iam"
)

// The requests and answers of /bailiwick/v1/invitations...
type (
	listInvitationsRequest struct{}

	listInvitationsResponse struct {
		Invitations []*invitation `json:"invitations"`
	}

	// invitation is one as the invited account sees it. Its id is that of the guest.
	invitation struct {
		ID               string     `json:"id"`
		OrganizationID   string     `json:"organization_id"`
		OrganizationName string     `json:"organization_name"`
		Email            string     `json:"email"`
		CreatedAt        *time.Time `json:"created_at"`
		ExpiresAt        *time.Time `json:"expires_at"`
	}

	answerInvitationRequest struct {
		Token        string  `json:"token"`
		InvitationID *string `json:"invitation_id"`
	}
)

func toInvitation(i iam.Invitation) *invitation {
	return &invitation{
		ID: string(i.UserID), OrganizationID: string(i.OrganizationID), OrganizationName: i.OrganizationName,
		Email: i.Email, CreatedAt: given(i.CreatedAt), ExpiresAt: given(i.ExpiresAt),
	}
}

func (in *answerInvitationRequest) answer() authority.InvitationAnswer {
	return authority.InvitationAnswer{Token: in.Token, ID: iam.UserID(value(in.InvitationID))}
}

// inviteGuest is CreateUser with an e-mail address in place of a member.
func (a *api) inviteGuest(ctx context.Context, call iam.Call, in *sdk.CreateUserRequest) (*sdk.User, error) {
	user, err := a.authority.InviteGuest(ctx, call, iam.NewGuest{
		OrganizationID: iam.OrganizationID(in.OrganizationID), Email: *in.Email, Tags: in.Tags,
	})
	return answer(user, err, toUser)
}

func (a *api) listInvitations(ctx context.Context, call iam.Call, _ *listInvitationsRequest) (*listInvitationsResponse, error) {
	invitations, err := a.authority.ListInvitations(ctx, call)
	return answer(invitations, err, func(list []iam.Invitation) *listInvitationsResponse {
		return &listInvitationsResponse{Invitations: each(list, toInvitation)}
	})
}

func (a *api) acceptInvitation(ctx context.Context, call iam.Call, in *answerInvitationRequest) (*sdk.User, error) {
	guest, err := a.authority.AcceptInvitation(ctx, call, in.answer())
	return answer(guest, err, toUser)
}

func (a *api) rejectInvitation(ctx context.Context, call iam.Call, in *answerInvitationRequest) error {
	return a.authority.RejectInvitation(ctx, call, in.answer())
}
