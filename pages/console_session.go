package pages

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"bailiwick/authority"
	"bailiwick/iam"
)

// consoleSession is what the console knows of who is signed in.
type consoleSession struct {
	User         consoleUser         `json:"user"`
	Organization consoleOrganization `json:"organization"`
	// Organizations are those among which the user can switch, its own first.
	Organizations []consoleOrganization `json:"organizations"`
	Session       iam.SessionID         `json:"session_id"`
	EndsAt        time.Time             `json:"ends_at"`
	Region        string                `json:"region"`
	Demands       []consoleDemand       `json:"demands"`
}

type consoleUser struct {
	ID        iam.UserID   `json:"id"`
	Type      iam.UserType `json:"type"`
	Username  string       `json:"username"`
	Email     string       `json:"email"`
	FirstName string       `json:"first_name"`
	LastName  string       `json:"last_name"`
	Locale    string       `json:"locale"`
	MFA       bool         `json:"mfa"`
}

type consoleOrganization struct {
	ID    iam.OrganizationID `json:"id"`
	Name  string             `json:"name"`
	Alias string             `json:"alias"`
}

// consoleDemand is what the user has to do, and until when.
type consoleDemand struct {
	Type      string    `json:"type"`
	ExpiresAt time.Time `json:"expires_at"`
}

// script makes the handler of a request that a script of the console makes; see [Pages.Bridged].
func (p *Pages) script(handle func(*request) error) func(http.ResponseWriter, *http.Request, iam.Client) error {
	return func(w http.ResponseWriter, r *http.Request, client iam.Client) error {
		q := &request{Pages: p, ResponseWriter: w, Request: r, client: client, nonce: newNonce(), text: p.templates.texts(r.Header.Get("Accept-Language"))}
		session, err := p.openBridge(r.Context(), r)
		if err != nil {
			return errors.Join(err, q.json(statusOf(err), nil))
		}
		q.session = &session
		if err := handle(q); err != nil {
			return errors.Join(err, q.json(statusOf(err), nil))
		}
		return nil
	}
}

func statusOf(err error) int {
	switch iam.KindOf(err) {
	case iam.KindDeniedAuthentication:
		return http.StatusUnauthorized
	case iam.KindPermissionsDenied:
		return http.StatusForbidden
	case iam.KindNotFound:
		return http.StatusNotFound
	case iam.KindInvalidArguments:
		return http.StatusBadRequest
	case iam.KindUnavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// json writes JSON; nil: the status only.
func (q *request) json(status int, body any) error {
	q.security()
	if body == nil {
		q.WriteHeader(status)
		return nil
	}
	q.Header().Set("Content-Type", "application/json")
	q.WriteHeader(status)
	return json.NewEncoder(q.ResponseWriter).Encode(body)
}

func (q *request) showSession() error {
	home, _, err := q.home()
	if err != nil {
		return err
	}
	places, err := q.authority.Places(q.Context(), home)
	if err != nil {
		return err
	}
	out := q.describe(*q.session)
	for _, o := range append([]iam.Organization{home.Organization}, places...) {
		out.Organizations = append(out.Organizations, consoleOrganization{ID: o.ID, Name: o.Name, Alias: o.Alias})
	}
	return q.json(http.StatusOK, out)
}

func (p *Pages) describe(s authority.PageSession) consoleSession {
	out := consoleSession{
		User: consoleUser{
			ID: s.User.ID, Type: s.User.Type, Username: s.User.Username, Email: s.User.Email, FirstName: s.User.FirstName, LastName: s.User.LastName,
			Locale: s.User.Locale, MFA: s.User.MFA,
		},
		Organization: consoleOrganization{ID: s.Organization.ID, Name: s.Organization.Name, Alias: s.Organization.Alias},
		Session:      s.Caller.Session, EndsAt: s.EndsAt, Region: p.region, Demands: []consoleDemand{},
	}
	for _, d := range s.Demands {
		out.Demands = append(out.Demands, consoleDemand{string(d.Type), d.ExpiresAt})
	}
	return out
}

// home returns the session of the account's own organization, and its cookie: that from which the
// browser has gone on in another one, or else the one that it has.
func (q *request) home() (authority.PageSession, string, error) {
	if kept, err := q.Cookie(q.cookies.home); err == nil {
		s, err := q.authority.OpenPage(q.Context(), kept.Value)
		if iam.KindOf(err) != iam.KindDeniedAuthentication {
			return s, kept.Value, err
		}
	}
	own, err := q.Cookie(q.cookies.session)
	if err != nil {
		return authority.PageSession{}, "", err
	}
	return *q.session, own.Value, nil
}

// end ends a session; one that is over already is no fault.
func (q *request) end(s authority.PageSession) error {
	call := q.call("DeleteJWT")
	call.Caller = s.Caller
	err := q.authority.DeleteSession(q.Context(), call, s.Caller.Session)
	if iam.KindOf(err) == iam.KindNotFound {
		return nil
	}
	return err
}

// endSession signs out, here and where the browser has come from.
func (q *request) endSession() error {
	home, _, err := q.home()
	if err != nil {
		return err
	}
	err = q.end(*q.session)
	if home.Caller.Session != q.session.Caller.Session {
		err = errors.Join(err, q.end(home))
	}
	if err != nil {
		return err
	}
	q.signOut()
	return q.json(http.StatusNoContent, nil)
}

// switchOrganization goes on in another organization, with a session there, or back home.
//
// A guest's session leads nowhere (see [authority.Authority.SwitchOrganization]), so the browser
// keeps the session from which it came beside it, in a cookie that is no less guarded. That is no
// new right: the browser had it, and signing out ends both. A guest's session that is left is ended.
func (q *request) switchOrganization() error {
	var body struct {
		OrganizationID iam.OrganizationID `json:"organization_id"`
	}
	q.Body = http.MaxBytesReader(q.ResponseWriter, q.Body, maxForm)
	if err := json.NewDecoder(q.Body).Decode(&body); err != nil {
		return iam.Invalid("organization_id", iam.ReasonFormat, "value must be JSON")
	}
	home, cookie, err := q.home()
	if err != nil {
		return err
	}
	back := body.OrganizationID == home.Organization.ID
	next := cookie
	if !back {
		call := q.call("LoginSwitch")
		call.Caller = home.Caller
		opened, err := q.authority.SwitchOrganization(q.Context(), call, body.OrganizationID)
		if err != nil {
			return err
		}
		next = q.authority.PageCookie(opened.Session)
	}
	if q.session.Caller.Session != home.Caller.Session {
		if err := q.end(*q.session); err != nil {
			return err
		}
	}
	q.signIn(next)
	if !back {
		q.keepHome(cookie)
	}
	return q.json(http.StatusNoContent, nil)
}
