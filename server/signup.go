package server

import (
	"context"
	"time"

	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"

	"bailiwick/authority"
	"bailiwick/iam"
)

// The requests and answers of POST /bailiwick/v1/sign-up...
type (
	signUpRequest struct {
		Email     string `json:"email"`
		Password  string `json:"password"`
		Name      string `json:"name"` // of the organization
		FirstName string `json:"first_name"`
		LastName  string `json:"last_name"`
		Locale    string `json:"locale"`
	}

	confirmSignUpRequest struct {
		Token    string `json:"token"`
		Password string `json:"password"`
	}

	confirmSignUpResponse struct {
		Organization *tenantOrganization `json:"organization"`
		Owner        *sdk.User           `json:"owner"`
	}

	inviteToSignUpRequest struct {
		Email string `json:"email"`
	}

	inviteToSignUpResponse struct {
		Email     string     `json:"email"`
		ExpiresAt *time.Time `json:"expires_at"`
	}
)

func (a *api) startSignUp(ctx context.Context, call iam.Call, in *signUpRequest) error {
	return a.authority.SignUp(ctx, call, iam.NewSignUp{
		Email: in.Email, Password: in.Password, Name: in.Name, FirstName: in.FirstName, LastName: in.LastName, Locale: in.Locale,
	})
}

func (a *api) confirmSignUp(ctx context.Context, call iam.Call, in *confirmSignUpRequest) (*confirmSignUpResponse, error) {
	created, err := a.authority.ConfirmSignUp(ctx, call, in.Token, in.Password)
	return answer(created, err, func(c authority.CreatedOrganization) *confirmSignUpResponse {
		return &confirmSignUpResponse{Organization: toTenantOrganization(c.Organization), Owner: toUser(c.Owner)}
	})
}

func (a *api) inviteToSignUp(ctx context.Context, call iam.Call, in *inviteToSignUpRequest) (*inviteToSignUpResponse, error) {
	invitation, err := a.authority.InviteToSignUp(ctx, call, in.Email)
	return answer(invitation, err, func(i iam.SignUpInvitation) *inviteToSignUpResponse {
		return &inviteToSignUpResponse{Email: i.Email, ExpiresAt: given(i.ExpiresAt)}
	})
}
