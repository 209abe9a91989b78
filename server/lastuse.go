package server

import (
	"context"
	"time"

	"bailiwick/iam"
)

// GET /bailiwick/v1/last-used.
type (
	listLastUsesRequest struct {
		OrganizationID string      `json:"-"`
		Kind           lastUseKind `json:"-"` // without it: api_key
		// PrincipalID is the bearer of keys, or whose permission sets are asked for.
		PrincipalID *string    `json:"-"`
		UnusedSince *time.Time `json:"-"`
		Page        *int32     `json:"-"`
		PageSize    *uint32    `json:"-"`
	}

	listLastUsesResponse struct {
		LastUsed   []*lastUse `json:"last_used"`
		TotalCount uint32     `json:"total_count"`
	}

	lastUse struct {
		Kind          lastUseKind `json:"kind"`
		AccessKey     string      `json:"access_key,omitempty"`
		PermissionSet string      `json:"permission_set,omitempty"`
		UserID        *string     `json:"user_id,omitempty"`
		ApplicationID *string     `json:"application_id,omitempty"`
		// Name is a username, the name of an application or the description of a key.
		Name           string     `json:"name,omitempty"`
		CreatedAt      *time.Time `json:"created_at,omitempty"`
		LastUsedAt     *time.Time `json:"last_used_at"` // the later of the next two; null: never
		LastCallAt     *time.Time `json:"last_call_at"`
		LastDecisionAt *time.Time `json:"last_decision_at"`
	}

	lastUseKind string
)

// Values returns the kinds that may be asked for.
func (lastUseKind) Values() []lastUseKind {
	return []lastUseKind{lastUseKind(iam.UseOfAPIKey), lastUseKind(iam.UseOfUser), lastUseKind(iam.UseOfApplication), lastUseKind(iam.UseOfPermissionSet)}
}

func toLastUse(u iam.LastUse) *lastUse {
	out := &lastUse{
		Kind: lastUseKind(u.Kind), AccessKey: string(u.AccessKey), Name: u.Name,
		UserID: typed(u.Principal, iam.TypeUser), ApplicationID: typed(u.Principal, iam.TypeApplication),
		CreatedAt: given(u.CreatedAt), LastUsedAt: given(u.At()), LastCallAt: given(u.CalledAt), LastDecisionAt: given(u.DecidedAt),
	}
	if u.Kind == iam.UseOfPermissionSet {
		out.PermissionSet, out.Name = u.Name, ""
	}
	return out
}

func (a *api) listLastUses(ctx context.Context, call iam.Call, in *listLastUsesRequest) (*listLastUsesResponse, error) {
	f := iam.LastUseFilter{
		OrganizationID: iam.OrganizationID(in.OrganizationID), Kind: iam.UseKind(in.Kind), UnusedSince: stored(in.UnusedSince),
		Page: page(in.Page, in.PageSize, iam.DefaultPageSize),
	}
	if f.Kind == "" {
		f.Kind = iam.UseOfAPIKey
	}
	var v iam.Validator
	if id, ok := iam.ParseUUID(value(in.PrincipalID)); ok {
		f.PrincipalID = id
	} else if in.PrincipalID != nil {
		v.Format("principal_id", "value must be a UUID")
	} else if f.Kind == iam.UseOfPermissionSet {
		v.Required("principal_id", "value is required with kind permission_set")
	}
	if err := v.Err(); err != nil {
		return nil, err
	}
	uses, total, err := a.authority.ListLastUses(ctx, call, f)
	if err != nil {
		return nil, err
	}
	return &listLastUsesResponse{LastUsed: each(uses, toLastUse), TotalCount: uint32(total)}, nil
}

// table lists one line for each thing; an empty time stands for never.
func (r *listLastUsesResponse) table() ([][]string, string) {
	rows := [][]string{{"kind", "access_key", "permission_set", "user_id", "application_id", "name", "created_at", "last_used_at", "last_call_at", "last_decision_at"}}
	for _, u := range r.LastUsed {
		rows = append(rows, []string{string(u.Kind), u.AccessKey, u.PermissionSet, value(u.UserID), value(u.ApplicationID), u.Name,
			cellTime(u.CreatedAt), cellTime(u.LastUsedAt), cellTime(u.LastCallAt), cellTime(u.LastDecisionAt)})
	}
	return rows, ""
}

func cellTime(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
