package pages

import (
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
)

// maxForm bounds the body of a form, in bytes; the answer of an authenticator is the longest.
const maxForm = 64 << 10

var (
	errForeign = errors.New("the form was sent by another site, or without the cookie of this browser")
	errForm    = errors.New("the form is malformed or too long")
)

// guard refuses a form that no page of ours has sent.
//
// The attack is a foreign page that sends the form for its visitor: it would confirm the
// visitor's session for a program, sign it out, or log it in as the attacker, who then reads
// what the victim does there. Three things stand against it, each enough where it works. The
// browser says where the request comes from (Sec-Fetch-Site; Origin). It does not send a
// Strict cookie from elsewhere. And the form repeats the cookie's value, which no other site
// can read; that is what is left in a browser that knows neither of the others.
func (q *request) guard() error {
	q.Body = http.MaxBytesReader(q.ResponseWriter, q.Body, maxForm)
	if err := q.ParseForm(); err != nil {
		return q.message(http.StatusBadRequest, "bad_form", errors.Join(errForm, err))
	}
	given, err := q.Cookie(q.cookies.form)
	own := err == nil && len(given.Value) == formTokenLength && subtle.ConstantTimeCompare([]byte(given.Value), []byte(q.PostForm.Get("csrf"))) == 1
	if !own || !sameOrigin(q.Request) {
		return q.message(http.StatusForbidden, "foreign_form", errForeign)
	}
	return nil
}

// sameOrigin is false if the browser says that another site sends the request. Under our
// Referrer-Policy browsers may write "null" for the origin of a form; the cookie decides then.
func sameOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" || origin == "null" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}
