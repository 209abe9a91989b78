package pages

import (
	"net/http"
	"net/url"
	"strings"

	"bailiwick/authority"
	"bailiwick/iam"
)

// oidcPath is where a login at a provider begins and ends.
func oidcPath(provider, end string) string {
	return "/bailiwick/v1/login/oidc/" + provider + "/" + end
}

// provider leads the browser to a provider, from the form of the login page. The form itself
// must not: browsers do not let a form lead away from this server, not even by a redirect
// (form-action). So it gets a page that goes on by itself.
func (q *request) provider() error {
	v, _ := q.typed()
	start := oidcPath(q.PathValue("provider"), "start") + "?" + url.Values{"organization": {v.Organization}, "redirect": {q.next()}}.Encode()
	return q.passOn(start, "to_provider")
}

// passOn is a page that goes on by itself.
func (q *request) passOn(path, name string) error {
	return q.render(http.StatusOK, "message", "", message{
		Title: q.text.of(name + ".title"), Text: q.text.of(name + ".text"), Link: path, LinkText: q.text.of("continue"), Refresh: path,
	})
}

// oidcView asks whether a login that another site began is wanted.
type oidcView struct {
	Provider     string
	Organization string
}

// startOIDC sends the browser to a provider, with the cookie that binds the answer to it.
//
// A foreign page that begins a login is asked about first: the provider may end it without a word,
// and the reader would then work in an organization that the foreign page has chosen.
func (q *request) startOIDC() error {
	organization, next := q.query("organization"), ownPath(q.query("redirect"))
	q.URL.RawQuery = url.Values{"next": {next}}.Encode()
	if site := q.Request.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
		return q.render(http.StatusOK, "provider", "", oidcView{q.PathValue("provider"), organization})
	}
	question, err := q.authority.StartOIDCLogin(q.Context(), authority.OIDCStart{Provider: q.PathValue("provider"), Organization: organization, Next: next})
	if err != nil {
		return q.failOIDC(err)
	}
	http.SetCookie(q.ResponseWriter, q.cookies.make(q.cookies.oidc, question.Pending, http.SameSiteLaxMode, oidcLifetime))
	q.security()
	q.Header().Set("Location", question.Redirect)
	q.WriteHeader(http.StatusFound)
	return nil
}

// finishOIDC is where a provider sends the browser back to.
//
// The attack is a link to this page with the answer to the attacker's own login: the victim who
// follows it would work in the attacker's account. So the answer is good only with the cookie
// that the browser got when it began. The cookie is Lax, for it must come along from the
// provider's site, and it is used up whatever the answer is.
func (q *request) finishOIDC() error {
	cookie, err := q.Cookie(q.cookies.oidc)
	if err != nil {
		cookie = &http.Cookie{}
	}
	http.SetCookie(q.ResponseWriter, q.cookies.make(q.cookies.oidc, "", http.SameSiteLaxMode, 0))
	login, next, err := q.authority.LoginWithOIDC(q.Context(), q.anonymous(), authority.OIDCAnswer{
		Provider: q.PathValue("provider"), Pending: cookie.Value,
		State: q.query("state"), Code: q.query("code"), Issuer: q.query("iss"), Error: q.query("error"),
	})
	q.URL.RawQuery = url.Values{"next": {ownPath(next)}}.Encode()
	if err != nil {
		return q.failOIDC(err)
	}
	q.foreign = true
	return q.proceed(login)
}

// failOIDC says that a login at a provider did not work, and to who reads it not why.
func (q *request) failOIDC(err error) error {
	switch iam.KindOf(err) {
	case iam.KindDeniedAuthentication:
		return q.message(http.StatusUnauthorized, "provider_refused", err)
	case iam.KindNotFound:
		return q.message(http.StatusNotFound, "provider_unknown", err)
	}
	return q.fail(err)
}

// providers are those of the login page; a fault there must not keep others from logging in.
func (q *request) providers(organization string) []authority.ProviderName {
	m, err := q.authority.LoginMethods(q.Context(), strings.TrimSpace(organization))
	if err != nil { // an organization that is not there: which ones are is not told here
		m, _ = q.authority.LoginMethods(q.Context(), "")
	}
	return m.Providers
}
