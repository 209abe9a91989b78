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

// How long the link of a sign-up is good, and how long the operator's invitation to sign up.
const (
	signUpLifetime           = 24 * time.Hour
	signUpInvitationLifetime = 7 * 24 * time.Hour
)

// networkLetters bounds the letters that one network can have sent to addresses of its choice by
// signing up, and with them the passwords that we hash for strangers: twenty, and one more each
// minute.
var networkLetters = store.Budget{Attempts: 20, Refill: time.Minute}

// addressPlace and networkPlace name an address and a network in the budgets of letters.
func addressPlace(email string) string         { return "address/" + iam.CanonicalEmail(email) }
func networkPlace(client iam.Client) string    { return "network/" + networkOf(client.IP) }
func inviterPlace(o iam.OrganizationID) string { return "organization/" + string(o) }

// signUpRefused answers where nobody may sign up.
func signUpRefused() error {
	return &iam.Error{Kind: iam.KindPermissionsDenied, Message: "nobody can sign up on this server; ask who runs it",
		Denials: []iam.Denial{{Resource: "sign_up", Action: "create"}}}
}

// tooManyLetters answers who has had too many letters sent.
func tooManyLetters() error {
	return &iam.Error{Kind: iam.KindTooManyRequests, Help: "too many letters were asked for; try again in some minutes"}
}

// SignUp asks for an account and an organization of which it is the owner. Nothing is made until
// the address is shown to be theirs, by the token of a mailed link ([Authority.ConfirmSignUp]).
//
// The attack is to find out who has an account. So the answer, and the work before it, are the
// same for an address that has one, and for one that is not invited where only the invited may
// sign up: only the letter differs, and its reader knows already. The budget of the network is
// judged first and says so, because it depends on nothing that the address tells.
func (a *Authority) SignUp(ctx context.Context, call iam.Call, n iam.NewSignUp) error {
	if !a.signUp.Allows() {
		return signUpRefused()
	}
	if err := n.Validate(); err != nil {
		return err
	}
	if err := checkPassword("password", n.Password, identity.MinPasswordLength, iam.User{Email: n.Email, FirstName: n.FirstName, LastName: n.LastName}); err != nil {
		return err
	}
	if err := a.takeNetworkLetter(ctx, call.Client); err != nil {
		return err
	}
	hash, err := a.passwords.Hash(ctx, n.Password)
	if err != nil {
		return err
	}
	token := identity.NewToken()
	return a.store.Record(ctx, func(tx *store.Tx) error {
		s := store.SignUp{
			ID: a.keyring.HashToken(identity.PurposeSignup, token), Email: n.Email, Name: n.Name,
			FirstName: n.FirstName, LastName: n.LastName, Locale: n.Locale, PasswordHash: hash, ExpiresAt: tx.Now.Add(signUpLifetime),
		}
		if err := tx.InsertSignUp(s); err != nil {
			return err
		}
		known, err := hasAccount(tx, n.Email)
		if err != nil {
			return err
		}
		invited, err := tx.InvitedToSignUp(n.Email)
		if err != nil {
			return err
		}
		allowed, err := tx.TakeLetter(addressPlace(n.Email), mailBudget)
		if err != nil || !allowed {
			return err
		}
		l := iam.Letter{Name: n.FirstName, Address: n.Email, Locale: n.Locale}
		switch {
		case known:
			l.Kind = iam.LetterAccountExists
			return a.mail(tx, l, call.Client, "", letterLife)
		case invited || a.signUp == iam.SignUpOpen:
			l.Kind = iam.LetterConfirmAddress
			return a.mail(tx, l, call.Client, token, signUpLifetime)
		}
		return nil
	})
}

// takeNetworkLetter takes a letter from the budget of the client's network.
func (a *Authority) takeNetworkLetter(ctx context.Context, client iam.Client) error {
	return a.store.Record(ctx, func(tx *store.Tx) error {
		allowed, err := tx.TakeLetter(networkPlace(client), networkLetters)
		if err == nil && !allowed {
			err = tooManyLetters()
		}
		return err
	})
}

// hasAccount reports whether an address is proven to be that of an account. One that somebody
// only claims does not keep others from signing up.
func hasAccount(tx *store.Tx, email string) (bool, error) {
	owners, err := tx.OwnersByEmail(email, 1)
	return len(owners) > 0 && owners[0].EmailVerified, err
}

// ConfirmSignUp makes the account and its organization, for who has the token of the letter and
// the password of the sign-up.
//
// The password is asked for again because of an attack that waits: a stranger signs up with
// somebody else's address and a password of its own, and the reader of that address follows the
// link. Without this question the stranger would know the password of an account that its owner
// takes for theirs, and could leave keys in it that outlive any change of the password.
func (a *Authority) ConfirmSignUp(ctx context.Context, call iam.Call, token, password string) (created CreatedOrganization, err error) {
	if !a.signUp.Allows() || token == "" || len(token) > 100 || len(password) > 1024 {
		return created, loginRefused()
	}
	s, err := a.store.Read(ctx).SignUp(a.keyring.HashToken(identity.PurposeSignup, token))
	if errors.Is(err, store.ErrNotFound) || err == nil && !a.now().Before(s.ExpiresAt) {
		return created, loginRefused()
	}
	if err != nil {
		return created, err
	}
	right, _, err := a.passwords.Verify(ctx, s.PasswordHash, password)
	if err != nil {
		return created, err
	}
	if !right {
		return created, loginRefused()
	}
	n := iam.NewOrganization{
		Name: s.Name, OwnerEmail: s.Email,
		OwnerProfile: iam.OwnerProfile{FirstName: s.FirstName, LastName: s.LastName, Locale: s.Locale},
	}
	err = a.commit(ctx, func(tx *store.Tx, _ *pdp.Snapshot) error {
		if err := tx.TakeSignUp(s); err != nil {
			return refusedUnlessBroken(err)
		}
		known, err := hasAccount(tx, s.Email)
		if err != nil {
			return err
		}
		if known { // the operator made one meanwhile
			return loginRefused()
		}
		created, err = a.createOrganization(tx, call, n, s.PasswordHash)
		return err
	})
	return only(created, err)
}

// refusedUnlessBroken turns "it is not there any more" into the refusal of a login.
func refusedUnlessBroken(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return loginRefused()
	}
	return err
}

// InviteToSignUp lets an address sign up where only the invited may, for a week, and mails it a
// letter. It is for the operator.
func (a *Authority) InviteToSignUp(ctx context.Context, call iam.Call, email string) (i iam.SignUpInvitation, err error) {
	if !call.Caller.IsOperator() {
		return i, denied(call.Operation.Permission)
	}
	var v iam.Validator
	v.Email("email", email)
	if err := v.Err(); err != nil {
		return i, err
	}
	if !a.signUp.Allows() {
		return i, iam.Precondition(iam.PreconditionAttribute, "nobody can sign up on this server: start it with --signup invite")
	}
	err = a.store.Record(ctx, func(tx *store.Tx) error {
		i = iam.SignUpInvitation{Email: email, ExpiresAt: tx.Now.Add(signUpInvitationLifetime)}
		allowed, err := tx.TakeLetter(addressPlace(email), mailBudget)
		if err != nil {
			return err
		}
		if !allowed {
			return tooManyLetters()
		}
		return errors.Join(tx.PutSignUpInvitation(i),
			a.mail(tx, iam.Letter{Kind: iam.LetterSignUpInvited, Address: email}, call.Client, "", signUpInvitationLifetime))
	})
	return only(i, err)
}
