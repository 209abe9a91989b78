package pages

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"bailiwick/authority"
)

// authenticateView asks whether a program may have a session.
type authenticateView struct {
	Target  string
	Origin  string
	Address string // of the reader
	Device  string
}

var errTarget = errors.New("the address to which a session should go is not one of the reader's own machine")

// showAuthenticate is the page that "scw login" opens: it asks who is signed in whether the
// program may have a session, and lets others log in first. It always asks, see parseTarget.
func (q *request) showAuthenticate() error {
	t, ok := parseTarget(q.query("redirectToUrl"))
	if !ok || len(q.URL.Query()["redirectToUrl"]) != 1 {
		return q.message(http.StatusBadRequest, "bad_target", errTarget)
	}
	if q.session == nil {
		return q.redirect(withNext(pathLogin, pathAuthenticate+"?redirectToUrl="+url.QueryEscape(t.URL)))
	}
	q.formAction = t.source()
	return q.render(http.StatusOK, "authenticate", "", authenticateView{Target: t.URL, Origin: t.Origin, Address: q.client.IP.String(), Device: q.client.UserAgent})
}

// authenticate sends a new session to the program. It is not the page's own: each ends alone.
func (q *request) authenticate() error {
	t, ok := parseTarget(q.PostForm.Get("target"))
	if !ok {
		return q.message(http.StatusBadRequest, "bad_target", errTarget)
	}
	if q.session == nil {
		return q.redirect(withNext(pathLogin, pathAuthenticate+"?redirectToUrl="+url.QueryEscape(t.URL)))
	}
	opened, err := q.authority.CreateSession(q.Context(), q.call("CreateJWT"), q.session.User.ID, t.Origin)
	if err != nil {
		return q.fail(err)
	}
	token, err := encodeToken(opened)
	if err != nil {
		return q.fail(err)
	}
	q.security()
	q.Header().Set("Location", t.with(token))
	q.WriteHeader(http.StatusSeeOther)
	return nil
}

// The session as "scw login" reads it: standard base64 of JSON with keys in camel case.
type (
	programSession struct {
		JWT        programJWT `json:"jwt"`
		RenewToken string     `json:"renewToken"`
		Token      string     `json:"token"`
	}

	programJWT struct {
		AudienceID string    `json:"audienceId"`
		CreatedAt  time.Time `json:"createdAt"`
		ExpiresAt  time.Time `json:"expiresAt"`
		IP         string    `json:"ip"`
		IssuerID   string    `json:"issuerId"`
		JTI        string    `json:"jti"`
		UpdatedAt  time.Time `json:"updatedAt"`
		UserAgent  string    `json:"userAgent"`
	}
)

func encodeToken(s authority.OpenedSession) (string, error) {
	text, err := json.Marshal(programSession{
		JWT: programJWT{
			AudienceID: string(s.UserID), CreatedAt: s.CreatedAt, ExpiresAt: s.ExpiresAt, IP: s.IP,
			IssuerID: string(s.IssuerID), JTI: string(s.ID), UpdatedAt: s.UpdatedAt, UserAgent: s.UserAgent,
		},
		RenewToken: s.RenewToken, Token: s.Token,
	})
	return base64.StdEncoding.EncodeToString(text), err
}
