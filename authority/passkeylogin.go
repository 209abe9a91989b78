package authority

import (
	"context"
	"encoding/json"
	"errors"

	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/store"
)

// PasskeyQuestion is what a browser asks an authenticator in order to log in: options in the
// form of PublicKeyCredential.parseRequestOptionsFromJSON, and what the client gives back
// beside the answer.
type PasskeyQuestion struct {
	CeremonyID string
	Options    json.RawMessage
}

// PasskeyLogin is what a client gives to log in with a passkey: a login that is under way if
// the passkey is its second step, and the answer of the authenticator as
// PublicKeyCredential.toJSON writes it.
type PasskeyLogin struct {
	LoginID    string
	CeremonyID string
	Credential []byte
}

// parse checks the form only, and returns the answer of the authenticator.
func (p PasskeyLogin) parse() (identity.PasskeyAssertion, error) {
	var v iam.Validator
	if p.CeremonyID == "" {
		v.Required("ceremony_id", "value is required")
	}
	answer, err := identity.ParsePasskeyAssertion(p.Credential)
	switch {
	case len(p.Credential) == 0:
		v.Required("credential", "value is required")
	case err != nil:
		v.Format("credential", "value is not the answer of an authenticator, as PublicKeyCredential.toJSON writes it")
	}
	return answer, v.Err()
}

// errCloned refuses a passkey whose signature counter went back.
var errCloned = errors.New("the signature counter went back: this passkey may exist twice")

// StartPasskeyLogin begins to log in with a passkey: as the second step of a login, with one of
// that user's; or, without one, with any, which then says who logs in and must have verified
// its user. Strangers are not told who has passkeys: they are asked for any.
func (a *Authority) StartPasskeyLogin(ctx context.Context, loginID string) (q PasskeyQuestion, err error) {
	if err := a.passkeysOff(); err != nil {
		return q, err
	}
	var ceremony identity.Ceremony
	bound := boundToNobody
	if loginID == "" {
		q.Options, ceremony, err = a.passkeys.BeginLogin(nil, identity.UserVerificationRequired, "", a.now())
	} else {
		bound = boundToLogin(loginID)
		q.Options, ceremony, err = a.askUser(ctx, loginID)
	}
	if err != nil {
		return q, err
	}
	q.CeremonyID, err = a.keepCeremony(ceremony, bound)
	return only(q, err)
}

// askUser asks for a passkey of the user whose login is under way. The password is proven, so
// that the passkey need not verify who touches it.
func (a *Authority) askUser(ctx context.Context, loginID string) (json.RawMessage, identity.Ceremony, error) {
	_, org, u, err := a.resume(ctx, loginID, iam.StepPasskey)
	if err != nil {
		return nil, identity.Ceremony{}, err
	}
	stored, err := a.store.Read(ctx).PasskeysOf(org.ID, u.ID)
	if err != nil {
		return nil, identity.Ceremony{}, err
	}
	user, err := passkeyUser(u, stored)
	if err != nil {
		return nil, identity.Ceremony{}, err
	}
	options, ceremony, err := a.passkeys.BeginLogin(&user, identity.UserVerificationPreferred, "", a.now())
	if errors.Is(err, identity.ErrUnknownPasskey) { // they were removed meanwhile
		err = loginRefused()
	}
	return options, ceremony, err
}

// LoginWithPasskey proves who logs in with a passkey: as the second step of a login, or alone.
func (a *Authority) LoginWithPasskey(ctx context.Context, call iam.Call, p PasskeyLogin) (Login, error) {
	if err := a.passkeysOff(); err != nil {
		return Login{}, err
	}
	answer, err := p.parse()
	if err != nil {
		return Login{}, err
	}
	bound := boundToNobody
	if p.LoginID != "" {
		bound = boundToLogin(p.LoginID)
	}
	ceremony, ok := a.ceremony(p.CeremonyID, bound)
	if p.LoginID == "" {
		if !ok {
			return Login{}, loginRefused() // it names nobody whose attempt this could be
		}
		return a.loginWithPasskeyAlone(ctx, call, ceremony, answer)
	}
	return a.secondFactor(ctx, call, p.LoginID, passkeyFactor(), func(tx *store.Tx, _ iam.User, _ store.Credential) (func(*store.Tx) (bool, error), error) {
		if !ok {
			return nil, nil
		}
		if _, err := a.verifyPasskey(tx, ceremony, answer); err != nil {
			return nil, refusal(err)
		}
		return func(tx *store.Tx) (bool, error) { return a.takePasskey(tx, ceremony, answer) }, nil
	})
}

// loginWithPasskeyAlone is a whole login. The passkey has verified its user, so it is two
// factors: what the user has, and what it knows or is.
//
// An organization decides how its members log in. There is no switch for passkeys; they go with
// that of passwords, because an organization that leaves only its identity provider on wants
// everybody whom the provider has let go to be out.
func (a *Authority) loginWithPasskeyAlone(ctx context.Context, call iam.Call, ceremony identity.Ceremony, answer identity.PasskeyAssertion) (Login, error) {
	tx := a.store.Read(ctx)
	stored, err := tx.PasskeyByKey(answer.RawID)
	if errors.Is(err, store.ErrNotFound) {
		return Login{}, loginRefused()
	}
	if err != nil {
		return Login{}, err
	}
	l := store.Login{OrganizationID: stored.OrganizationID, UserID: stored.UserID, Method: iam.LoginPasskey, MFA: iam.MFAWebAuthn}
	org, u, err := bearerOf(tx, iam.Session{OrganizationID: l.OrganizationID, UserID: l.UserID})
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
	if org.Closed() || u.Locked || !offers(org, u, l.Method) {
		return Login{}, a.failLogin(ctx, org, u, call.Client, l, iam.FailedUnknown)
	}
	if _, err := a.verifyPasskey(tx, ceremony, answer); err != nil {
		if err := refusal(err); err != nil {
			return Login{}, err
		}
		return Login{}, a.failLogin(ctx, org, u, call.Client, l, passkeyFailure(err, answer))
	}
	return a.proceed(ctx, call, proof{Login: l, counted: true, failure: iam.FailedPasskey}, func(tx *store.Tx) error {
		taken, err := a.takePasskey(tx, ceremony, answer)
		if err == nil && !taken {
			err = loginRefused()
		}
		return err
	})
}

// passkeyFailure is how authentication events name a refusal.
func passkeyFailure(err error, answer identity.PasskeyAssertion) iam.LoginFailure {
	switch {
	case errors.Is(err, identity.ErrCeremonyExpired):
		return iam.FailedExpired
	case !answer.ClaimsUserVerified():
		return iam.FailedUV
	default:
		return iam.FailedPasskey
	}
}

// refusal returns nil for an error that says that a passkey proves nothing, and any other as it
// is.
func refusal(err error) error {
	for _, known := range []error{identity.ErrPasskey, identity.ErrUnknownPasskey, identity.ErrCeremonyExpired, errCloned} {
		if errors.Is(err, known) {
			return nil
		}
	}
	return err
}

// verifyPasskey verifies an answer against what the transaction sees, and returns the passkey
// as it must be stored then. The user of a ceremony that names one must be the passkey's.
//
// A signature counter that goes back means that somebody has copied the passkey, or a fault of
// the authenticator. Nobody can tell which of the two copies is asking, so it is refused; the
// one that has counted further goes on, and the refusal is in the trail and in the log.
func (a *Authority) verifyPasskey(tx *store.Tx, ceremony identity.Ceremony, answer identity.PasskeyAssertion) (store.Passkey, error) {
	var stored store.Passkey
	login, err := a.passkeys.FinishLogin(ceremony, answer, func(_, key []byte) (identity.PasskeyUser, error) {
		var err error
		if stored, err = tx.PasskeyByKey(key); errors.Is(err, store.ErrNotFound) {
			return identity.PasskeyUser{}, identity.ErrUnknownPasskey
		}
		if err != nil {
			return identity.PasskeyUser{}, err
		}
		all, err := tx.PasskeysOf(stored.OrganizationID, stored.UserID)
		if err != nil {
			return identity.PasskeyUser{}, err
		}
		return passkeyUser(iam.User{ID: stored.UserID}, all)
	}, a.now())
	if err != nil {
		return stored, err
	}
	if login.CloneWarning {
		a.log.Warn("a passkey was refused", "organization_id", stored.OrganizationID, "user_id", stored.UserID, "authenticator_id", stored.ID, "error", errCloned)
		return stored, errCloned
	}
	stored.Record, err = json.Marshal(login.Passkey)
	stored.LastLoginAt = tx.Now
	return stored, err
}

// takePasskey verifies an answer again in the transaction that goes on, uses the ceremony up,
// and stores the passkey's new counter. It reports whether all of that could be done: of two
// logins at once with one answer, one does.
func (a *Authority) takePasskey(tx *store.Tx, ceremony identity.Ceremony, answer identity.PasskeyAssertion) (bool, error) {
	stored, err := a.verifyPasskey(tx, ceremony, answer)
	if err != nil {
		return false, refusal(err)
	}
	if first, err := spend(tx, ceremony); err != nil || !first {
		return false, err
	}
	return true, tx.UpdatePasskey(stored)
}
