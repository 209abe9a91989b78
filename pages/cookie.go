package pages

import (
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"time"
)

// cookieNames are the cookies of the pages.
//
// Where browsers come by https the names begin with "__Host-": such a cookie can only have been
// set by this host, over https. Without it a neighbour under the same domain, or somebody on
// the way of a request in clear, could give a victim the attacker's session or form cookie.
// All are HttpOnly, so that no script reads them, and none is sent to another site. The session
// is Strict: not even a link on a foreign page opens a page of ours as the victim.
type cookieNames struct {
	secure  bool
	session string
	form    string
	home    string // of who has gone on in another organization: the session from which it came
	oidc    string // a login at a provider that is under way
}

func newCookieNames(secure bool) cookieNames {
	prefix := ""
	if secure {
		prefix = "__Host-"
	}
	return cookieNames{secure: secure, session: prefix + "bailiwick-session", home: prefix + "bailiwick-home", form: prefix + "bailiwick-form", oidc: prefix + "bailiwick-oidc"}
}

func (n cookieNames) make(name, value string, mode http.SameSite, life time.Duration) *http.Cookie {
	c := &http.Cookie{Name: name, Value: value, Path: "/", Secure: n.secure, HttpOnly: true, SameSite: mode, MaxAge: int(life.Seconds())}
	if value == "" {
		c.MaxAge = -1
	}
	return c
}

// signIn gives the browser the cookie of a session. It is forgotten with the browser window,
// or when the session ends. Whoever was signed in before leaves no way back to itself.
func (q *request) signIn(cookie string) {
	q.keepHome("")
	http.SetCookie(q.ResponseWriter, q.cookies.make(q.cookies.session, cookie, http.SameSiteStrictMode, 0))
}

// keepHome notes the session from which the browser has gone on in another organization; "" forgets it.
func (q *request) keepHome(cookie string) {
	if _, err := q.Cookie(q.cookies.home); err == nil || cookie != "" {
		http.SetCookie(q.ResponseWriter, q.cookies.make(q.cookies.home, cookie, http.SameSiteStrictMode, 0))
	}
}

func (q *request) signOut() {
	q.keepHome("")
	http.SetCookie(q.ResponseWriter, q.cookies.make(q.cookies.session, "", http.SameSiteStrictMode, 0))
}

// formCookie returns the secret that the forms of this browser repeat, and gives the browser
// one if it has none.
func (q *request) formCookie() string {
	if c, err := q.Cookie(q.cookies.form); err == nil && len(c.Value) == formTokenLength {
		return c.Value
	}
	token := newNonce()
	http.SetCookie(q.ResponseWriter, q.cookies.make(q.cookies.form, token, http.SameSiteStrictMode, 0))
	return token
}

// oidcLifetime is how long a browser keeps a login at a provider that is under way, at least as
// long as it may take.
const oidcLifetime = 15 * time.Minute

// formTokenLength is that of newNonce.
const formTokenLength = 43

// newNonce returns 256 random bits as text.
func newNonce() string {
	random := make([]byte, 32)
	rand.Read(random) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(random)
}
