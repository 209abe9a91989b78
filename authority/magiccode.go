package authority

import (
	"context"
	"errors"
	"strings"
	"time"

	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/pdp"
	"bailiwick/store"
)

// mailBudget bounds the letters that strangers can have sent to a user: five, and one more every
// two minutes.
var mailBudget = store.Budget{Attempts: 5, Refill: 2 * time.Minute}

// networkMail is the place of the letters among a user's budgets.
const networkMail = "mail"

// MagicCodeStart asks for a code by mail: for a login under way that owes one, or, with the
// members of PasswordLogin but the password, for a login that begins with it.
type MagicCodeStart struct {
	LoginID string
	PasswordLogin
}

func (s MagicCodeStart) validate() error {
	if s.LoginID != "" && s.PasswordLogin != (PasswordLogin{}) {
		return iam.Invalid("login_id", iam.ReasonConstraint, "value must be empty when username or email is given")
	}
	if s.LoginID != "" {
		return nil
	}
	p := s.PasswordLogin
	p.Password = "-"
	return p.validate()
}

// StartMagicCode mails a code. For a user who does not exist, or may not log in so, or was
// mailed too often, the answer is the same and nothing is mailed: it must not tell strangers who
// has an account, and must not let them fill a mailbox.
func (a *Authority) StartMagicCode(ctx context.Context, call iam.Call, s MagicCodeStart) (Login, error) {
	if err := s.validate(); err != nil {
		return Login{}, err
	}
	if s.LoginID != "" {
		l, org, u, err := a.resume(ctx, s.LoginID, iam.StepMagicCode)
		if err != nil {
			return Login{}, err
		}
		return Login{LoginID: s.LoginID, Next: l.Steps}, a.mailCode(ctx, call, org, u, l, false)
	}
	organization, token := identity.NewID(), identity.NewToken()
	org, u, guestOf, err := s.find(a.store.Read(ctx))
	unknown := errors.Is(err, store.ErrNotFound)
	if err != nil && !unknown {
		return Login{}, err
	}
	if !unknown {
		organization = string(org.ID)
	} else if id, ok := iam.ParseUUID(s.Organization); ok {
		organization = id
	}
	answer := Login{LoginID: organization + "." + token, Next: []iam.LoginStep{iam.StepMagicCode}}
	if unknown || org.Closed() || u.Locked || u.Email == "" || !offers(org, u, iam.LoginMagicCode) {
		return answer, a.feign(ctx, 1)
	}
	return answer, a.mailCode(ctx, call, org, u, store.Login{
		OrganizationID: org.ID, ID: a.keyring.HashToken(identity.PurposeLogin, token), UserID: u.ID, GuestOf: guestOf,
		Method: iam.LoginMagicCode, Steps: []iam.LoginStep{iam.StepMagicCode}, ExpiresAt: a.now().Add(loginLifetime),
	}, true)
}

// mailCode stores a new code for a login and posts it.
func (a *Authority) mailCode(ctx context.Context, call iam.Call, org iam.Organization, u iam.User, l store.Login, begins bool) error {
	code := identity.NewMagicCode()
	return a.store.Record(ctx, func(tx *store.Tx) error {
		if allowed, err := tx.TakeAttempt(org.ID, u.ID, networkMail, mailBudget); err != nil || !allowed {
			return err
		}
		l.CodeHash, l.CodeExpiresAt = a.keyring.HashMagicCode(string(l.ID), code), tx.Now.Add(identity.MagicCodeLifetime)
		l.CodeAddress = u.Email
		keep := tx.SetLoginCode
		if begins {
			keep = tx.InsertLogin
		}
		return errors.Join(keep(l), a.post(tx, u, call.Client, iam.LetterMagicCode, code, identity.MagicCodeLifetime))
	})
}

// LoginWithMagicCode proves that the user reads its mail.
func (a *Authority) LoginWithMagicCode(ctx context.Context, call iam.Call, loginID, code string) (Login, error) {
	l, org, u, err := a.resume(ctx, loginID, iam.StepMagicCode)
	if err != nil {
		return Login{}, err
	}
	allowed, err := a.takeAttempt(ctx, org, u, call.Client)
	if err != nil {
		return Login{}, err
	}
	if !allowed {
		return Login{}, a.refuseUnseen(ctx, org, u, call.Client, l)
	}
	if len(l.CodeHash) == 0 || !a.now().Before(l.CodeExpiresAt) || !a.keyring.VerifyMagicCode(string(l.ID), code, l.CodeHash) {
		return Login{}, a.failLogin(ctx, org, u, call.Client, l, iam.FailedCode)
	}
	return a.proceed(ctx, call, proof{Login: l, counted: true, failure: iam.FailedCode}, func(tx *store.Tx) error { return proveAddress(tx, l) })
}

// proveAddress notes that an owner has shown that it reads the mail of its address. Only the
// address to which the code was mailed is proven: an owner who changes its own while a code is
// under way has shown nothing of the new one.
func proveAddress(tx *store.Tx, l store.Login) error {
	u, err := tx.User(l.OrganizationID, l.UserID)
	if err != nil || !u.IsOwner() || u.EmailVerified || l.CodeAddress != u.Email {
		return refusedUnlessBroken(err)
	}
	u.EmailVerified = true
	return tx.UpdateUser(u)
}

// When a login with the right password looks like a thief's: after so many wrong ones from an
// address from which the user has never logged in, or after so many from wherever.
const (
	suspiciousUnknown = 3
	suspiciousAlways  = 6
)

// suspicious reports whether a password alone is not enough this time.
func (a *Authority) suspicious(tx *store.Tx, org iam.Organization, u iam.User, client iam.Client) (bool, error) {
	network, _ := budgetOf(org, u, client)
	used, _, err := tx.Attempts(org.ID, u.ID, network)
	failures := used - 1 // this one was right
	if err != nil || u.Email == "" || failures < suspiciousUnknown {
		return false, err
	}
	if failures >= suspiciousAlways {
		return true, nil
	}
	const remembered = 50
	addresses, err := tx.LoginAddresses(org.ID, u.ID, remembered)
	for _, address := range addresses {
		if sameNetwork(address, client.IP) {
			return false, err
		}
	}
	return true, err
}

// StartPasswordReset mails a link to the owner with an address, by which the password can be set.
// The answer is the same whether there is one. Members ask those who manage them.
func (a *Authority) StartPasswordReset(ctx context.Context, call iam.Call, email string) error {
	var v iam.Validator
	v.Email("email", email)
	if err := v.Err(); err != nil {
		return err
	}
	org, u, _, err := PasswordLogin{Email: email}.find(a.store.Read(ctx))
	if errors.Is(err, store.ErrNotFound) {
		return a.feign(ctx, 1)
	}
	if err != nil {
		return err
	}
	token := identity.NewToken()
	return a.store.Record(ctx, func(tx *store.Tx) error {
		if allowed, err := tx.TakeAttempt(org.ID, u.ID, networkMail, mailBudget); err != nil || !allowed {
			return err
		}
		return errors.Join(
			tx.InsertLogin(store.Login{
				OrganizationID: org.ID, ID: a.keyring.HashToken(identity.PurposeReset, token), UserID: u.ID,
				Steps: []iam.LoginStep{iam.StepReset}, ExpiresAt: tx.Now.Add(resetLifetime), CodeAddress: u.Email,
			}),
			a.post(tx, u, call.Client, iam.LetterPasswordReset, string(org.ID)+"."+token, resetLifetime))
	})
}

// resetLifetime is how long the link of a reset is good.
const resetLifetime = 30 * time.Minute

// ResetPassword sets a forgotten password by the token of a mailed link. It opens no session: the
// user logs in, with its second factor if it has one. Otherwise the reset would be a way around
// that factor for who reads the user's mail. All sessions of the user end.
func (a *Authority) ResetPassword(ctx context.Context, call iam.Call, token, password string) error {
	organization, secret, _ := strings.Cut(token, ".")
	id, ok := iam.ParseUUID(organization)
	if !ok || id != organization || secret == "" || len(secret) > 100 {
		return loginRefused()
	}
	l, org, u, err := a.loginBy(ctx, iam.OrganizationID(id), a.keyring.HashToken(identity.PurposeReset, secret), iam.StepReset)
	if err != nil {
		return err
	}
	if err := checkNewPassword(password, u); err != nil {
		return err
	}
	hash, err := a.passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	return a.commit(ctx, func(tx *store.Tx, _ *pdp.Snapshot) error {
		if err := tx.TakeLogin(l); err != nil {
			return loginRefused()
		}
		org, u, err := bearerOf(tx, iam.Session{OrganizationID: org.ID, UserID: u.ID})
		if err != nil || org.Closed() { // what is closed stays as it was
			return errors.Join(loginRefused(), err)
		}
		u.EmailVerified = u.EmailVerified || u.IsOwner() && l.CodeAddress == u.Email
		u.UpdatedAt = tx.Now
		m := a.ownPassword(tx, call, u)
		return errors.Join(m.endSessions(u), setPassword(tx, u, hash, false), tx.UpdateUser(u),
			tx.AppendEvent(m.event(200)), a.post(tx, u, call.Client, iam.LetterPasswordChanged, "", letterLife))
	})
}
