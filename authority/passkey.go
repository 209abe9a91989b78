package authority

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/store"
)

const resourcePasskey = "webauthn_authenticator"

// PasskeyRegistration is the first half of the registration of a passkey.
type PasskeyRegistration struct {
	CeremonyID string
	identity.PasskeyRegistration
}

// NewPasskey is what a client gives to end the registration of a passkey.
type NewPasskey struct {
	CeremonyID        string
	Name              string
	RawID             []byte
	ClientDataJSON    []byte
	AttestationObject []byte
}

func passkeyObject(id iam.PasskeyID, p store.Passkey) object {
	return object{kind: resourcePasskey, id: string(id), name: p.Name, named: p.ID != "", owner: p.UserID.Principal()}
}

// passkeysOff is the answer where no passkeys can be used.
func (a *Authority) passkeysOff() error {
	if a.passkeys != nil {
		return nil
	}
	return iam.Precondition(iam.PreconditionAttribute, "passkeys are off: they are bound to the public address of the server (--public-url), which must be a domain with https")
}

// passkeyUser is a user as authenticators see it.
func passkeyUser(u iam.User, stored []store.Passkey) (identity.PasskeyUser, error) {
	out := identity.PasskeyUser{Handle: []byte(u.ID), Name: u.Username, DisplayName: strings.TrimSpace(u.FirstName + " " + u.LastName)}
	if out.DisplayName == "" {
		out.DisplayName = u.Username
	}
	for _, p := range stored {
		var record identity.Passkey
		if err := json.Unmarshal(p.Record, &record); err != nil {
			return out, err
		}
		out.Passkeys = append(out.Passkeys, record)
	}
	return out, nil
}

// ownPasskeys runs a change of the calling user's own passkeys; see ownFactor.
func (a *Authority) ownPasskeys(ctx context.Context, call iam.Call, id iam.UserID, check func() error, change func(*mutation, iam.User, []store.Passkey) error) error {
	if err := a.passkeysOff(); err != nil {
		check = func() error { return err }
	}
	return a.ownFactor(ctx, call, id, check, func(m *mutation, u iam.User, _ store.Credential) error {
		stored, err := m.PasskeysOf(u.OrganizationID, u.ID)
		if err == nil && len(stored) >= iam.MaxPasskeys {
			err = &iam.Error{Kind: iam.KindQuotasExceeded, ResourceID: string(u.ID), Quota: iam.Quota{Name: "webauthn_authenticators", Limit: iam.MaxPasskeys, Current: len(stored)}}
		}
		if err != nil {
			return err
		}
		return change(m, u, stored)
	})
}

// StartPasskeyRegistration begins to register a passkey of the calling user itself. Whether the
// authenticator verifies who touches it is left to it: one that does not is a second factor.
func (a *Authority) StartPasskeyRegistration(ctx context.Context, call iam.Call, id iam.UserID, origin string) (r PasskeyRegistration, err error) {
	err = a.ownPasskeys(ctx, call, id, nil, func(m *mutation, u iam.User, stored []store.Passkey) error {
		user, err := passkeyUser(u, stored)
		if err != nil {
			return err
		}
		begun, ceremony, err := a.passkeys.BeginRegistration(user, identity.UserVerificationPreferred, origin, m.now)
		if errors.Is(err, identity.ErrPasskey) {
			return iam.Invalid("origin", iam.ReasonConstraint, "value is not an address of this server")
		}
		if err != nil {
			return err
		}
		r.PasskeyRegistration = begun
		r.CeremonyID, err = a.keepCeremony(ceremony, boundToUser(u.OrganizationID, u.ID))
		return err
	})
	return only(r, err)
}

// FinishPasskeyRegistration stores a new passkey of the calling user itself. The user's other
// sessions end: they were opened without it.
func (a *Authority) FinishPasskeyRegistration(ctx context.Context, call iam.Call, id iam.UserID, n NewPasskey) (p iam.Passkey, err error) {
	var v iam.Validator
	v.PasskeyName("authenticator_name", n.Name)
	err = a.ownPasskeys(ctx, call, id, v.Err, func(m *mutation, u iam.User, stored []store.Passkey) error {
		ceremony, ok := a.ceremony(n.CeremonyID, boundToUser(u.OrganizationID, u.ID))
		if !ok {
			return iam.Invalid("ceremony_id", iam.ReasonConstraint, "value is not a registration that was begun for this user")
		}
		user, err := passkeyUser(u, stored)
		if err != nil {
			return err
		}
		first, err := spend(m.Tx, ceremony)
		if err != nil {
			return err
		}
		if !first {
			return iam.Precondition(iam.PreconditionProtected, "this registration has been finished before")
		}
		record, err := a.passkeys.FinishRegistration(user, ceremony, identity.PasskeyAttestation{
			RawID: n.RawID, ClientDataJSON: n.ClientDataJSON, AttestationObject: n.AttestationObject,
		}, m.now)
		if err != nil {
			return a.registrationRefused(call, u, err)
		}
		text, err := json.Marshal(record)
		if err != nil {
			return err
		}
		p = iam.Passkey{ID: iam.PasskeyID(identity.NewID()), OrganizationID: u.OrganizationID, UserID: u.ID, Name: n.Name, CreatedAt: m.Now}
		u.MFA = true
		return errors.Join(
			unique(m.InsertPasskey(store.Passkey{Passkey: p, KeyID: record.ID, Record: text}), resourcePasskey, "this authenticator is registered already"),
			m.UpdateUser(u), m.endSessions(u), a.post(m.Tx, u, call.Client, iam.LetterPasskeyAdded, "", letterLife))
	})
	return only(p, err)
}

// registrationRefused is the answer to a registration that proves nothing; what it was is for
// the log.
func (a *Authority) registrationRefused(call iam.Call, u iam.User, err error) error {
	if errors.Is(err, identity.ErrCeremonyExpired) {
		return &iam.Error{Kind: iam.KindExpired, Resource: "ceremony", Err: err}
	}
	if !errors.Is(err, identity.ErrPasskey) {
		return err
	}
	a.log.Info("a passkey was not registered", "organization_id", u.OrganizationID, "user_id", u.ID, "request_id", call.Client.RequestID, "error", err)
	return iam.Invalid("attestation_object", iam.ReasonConstraint, "value does not prove a new passkey for this registration and this server")
}

// ListPasskeys returns a page of a user's passkeys, and their number.
func (a *Authority) ListPasskeys(ctx context.Context, call iam.Call, f iam.PasskeyFilter) ([]iam.Passkey, int, error) {
	caller, err := a.enter(call)
	if err != nil {
		return nil, 0, err
	}
	f.OrganizationID = call.Caller.Organization
	return listed(ctx, a, func(tx *store.Tx) ([]iam.Passkey, int, error) {
		u, err := tx.User(f.OrganizationID, f.UserID)
		if err := caller.found(call.Operation.Permission, userObject(f.UserID, u), err); err != nil {
			return nil, 0, err
		}
		return tx.Passkeys(f)
	})
}

// RenamePasskey changes the name of a passkey of the calling user itself; nil leaves it.
func (a *Authority) RenamePasskey(ctx context.Context, call iam.Call, id iam.PasskeyID, name *string) (p iam.Passkey, err error) {
	var v iam.Validator
	if name != nil {
		v.PasskeyName("authenticator_name", *name)
	}
	err = a.mutate(ctx, call, object{id: string(id)}, v.Err, func(m *mutation) error {
		stored, err := m.Passkey(m.organization, id)
		if err := m.authorizeFound(passkeyObject(id, stored), err); err != nil {
			return err
		}
		u, err := m.User(m.organization, stored.UserID)
		if err != nil {
			return err
		}
		if u.ID.Principal() != call.Caller.Principal {
			return denied(call.Operation.Permission)
		}
		if name != nil {
			stored.Name = *name
		}
		p = stored.Passkey
		m.did(iam.ActionUpdated, userResource(u))
		return m.UpdatePasskey(stored)
	})
	return only(p, err)
}

// DeletePasskey removes a passkey: one of the caller's own, or that of a member who has lost
// it. The user's other sessions end. Nobody but the owner removes the owner's; see changeUser.
func (a *Authority) DeletePasskey(ctx context.Context, call iam.Call, id iam.PasskeyID) error {
	return a.mutate(ctx, call, object{id: string(id)}, nil, func(m *mutation) error {
		stored, err := m.Passkey(m.organization, id)
		if err := m.authorizeFound(passkeyObject(id, stored), err); err != nil {
			return err
		}
		u, err := m.User(m.organization, stored.UserID)
		if err != nil {
			return err
		}
		if u.IsOwner() && call.Caller.Principal != u.ID.Principal() {
			return denied(call.Operation.Permission)
		}
		if err := m.DeletePasskey(m.organization, id); err != nil {
			return err
		}
		c, err := m.Credential(u.OrganizationID, u.ID)
		if err != nil {
			return err
		}
		if u.MFA, err = m.factorRemoved(u, c); err != nil {
			return err
		}
		u.UpdatedAt = m.Now
		m.did(iam.ActionUpdated, userResource(u))
		return errors.Join(m.UpdateUser(u), m.endSessions(u), a.post(m.Tx, u, call.Client, iam.LetterPasskeyRemoved, "", letterLife))
	})
}

// factorRemoved stores what is left of a user's credential after a second factor was removed, and
// reports whether the user still has another one. If not, the time in which it must set one up
// begins anew at its next login.
func (m *mutation) factorRemoved(u iam.User, c store.Credential) (bool, error) {
	passkeys, err := m.PasskeysOf(u.OrganizationID, u.ID)
	if err != nil {
		return false, err
	}
	left := c.TOTPSealed != "" || len(passkeys) > 0
	if !left {
		c.MFAGraceStartedAt = time.Time{}
	}
	return left, m.PutCredential(u.OrganizationID, u.ID, c)
}
