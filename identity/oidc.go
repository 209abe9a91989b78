package identity

import (
	"context"
	"crypto/subtle"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// The errors of a login at an OpenID provider. What the log may know more stands behind
// them; it holds neither the client's secret nor a token.
var (
	ErrOIDC            = errors.New("identity: login at the provider refused")
	ErrOIDCUnavailable = errors.New("identity: the provider cannot be reached")
	ErrOIDCUnverified  = errors.New("identity: the provider has not verified the e-mail address")
)

// The bounds of a login at a provider.
const (
	OIDCTimeout     = 10 * time.Minute // from the redirect to the answer
	oidcClockSkew   = 60 * time.Second
	oidcMaxAge      = 10 * time.Minute // of an ID token
	oidcRequestTime = 10 * time.Second // one request to the provider
	oidcMaxResponse = 1 << 20          // bytes
	oidcRefresh     = time.Hour        // how long the provider's documents hold
)

// OIDCConfig is one OpenID provider, as its operator registered us there. All URLs use
// https; http is allowed on this machine.
type OIDCConfig struct {
	// Issuer is the provider's URL, letter by letter as in its discovery document.
	Issuer       string
	ClientID     string
	ClientSecret string // empty for a public client; PKCE is used in any case
	// RedirectURL is our own page to which the provider sends the browser back.
	RedirectURL string
	// Scopes are asked for beside "openid" and "email".
	Scopes []string
}

// OIDC signs people in at one OpenID provider (OpenID Connect Core 1.0, 3.1, authorization
// code flow). It reads the provider's documents at the first login, so that a provider that
// is down does not keep the server from starting, and again after an hour: a signing key that
// the provider has withdrawn is trusted no longer than that. It is safe for concurrent use.
type OIDC struct {
	config   OIDCConfig
	client   *http.Client
	provider chan *discovered // holds one value: nil until discovery has succeeded
}

type discovered struct {
	*oidc.Provider
	at        time.Time
	oauth     oauth2.Config
	issuerSet bool // the provider names itself in its answers (RFC 9207)
}

// OIDCPending is what the server must remember between the redirect and the answer. The
// caller stores it under the state's hash ([PurposeOIDC]), deletes it when it is used, and
// binds it to the browser by a cookie.
//
// Without that cookie an attacker could log in at the provider, keep the answer, and have a
// victim's browser open it: the victim would work in the attacker's account.
type OIDCPending struct {
	State     string    `json:"state"`
	Nonce     string    `json:"nonce"`
	Verifier  string    `json:"verifier"` // PKCE (RFC 7636), a secret: store it sealed
	ExpiresAt time.Time `json:"expires_at"`
}

// OIDCAnswer is the query with which the browser comes back.
type OIDCAnswer struct {
	State  string // "state"
	Code   string // "code"
	Issuer string // "iss", may be empty
	Error  string // "error", may be empty
}

// OIDCIdentity is who signed in.
type OIDCIdentity struct {
	Issuer  string
	Subject string // unique and never reassigned at the issuer
	// Email is an address that the provider has verified. Accounts are matched by it and by
	// nothing else; its case is the provider's.
	Email string
	Name  string // may be empty; free text
}

// NewOIDC checks the configuration. It does not ask the provider.
func NewOIDC(config OIDCConfig) (*OIDC, error) {
	switch {
	case !secureURL(config.Issuer) || strings.ContainsAny(config.Issuer, "?#"):
		return nil, errors.New("OpenID provider: the issuer is not an https URL without query and fragment")
	case !secureURL(config.RedirectURL) || strings.Contains(config.RedirectURL, "#"):
		return nil, errors.New("OpenID provider: the redirect URL is not an https URL without fragment")
	case config.ClientID == "":
		return nil, errors.New("OpenID provider: there is no client id")
	}
	config.Scopes = append([]string{oidc.ScopeOpenID, oidc.ScopeEmail}, config.Scopes...)
	o := &OIDC{config: config, client: oidcClient(), provider: make(chan *discovered, 1)}
	o.provider <- nil
	return o, nil
}

// Format prints the issuer whatever the verb: the client's secret is not for logs.
func (o *OIDC) Format(state fmt.State, _ rune) {
	issuer := ""
	if o != nil {
		issuer = o.config.Issuer
	}
	fmt.Fprintf(state, "OpenID provider(%s)", issuer)
}

// Begin starts a login. The browser goes to the returned URL of the provider.
func (o *OIDC) Begin(ctx context.Context, now time.Time) (redirect string, pending OIDCPending, err error) {
	provider, err := o.discover(ctx, now)
	if err != nil {
		return "", OIDCPending{}, err
	}
	pending = OIDCPending{State: NewToken(), Nonce: NewToken(), Verifier: oauth2.GenerateVerifier(), ExpiresAt: now.Add(OIDCTimeout)}
	redirect = provider.oauth.AuthCodeURL(pending.State, oidc.Nonce(pending.Nonce), oauth2.S256ChallengeOption(pending.Verifier))
	return redirect, pending, nil
}

// Finish turns the browser's answer into who signed in. The pending login must be the one
// of the state in the answer and of this browser.
//
// What stands between an attacker and somebody else's account: the state (the answer
// belongs to a login that this browser began), the issuer in the answer (RFC 9207: it is not
// another provider's), PKCE (the code was not stolen from another login), the signature,
// issuer, audience, authorized party, age and nonce of the ID token (it was made for us, for
// this login), and email_verified: at many providers anybody may type in anybody's address.
func (o *OIDC) Finish(ctx context.Context, pending OIDCPending, answer OIDCAnswer, now time.Time) (OIDCIdentity, error) {
	same := subtle.ConstantTimeCompare([]byte(pending.State), []byte(answer.State)) == 1
	switch {
	case pending.State == "" || pending.Nonce == "" || pending.Verifier == "" || !same:
		return OIDCIdentity{}, fmt.Errorf("%w: the state is not that of the login", ErrOIDC)
	case !now.Before(pending.ExpiresAt):
		return OIDCIdentity{}, fmt.Errorf("%w: the login has expired", ErrOIDC)
	case answer.Error != "":
		return OIDCIdentity{}, fmt.Errorf("%w: it answers %.100q", ErrOIDC, answer.Error)
	case answer.Code == "":
		return OIDCIdentity{}, fmt.Errorf("%w: there is no code", ErrOIDC)
	}
	provider, err := o.discover(ctx, now)
	if err != nil {
		return OIDCIdentity{}, err
	}
	if (answer.Issuer != "" || provider.issuerSet) && answer.Issuer != o.config.Issuer {
		return OIDCIdentity{}, fmt.Errorf("%w: the answer is of another issuer", ErrOIDC)
	}
	ctx = oidc.ClientContext(ctx, o.client)
	token, err := provider.oauth.Exchange(ctx, answer.Code, oauth2.VerifierOption(pending.Verifier))
	if err != nil {
		return OIDCIdentity{}, exchangeError(err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return OIDCIdentity{}, fmt.Errorf("%w: there is no ID token", ErrOIDC)
	}
	verifier := provider.Verifier(&oidc.Config{
		ClientID: o.config.ClientID, SupportedSigningAlgs: oidcAlgorithms(), Now: func() time.Time { return now },
	})
	verified, err := verifier.Verify(ctx, raw)
	if err != nil {
		return OIDCIdentity{}, fmt.Errorf("%w: %w", ErrOIDC, err)
	}
	return o.identity(verified, pending, now)
}

// identity reads the claims of a token whose signature, issuer, audience and expiry hold.
// Names of claims are compared exactly: decoded into a struct, a claim "Email_Verified",
// which a provider may let its users set, would count as email_verified.
func (o *OIDC) identity(token *oidc.IDToken, pending OIDCPending, now time.Time) (OIDCIdentity, error) {
	var claims map[string]json.RawMessage
	if err := token.Claims(&claims); err != nil {
		return OIDCIdentity{}, fmt.Errorf("%w: %w", ErrOIDC, err)
	}
	text := func(name string) (value string) {
		if json.Unmarshal(claims[name], &value) != nil {
			return ""
		}
		return value
	}
	switch party := text("azp"); {
	case subtle.ConstantTimeCompare([]byte(text("nonce")), []byte(pending.Nonce)) != 1:
		return OIDCIdentity{}, fmt.Errorf("%w: the ID token is of another login", ErrOIDC)
	case party != o.config.ClientID && (claims["azp"] != nil || len(token.Audience) > 1):
		return OIDCIdentity{}, fmt.Errorf("%w: the ID token was made for another client", ErrOIDC)
	case token.IssuedAt.After(now.Add(oidcClockSkew)) || token.IssuedAt.Before(now.Add(-oidcMaxAge)):
		return OIDCIdentity{}, fmt.Errorf("%w: the ID token is not of now", ErrOIDC)
	case text("sub") == "":
		return OIDCIdentity{}, fmt.Errorf("%w: the ID token names nobody", ErrOIDC)
	case string(claims["email_verified"]) != "true":
		return OIDCIdentity{}, ErrOIDCUnverified
	}
	address, err := mail.ParseAddress(text("email"))
	if err != nil || address.Address != text("email") {
		return OIDCIdentity{}, fmt.Errorf("%w: its e-mail address is malformed", ErrOIDC)
	}
	return OIDCIdentity{Issuer: o.config.Issuer, Subject: text("sub"), Email: address.Address, Name: text("name")}, nil
}

// discover returns the provider. While one login asks for its documents the others wait, so
// that a provider that answers slowly is not asked by each of them.
func (o *OIDC) discover(ctx context.Context, now time.Time) (*discovered, error) {
	var provider *discovered
	select {
	case provider = <-o.provider:
		defer func() { o.provider <- provider }()
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", ErrOIDCUnavailable, ctx.Err())
	}
	if provider != nil && now.Before(provider.at.Add(oidcRefresh)) {
		return provider, nil
	}
	found, err := o.read(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOIDCUnavailable, err)
	}
	found.at = now
	provider = found
	return provider, nil
}

func (o *OIDC) read(ctx context.Context) (*discovered, error) {
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, o.client), o.config.Issuer)
	if err != nil {
		return nil, err
	}
	var metadata struct {
		JWKS      string   `json:"jwks_uri"`
		Methods   []string `json:"token_endpoint_auth_methods_supported"`
		IssuerSet bool     `json:"authorization_response_iss_parameter_supported"`
	}
	if err := found.Claims(&metadata); err != nil {
		return nil, err
	}
	endpoint := found.Endpoint()
	if !secureURL(endpoint.AuthURL) || !secureURL(endpoint.TokenURL) || !secureURL(metadata.JWKS) {
		return nil, errors.New("its discovery document names an endpoint without TLS")
	}
	// Left to itself the library tries one way and then the other, and a provider that takes
	// a code once refuses the second try.
	endpoint.AuthStyle = oauth2.AuthStyleInHeader
	if o.config.ClientSecret == "" || (slices.Contains(metadata.Methods, "client_secret_post") && !slices.Contains(metadata.Methods, "client_secret_basic")) {
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return &discovered{Provider: found, issuerSet: metadata.IssuerSet, oauth: oauth2.Config{
		ClientID: o.config.ClientID, ClientSecret: o.config.ClientSecret, RedirectURL: o.config.RedirectURL, Scopes: o.config.Scopes, Endpoint: endpoint,
	}}, nil
}

// oidcAlgorithms are the signatures that an ID token may have, whatever the provider's
// documents say: no shared secrets, and never "none".
func oidcAlgorithms() []string {
	return []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA}
}

// exchangeError keeps what the provider answered, not the request that carried our secret
// and the code. Its texts stay out: a log is no place for what a stranger writes there.
func exchangeError(err error) error {
	refused, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		return fmt.Errorf("%w: %w", ErrOIDCUnavailable, err)
	}
	if refused.Response.StatusCode >= 500 {
		return fmt.Errorf("%w: it answers %d", ErrOIDCUnavailable, refused.Response.StatusCode)
	}
	return fmt.Errorf("%w: it answers %d, %.100q", ErrOIDC, refused.Response.StatusCode, refused.ErrorCode)
}

// secureURL takes absolute https URLs, and http to this machine, without credentials.
func secureURL(text string) bool {
	target, err := url.Parse(text)
	if err != nil || target.Host == "" || target.User != nil || target.Opaque != "" {
		return false
	}
	address, err := netip.ParseAddr(target.Hostname())
	local := target.Hostname() == "localhost" || (err == nil && address.IsLoopback())
	return target.Scheme == "https" || (target.Scheme == "http" && local)
}

// oidcClient asks providers. It follows no redirects: the discovery document and the keys
// decide who may log in, and they come from where the operator said or not at all.
func oidcClient() *http.Client {
	return &http.Client{
		Timeout:       oidcRequestTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &boundedTransport{&http.Transport{
			Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxResponseHeaderBytes: 64 << 10,
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, TLSHandshakeTimeout: oidcRequestTime, IdleConnTimeout: time.Minute,
		}},
	}
}

// boundedTransport cuts what a provider may say: the libraries read answers to their end.
type boundedTransport struct{ base http.RoundTripper }

func (t *boundedTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := t.base.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	response.Body = http.MaxBytesReader(nil, response.Body, oidcMaxResponse)
	return response, nil
}
