package pages_test

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

	"github.com/go-jose/go-jose/v4"

	"bailiwick/authority"
	"bailiwick/identity"
)

// idp is a small OpenID provider. Who comes is signed in as its one user without being asked.
type idp struct {
	url, client, secret string
	key                 *ecdsa.PrivateKey
	signer              jose.Signer

	mutex  sync.Mutex
	codes  map[string]url.Values // request of the browser, by code
	asked  map[string]url.Values // request of the browser, by state
	person map[string]any        // claims of who is signed in
	change func(map[string]any)  // changes an ID token; nil: it is as it should be
}

func newIDP(t *testing.T, email string) *idp {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "1"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &idp{client: "bailiwick", secret: "canary-client-secret", key: key, signer: signer, codes: map[string]url.Values{}, asked: map[string]url.Values{},
		person: map[string]any{"sub": "1", "email": email, "email_verified": true}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &key.PublicKey, KeyID: "1", Algorithm: "ES256", Use: "sig"}}})
	})
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	ts := httptest.NewServer(mux)
	t.Cleanup(ts.Close)
	p.url = ts.URL
	return p
}

// at returns the provider as a server knows it.
func (p *idp) at(t *testing.T, site, name string, domains ...string) authority.Provider {
	t.Helper()
	o, err := identity.NewOIDC(identity.OIDCConfig{Issuer: p.url, ClientID: p.client, ClientSecret: p.secret, RedirectURL: site + "/bailiwick/v1/login/oidc/" + name + "/callback"})
	if err != nil {
		t.Fatal(err)
	}
	return authority.Provider{Name: name, Title: "The " + name + " provider", OIDC: o, Domains: domains}
}

// is changes who is signed in at the provider.
func (p *idp) is(subject, email string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.person["sub"], p.person["email"] = subject, email
}

func (p *idp) discovery(w http.ResponseWriter, _ *http.Request) {
	json.NewEncoder(w).Encode(map[string]any{
		"issuer": p.url, "authorization_endpoint": p.url + "/authorize", "token_endpoint": p.url + "/token", "jwks_uri": p.url + "/keys",
		"response_types_supported": []string{"code"}, "id_token_signing_alg_values_supported": []string{"ES256"},
	})
}

func (p *idp) authorize(w http.ResponseWriter, r *http.Request) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	q := r.URL.Query()
	code := identity.NewToken()
	p.codes[code], p.asked[q.Get("state")] = q, q
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"code": {code}, "state": {q.Get("state")}}.Encode(), http.StatusFound)
}

// token exchanges a code as OpenID Connect Core 3.1.3 says.
func (p *idp) token(w http.ResponseWriter, r *http.Request) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	user, password, _ := r.BasicAuth()
	request, known := p.codes[r.PostFormValue("code")]
	delete(p.codes, r.PostFormValue("code"))
	challenge := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if user != p.client || password != p.secret || !known || r.PostFormValue("redirect_uri") != request.Get("redirect_uri") ||
		request.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(challenge[:]) {
		w.WriteHeader(http.StatusBadRequest)
		w.Write([]byte(`{"error":"invalid_grant"}`))
		return
	}
	now := time.Now()
	claims := map[string]any{"iss": p.url, "aud": p.client, "nonce": request.Get("nonce"), "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix()}
	for name, value := range p.person {
		claims[name] = value
	}
	if p.change != nil {
		p.change(claims)
	}
	payload, _ := json.Marshal(claims)
	object, err := p.signer.Sign(payload)
	if err != nil {
		panic(err)
	}
	token, _ := object.CompactSerialize()
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"access_token": "at", "token_type": "Bearer", "expires_in": 300, "id_token": token})
}
