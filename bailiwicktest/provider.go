package bailiwicktest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"bailiwick/authority"
	"bailiwick/identity"
)

// ClientSecret is what every provider of the kit knows its client by.
const ClientSecret = "canary-client-secret"

const clientID = "bailiwick"

// Provider is a small OpenID provider on a loopback port. Who comes is signed in as its one user
// without being asked.
type Provider struct {
	URL string

	t     testing.TB
	clock func() time.Time
	key   *ecdsa.PrivateKey

	mutex  sync.Mutex
	codes  map[string]url.Values // request of the browser, by code
	asked  map[string]url.Values // request of the browser, by state
	person map[string]any        // claims of who is signed in
	change func(map[string]any)  // changes an ID token; nil: it is as it should be
}

// NewProvider starts a provider at which subject 1 with a verified address is signed in. A nil
// clock is time.Now.
func NewProvider(t testing.TB, email string, clock func() time.Time) *Provider {
	t.Helper()
	if clock == nil {
		clock = time.Now
	}
	p := &Provider{
		t: t, clock: clock, key: must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)), codes: map[string]url.Values{}, asked: map[string]url.Values{},
		person: map[string]any{"sub": "1", "email": email, "email_verified": true},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("GET /keys", p.keys)
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	ts := httptest.NewServer(mux)
	t.Cleanup(ts.Close)
	p.URL = ts.URL
	return p
}

// At returns the provider as a server with the given address knows it.
func (p *Provider) At(site, name string, domains ...string) authority.Provider {
	p.t.Helper()
	o, err := identity.NewOIDC(identity.OIDCConfig{Issuer: p.URL, ClientID: clientID, ClientSecret: ClientSecret, RedirectURL: site + "/bailiwick/v1/login/oidc/" + name + "/callback"})
	check(p.t, err)
	return authority.Provider{Name: name, Title: "The " + name + " provider", OIDC: o, Domains: domains}
}

// Is changes who is signed in at the provider.
func (p *Provider) Is(subject, email string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.person["sub"], p.person["email"] = subject, email
}

// Claims sets what changes each ID token before it is signed; nil: nothing does.
func (p *Provider) Claims(change func(map[string]any)) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.change = change
}

// Again makes the provider agree once more to a login that it knows by its state, and returns the
// code.
func (p *Provider) Again(state string) string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	code := identity.NewToken()
	p.codes[code] = p.asked[state]
	return code
}

// Visit is a browser at the provider: it goes where it was sent, and comes back with an answer.
func (p *Provider) Visit(name string, q authority.OIDCQuestion) authority.OIDCAnswer {
	p.t.Helper()
	target := must[*url.URL](p.t)(url.Parse(q.Redirect))
	p.mutex.Lock()
	defer p.mutex.Unlock()
	code, state := identity.NewToken(), target.Query().Get("state")
	p.codes[code], p.asked[state] = target.Query(), target.Query()
	return authority.OIDCAnswer{Provider: name, Pending: q.Pending, State: state, Code: code}
}

func (p *Provider) discovery(w http.ResponseWriter, _ *http.Request) {
	respond(w, map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		"response_types_supported": []string{"code"}, "id_token_signing_alg_values_supported": []string{"ES256"},
	})
}

func (p *Provider) keys(w http.ResponseWriter, _ *http.Request) {
	point, err := p.key.PublicKey.Bytes() // 0x04, X, Y
	if err != nil {
		panic(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	respond(w, map[string]any{"keys": []any{map[string]any{
		"kty": "EC", "crv": "P-256", "kid": "1", "alg": "ES256", "use": "sig", "x": encode(point[1:33]), "y": encode(point[33:]),
	}}})
}

func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	q := r.URL.Query()
	code := identity.NewToken()
	p.codes[code], p.asked[q.Get("state")] = q, q
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"code": {code}, "state": {q.Get("state")}}.Encode(), http.StatusFound)
}

// token exchanges a code as OpenID Connect Core 3.1.3 says.
func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	user, password, _ := r.BasicAuth()
	request, known := p.codes[r.PostFormValue("code")]
	delete(p.codes, r.PostFormValue("code"))
	challenge := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if user != clientID || password != ClientSecret || !known || r.PostFormValue("redirect_uri") != request.Get("redirect_uri") ||
		request.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(challenge[:]) {
		w.WriteHeader(http.StatusBadRequest)
		w.Write([]byte(`{"error":"invalid_grant"}`))
		return
	}
	now := p.clock()
	claims := map[string]any{"iss": p.URL, "aud": clientID, "nonce": request.Get("nonce"), "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix()}
	for name, value := range p.person {
		claims[name] = value
	}
	if p.change != nil {
		p.change(claims)
	}
	respond(w, map[string]any{"access_token": "at", "token_type": "Bearer", "expires_in": 300, "id_token": p.sign(claims)})
}

// sign makes a JWT with ES256 (RFC 7518 section 3.4).
func (p *Provider) sign(claims map[string]any) string {
	payload, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(`{"alg":"ES256","kid":"1"}`)) + "." + encode(payload)
	hash := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, p.key, hash[:])
	if err != nil {
		panic(err)
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return text + "." + encode(signature)
}

func respond(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(body) // who hung up does not read it
}
