package server

import (
	"context"

	"github.com/scaleway/scaleway-sdk-go/scw"

	"bailiwick/iam"
)

// loginPolicy is what GET and PATCH /bailiwick/v1/login-policy answer: the demands of logging in
// that the published security settings do not have.
type loginPolicy struct {
	MFARequired        bool          `json:"mfa_required"`
	PasswordInactivity *scw.Duration `json:"password_inactivity"`
}

type loginPolicyUpdate struct {
	MFARequired        *bool         `json:"mfa_required"`
	PasswordInactivity *scw.Duration `json:"password_inactivity"`
}

func toLoginPolicy(s iam.SecuritySettings) *loginPolicy {
	return &loginPolicy{MFARequired: s.MFARequired, PasswordInactivity: toDuration(s.PasswordInactivity)}
}

func (a *api) getLoginPolicy(ctx context.Context, call iam.Call, _ *struct{}) (*loginPolicy, error) {
	settings, err := a.authority.GetLoginPolicy(ctx, call)
	return answer(settings, err, toLoginPolicy)
}

func (a *api) updateLoginPolicy(ctx context.Context, call iam.Call, in *loginPolicyUpdate) (*loginPolicy, error) {
	settings, err := a.authority.UpdateLoginPolicy(ctx, call, iam.LoginPolicyUpdate{
		MFARequired: in.MFARequired, PasswordInactivity: fromDuration(in.PasswordInactivity),
	})
	return answer(settings, err, toLoginPolicy)
}
