package authority

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/store"
)

// resume returns a login that is under way and whose next step the given proof takes, with its user.
// Everything else is refused alike: an id that was never given, a login that has expired or
// is over, and a step out of its turn.
func (a *Authority) resume(ctx context.Context, loginID string, step iam.LoginStep) (l store.Login, org iam.Organization, u iam.User, err error) {
	organization, token, found := strings.Cut(loginID, ".")
	id, ok := iam.ParseUUID(organization)
	if !found || !ok || id != organization || token == "" || len(token) > 100 {
		return l, org, u, loginRefused()
	}
	return a.loginBy(ctx, iam.OrganizationID(id), a.keyring.HashToken(identity.PurposeLogin, token), step)
}

// loginBy is resume by the hash of what the client holds.
func (a *Authority) loginBy(ctx context.Context, organization iam.OrganizationID, id []byte, step iam.LoginStep) (l store.Login, org iam.Organization, u iam.User, err error) {
	tx := a.store.Read(ctx)
	l, err = tx.Login(organization, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && (!a.now().Before(l.ExpiresAt) || len(l.Steps) == 0 || !l.Steps[0].Takes(step)) {
		return l, org, u, loginRefused()
	}
	if err != nil {
		return l, org, u, err
	}
	org, u, err = bearerOf(tx, iam.Session{OrganizationID: l.OrganizationID, UserID: l.UserID})
	if errors.Is(err, store.ErrNotFound) {
		err = loginRefused()
	}
	return l, org, u, err
}

// factor is a kind of second factor: the proof that it gives, and how authentication events
// name it and its failure.
type factor struct {
	step    iam.LoginStep
	mfa     iam.MFAType
	failure iam.LoginFailure
}

func totpFactor() factor    { return factor{iam.StepTOTP, iam.MFATOTP, iam.FailedMFA} }
func passkeyFactor() factor { return factor{iam.StepPasskey, iam.MFAWebAuthn, iam.FailedPasskey} }

// secondFactor runs a step that proves a second factor: prove looks at what the user gave, and
// returns what takes it, so that it is good once, in the transaction that goes on.
func (a *Authority) secondFactor(ctx context.Context, call iam.Call, loginID string, f factor, prove func(*store.Tx, iam.User, store.Credential) (take func(*store.Tx) (bool, error), err error)) (Login, error) {
	l, org, u, err := a.resume(ctx, loginID, f.step)
	if err != nil {
		return Login{}, err
	}
	l.MFA = f.mfa
	allowed, err := a.takeAttempt(ctx, org, u, call.Client)
	if err != nil {
		return Login{}, err
	}
	tx := a.store.Read(ctx)
	c, err := tx.Credential(org.ID, u.ID)
	if err != nil {
		return Login{}, err
	}
	take, err := prove(tx, u, c)
	if err != nil {
		return Login{}, err
	}
	if !allowed {
		return Login{}, a.refuseUnseen(ctx, org, u, call.Client, l)
	}
	if take == nil {
		return Login{}, a.failLogin(ctx, org, u, call.Client, l, f.failure)
	}
	return a.proceed(ctx, call, proof{Login: l, counted: true, failure: f.failure}, func(tx *store.Tx) error {
		taken, err := take(tx)
		if err == nil && !taken { // another request has, at the same time or before
			err = loginRefused()
		}
		return err
	})
}

// LoginWithTOTP proves the second factor with a one-time password (RFC 6238). Each is good once,
// on all nodes.
func (a *Authority) LoginWithTOTP(ctx context.Context, call iam.Call, loginID, code string) (Login, error) {
	return a.secondFactor(ctx, call, loginID, totpFactor(), func(_ *store.Tx, u iam.User, c store.Credential) (func(*store.Tx) (bool, error), error) {
		if c.TOTPSealed == "" {
			return nil, nil
		}
		secret, err := a.openTOTP(c.TOTPSealed, u)
		if err != nil {
			return nil, err
		}
		step, ok := identity.ValidateTOTP(secret, code, a.now(), c.TOTPStep)
		if !ok {
			return nil, nil
		}
		return func(tx *store.Tx) (bool, error) { return tx.TakeTOTPStep(u.OrganizationID, u.ID, step) }, nil
	})
}

// LoginWithRecoveryCode proves the second factor with one of the codes that were shown when it
// was set up. Each is good once.
func (a *Authority) LoginWithRecoveryCode(ctx context.Context, call iam.Call, loginID, code string) (Login, error) {
	return a.secondFactor(ctx, call, loginID, totpFactor(), func(tx *store.Tx, u iam.User, _ store.Credential) (func(*store.Tx) (bool, error), error) {
		hashes, err := tx.RecoveryCodes(u.OrganizationID, u.ID)
		if err != nil {
			return nil, err
		}
		i := a.keyring.MatchRecoveryCode(string(u.ID), code, hashes)
		if i < 0 {
			return nil, nil
		}
		return func(tx *store.Tx) (bool, error) { return tx.TakeRecoveryCode(u.OrganizationID, u.ID, hashes[i]) }, nil
	})
}

// LoginWithNewPassword replaces the password that somebody else gave the user. It ends the
// user's other sessions.
func (a *Authority) LoginWithNewPassword(ctx context.Context, call iam.Call, loginID, password string) (Login, error) {
	l, org, u, err := a.resume(ctx, loginID, iam.StepNewPassword)
	if err != nil {
		return Login{}, err
	}
	if err := checkNewPassword(password, u); err != nil {
		return Login{}, err
	}
	old, err := a.store.Read(ctx).PasswordHash(org.ID, u.ID)
	if err != nil {
		return Login{}, err
	}
	same, _, err := a.passwords.Verify(ctx, old, password)
	if err != nil {
		return Login{}, err
	}
	if same {
		return Login{}, iam.Invalid("password", iam.ReasonConstraint, "value must differ from the present password")
	}
	hash, err := a.passwords.Hash(ctx, password)
	if err != nil {
		return Login{}, err
	}
	return a.proceed(ctx, call, proof{Login: l, failure: iam.FailedUnknown}, func(tx *store.Tx) error {
		now, err := tx.PasswordHash(org.ID, u.ID)
		if err != nil || now != old {
			return errors.Join(loginRefused(), err)
		}
		u, err := tx.User(org.ID, u.ID)
		if err != nil {
			return err
		}
		u.UpdatedAt = tx.Now
		m := a.ownPassword(tx, call, u)
		m.login = l.ID
		return errors.Join(m.endSessions(u), setPassword(tx, u, hash, false), tx.UpdateUser(u), tx.AppendEvent(m.event(200)))
	})
}

// ownPassword is the mutation of a user who gives itself a password on the way to a session: it
// has no credential yet by which the change could be a call of its own, and is told of all the same.
func (a *Authority) ownPassword(tx *store.Tx, call iam.Call, u iam.User) *mutation {
	call.Caller = iam.Caller{Organization: u.OrganizationID, Principal: u.ID.Principal()}
	call.Operation = iam.Operation{Product: "iam", Service: "scaleway.iam.v1alpha1.Api", Method: "UpdateUserPassword"}
	call.Body = []byte("{}")
	m := &mutation{actor: &actor{authority: a, call: call}, Tx: tx, organization: u.OrganizationID}
	m.did(iam.ActionUpdated, userResource(u))
	return m
}

// setPassword stores a password and whether its user must replace it, because somebody else
// gave it.
func setPassword(tx *store.Tx, u iam.User, hash string, renewal bool) error {
	c, err := tx.Credential(u.OrganizationID, u.ID)
	if err != nil {
		return err
	}
	c.PasswordChangedAt, c.PasswordRenewal = tx.Now, renewal
	c.GraceStartedAt = time.Time{}
	return errors.Join(tx.SetUserPassword(u.OrganizationID, u.ID, hash), tx.PutCredential(u.OrganizationID, u.ID, c))
}

// checkNewPassword checks a password that a user chooses for itself.
func checkNewPassword(password string, u iam.User) error {
	minimum := identity.MinPasswordLength
	if u.MFA {
		minimum = identity.MinPasswordLengthMFA
	}
	return checkPassword("password", password, minimum, u)
}

// checkPassword checks a password that a user shall have from now on. What is known of the user
// to everybody is what an attacker tries first.
func checkPassword(field, password string, minimum int, u iam.User) error {
	known := []string{u.Username, u.Email, u.FirstName, u.LastName}
	known = slices.DeleteFunc(known, func(text string) bool { return text == "" })
	if err := identity.CheckPassword(password, minimum, known...); err != nil {
		return iam.Invalid(field, iam.ReasonConstraint, err.Error())
	}
	return nil
}
