package pages

import (
	"net/http"
	"strings"

	"bailiwick/iam"
)

// signUpView is the page on which people ask for an account.
type signUpView struct {
	Email string
	Name  string // of the organization
}

func (q *request) showSignUp() error {
	return q.render(http.StatusOK, "signup", "", signUpView{Email: q.query("email")})
}

// signUp has the link mailed that makes the account. The answer is the same whoever has one.
func (q *request) signUp() error {
	v := signUpView{strings.TrimSpace(q.PostForm.Get("email")), strings.TrimSpace(q.PostForm.Get("name"))}
	err := q.authority.SignUp(q.Context(), q.anonymous(), iam.NewSignUp{
		Email: v.Email, Password: q.PostForm.Get("password"), Name: v.Name, Locale: map[string]string{"en": "en_US", "fr": "fr_FR"}[q.text.code],
	})
	switch iam.KindOf(err) {
	case iam.KindPermissionsDenied, iam.KindPreconditionFailed:
		return q.message(http.StatusForbidden, "signup_closed", err)
	case iam.KindTooManyRequests:
		return q.message(http.StatusTooManyRequests, "too_many", err)
	}
	if err != nil {
		return q.refuse(err, func(status int, fault string) error { return q.render(status, "signup", fault, v) })
	}
	return q.tell(http.StatusOK, "signup_sent")
}

// confirmView is where the link of a sign-up leads. The token stands behind the #, see resetView.
type confirmView struct{ Token string }

func (q *request) showConfirm() error {
	return q.render(http.StatusOK, "confirm", "", confirmView{q.query("token")})
}

// confirm makes the account. It opens no session: the new owner logs in.
func (q *request) confirm() error {
	token := strings.TrimSpace(q.PostForm.Get("token"))
	call := q.call("ConfirmSignUp")
	call.Caller, call.Body = iam.Caller{}, []byte("{}")
	if _, err := q.authority.ConfirmSignUp(q.Context(), call, token, q.PostForm.Get("password")); err != nil {
		return q.refuse(err, func(status int, fault string) error { return q.render(status, "confirm", fault, confirmView{token}) })
	}
	return q.tell(http.StatusOK, "signup_done")
}
