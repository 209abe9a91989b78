package pages

import (
	"net/http"
	"slices"
	"strings"

	"bailiwick/authority"
	"bailiwick/iam"
)

// stepView is a further step of a login. The browser keeps it between the pages: what it
// changes there changes which forms it sees, not what the login owes.
type stepView struct {
	LoginID string
	Proofs  []iam.LoginStep // of which one takes the login on
	Sent    bool            // a code was mailed
}

// Takes reports whether a proof takes the login on.
func (s stepView) Takes(proof string) bool { return slices.Contains(s.Proofs, iam.LoginStep(proof)) }

// Steps is the proofs as a form keeps them.
func (s stepView) Steps() string { return string(iam.OneOf(s.Proofs...)) }

// step reads back which step the reader is at.
func (q *request) step() stepView {
	s := stepView{LoginID: q.PostForm.Get("login_id"), Sent: q.PostForm.Get("sent") != ""}
	for _, proof := range iam.LoginStep(q.PostForm.Get("steps")).Proofs() {
		switch proof {
		case iam.StepMagicCode, iam.StepTOTP, iam.StepPasskey, iam.StepNewPassword:
			s.Proofs = append(s.Proofs, proof)
		}
	}
	return s
}

// prove runs a step.
func (q *request) prove(run func(s stepView) (authority.Login, error)) error {
	s := q.step()
	login, err := run(s)
	if err != nil {
		return q.refuse(err, func(status int, fault string) error { return q.render(status, "step", fault, s) })
	}
	return q.proceed(login)
}

// code is a code as people type it.
func (q *request) code() string {
	return strings.Join(strings.Fields(q.PostForm.Get("code")), "")
}

func (q *request) totp() error {
	return q.prove(func(s stepView) (authority.Login, error) {
		return q.authority.LoginWithTOTP(q.Context(), q.anonymous(), s.LoginID, q.code())
	})
}

func (q *request) recoveryCode() error {
	return q.prove(func(s stepView) (authority.Login, error) {
		return q.authority.LoginWithRecoveryCode(q.Context(), q.anonymous(), s.LoginID, q.code())
	})
}

func (q *request) newPassword() error {
	return q.prove(func(s stepView) (authority.Login, error) {
		return q.authority.LoginWithNewPassword(q.Context(), q.anonymous(), s.LoginID, q.PostForm.Get("password"))
	})
}

func (q *request) magicCode() error {
	return q.prove(func(s stepView) (authority.Login, error) {
		return q.authority.LoginWithMagicCode(q.Context(), q.anonymous(), s.LoginID, q.code())
	})
}

// magicCodeStart mails a code: for a login under way, or in place of a password.
func (q *request) magicCodeStart() error {
	s, v := q.step(), loginView{}
	start := authority.MagicCodeStart{LoginID: s.LoginID}
	if s.LoginID == "" {
		v, start.PasswordLogin = q.typed()
	}
	login, err := q.authority.StartMagicCode(q.Context(), q.anonymous(), start)
	if err != nil {
		return q.refuse(err, func(status int, fault string) error {
			if s.LoginID == "" {
				return q.loginPage(status, fault, v)
			}
			return q.render(status, "step", fault, s)
		})
	}
	return q.render(http.StatusOK, "step", "", stepView{LoginID: login.LoginID, Proofs: []iam.LoginStep{iam.StepMagicCode}, Sent: true})
}
