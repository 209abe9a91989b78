package server

import (
	"context"

	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"

	"bailiwick/iam"
)

func (a *api) createUserMFAOTP(ctx context.Context, call iam.Call, in *sdk.CreateUserMFAOTPRequest) (*sdk.MFAOTP, error) {
	secret, err := a.authority.CreateUserMFAOTP(ctx, call, iam.UserID(in.UserID))
	return answer(secret, err, func(secret string) *sdk.MFAOTP { return &sdk.MFAOTP{Secret: secret} })
}

func (a *api) validateUserMFAOTP(ctx context.Context, call iam.Call, in *sdk.ValidateUserMFAOTPRequest) (*sdk.ValidateUserMFAOTPResponse, error) {
	codes, err := a.authority.ValidateUserMFAOTP(ctx, call, iam.UserID(in.UserID), in.OneTimePassword)
	return answer(codes, err, func(codes []string) *sdk.ValidateUserMFAOTPResponse {
		return &sdk.ValidateUserMFAOTPResponse{RecoveryCodes: codes}
	})
}

func (a *api) deleteUserMFAOTP(ctx context.Context, call iam.Call, in *sdk.DeleteUserMFAOTPRequest) error {
	return a.authority.DeleteUserMFAOTP(ctx, call, iam.UserID(in.UserID))
}

func toGracePeriod(g iam.GracePeriod) *sdk.GracePeriod {
	return &sdk.GracePeriod{Type: sdk.GracePeriodType(g.Type), CreatedAt: given(g.CreatedAt), ExpiresAt: given(g.ExpiresAt)}
}

func (a *api) listGracePeriods(ctx context.Context, call iam.Call, in *sdk.ListGracePeriodsRequest) (*sdk.ListGracePeriodsResponse, error) {
	periods, err := a.authority.ListGracePeriods(ctx, call, optionalID[iam.UserID](in.UserID))
	return answer(periods, err, func(periods []iam.GracePeriod) *sdk.ListGracePeriodsResponse {
		return &sdk.ListGracePeriodsResponse{GracePeriods: each(periods, toGracePeriod)}
	})
}
