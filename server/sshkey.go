package server

import (
	"context"

	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"

	"bailiwick/iam"
)

func toSSHKey(k iam.SSHKey) *sdk.SSHKey {
	return &sdk.SSHKey{
		ID:             string(k.ID),
		Name:           k.Name,
		PublicKey:      k.PublicKey,
		Fingerprint:    k.Fingerprint,
		CreatedAt:      given(k.CreatedAt),
		UpdatedAt:      given(k.UpdatedAt),
		OrganizationID: string(k.OrganizationID),
		ProjectID:      string(k.ProjectID),
		Disabled:       k.Disabled,
	}
}

func (a *api) listSSHKeys(ctx context.Context, call iam.Call, in *sdk.ListSSHKeysRequest) (*sdk.ListSSHKeysResponse, error) {
	keys, total, err := a.authority.ListSSHKeys(ctx, call, iam.SSHKeyFilter{
		OrganizationID: optionalID[iam.OrganizationID](in.OrganizationID),
		Name:           value(in.Name),
		ProjectID:      optionalID[iam.ProjectID](in.ProjectID),
		Disabled:       in.Disabled,
		Order:          order(in.OrderBy, "created_at"),
		Page:           page(in.Page, in.PageSize, iam.DefaultPageSize),
	})
	if err != nil {
		return nil, err
	}
	return &sdk.ListSSHKeysResponse{SSHKeys: each(keys, toSSHKey), TotalCount: uint32(total)}, nil
}

func (a *api) getSSHKey(ctx context.Context, call iam.Call, in *sdk.GetSSHKeyRequest) (*sdk.SSHKey, error) {
	key, err := a.authority.GetSSHKey(ctx, call, iam.SSHKeyID(in.SSHKeyID))
	return answer(key, err, toSSHKey)
}

func (a *api) createSSHKey(ctx context.Context, call iam.Call, in *sdk.CreateSSHKeyRequest) (*sdk.SSHKey, error) {
	key, err := a.authority.CreateSSHKey(ctx, call, iam.NewSSHKey{
		ProjectID: iam.ProjectID(in.ProjectID),
		Name:      in.Name,
		PublicKey: in.PublicKey,
	})
	return answer(key, err, toSSHKey)
}

func (a *api) updateSSHKey(ctx context.Context, call iam.Call, in *sdk.UpdateSSHKeyRequest) (*sdk.SSHKey, error) {
	key, err := a.authority.UpdateSSHKey(ctx, call, iam.SSHKeyID(in.SSHKeyID), iam.SSHKeyUpdate{
		Name:     in.Name,
		Disabled: in.Disabled,
	})
	return answer(key, err, toSSHKey)
}

func (a *api) deleteSSHKey(ctx context.Context, call iam.Call, in *sdk.DeleteSSHKeyRequest) error {
	return a.authority.DeleteSSHKey(ctx, call, iam.SSHKeyID(in.SSHKeyID))
}
