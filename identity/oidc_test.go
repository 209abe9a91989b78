package identity

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"
)

func TestOIDCLogin(t *testing.T) {
	for name, document := range map[string]func(map[string]any){
		"secret in the header":  nil,
		"secret in the body":    func(d map[string]any) { d["token_endpoint_auth_methods_supported"] = []string{"client_secret_post"} },
		"says nothing about it": func(d map[string]any) { delete(d, "token_endpoint_auth_methods_supported") },
		"names no algorithms":   func(d map[string]any) { delete(d, "id_token_signing_alg_values_supported") },
	} {
		p := newProvider(t)
		p.document = document
		o := testOIDC(t, p.server.URL)
		redirect, pending, err := o.Begin(t.Context(), tokenTime)
		if err != nil {
			t.Fatal(err)
		}
		target, err := url.Parse(redirect)
		if err != nil {
			t.Fatal(err)
		}
		want := url.Values{
			"response_type": {"code"}, "client_id": {testClient}, "redirect_uri": {testRedirect}, "scope": {"openid email profile"},
			"state": {pending.State}, "nonce": {pending.Nonce}, "code_challenge_method": {"S256"}, "code_challenge": target.Query()["code_challenge"],
		}
		if diff := cmp.Diff(want, target.Query()); diff != "" || target.Scheme+"://"+target.Host+target.Path != p.server.URL+"/authorize" {
			t.Errorf("%s: %s (-want +got):\n%s", name, redirect, diff)
		}
		if len(pending.State) != 43 || len(pending.Nonce) != 43 || len(pending.Verifier) != 43 || pending.State == pending.Nonce || strings.Contains(redirect, pending.Verifier) {
			t.Errorf("%s: pending %+v", name, pending)
		}
		got, err := o.Finish(t.Context(), stored(t, pending), p.visit(t, redirect), tokenTime.Add(time.Minute))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(OIDCIdentity{p.server.URL, "subject-1", "Alice@Example.com", "Alice Martin"}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(map[string]int{"/.well-known/openid-configuration": 1, "/token": 1, "/keys": 1}, p.requests()); diff != "" {
			t.Errorf("%s: requests (-want +got):\n%s", name, diff)
		}
	}
}

// login runs a whole login with changes on the way.
func login(t *testing.T, p *provider, change func(*OIDCPending, *OIDCAnswer)) (OIDCIdentity, error) {
	t.Helper()
	o := testOIDC(t, p.server.URL)
	redirect, pending, err := o.Begin(t.Context(), tokenTime)
	if err != nil {
		return OIDCIdentity{}, err
	}
	answer := p.visit(t, redirect)
	if change != nil {
		change(&pending, &answer)
	}
	got, err := o.Finish(t.Context(), pending, answer, tokenTime)
	if err != nil && got != (OIDCIdentity{}) {
		t.Errorf("an identity beside the error %v: %+v", err, got)
	}
	if err != nil && (strings.Contains(err.Error(), "s3cr3t") || strings.Contains(err.Error(), pending.Verifier) && pending.Verifier != "" || strings.Contains(err.Error(), answer.Code) && answer.Code != "") {
		t.Errorf("the error holds a secret: %v", err)
	}
	return got, err
}

func TestOIDCAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		change   func(*OIDCPending, *OIDCAnswer)
		document func(map[string]any)
		want     error
	}{
		"unchanged":           {},
		"names its issuer":    {change: func(p *OIDCPending, a *OIDCAnswer) { a.Issuer = "ISSUER" }},
		"must name itself":    {change: func(p *OIDCPending, a *OIDCAnswer) { a.Issuer = "ISSUER" }, document: namesItself},
		"does not name":       {document: namesItself, want: ErrOIDC},
		"names another":       {change: func(_ *OIDCPending, a *OIDCAnswer) { a.Issuer = "https://evil.example.org" }, want: ErrOIDC},
		"another state":       {change: func(_ *OIDCPending, a *OIDCAnswer) { a.State = NewToken() }, want: ErrOIDC},
		"no state":            {change: func(_ *OIDCPending, a *OIDCAnswer) { a.State = "" }, want: ErrOIDC},
		"no state anywhere":   {change: func(p *OIDCPending, a *OIDCAnswer) { p.State, a.State = "", "" }, want: ErrOIDC},
		"no pending login":    {change: func(p *OIDCPending, a *OIDCAnswer) { *p = OIDCPending{} }, want: ErrOIDC},
		"nonce forgotten":     {change: func(p *OIDCPending, _ *OIDCAnswer) { p.Nonce = "" }, want: ErrOIDC},
		"verifier forgotten":  {change: func(p *OIDCPending, _ *OIDCAnswer) { p.Verifier = "" }, want: ErrOIDC},
		"nonce of another":    {change: func(p *OIDCPending, _ *OIDCAnswer) { p.Nonce = NewToken() }, want: ErrOIDC},
		"verifier of another": {change: func(p *OIDCPending, _ *OIDCAnswer) { p.Verifier = NewToken() }, want: ErrOIDC},
		"too late":            {change: func(p *OIDCPending, _ *OIDCAnswer) { p.ExpiresAt = tokenTime }, want: ErrOIDC},
		"refused by the user": {change: func(_ *OIDCPending, a *OIDCAnswer) { a.Error = "access_denied" }, want: ErrOIDC},
		"no code":             {change: func(_ *OIDCPending, a *OIDCAnswer) { a.Code = "" }, want: ErrOIDC},
		"another code":        {change: func(_ *OIDCPending, a *OIDCAnswer) { a.Code = "x" }, want: ErrOIDC},
	} {
		p := newProvider(t)
		p.document = c.document
		if got, err := login(t, p, func(pending *OIDCPending, a *OIDCAnswer) {
			if c.change != nil {
				c.change(pending, a)
			}
			a.Issuer = strings.Replace(a.Issuer, "ISSUER", p.server.URL, 1)
		}); !errors.Is(err, c.want) || (c.want == nil && got.Subject != "subject-1") {
			t.Errorf("%s: %+v, %v; want %v", name, got, err, c.want)
		}
	}
	p := newProvider(t)
	p.claims = func(c map[string]any) { delete(c, "nonce") }
	if got, err := login(t, p, func(pending *OIDCPending, _ *OIDCAnswer) { pending.Nonce = "" }); !errors.Is(err, ErrOIDC) {
		t.Errorf("no nonce on either side: %+v, %v", got, err)
	}
	p = newProvider(t)
	o := testOIDC(t, p.server.URL)
	redirect, pending, err := o.Begin(t.Context(), tokenTime)
	if err != nil {
		t.Fatal(err)
	}
	answer := p.visit(t, redirect)
	if _, err := o.Finish(t.Context(), pending, answer, tokenTime); err != nil {
		t.Error(err)
	}
	if _, err := o.Finish(t.Context(), pending, answer, tokenTime); !errors.Is(err, ErrOIDC) {
		t.Errorf("the same code again: %v", err)
	}
}

func namesItself(d map[string]any) { d["authorization_response_iss_parameter_supported"] = true }

func TestOIDCClaims(t *testing.T) {
	set := func(name string, value any) func(map[string]any) {
		return func(c map[string]any) { c[name] = value }
	}
	for name, c := range map[string]struct {
		claims func(map[string]any)
		want   error
	}{
		"unchanged":                     {},
		"no name":                       {set("name", nil), nil},
		"two audiences, we are meant":   {func(c map[string]any) { c["aud"], c["azp"] = []string{testClient, "other"}, testClient }, nil},
		"two audiences":                 {set("aud", []string{testClient, "other"}), ErrOIDC},
		"two audiences, other is meant": {func(c map[string]any) { c["aud"], c["azp"] = []string{testClient, "other"}, "other" }, ErrOIDC},
		"other party":                   {set("azp", "other"), ErrOIDC},
		"party is a number":             {set("azp", 1), ErrOIDC},
		"other audience":                {set("aud", "other"), ErrOIDC},
		"no audience":                   {set("aud", nil), ErrOIDC},
		"other issuer":                  {set("iss", "https://evil.example.org"), ErrOIDC},
		"no issuer":                     {set("iss", nil), ErrOIDC},
		"other nonce":                   {set("nonce", NewToken()), ErrOIDC},
		"no nonce":                      {set("nonce", nil), ErrOIDC},
		"nonce is a list":               {set("nonce", []string{}), ErrOIDC},
		"no subject":                    {set("sub", nil), ErrOIDC},
		"empty subject":                 {set("sub", ""), ErrOIDC},
		"expired":                       {set("exp", tokenTime.Unix()-1), ErrOIDC},
		"never expires":                 {set("exp", nil), ErrOIDC},
		"not yet":                       {set("nbf", tokenTime.Unix()+3600), ErrOIDC},
		"from the future":               {set("iat", tokenTime.Unix()+61), ErrOIDC},
		"old":                           {set("iat", tokenTime.Unix()-601), ErrOIDC},
		"of no time":                    {set("iat", nil), ErrOIDC},
		"not verified":                  {set("email_verified", false), ErrOIDCUnverified},
		"verified is not said":          {set("email_verified", nil), ErrOIDCUnverified},
		"verified is a text":            {set("email_verified", "true"), ErrOIDCUnverified},
		"verified is a number":          {set("email_verified", 1), ErrOIDCUnverified},
		"verified in another case":      {func(c map[string]any) { c["email_verified"], c["Email_Verified"] = false, true }, ErrOIDCUnverified},
		"only in another case":          {func(c map[string]any) { delete(c, "email_verified"); c["EMAIL_VERIFIED"] = true }, ErrOIDCUnverified},
		"no address":                    {set("email", nil), ErrOIDC},
		"address in another case":       {func(c map[string]any) { delete(c, "email"); c["Email"] = "victim@example.com" }, ErrOIDC},
		"two addresses":                 {set("email", "a@example.com, b@example.com"), ErrOIDC},
		"address with a name":           {set("email", "Alice <a@example.com>"), ErrOIDC},
		"list of addresses":             {set("email", []string{"a@example.com"}), ErrOIDC},
	} {
		p := newProvider(t)
		p.claims = c.claims
		if got, err := login(t, p, nil); !errors.Is(err, c.want) || (c.want == nil && got.Subject != "subject-1") {
			t.Errorf("%s: %+v, %v; want %v", name, got, err, c.want)
		}
	}
}

func TestOIDCSignatures(t *testing.T) {
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	for name, sign := range map[string]func(p *provider, payload []byte) string{
		"by another key":        func(_ *provider, payload []byte) string { return signES256(other, "1", payload) },
		"by another key, no id": func(_ *provider, payload []byte) string { return signES256(other, "", payload) },
		"by an unknown key":     func(_ *provider, payload []byte) string { return signES256(other, "2", payload) },
		"not at all": func(_ *provider, payload []byte) string {
			return encode([]byte(`{"alg":"none"}`)) + "." + encode(payload) + "."
		},
		"empty":                  func(*provider, []byte) string { return "" },
		"not a token":            func(*provider, []byte) string { return "x" },
		"with the public key":    func(p *provider, payload []byte) string { return hmacToken(t, p, payload) },
		"for a changed payload":  func(p *provider, payload []byte) string { return swapPayload(signES256(p.key, "1", payload), payload) },
		"with a key of its own":  func(p *provider, payload []byte) string { return ownKeyToken(t, other, payload) },
		"twice, one of them not": func(p *provider, payload []byte) string { return twoSignatures(t, p.key, other, payload) },
	} {
		p := newProvider(t)
		// The provider's documents do not decide which algorithms are safe.
		p.document = func(d map[string]any) {
			d["id_token_signing_alg_values_supported"] = []string{"none", "HS256", "ES256"}
		}
		p.sign = func(payload []byte) string { return sign(p, payload) }
		if got, err := login(t, p, nil); !errors.Is(err, ErrOIDC) {
			t.Errorf("signed %s: %+v, %v", name, got, err)
		}
	}
	// A new key of the provider is found without a restart.
	p := newProvider(t)
	o := testOIDC(t, p.server.URL)
	for _, id := range []string{"1", "2"} {
		key := map[string]*ecdsa.PrivateKey{"1": p.key, "2": other}[id]
		p.mutex.Lock()
		p.published = []jose.JSONWebKey{{Key: &key.PublicKey, KeyID: id, Algorithm: "ES256"}}
		p.sign = func(payload []byte) string { return signES256(key, id, payload) }
		p.mutex.Unlock()
		redirect, pending, err := o.Begin(t.Context(), tokenTime)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.Finish(t.Context(), pending, p.visit(t, redirect), tokenTime); err != nil {
			t.Errorf("key %s: %v", id, err)
		}
	}
}

func hmacToken(t *testing.T, p *provider, payload []byte) string {
	t.Helper()
	jwk, err := json.Marshal(p.published[0])
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: jwk}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return serialize(t, signer, payload)
}

func ownKeyToken(t *testing.T, key *ecdsa.PrivateKey, payload []byte) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, &jose.SignerOptions{EmbedJWK: true})
	if err != nil {
		t.Fatal(err)
	}
	return serialize(t, signer, payload)
}

func serialize(t *testing.T, signer jose.Signer, payload []byte) string {
	t.Helper()
	object, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	token, err := object.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func swapPayload(token string, payload []byte) string {
	parts := strings.Split(token, ".")
	changed := strings.Replace(string(payload), "Alice@", "Mallory@", 1)
	return parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(changed)) + "." + parts[2]
}

func twoSignatures(t *testing.T, a, b *ecdsa.PrivateKey, payload []byte) string {
	t.Helper()
	signer, err := jose.NewMultiSigner([]jose.SigningKey{{Algorithm: jose.ES256, Key: a}, {Algorithm: jose.ES256, Key: b}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	object, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	return object.FullSerialize()
}

// What a provider's documents and answers may not be.
func TestOIDCProvidersThatMisbehave(t *testing.T) {
	set := func(name string, value any) func(map[string]any) {
		return func(d map[string]any) { d[name] = value }
	}
	for name, document := range map[string]func(map[string]any){
		"another issuer":       set("issuer", "https://evil.example.org"),
		"issuer with a slash":  func(d map[string]any) { d["issuer"] = d["issuer"].(string) + "/" },
		"no issuer":            set("issuer", ""),
		"login in clear":       set("authorization_endpoint", "http://evil.example.org/authorize"),
		"login by a script":    set("authorization_endpoint", "javascript:alert(1)"),
		"token in clear":       set("token_endpoint", "http://169.254.169.254/token"),
		"no token endpoint":    set("token_endpoint", nil),
		"keys in clear":        set("jwks_uri", "http://169.254.169.254/keys"),
		"no keys":              set("jwks_uri", nil),
		"keys in a file":       set("jwks_uri", "file:///etc/passwd"),
		"document too long":    set("x", strings.Repeat("x", oidcMaxResponse)),
		"document of nonsense": set("jwks_uri", 1),
	} {
		p := newProvider(t)
		p.document = document
		if got, err := login(t, p, nil); !errors.Is(err, ErrOIDCUnavailable) {
			t.Errorf("%s: %+v, %v; want it unavailable", name, got, err)
		}
	}
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request, any) bool
		want   error
	}{
		"no ID token": {func(w http.ResponseWriter, _ *http.Request, body any) bool {
			delete(body.(map[string]any), "id_token")
			return false
		}, ErrOIDC},
		"ID token is a list": {func(w http.ResponseWriter, _ *http.Request, body any) bool {
			body.(map[string]any)["id_token"] = []string{"x"}
			return false
		}, ErrOIDC},
		"out of order": {func(w http.ResponseWriter, _ *http.Request, _ any) bool { http.Error(w, "no", 503); return true }, ErrOIDCUnavailable},
		"answers HTML": {func(w http.ResponseWriter, _ *http.Request, _ any) bool {
			w.Header().Set("Content-Type", "text/html")
			w.Write([]byte("<html>"))
			return true
		}, ErrOIDCUnavailable},
		"endless": {func(w http.ResponseWriter, _ *http.Request, _ any) bool {
			w.Header().Set("Content-Type", "application/json")
			for range 4 * oidcMaxResponse / 1024 {
				if _, err := w.Write(make([]byte, 1024)); err != nil {
					break
				}
			}
			return true
		}, ErrOIDCUnavailable},
		"sends us on": {func(w http.ResponseWriter, r *http.Request, _ any) bool {
			http.Redirect(w, r, "/keys", http.StatusTemporaryRedirect)
			return true
		}, ErrOIDC},
	} {
		p := newProvider(t)
		p.answer = c.answer
		if got, err := login(t, p, nil); !errors.Is(err, c.want) {
			t.Errorf("%s: %+v, %v; want %v", name, got, err, c.want)
		}
	}
}

// A provider that is down is asked again at the next login; one that is up is not asked by
// every login, but after an hour.
func TestOIDCDiscovery(t *testing.T) {
	p := newProvider(t)
	issuer := p.server.URL
	var up atomic.Bool
	p.server.Config.Handler = wrap(p.server.Config.Handler, up.Load)
	o := testOIDC(t, issuer)
	if _, _, err := o.Begin(t.Context(), tokenTime); !errors.Is(err, ErrOIDCUnavailable) {
		t.Errorf("down: %v", err)
	}
	up.Store(true)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, _, err := o.Begin(t.Context(), tokenTime); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := p.requests()["/.well-known/openid-configuration"]; n != 1 {
		t.Errorf("asked %d times, want once", n)
	}
	up.Store(false)
	if _, _, err := o.Begin(t.Context(), tokenTime.Add(oidcRefresh-1)); err != nil {
		t.Errorf("within the hour: %v", err)
	}
	if _, _, err := o.Begin(t.Context(), tokenTime.Add(oidcRefresh)); !errors.Is(err, ErrOIDCUnavailable) {
		t.Errorf("after the hour: %v", err)
	}
	up.Store(true)
	if _, _, err := o.Begin(t.Context(), tokenTime.Add(oidcRefresh)); err != nil {
		t.Errorf("up again: %v", err)
	}
}

func wrap(handler http.Handler, up func() bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !up() {
			http.Error(w, "down", http.StatusBadGateway)
			return
		}
		handler.ServeHTTP(w, r)
	})
}

// The library would follow a redirect of the discovery document to anywhere.
func TestOIDCFollowsNoRedirect(t *testing.T) {
	p := newProvider(t)
	elsewhere := httptest.NewServer(http.RedirectHandler(p.server.URL+"/.well-known/openid-configuration", http.StatusFound))
	defer elsewhere.Close()
	p.document = func(d map[string]any) { d["issuer"] = elsewhere.URL }
	if _, _, err := testOIDC(t, elsewhere.URL).Begin(t.Context(), tokenTime); !errors.Is(err, ErrOIDCUnavailable) || len(p.requests()) != 0 {
		t.Errorf("%v; requests %v", err, p.requests())
	}
}

func TestOIDCConfig(t *testing.T) {
	good := OIDCConfig{Issuer: "https://accounts.example.com", ClientID: "x", RedirectURL: testRedirect}
	if _, err := NewOIDC(good); err != nil {
		t.Error(err)
	}
	o := testOIDC(t, good.Issuer)
	if got := fmt.Sprintf("%v %+v %#v %s %x %v", o, o, o, o, o, []*OIDC{o}); strings.Contains(got, "s3cr3t") || strings.Contains(got, "733363723374") || !strings.Contains(got, good.Issuer) {
		t.Errorf("printed as %s", got)
	}
	for name, change := range map[string]func(*OIDCConfig){
		"no issuer":            func(c *OIDCConfig) { c.Issuer = "" },
		"issuer in clear":      func(c *OIDCConfig) { c.Issuer = "http://accounts.example.com" },
		"issuer with a query":  func(c *OIDCConfig) { c.Issuer += "?x" },
		"issuer with a user":   func(c *OIDCConfig) { c.Issuer = "https://s3cr3t@accounts.example.com" },
		"issuer like loopback": func(c *OIDCConfig) { c.Issuer = "http://127.0.0.1.example.com" },
		"no redirect":          func(c *OIDCConfig) { c.RedirectURL = "" },
		"redirect in clear":    func(c *OIDCConfig) { c.RedirectURL = "http://iam.example.com/" },
		"redirect to a part":   func(c *OIDCConfig) { c.RedirectURL += "#x" },
		"relative redirect":    func(c *OIDCConfig) { c.RedirectURL = "/callback" },
		"no client":            func(c *OIDCConfig) { c.ClientID = "" },
	} {
		c := good
		change(&c)
		if o, err := NewOIDC(c); err == nil || o != nil || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
