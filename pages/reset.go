package pages

import (
	"net/http"
	"strings"

	"bailiwick/iam"
)

// resetView is the page of a forgotten password. The token of a mailed link stands behind the #,
// where no server on the way and no log sees it; a script puts it into the form, and who has no
// scripts pastes it.
type resetView struct {
	Token string
	Email string
}

func (q *request) showReset() error {
	return q.render(http.StatusOK, "reset", "", resetView{Token: q.query("token")})
}

// resetStart has a link mailed. The answer is the same whoever has an account.
func (q *request) resetStart() error {
	email := strings.TrimSpace(q.PostForm.Get("email"))
	if err := q.authority.StartPasswordReset(q.Context(), q.anonymous(), email); err != nil {
		return q.refuse(err, func(status int, fault string) error {
			return q.render(status, "reset", fault, resetView{Email: email})
		})
	}
	return q.tell(http.StatusOK, "reset_sent")
}

// reset sets the password. It opens no session: the second factor stays asked for.
func (q *request) reset() error {
	token := strings.TrimSpace(q.PostForm.Get("token"))
	err := q.authority.ResetPassword(q.Context(), q.anonymous(), token, q.PostForm.Get("password"))
	if iam.KindOf(err) == iam.KindDeniedAuthentication {
		return q.message(http.StatusUnauthorized, "reset_refused", err)
	}
	if err != nil {
		return q.refuse(err, func(status int, fault string) error {
			return q.render(status, "reset", fault, resetView{Token: token})
		})
	}
	return q.tell(http.StatusOK, "reset_done")
}

// tell is a message of something that went well.
func (q *request) tell(status int, name string) error { return q.message(status, name, nil) }
