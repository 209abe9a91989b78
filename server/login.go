package server

import (
	"context"

	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"

	"bailiwick/authority"
	"bailiwick/iam"
)

// The requests of POST /bailiwick/v1/login/...
type (
	loginPasswordRequest struct {
		Organization string `json:"organization"` // id or alias
		Username     string `json:"username"`
		Email        string `json:"email"`
		Password     string `json:"password"`
	}

	loginCodeRequest struct {
		LoginID string `json:"login_id" id:"text"`
		Code    string `json:"code"`
	}

	loginNewPasswordRequest struct {
		LoginID  string `json:"login_id" id:"text"`
		Password string `json:"password"`
	}

	loginMagicCodeStartRequest struct {
		LoginID      string `json:"login_id" id:"text"`
		Organization string `json:"organization"`
		Username     string `json:"username"`
		Email        string `json:"email"`
	}

	loginResetStartRequest struct {
		Email string `json:"email"`
	}

	loginResetRequest struct {
		Token    string `json:"token"`
		Password string `json:"password"`
	}

	loginSwitchRequest struct {
		OrganizationID string `json:"organization_id"`
	}

	loginRenewRequest struct {
		RenewToken string `json:"renew_token"`
	}
)

// loginResponse is the session of a login that is complete, or what it still needs.
type loginResponse struct {
	JWT        *sdk.JWT        `json:"jwt,omitempty"`
	Token      string          `json:"token,omitempty"`
	RenewToken string          `json:"renew_token,omitempty"`
	LoginID    string          `json:"login_id,omitempty"`
	Next       []iam.LoginStep `json:"next,omitempty"`
}

func toLogin(l authority.Login) *loginResponse {
	if len(l.Next) > 0 {
		return &loginResponse{LoginID: l.LoginID, Next: l.Next}
	}
	return &loginResponse{JWT: toSession(l.Session), Token: l.Token, RenewToken: l.RenewToken}
}

func (a *api) loginPassword(ctx context.Context, call iam.Call, in *loginPasswordRequest) (*loginResponse, error) {
	login, err := a.authority.LoginWithPassword(ctx, call, authority.PasswordLogin{
		Organization: in.Organization, Username: in.Username, Email: in.Email, Password: in.Password,
	})
	return answer(login, err, toLogin)
}

func (a *api) loginTOTP(ctx context.Context, call iam.Call, in *loginCodeRequest) (*loginResponse, error) {
	login, err := a.authority.LoginWithTOTP(ctx, call, in.LoginID, in.Code)
	return answer(login, err, toLogin)
}

func (a *api) loginRecoveryCode(ctx context.Context, call iam.Call, in *loginCodeRequest) (*loginResponse, error) {
	login, err := a.authority.LoginWithRecoveryCode(ctx, call, in.LoginID, in.Code)
	return answer(login, err, toLogin)
}

func (a *api) loginNewPassword(ctx context.Context, call iam.Call, in *loginNewPasswordRequest) (*loginResponse, error) {
	login, err := a.authority.LoginWithNewPassword(ctx, call, in.LoginID, in.Password)
	return answer(login, err, toLogin)
}

func (a *api) loginSwitch(ctx context.Context, call iam.Call, in *loginSwitchRequest) (*loginResponse, error) {
	opened, err := a.authority.SwitchOrganization(ctx, call, iam.OrganizationID(in.OrganizationID))
	return answer(authority.Login{OpenedSession: opened}, err, toLogin)
}

func (a *api) loginRenew(ctx context.Context, call iam.Call, in *loginRenewRequest) (*loginResponse, error) {
	opened, err := a.authority.RenewSession(ctx, call, in.RenewToken)
	return answer(authority.Login{OpenedSession: opened}, err, toLogin)
}

func (a *api) loginMagicCodeStart(ctx context.Context, call iam.Call, in *loginMagicCodeStartRequest) (*loginResponse, error) {
	login, err := a.authority.StartMagicCode(ctx, call, authority.MagicCodeStart{
		LoginID:       in.LoginID,
		PasswordLogin: authority.PasswordLogin{Organization: in.Organization, Username: in.Username, Email: in.Email},
	})
	return answer(login, err, toLogin)
}

func (a *api) loginMagicCode(ctx context.Context, call iam.Call, in *loginCodeRequest) (*loginResponse, error) {
	login, err := a.authority.LoginWithMagicCode(ctx, call, in.LoginID, in.Code)
	return answer(login, err, toLogin)
}

func (a *api) loginResetStart(ctx context.Context, call iam.Call, in *loginResetStartRequest) error {
	return a.authority.StartPasswordReset(ctx, call, in.Email)
}

func (a *api) loginReset(ctx context.Context, call iam.Call, in *loginResetRequest) error {
	return a.authority.ResetPassword(ctx, call, in.Token, in.Password)
}
