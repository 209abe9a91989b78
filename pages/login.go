package pages

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"bailiwick/authority"
	"bailiwick/iam"
)

// loginView is the first page of a login, with what the reader has typed.
type loginView struct {
	Owner        bool // an owner logs in with its e-mail address
	Organization string
	Username     string
	Email        string
	Other        string // the page for the other kind of user
	Providers    []authority.ProviderName
}

// showLogin shows the first page of a login, or who is signed in.
func (q *request) showLogin() error {
	if q.session != nil {
		if next := q.next(); next != "" {
			return q.redirect(next)
		}
		return q.render(http.StatusOK, "session", "", nil)
	}
	return q.loginPage(http.StatusOK, "", loginView{Owner: q.query("as") == "owner", Organization: q.query("organization"), Username: q.query("username"), Email: q.query("email")})
}

func (q *request) loginPage(status int, fault string, v loginView) error {
	v.Other = withNext(pathLogin, q.next())
	if !v.Owner {
		v.Other = withNext(pathLogin+"?as=owner", q.next())
	}
	v.Providers = q.providers(v.Organization)
	return q.render(status, "login", fault, v)
}

// typed is what the reader has typed into the first page.
func (q *request) typed() (loginView, authority.PasswordLogin) {
	v := loginView{Owner: q.PostForm.Get("as") == "owner"}
	if v.Owner {
		v.Email = strings.TrimSpace(q.PostForm.Get("email"))
	} else {
		v.Organization, v.Username = strings.TrimSpace(q.PostForm.Get("organization")), strings.TrimSpace(q.PostForm.Get("username"))
	}
	return v, authority.PasswordLogin{Organization: v.Organization, Username: v.Username, Email: v.Email}
}

func (q *request) password() error {
	v, p := q.typed()
	p.Password = q.PostForm.Get("password")
	login, err := q.authority.LoginWithPassword(q.Context(), q.anonymous(), p)
	if err != nil {
		return q.refuse(err, func(status int, fault string) error { return q.loginPage(status, fault, v) })
	}
	return q.proceed(login)
}

// refuse shows a page once more with what was wrong, if that is for the reader to know. Which
// part of a login was wrong never is.
func (q *request) refuse(err error, again func(status int, fault string) error) error {
	switch iam.KindOf(err) {
	case iam.KindDeniedAuthentication:
		if shown := again(http.StatusUnauthorized, q.text.of("refused")); shown != nil {
			return shown
		}
		return err
	case iam.KindInvalidArguments:
		if shown := again(http.StatusBadRequest, q.faults(err)); shown != nil {
			return shown
		}
		return err
	}
	return q.fail(err)
}

// faults says what is wrong with a form.
func (q *request) faults(err error) string {
	e, _ := errors.AsType[*iam.Error](err)
	var lines []string
	for _, a := range e.Arguments {
		key := "fault." + a.Name + "." + a.Reason
		if !q.text.has(key) {
			lines = append(lines, q.text.of("fault", a.Name, a.Help))
			continue
		}
		if line := q.text.of(key); !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, " ")
}

// proceed shows the next step of a login, or ends it: the browser gets the session.
func (q *request) proceed(login authority.Login) error {
	if len(login.Next) == 0 {
		q.signIn(q.authority.PageCookie(login.Session))
		if q.foreign {
			return q.passOn(q.after(), "signed_in")
		}
		return q.redirect(q.after())
	}
	s := stepView{LoginID: login.LoginID, Proofs: login.Next}
	if slices.Equal(s.Proofs, []iam.LoginStep{iam.StepMagicCode}) {
		if _, err := q.authority.StartMagicCode(q.Context(), q.anonymous(), authority.MagicCodeStart{LoginID: s.LoginID}); err != nil {
			return q.fail(err)
		}
		s.Sent = true
	}
	return q.render(http.StatusOK, "step", "", s)
}

// logout ends the session.
func (q *request) logout() error {
	if q.session != nil {
		home, _, err := q.home()
		if err == nil && home.Caller.Session != q.session.Caller.Session {
			err = q.end(home)
		}
		if err = errors.Join(err, q.end(*q.session)); err != nil {
			return q.fail(err)
		}
		q.session = nil
	}
	q.signOut()
	return q.render(http.StatusOK, "message", "", message{Title: q.text.of("bye.title"), Text: q.text.of("bye.text"), Link: pathLogin, LinkText: q.text.of("to_login")})
}
