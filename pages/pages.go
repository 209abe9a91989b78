package pages

import (
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"strings"

	"bailiwick/authority"
	"bailiwick/iam"
)

// Config is what the pages are made of.
type Config struct {
	Authority *authority.Authority
	// PublicURL is the address at which browsers reach the server. With https, cookies are
	// Secure and bound to the host.
	PublicURL string
	// Operation returns what the operation table says of an operation of the API.
	Operation func(name string) iam.Operation
	// Console is the built web console, with index.html at its root; nil: it was not built, and
	// the page at the root says so.
	Console fs.FS
	// Region is that of the paths of Audit Trail in which everything happens.
	Region string
}

// Pages are the pages of one server. They are safe for concurrent use.
type Pages struct {
	authority *authority.Authority
	operation func(name string) iam.Operation
	cookies   cookieNames
	templates templates
	assets    []asset
	console   console
	region    string
}

// Route is one page: what a server must route to it.
type Route struct {
	Method string
	Path   string
	Name   string // for logs and metrics
	// Serve writes the answer. The error is for the log: the reader has been told.
	Serve func(w http.ResponseWriter, r *http.Request, client iam.Client) error
}

// New returns the pages. An error means that a template or a text has a fault.
func New(config Config) (*Pages, error) {
	if config.Authority == nil || config.Operation == nil {
		return nil, errors.New("pages: no authority or no operations are given")
	}
	p := &Pages{
		authority: config.Authority, operation: config.Operation, region: config.Region,
		cookies: newCookieNames(strings.HasPrefix(config.PublicURL, "https://")),
	}
	var err error
	if p.templates, err = newTemplates(); err != nil {
		return nil, err
	}
	if p.assets, err = newAssets(); err != nil {
		return nil, err
	}
	p.console, err = newConsole(config.Console, p.assetPath("icon.svg"))
	return p, err
}

// Routes lists the pages.
func (p *Pages) Routes() []Route {
	routes := []Route{
		{"GET", "/login", "PageLogin", p.page((*request).showLogin)},
		{"POST", "/login/password", "PagePassword", p.form((*request).password)},
		{"POST", "/login/magic-code/start", "PageMagicCodeStart", p.form((*request).magicCodeStart)},
		{"POST", "/login/magic-code", "PageMagicCode", p.form((*request).magicCode)},
		{"POST", "/login/totp", "PageTOTP", p.form((*request).totp)},
		{"POST", "/login/recovery-code", "PageRecoveryCode", p.form((*request).recoveryCode)},
		{"POST", "/login/new-password", "PageNewPassword", p.form((*request).newPassword)},
		{"POST", "/login/passkey", "PagePasskey", p.form((*request).passkeyLogin)},
		{"GET", "/login/reset", "PageReset", p.page((*request).showReset)},
		{"POST", "/login/reset/start", "PageResetStart", p.form((*request).resetStart)},
		{"POST", "/login/reset", "PageResetPassword", p.form((*request).reset)},
		{"GET", "/sign-up", "PageSignUp", p.page((*request).showSignUp)},
		{"POST", "/sign-up", "PageSignUpStart", p.form((*request).signUp)},
		{"GET", "/sign-up/confirm", "PageConfirm", p.page((*request).showConfirm)},
		{"POST", "/sign-up/confirm", "PageSignUpConfirm", p.form((*request).confirm)},
		{"GET", pathSecurity, "PageSecurity", p.page(signedIn((*request).showSecurity))},
		{"POST", "/security/password", "PageOwnPassword", p.form(signedIn((*request).ownPassword))},
		{"POST", "/security/passkeys/start", "PagePasskeyStart", p.form(signedIn((*request).passkeyRegistration))},
		{"POST", "/security/passkeys", "PagePasskeyAdd", p.form(signedIn((*request).passkeyAdd))},
		{"POST", "/security/passkeys/delete", "PagePasskeyDelete", p.form(signedIn((*request).passkeyDelete))},
		{"POST", "/security/totp", "PageTOTPStart", p.form(signedIn((*request).totpStart))},
		{"POST", "/security/totp/validate", "PageTOTPValidate", p.form(signedIn((*request).totpValidate))},
		{"POST", "/login/oidc/{provider}", "PageProvider", p.form((*request).provider)},
		{"GET", oidcPath("{provider}", "start"), "PageOIDCStart", p.page((*request).startOIDC)},
		{"GET", oidcPath("{provider}", "callback"), "PageOIDCFinish", p.page((*request).finishOIDC)},
		{"GET", pathInvitations, "PageInvitations", p.page((*request).showInvitations)},
		{"POST", "/invitations/accept", "PageInvitationAccept", p.form(signedIn((*request).acceptInvitation))},
		{"POST", "/invitations/reject", "PageInvitationReject", p.form(signedIn((*request).rejectInvitation))},
		{"POST", "/logout", "PageLogout", p.form((*request).logout)},
		{"GET", "/authenticate", "PageAuthenticate", p.page((*request).showAuthenticate)},
		{"POST", "/authenticate", "PageAuthenticateConfirm", p.form((*request).authenticate)},
	}
	for _, a := range p.assets {
		routes = append(routes, Route{"GET", a.path, "PageAsset", a.serve})
	}
	return append(routes, p.consoleRoutes()...)
}

// assetPath is where a file that pages load is; its name is one of [newAssets].
func (p *Pages) assetPath(name string) string {
	for _, a := range p.assets {
		if a.name == name {
			return a.path
		}
	}
	return ""
}

// request is one request for a page, with its answer.
type request struct {
	*Pages
	http.ResponseWriter
	*http.Request
	client  iam.Client
	nonce   string
	csrf    string
	text    texts
	session *authority.PageSession // nil: nobody is signed in
	// foreign: another site has sent the browser here, so it does not send Strict cookies with
	// what a redirect from here leads to.
	foreign bool
	// formAction is where forms may lead besides this server; empty: nowhere.
	formAction string
	// imageSource is where images may come from besides this server; empty: nowhere.
	imageSource string
}

// page makes the handler of a page that is looked at.
func (p *Pages) page(show func(*request) error) func(http.ResponseWriter, *http.Request, iam.Client) error {
	return func(w http.ResponseWriter, r *http.Request, client iam.Client) error {
		q, err := p.begin(w, r, client)
		if err != nil {
			return q.fail(err)
		}
		return show(q)
	}
}

// form makes the handler of a form that is sent.
func (p *Pages) form(handle func(*request) error) func(http.ResponseWriter, *http.Request, iam.Client) error {
	return func(w http.ResponseWriter, r *http.Request, client iam.Client) error {
		q, err := p.begin(w, r, client)
		if err != nil {
			return q.fail(err)
		}
		if err := q.guard(); err != nil {
			return err
		}
		return handle(q)
	}
}

func (p *Pages) begin(w http.ResponseWriter, r *http.Request, client iam.Client) (*request, error) {
	q := &request{Pages: p, ResponseWriter: w, Request: r, client: client, nonce: newNonce(), text: p.templates.texts(r.Header.Get("Accept-Language"))}
	q.csrf = q.formCookie()
	cookie, err := r.Cookie(p.cookies.session)
	if err != nil {
		return q, nil
	}
	session, err := p.authority.OpenPage(r.Context(), cookie.Value)
	if iam.KindOf(err) == iam.KindDeniedAuthentication {
		return q, nil
	}
	if err != nil {
		return q, err
	}
	q.session = &session
	return q, nil
}

// call is a call of an operation of the API by who is signed in.
func (q *request) call(operation string) iam.Call {
	call := iam.Call{Operation: q.operation(operation), Client: q.client}
	if q.session != nil {
		call.Caller = q.session.Caller
		call.Body = []byte(`{"user_id":"` + string(q.session.User.ID) + `"}`)
	}
	return call
}

// anonymous is a call by somebody who is not known yet.
func (q *request) anonymous() iam.Call { return iam.Call{Client: q.client} }

// redirect sends the browser to another of our own pages.
func (q *request) redirect(path string) error {
	q.security()
	q.Header().Set("Location", path)
	q.WriteHeader(http.StatusSeeOther)
	return nil
}

// Header is that of the answer; both embedded types have one.
func (q *request) Header() http.Header { return q.ResponseWriter.Header() }

// query returns a key of the query.
func (q *request) query(key string) string { return q.URL.Query().Get(key) }

// next is the page of ours to which the browser goes after the login; see ownPath.
func (q *request) next() string { return ownPath(q.FormValue("next")) }

// after is the page that follows a login.
func (q *request) after() string {
	if next := q.next(); next != "" {
		return next
	}
	return pathLogin
}

const (
	pathLogin        = "/login"
	pathAuthenticate = "/authenticate"
)

// withNext adds the page that follows a login to a path of ours.
func withNext(path, next string) string {
	if next == "" {
		return path
	}
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	return path + separator + "next=" + url.QueryEscape(next)
}
