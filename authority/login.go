package authority

import (
	"context"
	"errors"
	"time"

	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/pdp"
	"bailiwick/store"
)

// methodLogin is how errors name a login.
const methodLogin = "login"

// loginLifetime is how long a login may take from its first step to its last.
const loginLifetime = 10 * time.Minute

// Login is what a step of a login gave: a session, or what is still owed.
type Login struct {
	OpenedSession
	LoginID string
	Next    []iam.LoginStep // the proofs of which one takes the login on; empty: the session is open
}

// PasswordLogin is what somebody gives to log in: a member the id or the alias of its
// organization and its username, an owner its e-mail address, and either the password. An owner
// may name an organization, one that it owns or one of which it is a guest; otherwise it is the
// oldest that it owns.
type PasswordLogin struct {
	Organization string
	Username     string
	Email        string
	Password     string
}

// maxOwned bounds the organizations of one owner that a login looks through.
const maxOwned = 100

// validate checks the form only: what is wrong with a value is never told.
func (p PasswordLogin) validate() error {
	var v iam.Validator
	switch {
	case p.Email == "" && p.Username == "":
		v.Required("username", "username with organization, or email, is required")
	case p.Email != "" && p.Username != "":
		v.Constraint("email", "value must be empty when username is given")
	case p.Username != "" && p.Organization == "":
		v.Required("organization", "the id or the alias of the organization is required with username")
	}
	if p.Password == "" {
		v.Required("password", "value is required")
	}
	for _, field := range []struct{ name, value string }{{"organization", p.Organization}, {"username", p.Username}, {"email", p.Email}} {
		v.Length(field.name, field.value, 0, 320)
	}
	if len(p.Password) > 1024 {
		v.Constraint("password", "value must not be longer than 1024 bytes")
	}
	return v.Err()
}

// find returns the user that a login names, or ErrNotFound. For the place of an account in another
// organization it is the account's owner, who proves itself, and guestOf is that organization.
func (p PasswordLogin) find(tx *store.Tx) (org iam.Organization, u iam.User, guestOf iam.OrganizationID, err error) {
	named := iam.Organization{}
	if p.Organization != "" {
		if named, err = findOrganization(tx, p.Organization); err != nil {
			return named, u, "", err
		}
	}
	if p.Username != "" {
		if u, err = tx.UserByUsername(named.ID, p.Username); err != nil || !u.IsGuest() {
			return named, u, "", err
		}
		return reached(tx, named, u)
	}
	return p.findOwner(tx, named)
}

// findOwner is find for an e-mail address. named is the organization that the login names, if any.
func (p PasswordLogin) findOwner(tx *store.Tx, named iam.Organization) (org iam.Organization, u iam.User, guestOf iam.OrganizationID, err error) {
	if named.ID != "" && !named.Closed() {
		// Not among all owners with the address: there may be more than are looked at.
		if u, err = tx.OwnerByEmail(named.ID, p.Email); err == nil {
			return reached(tx, named, u)
		}
		if !errors.Is(err, store.ErrNotFound) {
			return named, u, "", err
		}
	}
	owners, err := tx.OwnersByEmail(p.Email, maxOwned)
	if err != nil {
		return named, u, "", err
	}
	open := map[iam.UserID]iam.Organization{}
	for _, u := range owners {
		if org, err = tx.Organization(u.OrganizationID); err != nil {
			return org, u, "", err
		}
		if org.Closed() {
			continue
		}
		if open[u.ID] = org; named.ID == "" {
			return reached(tx, org, u)
		}
	}
	for _, u := range owners {
		if org, ok := open[u.ID]; ok {
			if _, err = tx.GuestOf(named.ID, accountOf(u)); err == nil || !errors.Is(err, store.ErrNotFound) {
				return org, u, named.ID, err
			}
		}
	}
	return named, iam.User{}, "", store.ErrNotFound
}

// reached is an owner or a guest that a login names. A guest proves itself at home, and so does an
// owner without a password whose account is at home in another organization.
func reached(tx *store.Tx, org iam.Organization, u iam.User) (iam.Organization, iam.User, iam.OrganizationID, error) {
	if u.IsGuest() {
		return homeOf(tx, u)
	}
	hash, err := tx.PasswordHash(org.ID, u.ID)
	if err != nil || hash != "" {
		return org, u, "", err
	}
	home, owner, guestOf, err := homeOf(tx, u)
	if errors.Is(err, store.ErrNotFound) {
		return org, u, "", nil
	}
	return home, owner, guestOf, err
}

// LoginWithPassword is the first step of a login. It takes the same time and gives the same
// answer for a wrong password, an unknown user, and one that may not log in: otherwise it would
// tell strangers who has an account.
func (a *Authority) LoginWithPassword(ctx context.Context, call iam.Call, p PasswordLogin) (Login, error) {
	if err := p.validate(); err != nil {
		return Login{}, err
	}
	org, u, guestOf, err := p.find(a.store.Read(ctx))
	if errors.Is(err, store.ErrNotFound) {
		return Login{}, errors.Join(loginRefused(), a.passwords.VerifyNobody(ctx, p.Password), a.feign(ctx, 2))
	}
	if err != nil {
		return Login{}, err
	}
	l := store.Login{OrganizationID: org.ID, UserID: u.ID, Method: iam.LoginPassword, GuestOf: guestOf}
	allowed, err := a.takeAttempt(ctx, org, u, call.Client)
	if err != nil {
		return Login{}, err
	}
	hash, err := a.store.Read(ctx).PasswordHash(org.ID, u.ID)
	if err != nil {
		return Login{}, err
	}
	if !allowed {
		// Meanwhile those before us are decided; if they were right, there are attempts again.
		if err := a.passwords.VerifyNobody(ctx, p.Password); err != nil {
			return Login{}, err
		}
		if allowed, err = a.takeAttempt(ctx, org, u, call.Client); err != nil {
			return Login{}, err
		}
		if !allowed {
			return Login{}, a.refuseUnseen(ctx, org, u, call.Client, l)
		}
	}
	if hash == "" || org.Closed() || u.Locked || !offers(org, u, l.Method) {
		if err := a.passwords.VerifyNobody(ctx, p.Password); err != nil {
			return Login{}, err
		}
		return Login{}, a.failLogin(ctx, org, u, call.Client, l, iam.FailedUnknown)
	}
	return a.verifyPassword(ctx, call, l, org, u, hash, p.Password)
}

// verifyPassword looks at the password of a login.
func (a *Authority) verifyPassword(ctx context.Context, call iam.Call, l store.Login, org iam.Organization, u iam.User, hash, password string) (Login, error) {
	ok, stale, err := a.passwords.Verify(ctx, hash, password)
	if err != nil {
		return Login{}, err
	}
	if !ok {
		return Login{}, a.failLogin(ctx, org, u, call.Client, l, iam.FailedPassword)
	}
	if stale { // made at another cost than today's
		if hash, err = a.rehash(ctx, u, hash, password); err != nil {
			return Login{}, err
		}
	}
	return a.proceed(ctx, call, proof{Login: l, counted: true, failure: iam.FailedPassword}, func(tx *store.Tx) error {
		now, err := tx.PasswordHash(org.ID, u.ID)
		if err == nil && now != hash {
			err = loginRefused() // it was changed while we looked
		}
		return err
	})
}

// rehash stores the same password at today's cost.
func (a *Authority) rehash(ctx context.Context, u iam.User, old, password string) (string, error) {
	hash, err := a.passwords.Hash(ctx, password)
	if err != nil {
		return "", err
	}
	err = a.commit(ctx, func(tx *store.Tx, _ *pdp.Snapshot) error {
		now, err := tx.PasswordHash(u.OrganizationID, u.ID)
		if err == nil && now == old {
			err = tx.SetUserPassword(u.OrganizationID, u.ID, hash)
		}
		return err
	})
	return hash, err
}

// proof is a proof that was right, of a login.
type proof struct {
	store.Login
	counted bool // an attempt was taken for it
	// failure is how the event names it if it does not hold any more when the login goes on.
	failure iam.LoginFailure
}

// proceed takes a login on after a proof: it asks for the next step, or opens the session. still
// checks, in the transaction, that the proof holds. What is refused leaves its event.
func (a *Authority) proceed(ctx context.Context, call iam.Call, p proof, still func(*store.Tx) error) (login Login, err error) {
	keys, err := a.keys(ctx)
	if err != nil {
		return login, err
	}
	outcome := error(nil) // of an update that commits, and leaves the event itself: a user whose time is over is locked
	bearer := iam.Session{OrganizationID: p.OrganizationID, UserID: p.UserID}
	err = a.commit(ctx, func(tx *store.Tx, _ *pdp.Snapshot) error {
		login, outcome = Login{}, nil
		if err := still(tx); err != nil {
			return err
		}
		org, u, err := bearerOf(tx, bearer)
		if err != nil {
			return refusedUnlessBroken(err)
		}
		login, outcome, err = a.takeOn(tx, keys, call, seat{org, u}, p)
		return err
	})
	if err == nil {
		err = outcome
	} else if iam.KindOf(err) == iam.KindDeniedAuthentication {
		err = a.failProof(ctx, call.Client, bearer, p)
	}
	return only(login, err)
}

// failProof is failLogin for a proof that was right and does not hold any more. A user who is gone has
// no event.
func (a *Authority) failProof(ctx context.Context, client iam.Client, bearer iam.Session, p proof) error {
	org, u, err := bearerOf(a.store.Read(ctx), bearer)
	if err != nil {
		return errors.Join(loginRefused(), refusedUnlessBroken(err))
	}
	return a.failLogin(ctx, org, u, client, p.Login, p.failure)
}

// takeOn is proceed in its transaction. outcome refuses what is stored all the same.
func (a *Authority) takeOn(tx *store.Tx, keys *keySet, call iam.Call, home seat, p proof) (login Login, outcome, err error) {
	org, u, l := home.organization, home.user, p.Login
	if org.Closed() || u.Locked || u.IsGuest() || !offers(org, u, l.Method) { // a guest proves itself at home
		return login, nil, loginRefused()
	}
	c, err := tx.Credential(org.ID, u.ID)
	if err != nil {
		return login, nil, err
	}
	if beginGrace(org, u, &c, tx.Now) {
		if err := tx.PutCredential(org.ID, u.ID, c); err != nil {
			return login, nil, err
		}
	}
	if overdue(org, u, c, tx.Now) {
		return login, loginRefused(), errors.Join(a.lockFor(tx, u, call.Client), tx.AppendAuthenticationEvent(attempt(u, call.Client, l, iam.FailedUnknown)))
	}
	next := l
	if l.ID != nil {
		if err := tx.TakeLogin(l); err != nil {
			return login, nil, refusedUnlessBroken(err)
		}
	}
	if next.Steps, err = a.stepsAfter(tx, org, u, c, l, call.Client); err != nil {
		return login, nil, err
	}
	if len(next.Steps) > 0 {
		if p.counted {
			network, _ := budgetOf(org, u, call.Client)
			if err := tx.GiveAttemptBack(org.ID, u.ID, network); err != nil {
				return login, nil, err
			}
		}
		login, err = a.suspend(tx, next)
		return login, nil, err
	}
	at := home
	if next.GuestOf != "" {
		ok := false
		if at, ok, err = a.guestPlace(tx, call.Client, u, next); err != nil || !ok {
			return login, loginRefused(), err
		}
	}
	login.OpenedSession, err = a.finishLogin(tx, keys, call, home, at, next)
	return login, nil, err
}

// offers reports whether a user may log in by a method. It is asked at each step: a method that is
// turned off opens nothing any more, also not for who has begun.
func offers(org iam.Organization, u iam.User, m iam.LoginMethod) bool {
	switch m {
	case iam.LoginPassword, iam.LoginPasskey:
		return u.IsOwner() || org.LoginPasswordEnabled
	case iam.LoginMagicCode:
		return u.IsOwner() || org.LoginMagicCodeEnabled
	case iam.LoginOAuth2:
		return u.IsOwner() || org.LoginOAuth2Enabled
	}
	return false
}

// suspend stores a login that owes a step, under a new id.
func (a *Authority) suspend(tx *store.Tx, l store.Login) (Login, error) {
	token := identity.NewToken()
	if l.ID == nil {
		l.ExpiresAt = tx.Now.Add(loginLifetime)
	}
	l.ID, l.CodeHash, l.CodeExpiresAt = a.keyring.HashToken(identity.PurposeLogin, token), nil, time.Time{}
	return Login{LoginID: string(l.OrganizationID) + "." + token, Next: l.Steps[0].Proofs()}, tx.InsertLogin(l)
}

// seat is a user in its organization.
type seat struct {
	organization iam.Organization
	user         iam.User
}

// finishLogin ends a login that owes nothing: home has proven itself, and the session is opened at
// a place of its account, which may be the same.
func (a *Authority) finishLogin(tx *store.Tx, keys *keySet, call iam.Call, home, at seat, l store.Login) (OpenedSession, error) {
	org, u := home.organization, home.user
	network, _ := budgetOf(org, u, call.Client)
	if err := tx.ForgetAttempts(org.ID, u.ID, network); err != nil {
		return OpenedSession{}, err
	}
	if at.user.ID != u.ID {
		if err := arrived(tx, u, call.Client, l); err != nil {
			return OpenedSession{}, err
		}
	}
	return a.openAt(tx, keys, call.Client, at, l)
}

// openAt opens a session of a login at a place.
func (a *Authority) openAt(tx *store.Tx, keys *keySet, client iam.Client, at seat, l store.Login) (OpenedSession, error) {
	if err := arrived(tx, at.user, client, l); err != nil {
		return OpenedSession{}, err
	}
	return a.openSession(tx, keys, at.organization, a.newSession(tx, at.user, client))
}

// arrived notes a login of a user.
func arrived(tx *store.Tx, u iam.User, client iam.Client, l store.Login) error {
	u.LastLoginAt = tx.Now
	return errors.Join(tx.UpdateUser(u), tx.AppendAuthenticationEvent(attempt(u, client, l, "")))
}

// stepsAfter returns what a login owes after the proof that it has just given. What looks like a
// thief's password needs a mailed code, unless a second factor is asked for, or was given; who
// comes from a provider has given no password, and has proven the address there.
func (a *Authority) stepsAfter(tx *store.Tx, org iam.Organization, u iam.User, c store.Credential, l store.Login, client iam.Client) ([]iam.LoginStep, error) {
	first := l.ID == nil
	if !first && (l.Method != iam.LoginMagicCode || l.Steps[0] != iam.StepMagicCode) {
		return l.Steps[1:], nil
	}
	steps, err := stepsOf(tx, org, u, c, l)
	if err != nil || !first || l.MFA != "" || l.Method == iam.LoginOAuth2 || len(steps) > 0 && steps[0] != iam.StepNewPassword {
		return steps, err
	}
	odd, err := a.suspicious(tx, org, u, client)
	if err == nil && (odd || inactive(org, u, tx.Now) && u.Email != "") {
		steps = append([]iam.LoginStep{iam.StepMagicCode}, steps...)
	}
	return steps, err
}

// stepsOf returns what a user owes after its first proof. A user with several second factors
// gives one of them, and none if the first proof was both.
func stepsOf(tx *store.Tx, org iam.Organization, u iam.User, c store.Credential, l store.Login) (steps []iam.LoginStep, err error) {
	if l.MFA == "" {
		passkeys, err := tx.PasskeysOf(org.ID, u.ID)
		if err != nil {
			return nil, err
		}
		var factors []iam.LoginStep
		if len(passkeys) > 0 {
			factors = append(factors, iam.StepPasskey)
		}
		if c.TOTPSealed != "" {
			factors = append(factors, iam.StepTOTP)
		}
		if len(factors) > 0 {
			steps = append(steps, iam.OneOf(factors...))
		}
	}
	if owesPassword(org, u, c, tx.Now) {
		hash, err := tx.PasswordHash(org.ID, u.ID)
		if err != nil || hash == "" { // without a password none has to be replaced
			return steps, err
		}
		steps = append(steps, iam.StepNewPassword)
	}
	return steps, nil
}
