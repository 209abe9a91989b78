package pages

import (
	"context"
	"errors"
	"net/http"

	"bailiwick/authority"
	"bailiwick/iam"
)

// headerConsole is the header without which no request of a script is taken.
const headerConsole = "X-Bailiwick-Console"

var errForeignScript = errors.New("the request does not come from a script of this origin")

// credentialHeaders carry a credential of the API.
func credentialHeaders() []string {
	return []string{"X-Auth-Token", "X-Session-Token", "Authorization"}
}

// Bridged returns the session of a request that the console has made with its cookie.
//
// The API takes no cookie, since a browser adds it to every request, also to one that another
// page makes it send. The bridge is the one exception, and so has the defence that a form has.
// The attack is a foreign page, or one of a neighbour under the same domain (to which Strict
// cookies are sent), that posts JSON here as its visitor: it would make itself an API key. What
// stands against it: the request must have a header of our own. A form, an image and a link
// cannot set one, and a script of another origin can only after a preflight, which no answer of
// this server grants. Browsers that say where a request comes from (Sec-Fetch-Site, Origin) must
// say that it was here; the header alone is left in those that do not. A request that also
// brings a credential of the API is refused: two readers could take different callers from it.
//
// The cookie cannot be read by scripts, and no answer through the bridge holds a token of a
// session (package server leaves those operations out). So a script that was injected can act
// while the page is open, but takes nothing away that lives longer than the session.
func (p *Pages) Bridged(ctx context.Context, r *http.Request) (iam.Caller, error) {
	session, err := p.openBridge(ctx, r)
	return session.Caller, err
}

func (p *Pages) openBridge(ctx context.Context, r *http.Request) (authority.PageSession, error) {
	if !fromConsole(r) {
		return authority.PageSession{}, &iam.Error{Kind: iam.KindPermissionsDenied, Err: errForeignScript}
	}
	cookie, err := r.Cookie(p.cookies.session)
	if err != nil {
		return authority.PageSession{}, iam.AuthenticationDenied("jwt", iam.AuthInvalidArgument)
	}
	return p.authority.OpenPage(ctx, cookie.Value)
}

func fromConsole(r *http.Request) bool {
	if values := r.Header.Values(headerConsole); len(values) != 1 || values[0] != "1" {
		return false
	}
	for _, name := range credentialHeaders() {
		if len(r.Header.Values(name)) > 0 {
			return false
		}
	}
	return sameOrigin(r)
}
