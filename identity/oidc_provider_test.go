package identity

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

const (
	testClient   = "client & id"
	testSecret   = "s3cr3t:/ of the client"
	testRedirect = "https://iam.example.com/login/oauth2/callback"
)

// provider is a small OpenID provider. It keeps to the protocol, so that a client which does
// not is refused; a test may change what it says.
type provider struct {
	server *httptest.Server
	key    *ecdsa.PrivateKey

	mutex     sync.Mutex
	codes     map[string]url.Values // request of the browser, by code
	asked     map[string]int        // requests by path
	published []jose.JSONWebKey
	document  func(map[string]any)                               // changes the discovery document
	claims    func(map[string]any)                               // changes the claims of the ID token
	sign      func(payload []byte) string                        // signs the ID token; nil: as it should be
	answer    func(http.ResponseWriter, *http.Request, any) bool // answers in place of the token endpoint
}

func newProvider(t testing.TB) *provider {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{key: key, codes: map[string]url.Values{}, asked: map[string]int{}}
	p.published = []jose.JSONWebKey{{Key: &key.PublicKey, KeyID: "1", Algorithm: "ES256", Use: "sig"}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) { respond(w, 200, jose.JSONWebKeySet{Keys: p.published}) })
	mux.HandleFunc("POST /token", p.token)
	p.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mutex.Lock()
		defer p.mutex.Unlock()
		p.asked[r.URL.Path]++
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(p.server.Close)
	return p
}

// requests returns how often each path was asked for.
func (p *provider) requests() map[string]int {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return maps.Clone(p.asked)
}

func respond(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

func (p *provider) discovery(w http.ResponseWriter, _ *http.Request) {
	document := map[string]any{
		"issuer": p.server.URL, "authorization_endpoint": p.server.URL + "/authorize", "token_endpoint": p.server.URL + "/token", "jwks_uri": p.server.URL + "/keys",
		"response_types_supported": []string{"code"}, "id_token_signing_alg_values_supported": []string{"ES256"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"},
	}
	if p.document != nil {
		p.document(document)
	}
	respond(w, 200, document)
}

// visit is the browser at the provider: the user agrees, and the browser goes back with a
// code.
func (p *provider) visit(t testing.TB, redirect string) OIDCAnswer {
	t.Helper()
	target, err := url.Parse(redirect)
	if err != nil {
		t.Fatal(err)
	}
	code := NewToken()
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.codes[code] = target.Query()
	return OIDCAnswer{State: target.Query().Get("state"), Code: code}
}

// token exchanges a code as OpenID Connect Core 3.1.3 says.
func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	user, password, basic := r.BasicAuth()
	if basic {
		user, _ = url.QueryUnescape(user)
		password, _ = url.QueryUnescape(password)
	} else {
		user, password = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	request, known := p.codes[r.PostFormValue("code")]
	delete(p.codes, r.PostFormValue("code"))
	challenge := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	switch {
	case user != testClient || password != testSecret:
		respond(w, 401, map[string]string{"error": "invalid_client"})
		return
	case !known || r.PostFormValue("grant_type") != "authorization_code" || r.PostFormValue("redirect_uri") != request.Get("redirect_uri") ||
		request.Get("code_challenge_method") != "S256" || request.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(challenge[:]):
		respond(w, 400, map[string]string{"error": "invalid_grant", "error_description": "code " + r.PostFormValue("code")})
		return
	}
	claims := map[string]any{
		"iss": p.server.URL, "aud": testClient, "sub": "subject-1", "nonce": request.Get("nonce"), "email": "Alice@Example.com", "email_verified": true,
		"name": "Alice Martin", "iat": tokenTime.Unix(), "exp": tokenTime.Unix() + 300,
	}
	if p.claims != nil {
		p.claims(claims)
	}
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	payload, _ := json.Marshal(claims)
	token := ""
	if p.sign != nil {
		token = p.sign(payload)
	} else {
		token = signES256(p.key, "1", payload)
	}
	answer := map[string]any{"access_token": "at", "token_type": "Bearer", "expires_in": 300, "id_token": token}
	if p.answer != nil && p.answer(w, r, answer) {
		return
	}
	respond(w, 200, answer)
}

func signES256(key *ecdsa.PrivateKey, id string, payload []byte) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: id}}, nil)
	if err != nil {
		return fmt.Sprint(err)
	}
	object, err := signer.Sign(payload)
	if err != nil {
		return fmt.Sprint(err)
	}
	token, err := object.CompactSerialize()
	if err != nil {
		return fmt.Sprint(err)
	}
	return token
}

func testOIDC(t testing.TB, issuer string) *OIDC {
	t.Helper()
	o, err := NewOIDC(OIDCConfig{Issuer: issuer, ClientID: testClient, ClientSecret: testSecret, RedirectURL: testRedirect, Scopes: []string{"profile"}})
	if err != nil {
		t.Fatal(err)
	}
	return o
}
