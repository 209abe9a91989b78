package server

import (
	"context"

	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"

	"bailiwick/iam"
)

func toOrganization(o iam.Organization) *sdk.Organization {
	return &sdk.Organization{
		ID:                    string(o.ID),
		Name:                  o.Name,
		Alias:                 o.Alias,
		LoginPasswordEnabled:  o.LoginPasswordEnabled,
		LoginMagicCodeEnabled: o.LoginMagicCodeEnabled,
		LoginOauth2Enabled:    o.LoginOAuth2Enabled,
		LoginSamlEnabled:      o.LoginSAMLEnabled,
	}
}

func (a *api) getOrganization(ctx context.Context, call iam.Call, in *sdk.GetOrganizationRequest) (*sdk.Organization, error) {
	organization, err := a.authority.GetOrganization(ctx, call, iam.OrganizationID(in.OrganizationID))
	return answer(organization, err, toOrganization)
}

func (a *api) setOrganizationAlias(ctx context.Context, call iam.Call, in *sdk.SetOrganizationAliasRequest) (*sdk.Organization, error) {
	organization, err := a.authority.SetOrganizationAlias(ctx, call, iam.OrganizationID(in.OrganizationID), in.Alias)
	return answer(organization, err, toOrganization)
}

func (a *api) updateOrganizationLoginMethods(ctx context.Context, call iam.Call, in *sdk.UpdateOrganizationLoginMethodsRequest) (*sdk.Organization, error) {
	organization, err := a.authority.UpdateOrganizationLoginMethods(ctx, call, iam.OrganizationID(in.OrganizationID), iam.LoginMethodsUpdate{
		Password:  in.LoginPasswordEnabled,
		MagicCode: in.LoginMagicCodeEnabled,
		OAuth2:    in.LoginOauth2Enabled,
		SAML:      in.LoginSamlEnabled,
	})
	return answer(organization, err, toOrganization)
}

func toSecuritySettings(s iam.SecuritySettings) *sdk.OrganizationSecuritySettings {
	return &sdk.OrganizationSecuritySettings{
		EnforcePasswordRenewal:      s.EnforcePasswordRenewal,
		GracePeriodDuration:         toDuration(s.GracePeriodDuration),
		LoginAttemptsBeforeLocked:   uint32(s.LoginAttemptsBeforeLock),
		MaxLoginSessionDuration:     toDuration(s.MaxLoginSessionDuration),
		MaxAPIKeyExpirationDuration: toDuration(s.MaxAPIKeyDuration),
	}
}

func (a *api) getOrganizationSecuritySettings(ctx context.Context, call iam.Call, in *sdk.GetOrganizationSecuritySettingsRequest) (*sdk.OrganizationSecuritySettings, error) {
	settings, err := a.authority.GetOrganizationSecuritySettings(ctx, call, iam.OrganizationID(in.OrganizationID))
	return answer(settings, err, toSecuritySettings)
}

func (a *api) updateOrganizationSecuritySettings(ctx context.Context, call iam.Call, in *sdk.UpdateOrganizationSecuritySettingsRequest) (*sdk.OrganizationSecuritySettings, error) {
	update := iam.SecuritySettingsUpdate{
		EnforcePasswordRenewal:  in.EnforcePasswordRenewal,
		GracePeriodDuration:     fromDuration(in.GracePeriodDuration),
		MaxLoginSessionDuration: fromDuration(in.MaxLoginSessionDuration),
		MaxAPIKeyDuration:       fromDuration(in.MaxAPIKeyExpirationDuration),
	}
	if in.LoginAttemptsBeforeLocked != nil {
		update.LoginAttemptsBeforeLock = new(int(*in.LoginAttemptsBeforeLocked))
	}
	settings, err := a.authority.UpdateOrganizationSecuritySettings(ctx, call, iam.OrganizationID(in.OrganizationID), update)
	return answer(settings, err, toSecuritySettings)
}

// searchOrganizationRequest and foundOrganization are not in the SDK: the sign-in page of
// the console uses them without a credential.
type searchOrganizationRequest struct {
	OrganizationAlias string `json:"-"`
}

// foundOrganization is what anybody may know of an organization whose alias they know: how
// one signs in to it.
type foundOrganization struct {
	ID                    string `json:"id"`
	Name                  string `json:"name"`
	LoginPasswordEnabled  bool   `json:"login_password_enabled"`
	LoginMagicCodeEnabled bool   `json:"login_magic_code_enabled"`
	LoginOauth2Enabled    bool   `json:"login_oauth2_enabled"`
	LoginSamlEnabled      bool   `json:"login_saml_enabled"`
}

func (a *api) searchOrganization(ctx context.Context, _ iam.Call, in *searchOrganizationRequest) (*foundOrganization, error) {
	if in.OrganizationAlias == "" {
		return nil, iam.Invalid("organization_alias", iam.ReasonRequired, "value is required")
	}
	organization, err := a.authority.SearchOrganization(ctx, in.OrganizationAlias)
	return answer(organization, err, func(o iam.Organization) *foundOrganization {
		return &foundOrganization{
			ID:                    string(o.ID),
			Name:                  o.Name,
			LoginPasswordEnabled:  o.LoginPasswordEnabled,
			LoginMagicCodeEnabled: o.LoginMagicCodeEnabled,
			LoginOauth2Enabled:    o.LoginOAuth2Enabled,
			LoginSamlEnabled:      o.LoginSAMLEnabled,
		}
	})
}
