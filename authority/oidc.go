package authority

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/store"
)

// Provider is an OpenID provider at which users may log in.
type Provider struct {
	Name  string // in addresses: lower-case letters, digits and hyphens
	Title string // on the button
	OIDC  *identity.OIDC
	// Domains are those whose addresses the provider speaks for, in lower case; empty: all.
	Domains []string
}

// OIDCStart is what somebody gives to log in at a provider: a member the id or the alias of its
// organization, an owner nothing.
type OIDCStart struct {
	Provider     string
	Organization string
	// Next comes back with the end of the login.
	Next string
}

// OIDCQuestion sends a browser to a provider.
type OIDCQuestion struct {
	Redirect string // where the browser goes
	// Pending is what this browser must bring back with the answer. It is sealed: the nonce and
	// the verifier in it are secrets.
	Pending string
}

// OIDCAnswer is what comes back from a provider: by its redirect, and from the browser.
type OIDCAnswer struct {
	Provider string // whose address was called
	Pending  string
	State    string
	Code     string
	Issuer   string
	Error    string
}

// pendingOIDC is what a login at a provider needs to know at its end. The browser keeps it for
// us, in a cookie: strangers who begin many write nothing (see ceremony.go), and the answer is
// worth nothing in another browser.
type pendingOIDC struct {
	OIDCStart
	identity.OIDCPending
}

const pendingContext = "login at an OpenID provider"

// maxPending bounds what the cookie of a browser can hold.
const maxPending = 3500

func (a *Authority) provider(name string) (Provider, error) {
	i := slices.IndexFunc(a.providers, func(p Provider) bool { return p.Name == name })
	if i < 0 {
		return Provider{}, iam.NotFound("login_provider", name)
	}
	return a.providers[i], nil
}

// StartOIDCLogin begins a login at a provider.
func (a *Authority) StartOIDCLogin(ctx context.Context, s OIDCStart) (q OIDCQuestion, err error) {
	p, err := a.provider(s.Provider)
	if err != nil {
		return q, err
	}
	var v iam.Validator
	v.Length("organization", s.Organization, 0, 320)
	v.Length("next", s.Next, 0, 1000)
	if err := v.Err(); err != nil {
		return q, err
	}
	redirect, pending, err := p.OIDC.Begin(ctx, a.now())
	if err != nil {
		return q, a.oidcError(p, err)
	}
	text, err := json.Marshal(pendingOIDC{s, pending})
	if err != nil {
		return q, err
	}
	sealed := base64.RawURLEncoding.EncodeToString(a.keyring.Seal(text, pendingContext))
	if len(sealed) > maxPending {
		return q, iam.Invalid("next", iam.ReasonConstraint, "value is too long")
	}
	return OIDCQuestion{redirect, sealed}, nil
}

// oidcError is what the reader gets for an error of package identity. Why a login was refused is
// for the log.
func (a *Authority) oidcError(p Provider, err error) error {
	if errors.Is(err, identity.ErrOIDCUnavailable) {
		a.log.Warn("an OpenID provider cannot be asked", "provider", p.Name, "error", err)
		return &iam.Error{Kind: iam.KindUnavailable, Message: "the provider does not answer, try again", Err: err}
	}
	a.log.Info("a login at an OpenID provider is refused", "provider", p.Name, "error", err)
	return errors.Join(loginRefused(), err)
}

// openPending returns the login that an answer ends. The provider must be the one at which it
// began: each has an address of its own for answers, and one that answers in the name of another
// (a mix-up, RFC 9700 section 4.4) has no login there.
func (a *Authority) openPending(answer OIDCAnswer) (p pendingOIDC, ok bool) {
	sealed, err := decodeKept(answer.Pending)
	if err != nil || len(answer.Pending) > maxPending {
		return p, false
	}
	text, err := a.keyring.Open(sealed, pendingContext)
	if err != nil || json.Unmarshal(text, &p) != nil {
		return p, false
	}
	return p, p.Provider == answer.Provider
}

// LoginWithOIDC ends a login at a provider, with what StartOIDCLogin was given to come back. The
// user is found by its e-mail address, which the provider must have verified.
//
// The attacks are on whose address it is. At many providers anybody may type in any address, and
// change it later ("nOAuth"), so one that is not verified counts for nothing. An address can be
// given to somebody else when its first holder has left; so who logs in first with one is noted by
// the subject, which a provider never gives twice, and another subject with the same address is
// refused, as is a subject that comes with another user's address. A provider that one customer
// runs verifies whatever it likes: it must be given allowed_domains, or it speaks for everybody. On
// our own side, who manages an organization types in its members' addresses, and could type in its
// own: it decides over those members anyway, and an answer is looked for in the one organization
// that was named when the login began. An owner's address is set by the operator, or by the owner
// itself: who sets it to another's only lets that other person in. Two users with one address are
// refused, both.
func (a *Authority) LoginWithOIDC(ctx context.Context, call iam.Call, answer OIDCAnswer) (login Login, next string, err error) {
	p, err := a.provider(answer.Provider)
	if err != nil {
		return login, "", err
	}
	pending, ok := a.openPending(answer)
	if !ok {
		return login, "", loginRefused()
	}
	who, err := p.OIDC.Finish(ctx, pending.OIDCPending, identity.OIDCAnswer{State: answer.State, Code: answer.Code, Issuer: answer.Issuer, Error: answer.Error}, a.now())
	if err != nil {
		return login, "", a.oidcError(p, err)
	}
	if !p.speaksFor(who.Email) {
		return login, "", a.oidcError(p, errors.New("the address is not of a domain that the provider speaks for"))
	}
	org, u, guestOf, err := findByEmail(a.store.Read(ctx), pending.Organization, who.Email)
	if errors.Is(err, store.ErrNotFound) {
		return login, "", a.oidcError(p, errors.New("no user, or more than one, has the address"))
	}
	if err != nil {
		return login, "", err
	}
	login, err = a.loginAs(ctx, call, p, seat{org, u}, guestOf, pending, who)
	return login, pending.Next, err
}

// loginAs takes on the login of a user whom a provider has named.
func (a *Authority) loginAs(ctx context.Context, call iam.Call, p Provider, named seat, guestOf iam.OrganizationID, pending pendingOIDC, who identity.OIDCIdentity) (Login, error) {
	org, u := named.organization, named.user
	l := store.Login{OrganizationID: org.ID, UserID: u.ID, Method: iam.LoginOAuth2, GuestOf: guestOf}
	if org.Closed() || u.Locked || !offers(org, u, iam.LoginOAuth2) {
		return Login{}, a.failLogin(ctx, org, u, call.Client, l, iam.FailedUnknown)
	}
	refused := error(nil)
	login, err := a.proceed(ctx, call, proof{Login: l, failure: iam.FailedUnknown}, func(tx *store.Tx) error {
		refused = nil
		first, err := tx.SpendChallenge([]byte(pending.State), pending.ExpiresAt)
		if err != nil {
			return err
		}
		if !first {
			refused = errors.New("the answer was used before")
		} else if refused, err = bindSubject(tx, store.OIDCSubject{OrganizationID: org.ID, UserID: u.ID, Issuer: who.Issuer, Subject: who.Subject}); err != nil {
			return err
		}
		if refused != nil {
			return loginRefused()
		}
		return nil
	})
	if refused != nil {
		a.log.Warn("a login at an OpenID provider is refused", "provider", p.Name, "organization_id", org.ID, "user_id", u.ID, "error", refused)
	}
	return login, err
}

// bindSubject notes who a user is at a provider, or returns why it cannot be.
func bindSubject(tx *store.Tx, s store.OIDCSubject) (refused, err error) {
	known, err := tx.OIDCSubjects(s)
	if err != nil {
		return nil, err
	}
	for _, k := range known {
		switch {
		case k.UserID != s.UserID:
			return errors.New("this subject of the provider is another user here"), nil
		case k.Subject != s.Subject:
			return errors.New("the address belongs to another subject of the provider than before"), nil
		}
	}
	if len(known) > 0 {
		return nil, nil
	}
	return nil, tx.InsertOIDCSubject(s)
}

// findByEmail returns the one user whom an address names: in an organization a member, the owner or
// a guest, without one an owner. Everything else is ErrNotFound, also two of them. For a guest it
// is the owner of its account, as in [PasswordLogin.find], if that still has the address.
func findByEmail(tx *store.Tx, organization, email string) (org iam.Organization, u iam.User, guestOf iam.OrganizationID, err error) {
	var found []iam.User
	if organization == "" {
		found, err = tx.OwnersByEmail(email, maxOwned)
	} else if org, err = findOrganization(tx, organization); err == nil {
		found, err = tx.UsersByEmail(org.ID, email, 2)
	}
	if err != nil {
		return org, u, "", err
	}
	if organization == "" {
		found, err = atHome(tx, found)
	}
	if err != nil || len(found) != 1 {
		return org, u, "", errors.Join(err, store.ErrNotFound)
	}
	u = found[0]
	if organization == "" {
		org, err = tx.Organization(u.OrganizationID)
	}
	if err != nil || !u.IsGuest() && !u.IsOwner() {
		return org, u, "", err
	}
	org, home, guestOf, err := reached(tx, org, u)
	if err == nil && guestOf != "" && iam.CanonicalEmail(home.Email) != iam.CanonicalEmail(email) {
		err = store.ErrNotFound
	}
	return org, home, guestOf, err
}

// atHome returns the owners whose account is at home there, in an organization that is not closed.
// Who has only claimed an address does not count beside who has proven it: otherwise anybody could
// keep somebody else from logging in.
func atHome(tx *store.Tx, owners []iam.User) (open []iam.User, err error) {
	for _, u := range owners {
		if len(open) > 0 && open[0].EmailVerified && !u.EmailVerified {
			break // those who have proven it come first
		}
		if _, _, _, err := homeOf(tx, u); !errors.Is(err, store.ErrNotFound) {
			if err != nil {
				return nil, err
			}
			continue
		}
		org, err := tx.Organization(u.OrganizationID)
		if err != nil {
			return nil, err
		}
		if !org.Closed() {
			open = append(open, u)
		}
	}
	return open, nil
}

// findOrganization returns an organization by its id or its alias, or ErrNotFound.
func findOrganization(tx *store.Tx, named string) (iam.Organization, error) {
	if id, ok := iam.ParseUUID(named); ok {
		return tx.Organization(iam.OrganizationID(id))
	}
	return tx.OrganizationByAlias(named)
}

// speaksFor reports whether a provider may vouch for an address.
func (p Provider) speaksFor(email string) bool {
	domain := strings.ToLower(email[strings.LastIndexByte(email, '@')+1:])
	return len(p.Domains) == 0 || slices.Contains(p.Domains, domain)
}
