package authority

import (
	"context"
	"errors"

	"bailiwick/iam"
	"bailiwick/store"
)

// LoginMethods are the ways in which one may log in, as anybody may know them.
type LoginMethods struct {
	Password  bool
	MagicCode bool
	Passkey   bool
	SAML      bool
	Providers []ProviderName
}

// ProviderName is a provider as the login page shows it.
type ProviderName struct {
	Name  string
	Title string
}

// LoginMethods returns how the members of an organization, given by id or alias, log in;
// without one, how owners do.
func (a *Authority) LoginMethods(ctx context.Context, organization string) (LoginMethods, error) {
	m := LoginMethods{Password: true, MagicCode: true, Passkey: a.passkeys != nil}
	for _, p := range a.providers {
		m.Providers = append(m.Providers, ProviderName{p.Name, p.Title})
	}
	if organization == "" {
		return m, nil
	}
	org, err := findOrganization(a.store.Read(ctx), organization)
	if errors.Is(err, store.ErrNotFound) || err == nil && org.Closed() {
		return LoginMethods{}, iam.NotFound("organization", organization)
	}
	if err != nil {
		return LoginMethods{}, err
	}
	m.Password, m.MagicCode, m.SAML = org.LoginPasswordEnabled, org.LoginMagicCodeEnabled, org.LoginSAMLEnabled
	m.Passkey = m.Passkey && org.LoginPasswordEnabled // see loginWithPasskeyAlone
	if !org.LoginOAuth2Enabled {
		m.Providers = nil
	}
	return m, nil
}
