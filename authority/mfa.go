package authority

import (
	"context"
	"encoding/base64"
	"errors"

	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/store"
)

// totpIssuer names us in the user's authenticator.
const totpIssuer = "Bailiwick"

func totpContext(u iam.User) string { return "totp/" + string(u.OrganizationID) + "/" + string(u.ID) }

func (a *Authority) sealTOTP(secret string, u iam.User) string {
	return base64.StdEncoding.EncodeToString(a.keyring.Seal([]byte(secret), totpContext(u)))
}

func (a *Authority) openTOTP(sealed string, u iam.User) (string, error) {
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return "", err
	}
	secret, err := a.keyring.Open(raw, totpContext(u))
	return string(secret), err
}

// ownFactor runs a change of the calling user's own second factor. Nobody sets one up for
// another user: it would know the secret.
func (a *Authority) ownFactor(ctx context.Context, call iam.Call, id iam.UserID, check func() error, change func(*mutation, iam.User, store.Credential) error) error {
	return a.mutate(ctx, call, object{id: string(id)}, check, func(m *mutation) error {
		u, err := m.User(m.organization, id)
		if err := m.authorizeFound(userObject(id, u), err); err != nil {
			return err
		}
		if id.Principal() != call.Caller.Principal {
			return denied(call.Operation.Permission)
		}
		if u.IsGuest() {
			return ofAccount()
		}
		c, err := m.Credential(m.organization, id)
		if err != nil {
			return err
		}
		u.UpdatedAt = m.Now
		if err := change(m, u, c); err != nil {
			return err
		}
		// Not every change is one of the user's row: the event tells what is there.
		if u, err = m.User(m.organization, id); err != nil {
			return err
		}
		m.did(iam.ActionUpdated, userResource(u))
		return nil
	})
}

// CreateUserMFAOTP begins to set up one-time passwords for the calling user and returns their
// secret. They count once one has been validated; until then those so far go on.
func (a *Authority) CreateUserMFAOTP(ctx context.Context, call iam.Call, id iam.UserID) (secret string, err error) {
	err = a.ownFactor(ctx, call, id, nil, func(m *mutation, u iam.User, c store.Credential) error {
		if c.TOTPSealed != "" {
			return iam.Precondition(iam.PreconditionProtected, "one-time passwords are set up; remove them first")
		}
		if secret, _, err = identity.NewTOTP(totpIssuer, u.Username); err != nil {
			return err
		}
		c.TOTPPending = a.sealTOTP(secret, u)
		return errors.Join(m.PutCredential(u.OrganizationID, u.ID, c), m.UpdateUser(u))
	})
	return only(secret, err)
}

// ValidateUserMFAOTP ends the setting up with a first one-time password, and returns the
// recovery codes, this once. The user's other sessions end: they were opened without.
func (a *Authority) ValidateUserMFAOTP(ctx context.Context, call iam.Call, id iam.UserID, code string) (codes []string, err error) {
	err = a.ownFactor(ctx, call, id, nil, func(m *mutation, u iam.User, c store.Credential) error {
		if c.TOTPPending == "" {
			return iam.Precondition(iam.PreconditionAttribute, "one-time passwords are not being set up")
		}
		secret, err := a.openTOTP(c.TOTPPending, u)
		if err != nil {
			return err
		}
		step, ok := identity.ValidateTOTP(secret, code, m.now, 0)
		if !ok {
			return iam.Invalid("one_time_password", iam.ReasonConstraint, "value is not a one-time password of this secret at this time")
		}
		c.TOTPSealed, c.TOTPPending, c.TOTPStep = c.TOTPPending, "", step
		codes = identity.NewRecoveryCodes()
		hashes := make([][]byte, len(codes))
		for i, code := range codes {
			hashes[i] = a.keyring.HashRecoveryCode(string(u.ID), code)
		}
		u.MFA = true
		return errors.Join(m.PutCredential(u.OrganizationID, u.ID, c), m.SetRecoveryCodes(u.OrganizationID, u.ID, hashes),
			m.UpdateUser(u), m.endSessions(u), a.post(m.Tx, u, call.Client, iam.LetterTOTPAdded, "", letterLife))
	})
	return only(codes, err)
}

// DeleteUserMFAOTP removes a user's one-time passwords: its own, or those of a member who has
// lost its device. The user's other sessions end.
func (a *Authority) DeleteUserMFAOTP(ctx context.Context, call iam.Call, id iam.UserID) error {
	_, err := a.changeUser(ctx, call, id, nil, func(m *mutation, u iam.User) (iam.User, error) {
		if u.IsGuest() {
			return u, ofAccount()
		}
		c, err := m.Credential(m.organization, id)
		if err != nil {
			return u, err
		}
		if c.TOTPSealed == "" && c.TOTPPending == "" {
			return u, iam.NotFound("mfa_otp", string(id))
		}
		c.TOTPSealed, c.TOTPPending = "", ""
		if u.MFA, err = m.factorRemoved(u, c); err != nil {
			return u, err
		}
		return u, errors.Join(m.SetRecoveryCodes(u.OrganizationID, u.ID, nil), m.endSessions(u),
			a.post(m.Tx, u, call.Client, iam.LetterTOTPRemoved, "", letterLife))
	})
	return err
}

// TOTPImage returns the QR code, a PNG, of a user's secret for one-time passwords.
func (a *Authority) TOTPImage(u iam.User, secret string) ([]byte, error) {
	return identity.TOTPImage(totpIssuer, u.Username, secret)
}
