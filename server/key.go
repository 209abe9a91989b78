package server

import (
	"context"
	"time"

	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"

	"bailiwick/authority"
	"bailiwick/iam"
)

func toAPIKey(k iam.APIKey) *sdk.APIKey {
	return &sdk.APIKey{
		AccessKey:        string(k.AccessKey),
		ApplicationID:    typed(k.Bearer, iam.TypeApplication),
		UserID:           typed(k.Bearer, iam.TypeUser),
		Description:      k.Description,
		CreatedAt:        given(k.CreatedAt),
		UpdatedAt:        given(k.UpdatedAt),
		ExpiresAt:        given(k.ExpiresAt),
		DefaultProjectID: string(k.DefaultProjectID),
		Editable:         !k.Managed,
		Deletable:        !k.Managed,
		Managed:          k.Managed,
		CreationIP:       k.CreationIP,
	}
}

// toCreatedAPIKey is the only answer that shows a secret key.
func toCreatedAPIKey(k authority.CreatedAPIKey) *sdk.APIKey {
	out := toAPIKey(k.APIKey)
	out.SecretKey = &k.SecretKey
	return out
}

func (a *api) listAPIKeys(ctx context.Context, call iam.Call, in *sdk.ListAPIKeysRequest) (*sdk.ListAPIKeysResponse, error) {
	filter, err := fromAPIKeyFilter(in)
	if err != nil {
		return nil, err
	}
	keys, total, err := a.authority.ListAPIKeys(ctx, call, filter)
	if err != nil {
		return nil, err
	}
	return &sdk.ListAPIKeysResponse{APIKeys: each(keys, toAPIKey), TotalCount: uint32(total)}, nil
}

// fromAPIKeyFilter reads the filter with its three deprecated members: access_key for
// access_keys, and application_id and user_id for bearer_id with bearer_type.
func fromAPIKeyFilter(in *sdk.ListAPIKeysRequest) (iam.APIKeyFilter, error) {
	f := iam.APIKeyFilter{
		OrganizationID: optionalID[iam.OrganizationID](in.OrganizationID),
		Editable:       in.Editable,
		Expired:        in.Expired,
		Description:    value(in.Description),
		AccessKeys:     ids[iam.AccessKey](in.AccessKeys),
		BearerID:       value(in.BearerID),
		BearerType:     iam.PrincipalType(in.BearerType),
		Order:          order(in.OrderBy, "created_at"),
		Page:           page(in.Page, in.PageSize, iam.DefaultPageSize),
	}
	if in.AccessKey != nil {
		f.AccessKeys = append(f.AccessKeys, iam.AccessKey(*in.AccessKey))
	}
	bearer, err := choose(applicationMember(in.ApplicationID), userMember(in.UserID))
	if err != nil || bearer.IsZero() {
		return f, err
	}
	if f.BearerID != "" && f.BearerID != bearer.ID || f.BearerType != "" && f.BearerType != bearer.Type {
		return f, iam.Invalid("bearer_id", iam.ReasonConstraint, "value cannot be given together with another application_id or user_id")
	}
	f.BearerID, f.BearerType = bearer.ID, bearer.Type
	return f, nil
}

func (a *api) getAPIKey(ctx context.Context, call iam.Call, in *sdk.GetAPIKeyRequest) (*sdk.APIKey, error) {
	key, err := a.authority.GetAPIKey(ctx, call, iam.AccessKey(in.AccessKey))
	return answer(key, err, toAPIKey)
}

func (a *api) createAPIKey(ctx context.Context, call iam.Call, in *sdk.CreateAPIKeyRequest) (*sdk.APIKey, error) {
	bearer, err := chooseOne("bearer", applicationMember(in.ApplicationID), userMember(in.UserID))
	if err != nil {
		return nil, err
	}
	key, err := a.authority.CreateAPIKey(ctx, call, iam.NewAPIKey{
		Bearer:           bearer,
		ExpiresAt:        stored(in.ExpiresAt),
		DefaultProjectID: optionalID[iam.ProjectID](in.DefaultProjectID),
		Description:      in.Description,
	})
	return answer(key, err, toCreatedAPIKey)
}

func (a *api) updateAPIKey(ctx context.Context, call iam.Call, in *sdk.UpdateAPIKeyRequest) (*sdk.APIKey, error) {
	update := iam.APIKeyUpdate{Description: in.Description}
	if in.DefaultProjectID != nil {
		update.DefaultProjectID = new(iam.ProjectID(*in.DefaultProjectID))
	}
	if in.ExpiresAt != nil {
		update.ExpiresAt = new(stored(in.ExpiresAt))
	}
	key, err := a.authority.UpdateAPIKey(ctx, call, iam.AccessKey(in.AccessKey), update)
	return answer(key, err, toAPIKey)
}

func (a *api) deleteAPIKey(ctx context.Context, call iam.Call, in *sdk.DeleteAPIKeyRequest) error {
	return a.authority.DeleteAPIKey(ctx, call, iam.AccessKey(in.AccessKey))
}

// stored returns a time of a request in the precision in which times are kept, so that the
// answer to a write shows what a later read shows; the zero time when there is none.
func stored(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}
