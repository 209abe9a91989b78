package server

import (
	"context"

	"github.com/go-json-experiment/json/jsontext"
	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"

	"bailiwick/authority"
	"bailiwick/iam"
)

func toPasskey(p iam.Passkey) *sdk.WebAuthnAuthenticator {
	return &sdk.WebAuthnAuthenticator{ID: string(p.ID), Name: p.Name, CreatedAt: given(p.CreatedAt), LastLoginAt: given(p.LastLoginAt)}
}

func (a *api) startUserWebAuthnRegistration(ctx context.Context, call iam.Call, in *sdk.StartUserWebAuthnRegistrationRequest) (*sdk.StartUserWebAuthnRegistrationResponse, error) {
	begun, err := a.authority.StartPasskeyRegistration(ctx, call, iam.UserID(in.UserID), in.Origin)
	return answer(begun, err, func(r authority.PasskeyRegistration) *sdk.StartUserWebAuthnRegistrationResponse {
		return &sdk.StartUserWebAuthnRegistrationResponse{
			CeremonyID: r.CeremonyID, Challenge: r.Challenge, PublicKeyAlgorithms: r.Algorithms,
			Timeout: toDuration(r.Timeout), ExcludeCredentials: r.Exclude,
		}
	})
}

// The other members of the request (origin, authenticator_data, public_key and its algorithm)
// say once more what client_data_json and attestation_object say. They are not signed, so they
// are not looked at.
func (a *api) finishUserWebAuthnRegistration(ctx context.Context, call iam.Call, in *sdk.FinishUserWebAuthnRegistrationRequest) (*sdk.FinishUserWebAuthnRegistrationResponse, error) {
	passkey, err := a.authority.FinishPasskeyRegistration(ctx, call, iam.UserID(in.UserID), authority.NewPasskey{
		CeremonyID: in.CeremonyID, Name: in.AuthenticatorName,
		RawID: in.RawID, ClientDataJSON: in.ClientDataJSON, AttestationObject: in.AttestationObject,
	})
	return answer(passkey, err, func(p iam.Passkey) *sdk.FinishUserWebAuthnRegistrationResponse {
		return &sdk.FinishUserWebAuthnRegistrationResponse{AuthenticatorID: string(p.ID)}
	})
}

func (a *api) listUserWebAuthnAuthenticators(ctx context.Context, call iam.Call, in *sdk.ListUserWebAuthnAuthenticatorsRequest) (*sdk.ListUserWebAuthnAuthenticatorsResponse, error) {
	passkeys, total, err := a.authority.ListPasskeys(ctx, call, iam.PasskeyFilter{
		UserID: iam.UserID(in.UserID),
		Order:  order(in.OrderBy, "created_at"),
		Page:   page(in.Page, in.PageSize, iam.DefaultPageSize),
	})
	if err != nil {
		return nil, err
	}
	return &sdk.ListUserWebAuthnAuthenticatorsResponse{Authenticators: each(passkeys, toPasskey), TotalCount: uint64(total)}, nil
}

func (a *api) updateWebAuthnAuthenticator(ctx context.Context, call iam.Call, in *sdk.UpdateWebAuthnAuthenticatorRequest) (*sdk.WebAuthnAuthenticator, error) {
	passkey, err := a.authority.RenamePasskey(ctx, call, iam.PasskeyID(in.AuthenticatorID), in.AuthenticatorName)
	return answer(passkey, err, toPasskey)
}

func (a *api) deleteWebAuthnAuthenticator(ctx context.Context, call iam.Call, in *sdk.DeleteWebAuthnAuthenticatorRequest) error {
	return a.authority.DeletePasskey(ctx, call, iam.PasskeyID(in.AuthenticatorID))
}

// The requests and the answer of POST /bailiwick/v1/login/passkey...
type (
	loginPasskeyStartRequest struct {
		LoginID string `json:"login_id" id:"text"` // empty: any passkey
	}

	loginPasskeyStartResponse struct {
		CeremonyID string         `json:"ceremony_id"`
		Options    jsontext.Value `json:"options"`
	}

	loginPasskeyRequest struct {
		LoginID    string         `json:"login_id" id:"text"`
		CeremonyID string         `json:"ceremony_id"`
		Credential jsontext.Value `json:"credential"`
	}
)

func (a *api) loginPasskeyStart(ctx context.Context, _ iam.Call, in *loginPasskeyStartRequest) (*loginPasskeyStartResponse, error) {
	question, err := a.authority.StartPasskeyLogin(ctx, in.LoginID)
	return answer(question, err, func(q authority.PasskeyQuestion) *loginPasskeyStartResponse {
		return &loginPasskeyStartResponse{CeremonyID: q.CeremonyID, Options: jsontext.Value(q.Options)}
	})
}

func (a *api) loginPasskey(ctx context.Context, call iam.Call, in *loginPasskeyRequest) (*loginResponse, error) {
	login, err := a.authority.LoginWithPasskey(ctx, call, authority.PasskeyLogin{
		LoginID: in.LoginID, CeremonyID: in.CeremonyID, Credential: in.Credential,
	})
	return answer(login, err, toLogin)
}
