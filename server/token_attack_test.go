package server_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pquerna/otp/totp"
	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"

	"bailiwick/authority"
	"bailiwick/bailiwicktest"
	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/store"
)

// ticket is a token of one kind, and the request that presents one: the rest of it is right, so that
// the token alone decides. value is a text, or in a body any JSON.
type ticket struct {
	token   string
	present func(t *testing.T, value string) reply
	inBody  bool
	refused int // the status of a refusal
	success int
}

// otherEnd changes the last character of a token in base64url, whose first two bits are always a part of
// what is encoded, into another one that an encoder could have written.
func otherEnd(token string) string {
	start, end := token[:len(token)-1], "A"
	if strings.HasSuffix(token, end) {
		end = "Q"
	}
	return start + end
}

// swindle makes texts of a token that are not the token: cut at every length, with a bit of every byte
// turned over, with parts that are missing, empty, twice or in another place, and with something added.
func swindle(token string, r *rand.Rand) (all []string) {
	for n := 1; n < len(token); n++ {
		all = append(all, token[:n], token[n:])
	}
	for i := range len(token) {
		turned := []byte(token)
		turned[i] ^= 1 << r.IntN(7) // the eighth would be no text
		all = append(all, string(turned))
	}
	for bit := range 7 { // base64 has spare bits in its last character
		turned := []byte(token)
		turned[len(turned)-1] ^= 1 << bit
		all = append(all, string(turned))
	}
	for _, part := range strings.Split(token, ".") {
		for _, last := range "AEIMQUYcgkosw048BCDFGHJKLbdefhijlmnpqrtuvxyz" {
			all = append(all, strings.Replace(token, part, part[:max(0, len(part)-1)]+string(last), 1))
		}
	}
	for _, more := range []string{"\r\n", "A", "=", ".", "/", "0", "-", "\u00a0", "\u200b"} {
		all = append(all, token+more, more+token)
	}
	all = append(all, strings.ToUpper(token), strings.ToLower(token), token+token, token+"."+token, "x", strings.Repeat("A", len(token)), strings.Repeat("x", 5000))
	parts := strings.Split(token, ".")
	for i := range parts {
		for _, changed := range [][]string{
			slices.Delete(slices.Clone(parts), i, i+1), slices.Replace(slices.Clone(parts), i, i+1, ""), slices.Insert(slices.Clone(parts), i, parts[i]),
			slices.Replace(slices.Clone(parts), i, i+1, "null"), slices.Replace(slices.Clone(parts), i, i+1, parts[(i+1)%len(parts)]),
		} {
			all = append(all, strings.Join(changed, "."))
		}
	}
	return slices.DeleteFunc(all, func(s string) bool { return s == token || s == "" })
}

// digest is a hash of all that the database holds, but for what a refusal may write: events, attempts,
// and the cursors of either.
func (e *edge) digest(t *testing.T) (sum [32]byte) {
	t.Helper()
	h := sha256.New()
	var contents store.Contents
	err := e.Store.Dump(t.Context(), func(c store.Contents) error { contents = c; return nil }, func(r store.Row) error {
		switch contents.Tables[r.Table].Name {
		case "events", "event_facets", "authentication_events", "login_attempts", "installation", "audit_anchors":
			return nil
		}
		for i, column := range contents.Tables[r.Table].Columns { // where the trail is, stands in the row of the organization
			if strings.HasPrefix(column, "authentication_") || strings.HasPrefix(column, "event_") {
				r.Values[i] = nil
			}
		}
		_, err := fmt.Fprintln(h, r)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return [32]byte(h.Sum(nil))
}

// fitsHeader reports whether a header can carry a text; no other one has a chance to arrive.
func fitsHeader(value string) bool {
	return !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' })
}

// fitsCookie reports whether the value of a cookie can have a text (RFC 6265 section 4.1.1).
func fitsCookie(value string) bool {
	return fitsHeader(value) && !strings.ContainsAny(value, ` ",;\\`)
}

// tickets are a token of every kind.
func (s *stay) tickets(t *testing.T) map[string]ticket {
	t.Helper()
	org := string(s.First.Organization.ID)
	_, invitation := s.invite(t, "zoe@example.com")
	ann := s.hire(t, s.api, "ann")
	in := s.enter(t, org, "ann", annsPassword)
	self := s.with(t, in.Token)
	secret := do[*sdk.MFAOTP](t)(self.CreateUserMFAOTP(&sdk.CreateUserMFAOTPRequest{UserID: ann.ID})).Secret
	code := func() string { return do[string](t)(totp.GenerateCode(secret, s.clock.now())) }
	do[*sdk.ValidateUserMFAOTPResponse](t)(self.ValidateUserMFAOTP(&sdk.ValidateUserMFAOTPRequest{UserID: ann.ID, OneTimePassword: code()}))
	s.clock.pass(time.Minute)
	device, _ := register(t, self, ann.ID)
	begun := s.enter(t, org, "ann", annsPassword)
	s.mustEnter(t, bailiwicktest.OwnerEmail, "correct horse battery staple") // a second row of logins
	asked := s.askPasskey(t, "")
	registration := do[*sdk.StartUserWebAuthnRegistrationResponse](t)(self.StartUserWebAuthnRegistration(&sdk.StartUserWebAuthnRegistrationRequest{UserID: ann.ID}))
	finished, err := json.Marshal(finish(bailiwicktest.NewDevice(t, iam.UserID(ann.ID)), ann.ID, registration))
	if err != nil {
		t.Fatal(err)
	}
	s.signUp(t, "yan@example.com")
	s.send(t, "POST", "/bailiwick/v1/login/reset/start", `{"email":"zoe@example.com"}`)
	letters := map[iam.LetterKind]string{}
	for _, l := range s.mailed(t) {
		letters[l.Kind] = l.Secret
	}
	var offer struct{ Token string }
	got := s.send(t, "POST", "/iam/v1alpha1/users/"+ann.ID+"/initiate-connection", "{}", "X-Session-Token", in.Token)
	if err := json.Unmarshal([]byte(got.body), &offer); err != nil || offer.Token == "" {
		t.Fatalf("connection: %+v", got)
	}
	body := func(method, path, form string, headers ...string) func(*testing.T, string) reply {
		return func(t *testing.T, value string) reply {
			return s.send(t, method, path, strings.ReplaceAll(form, "%TOKEN%", value), headers...)
		}
	}
	login := "/bailiwick/v1/login/"
	credential := passkeyBody("", "", device.Assert(asked.Options))
	return map[string]ticket{
		"session token": {token: in.Token, refused: 401, success: 200, present: func(t *testing.T, value string) reply {
			return s.send(t, "GET", "/iam/v1alpha1/jwts", "", "X-Session-Token", value)
		}},
		"renew token": {in.RenewToken, body("POST", login+"renew", `{"renew_token":%TOKEN%}`), true, 401, 200},
		"login": {begun.LoginID, func(t *testing.T, v string) reply {
			return body("POST", login+"totp", `{"login_id":%TOKEN%,"code":"`+code()+`"}`)(t, v)
		}, true, 401, 200},
		"passkey ceremony":    {asked.CeremonyID, body("POST", login+"passkey", strings.Replace(credential, `"ceremony_id":""`, `"ceremony_id":%TOKEN%`, 1)), true, 401, 200},
		"registration":        {registration.CeremonyID, body("POST", "/iam/v1alpha1/users/"+ann.ID+"/finish-webauthn-registration", strings.Replace(string(finished), fmt.Sprintf("%q", registration.CeremonyID), "%TOKEN%", 1), "X-Session-Token", in.Token), true, 400, 200},
		"reset":               {letters[iam.LetterPasswordReset], body("POST", login+"reset", `{"token":%TOKEN%,"password":"`+otherPassword+`"}`), true, 401, 204},
		"sign-up":             {letters[iam.LetterConfirmAddress], body("POST", "/bailiwick/v1/sign-up/confirm", `{"token":%TOKEN%,"password":"`+zoesPassword+`"}`), true, 401, 200},
		"invitation":          {invitation, body("POST", "/bailiwick/v1/invitations/accept", `{"token":%TOKEN%}`, "X-Session-Token", s.session), true, 400, 200},
		"connection":          {offer.Token, body("POST", "/iam/v1alpha1/users/"+string(s.zoe.Owner.ID)+"/join-connection", `{"token":%TOKEN%}`, "X-Session-Token", s.session), true, 400, 204},
		"cookie of a page":    s.cookieTicket(in),
		"login at a provider": s.pendingTicket(t),
		"form of a page":      s.formTicket(),
		"page of the system":  s.pageTicket(t, "/audit-trail/v1alpha1/regions/fr-par/system-events?page_size=1&organization_id="+org),
		"page of logins":      s.pageTicket(t, "/audit-trail/v1alpha1/regions/fr-par/authentication-events?page_size=1&organization_id="+org),
		"page of both":        s.pageTicket(t, "/audit-trail/v1alpha1/regions/fr-par/combined-events?page_size=1&organization_id="+org),
		"page of the trail":   s.pageTicket(t, "/audit-trail/v1alpha1/regions/fr-par/events?page_size=1&organization_id="+org),
	}
}

// cookieTicket is what a browser keeps as the proof of a session.
func (s *stay) cookieTicket(in login) ticket {
	token := s.Authority.PageCookie(iam.Session{ID: iam.SessionID(in.JWT.JTI), OrganizationID: s.First.Organization.ID})
	return ticket{token: token, refused: 303, success: 200, present: func(t *testing.T, value string) reply {
		return s.send(t, "GET", "/security", "", "Cookie", "bailiwick-session="+value)
	}}
}

// pendingTicket is what a browser keeps of a login at a provider. The provider agrees anew each time.
func (s *stay) pendingTicket(t *testing.T) ticket {
	t.Helper()
	begun := s.send(t, "GET", "/bailiwick/v1/login/oidc/acme/start?organization="+string(s.First.Organization.ID), "")
	location, err := url.Parse(begun.header.Get("Location"))
	kept := regexp.MustCompile(`bailiwick-oidc=([^;]+)`).FindStringSubmatch(strings.Join(begun.header.Values("Set-Cookie"), " "))
	if err != nil || kept == nil {
		t.Fatalf("a login at a provider: %+v, %v", begun, err)
	}
	s.idp.Visit("acme", authority.OIDCQuestion{Redirect: location.String()})
	state := location.Query().Get("state")
	return ticket{token: kept[1], refused: 401, success: 200, present: func(t *testing.T, value string) reply {
		return s.send(t, "GET", "/bailiwick/v1/login/oidc/acme/callback?"+url.Values{"state": {state}, "code": {s.idp.Again(state)}}.Encode(), "", "Cookie", "bailiwick-oidc="+value)
	}}
}

// formTicket is what the forms of a browser repeat; behind it a password is asked for.
func (s *stay) formTicket() ticket {
	token := identity.NewToken()
	return ticket{token: token, refused: 403, success: 401, present: func(t *testing.T, value string) reply {
		return s.send(t, "POST", "/login/password", url.Values{"csrf": {value}, "organization": {"nowhere"}, "username": {"nobody"}, "password": {"x"}}.Encode(),
			"Content-Type", "application/x-www-form-urlencoded", "Cookie", "bailiwick-form="+token)
	}}
}

// plain is the text of an answer without what is random in a page.
func (r reply) plain() string {
	return regexp.MustCompile(`nonce="[^"]*"|value="[A-Za-z0-9_-]{43}"`).ReplaceAllString(r.body, "")
}

// pageTicket is the token of a second page.
func (s *stay) pageTicket(t *testing.T, path string) ticket {
	t.Helper()
	var page struct {
		Next string `json:"next_page_token"`
	}
	got := s.send(t, "GET", path, "", s.owner()...)
	if err := json.Unmarshal([]byte(got.body), &page); err != nil || page.Next == "" {
		t.Fatalf("%s: %+v", path, got)
	}
	return ticket{token: page.Next, refused: 400, success: 200, present: func(t *testing.T, value string) reply {
		return s.send(t, "GET", path+"&page_token="+url.QueryEscape(value), "", s.owner()...)
	}}
}

// Every token is its text and nothing else: whatever is done to it, and a token of any other kind in
// its place, is refused with the same answer and changes nothing; and afterwards the token is good.
func TestForgedTokens(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	t.Logf("seed %d", seed)
	s := newStay(t)
	tickets := s.tickets(t)
	before := s.digest(t)
	for name, k := range tickets {
		t.Run(name, func(t *testing.T) {
			forged := swindle(k.token, r)
			for other, o := range tickets {
				if other != name {
					forged = append(forged, o.token)
				}
			}
			answers := map[string]string{}
			for _, text := range forged {
				value := text
				if k.inBody {
					value = asJSON(t, text)
				} else if name == "session token" && !fitsHeader(text) || name == "cookie of a page" && !fitsCookie(text) || name == "login at a provider" && !fitsCookie(text) {
					continue
				}
				got := k.present(t, value)
				if got.status != k.refused {
					t.Errorf("%q: %d %s", text, got.status, got.body)
				}
				answers[got.plain()] = text
			}
			if len(answers) > 1 {
				t.Errorf("the refusals differ: %s", cmp.Diff(nil, answers))
			}
			if !k.inBody {
				return
			}
			for _, value := range []string{"null", "0", "1e9", "true", "[]", "{}", `""`, "[" + asJSON(t, k.token) + "]", `{"token":` + asJSON(t, k.token) + "}"} {
				if got := k.present(t, value); got.status != 400 && got.status != 401 {
					t.Errorf("%s: %d %s", value, got.status, got.body)
				}
			}
			if got := k.present(t, asJSON(t, k.token)+`,"token":"x","renew_token":"x","login_id":"x","ceremony_id":"x"`); got.status != http.StatusBadRequest {
				t.Errorf("twice: %d %s", got.status, got.body)
			}
		})
	}
	if s.digest(t) != before {
		t.Error("a refusal has changed something")
	}
	for _, name := range slices.Sorted(maps.Keys(tickets)) {
		k := tickets[name]
		value := k.token
		if k.inBody {
			value = asJSON(t, value)
		}
		if got := k.present(t, value); got.status != k.success && name != "login" {
			t.Errorf("the %s itself: %d %s", name, got.status, got.body)
		}
	}
}

func asJSON(t *testing.T, text string) string {
	t.Helper()
	value, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(value)
}
