package pages

import (
	"encoding/base64"
	"net/http"

	"bailiwick/iam"
)

const pathSecurity = "/security"

// securityView is where people look after what they log in with.
type securityView struct {
	Passkeys []iam.Passkey
	Off      bool // there are no passkeys here
}

// signedIn makes the handler of a page or form for who is signed in. Others log in first.
func signedIn(next func(*request) error) func(*request) error {
	return func(q *request) error {
		if q.session == nil {
			return q.redirect(withNext(pathLogin, pathSecurity))
		}
		return next(q)
	}
}

func (q *request) showSecurity() error { return q.securityPage(http.StatusOK, "") }

func (q *request) securityPage(status int, fault string) error {
	passkeys, _, err := q.authority.ListPasskeys(q.Context(), q.call("ListUserWebAuthnAuthenticators"), iam.PasskeyFilter{
		UserID: q.session.User.ID, Order: iam.Order{Field: "created_at"}, Page: iam.Page{Number: 1, Size: iam.MaxPasskeys},
	})
	if err != nil {
		return q.fail(err)
	}
	methods, err := q.authority.LoginMethods(q.Context(), "")
	if err != nil {
		return q.fail(err)
	}
	return q.render(status, "security", fault, securityView{passkeys, !methods.Passkey})
}

// ownPassword sets the password of who is signed in.
func (q *request) ownPassword() error {
	if _, err := q.authority.UpdateUserPassword(q.Context(), q.call("UpdateUserPassword"), q.session.User.ID, q.PostForm.Get("password")); err != nil {
		return q.refuse(err, q.securityPage)
	}
	return q.message(http.StatusOK, "password_changed", nil)
}

// totpView is the setting up of one-time passwords.
type totpView struct {
	Secret string
	Image  string // QR code, PNG in base64
}

// totpStart begins to set up one-time passwords.
func (q *request) totpStart() error {
	secret, err := q.authority.CreateUserMFAOTP(q.Context(), q.call("CreateUserMFAOTP"), q.session.User.ID)
	if iam.KindOf(err) == iam.KindPreconditionFailed {
		return q.message(http.StatusConflict, "totp_there", err)
	}
	if err != nil {
		return q.fail(err)
	}
	return q.totpPage(http.StatusOK, "", secret)
}

// totpPage shows the secret. The form keeps it, to show it once more after a wrong code; what
// counts is the one that the server has kept.
func (q *request) totpPage(status int, fault, secret string) error {
	v := totpView{Secret: secret}
	if image, err := q.authority.TOTPImage(q.session.User, secret); err == nil {
		v.Image = base64.StdEncoding.EncodeToString(image)
	}
	q.imageSource = "data:"
	return q.render(status, "totp", fault, v)
}

// totpValidate ends it and shows the recovery codes, this once.
func (q *request) totpValidate() error {
	codes, err := q.authority.ValidateUserMFAOTP(q.Context(), q.call("ValidateUserMFAOTP"), q.session.User.ID, q.code())
	if err != nil {
		return q.refuse(err, func(status int, fault string) error { return q.totpPage(status, fault, q.PostForm.Get("secret")) })
	}
	return q.render(http.StatusOK, "codes", "", codes)
}
