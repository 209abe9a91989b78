package pages

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// target is the address of a program on the reader's own machine that waits for a session, as
// "scw login" does.
type target struct {
	Origin string // "http://localhost:41234"
	URL    string
}

// loopbackTarget is the whole of what is accepted. It is a list of what may stand there, in one
// spelling, not a parser: what a URL means differs between parsers, and the browser's is the
// one that counts. So there are no credentials ("http://localhost@evil.example"), no escapes,
// no backslashes, no other spelling of the host and no query.
var loopbackTarget = regexp.MustCompile(`^(http://(?:localhost|127\.0\.0\.1|\[::1\]):([1-9][0-9]{0,4}))/(?:[A-Za-z0-9._~/-]*)callback$`)

// parseTarget returns the target of a text that is one.
//
// The attack is a link, mailed to somebody who is signed in, that has the session sent to the
// attacker. So only the reader's own machine gets one. A port there may still belong to another
// user of it, or to a page that found a port to listen on; so the reader is asked, sees the
// address, and confirms with a form that no other site can send.
func parseTarget(text string) (target, bool) {
	parts := loopbackTarget.FindStringSubmatch(text)
	if parts == nil {
		return target{}, false
	}
	if port, err := strconv.Atoi(parts[2]); err != nil || port > 65535 {
		return target{}, false
	}
	return target{Origin: parts[1], URL: text}, true
}

// with is the target's address with a token.
func (t target) with(token string) string { return t.URL + "?token=" + url.QueryEscape(token) }

// source is how a Content-Security-Policy names the target. It has no form for an address of
// IPv6, so that one is named by its scheme.
func (t target) source() string {
	if strings.HasPrefix(t.Origin, "http://[") {
		return "http:"
	}
	return t.Origin
}

// ownPattern is what a page of ours looks like. It begins with one slash and no second one:
// "//evil.example" and "/\evil.example" are other hosts to a browser.
var ownPattern = regexp.MustCompile(`^/(?:[A-Za-z0-9][A-Za-z0-9._~/-]*)?(?:\?[A-Za-z0-9._~%&=+:/-]*)?$`)

// ownPath returns a path of this server as it is, and "" for anything else, such as an address
// elsewhere.
func ownPath(text string) string {
	if len(text) > 2000 || !ownPattern.MatchString(text) {
		return ""
	}
	return text
}
