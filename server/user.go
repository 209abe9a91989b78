package server

import (
	"context"

	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"

	"bailiwick/iam"
)

func toUser(u iam.User) *sdk.User {
	return &sdk.User{
		ID:                string(u.ID),
		Email:             u.Email,
		Username:          u.Username,
		FirstName:         u.FirstName,
		LastName:          u.LastName,
		PhoneNumber:       u.PhoneNumber,
		Locale:            u.Locale,
		CreatedAt:         given(u.CreatedAt),
		UpdatedAt:         given(u.UpdatedAt),
		OrganizationID:    string(u.OrganizationID),
		Deletable:         !u.IsOwner(),
		LastLoginAt:       given(u.LastLoginAt),
		Type:              sdk.UserType(u.Type),
		TwoFactorEnabled:  new(u.MFA),
		Status:            new(sdk.UserStatus(u.Status)), // never nil: the Terraform provider reads through it
		Mfa:               u.MFA,
		AccountRootUserID: u.AccountRootID,
		Tags:              u.Tags,
		Locked:            u.Locked,
	}
}

func (a *api) listUsers(ctx context.Context, call iam.Call, in *sdk.ListUsersRequest) (*sdk.ListUsersResponse, error) {
	users, total, err := a.authority.ListUsers(ctx, call, iam.UserFilter{
		OrganizationID: optionalID[iam.OrganizationID](in.OrganizationID),
		UserIDs:        ids[iam.UserID](in.UserIDs),
		MFA:            in.Mfa,
		Tag:            value(in.Tag),
		Type:           iam.UserType(in.Type),
		Order:          order(in.OrderBy, "created_at"),
		Page:           page(in.Page, in.PageSize, iam.DefaultPageSize),
	})
	if err != nil {
		return nil, err
	}
	return &sdk.ListUsersResponse{Users: each(users, toUser), TotalCount: uint32(total)}, nil
}

func (a *api) getUser(ctx context.Context, call iam.Call, in *sdk.GetUserRequest) (*sdk.User, error) {
	user, err := a.authority.GetUser(ctx, call, iam.UserID(in.UserID))
	return answer(user, err, toUser)
}

func (a *api) createUser(ctx context.Context, call iam.Call, in *sdk.CreateUserRequest) (*sdk.User, error) {
	switch {
	case in.Member == nil && in.Email == nil:
		return nil, iam.Invalid("type", iam.ReasonRequired, "value is required")
	case in.Member != nil && in.Email != nil:
		return nil, iam.Invalid("member", iam.ReasonConstraint, "value cannot be given together with email")
	case in.Email != nil:
		return a.inviteGuest(ctx, call, in)
	}
	m := in.Member
	user, err := a.authority.CreateUser(ctx, call, iam.NewMember{
		OrganizationID: iam.OrganizationID(in.OrganizationID),
		Email:          m.Email,
		Username:       m.Username,
		Password:       m.Password,
		FirstName:      m.FirstName,
		LastName:       m.LastName,
		PhoneNumber:    m.PhoneNumber,
		Locale:         m.Locale,
		Tags:           in.Tags,
		SendWelcome:    m.SendWelcomeEmail,
		SendPassword:   m.SendPasswordEmail,
	})
	return answer(user, err, toUser)
}

func (a *api) updateUser(ctx context.Context, call iam.Call, in *sdk.UpdateUserRequest) (*sdk.User, error) {
	user, err := a.authority.UpdateUser(ctx, call, iam.UserID(in.UserID), iam.UserUpdate{
		Tags:        in.Tags,
		Email:       in.Email,
		FirstName:   in.FirstName,
		LastName:    in.LastName,
		PhoneNumber: in.PhoneNumber,
		Locale:      in.Locale,
	})
	return answer(user, err, toUser)
}

func (a *api) updateUserUsername(ctx context.Context, call iam.Call, in *sdk.UpdateUserUsernameRequest) (*sdk.User, error) {
	user, err := a.authority.UpdateUserUsername(ctx, call, iam.UserID(in.UserID), in.Username)
	return answer(user, err, toUser)
}

func (a *api) updateUserPassword(ctx context.Context, call iam.Call, in *sdk.UpdateUserPasswordRequest) (*sdk.User, error) {
	user, err := a.authority.UpdateUserPassword(ctx, call, iam.UserID(in.UserID), in.Password)
	return answer(user, err, toUser)
}

func (a *api) lockUser(ctx context.Context, call iam.Call, in *sdk.LockUserRequest) (*sdk.User, error) {
	user, err := a.authority.LockUser(ctx, call, iam.UserID(in.UserID))
	return answer(user, err, toUser)
}

func (a *api) unlockUser(ctx context.Context, call iam.Call, in *sdk.UnlockUserRequest) (*sdk.User, error) {
	user, err := a.authority.UnlockUser(ctx, call, iam.UserID(in.UserID))
	return answer(user, err, toUser)
}

func (a *api) deleteUser(ctx context.Context, call iam.Call, in *sdk.DeleteUserRequest) error {
	return a.authority.DeleteUser(ctx, call, iam.UserID(in.UserID))
}
