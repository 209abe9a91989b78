package server

import (
	"context"

	"bailiwick/authority"
	"bailiwick/iam"
)

// The request and the answer of GET /bailiwick/v1/login/methods.
type (
	loginMethodsRequest struct {
		Organization string `json:"-"` // id or alias; empty: how owners log in
	}

	loginMethodsResponse struct {
		Password  bool            `json:"password"`
		MagicCode bool            `json:"magic_code"`
		Passkey   bool            `json:"passkey"`
		SAML      bool            `json:"saml"`
		Providers []loginProvider `json:"providers"`
	}

	loginProvider struct {
		Name  string `json:"name"`
		Title string `json:"title"`
	}
)

func (a *api) listLoginMethods(ctx context.Context, _ iam.Call, in *loginMethodsRequest) (*loginMethodsResponse, error) {
	methods, err := a.authority.LoginMethods(ctx, in.Organization)
	return answer(methods, err, func(m authority.LoginMethods) *loginMethodsResponse {
		out := &loginMethodsResponse{Password: m.Password, MagicCode: m.MagicCode, Passkey: m.Passkey, SAML: m.SAML, Providers: []loginProvider{}}
		for _, p := range m.Providers {
			out.Providers = append(out.Providers, loginProvider(p))
		}
		return out
	})
}
