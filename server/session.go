package server

import (
	"context"
	"net"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"

	"bailiwick/authority"
	"bailiwick/iam"
)

func toSession(s iam.Session) *sdk.JWT {
	return &sdk.JWT{
		Jti:        string(s.ID),
		IssuerID:   string(s.IssuerID),
		AudienceID: string(s.UserID),
		CreatedAt:  given(s.CreatedAt),
		UpdatedAt:  given(s.UpdatedAt),
		ExpiresAt:  given(s.ExpiresAt),
		IP:         net.ParseIP(s.IP),
		UserAgent:  s.UserAgent,
	}
}

// toOpenedSession is, with the answers to logins, the only answer that shows tokens.
func toOpenedSession(s authority.OpenedSession) *sdk.EncodedJWT {
	return &sdk.EncodedJWT{Jwt: toSession(s.Session), Token: s.Token, RenewToken: s.RenewToken}
}

func (a *api) listJWTs(ctx context.Context, call iam.Call, in *sdk.ListJWTsRequest) (*sdk.ListJWTsResponse, error) {
	sessions, total, err := a.authority.ListSessions(ctx, call, iam.SessionFilter{
		UserID:  iam.UserID(in.AudienceID),
		Expired: in.Expired,
		Order:   order(in.OrderBy, "created_at"),
		Page:    page(in.Page, in.PageSize, iam.DefaultPageSize),
	})
	if err != nil {
		return nil, err
	}
	return &sdk.ListJWTsResponse{Jwts: each(sessions, toSession), TotalCount: uint64(total)}, nil
}

func (a *api) createJWT(ctx context.Context, call iam.Call, in *sdk.CreateJWTRequest) (*sdk.EncodedJWT, error) {
	opened, err := a.authority.CreateSession(ctx, call, iam.UserID(in.UserID), in.Referrer)
	return answer(opened, err, toOpenedSession)
}

func (a *api) getJWT(ctx context.Context, call iam.Call, in *sdk.GetJWTRequest) (*sdk.JWT, error) {
	session, err := a.authority.GetSession(ctx, call, iam.SessionID(in.Jti))
	return answer(session, err, toSession)
}

func (a *api) deleteJWT(ctx context.Context, call iam.Call, in *sdk.DeleteJWTRequest) error {
	return a.authority.DeleteSession(ctx, call, iam.SessionID(in.Jti))
}

// jwks is the answer of GET /.well-known/jwks.json (RFC 7517 section 5).
type jwks struct {
	Keys []jsontext.Value `json:"keys"`
}

func (a *api) getJWKS(ctx context.Context, _ iam.Call, _ *struct{}) (*jwks, error) {
	text, err := a.authority.JWKS(ctx)
	if err != nil {
		return nil, err
	}
	out := new(jwks)
	return out, json.Unmarshal(text, out)
}
