package authority_test

import (
	"maps"
	"slices"
	"strings"
	"time"

	"bailiwick/authority"
	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
)

// happening is something that happens to somebody, and what it takes away.
type happening struct {
	takes []thing
	// but says what it takes from a role, where that differs.
	but map[role][]thing
	// none says to whom it cannot happen, and why.
	none map[role]string
	// opens are ways that are open all the same: those of who comes after under the same name.
	opens map[role][]string
	do    func(*guard) error
}

// Everything that a change of what somebody proves itself with ends.
func access() []thing {
	return []thing{theSession, theOther, theKeySeat, theHome, theBeginning, theLink}
}

// lockedOut is what locking ends for good. A guest's account, and what it has begun, is not the
// organization's.
func lockedOut() map[role][]thing {
	return map[role][]thing{guest: {theSession, theOther, theKeySeat}}
}

const (
	ofOwner    = "nobody locks or deletes the owner of an organization"
	ofAccounts = "its account decides that, in its own organization"
	ofNobody   = "a stranger has none yet"
)

// not are the reasons of some roles.
func not(reason string, roles ...role) map[role]string {
	none := map[role]string{stranger: ofNobody}
	for _, r := range roles {
		none[r] = reason
	}
	return none
}

func happenings() map[string]happening {
	all := map[string]happening{"nothing": {do: func(*guard) error { return nil }}}
	for _, part := range []map[string]happening{toUsers(), toPasswords(), toFactors(), toKeys(), toSessions(), toMethods(), toOrganizations(), toTime(), toStrangers()} {
		maps.Copy(all, part)
	}
	return all
}

func toUsers() map[string]happening {
	owned := not(ofOwner, owner)
	remove := func(g *guard) error { return g.manager.DeleteUser(g.place.ID) }
	// The account of a guest has begun what it has begun: it is a guest again.
	again := []string{"password", "one-time password as step", "recovery code as step", "passkey as step", "mailed code", "provider", "answer of a provider", "switch"}
	return map[string]happening{
		"deleted": {takes: []thing{theUser}, none: owned, do: remove},
		"left": {takes: []thing{theUser}, none: owned, do: func(g *guard) error {
			return g.k.AsHolder(g.t, g.secret).DeleteUser(g.place.ID)
		}},
		"deleted, recreated": {takes: []thing{theUser}, none: owned, opens: map[role][]string{member: {"password", "provider", "answer of a provider"}, guest: again}, do: func(g *guard) error {
			done(g.t, remove(g))
			if g.role == guest {
				g.invite(g.manager)
				return nil
			}
			g.hire()
			return nil
		}},
		"locked": {takes: []thing{theUser}, none: owned, do: func(g *guard) error { return last(g.manager.LockUser(g.place.ID)) }},
		"locked, unlocked": {takes: access(), but: lockedOut(), none: owned, do: func(g *guard) error {
			must[iam.User](g.t)(g.manager.LockUser(g.place.ID))
			return last(g.manager.UnlockUser(g.place.ID))
		}},
		"renamed": {but: map[role][]thing{member: {theName}}, none: not(ofAccounts, guest), do: func(g *guard) error {
			return last(g.manager.UpdateUserUsername(g.place.ID, "anna"))
		}},
		"another address": {
			takes: []thing{theName, theAddress, theBeginning, theLink, theLetter}, but: map[role][]thing{member: {theAddress, theBeginning}}, none: not(""),
			do: func(g *guard) error {
				return last(g.account.UpdateUser(g.home.ID, iam.UserUpdate{Email: new("x" + g.address)}))
			},
		},
		"another address and back": {takes: []thing{theBeginning, theLink}, none: not(""), do: func(g *guard) error {
			must[iam.User](g.t)(g.account.UpdateUser(g.home.ID, iam.UserUpdate{Email: new("x" + g.address)}))
			return last(g.account.UpdateUser(g.home.ID, iam.UserUpdate{Email: &g.address}))
		}},
		"another subject at the provider": {takes: []thing{theSubject}, none: not(""), do: func(g *guard) error { g.provider.Is("other", g.address); return nil }},
		"policy deleted":                  {takes: []thing{thePolicy}, none: not("it has all rights by owning", owner), do: func(g *guard) error { return g.manager.DeletePolicy(g.policy) }},
		"policy detached": {takes: []thing{thePolicy}, none: not("it has all rights by owning", owner), do: func(g *guard) error {
			return last(g.manager.UpdatePolicy(g.policy, iam.PolicyUpdate{Principal: &iam.Principal{}}))
		}},
		"project deleted": {takes: []thing{theProject}, none: not(""), do: func(g *guard) error { return g.manager.DeleteProject(g.project) }},
	}
}

func toPasswords() map[string]happening {
	const another = "quiet-harbor-walnut-19"
	return map[string]happening{
		"another password": {takes: append(access(), thePassword), none: not(""), do: func(g *guard) error {
			return last(g.account.UpdateUserPassword(g.home.ID, another))
		}},
		"another password, by itself": {
			takes: slices.DeleteFunc(append(access(), thePassword), func(t thing) bool { return t == theSession }), none: not(""),
			but: map[role][]thing{guest: {theSession, theOther, theKeySeat, theBeginning, thePassword}}, // it keeps its session at home
			do: func(g *guard) error {
				s := g.session
				if g.role == guest {
					s = g.atHome
				}
				return last(g.as(s.Session).UpdateUserPassword(g.home.ID, another))
			},
		},
		"another password and back": {takes: access(), none: not(""), do: func(g *guard) error {
			must[iam.User](g.t)(g.account.UpdateUserPassword(g.home.ID, another))
			return last(g.account.UpdateUserPassword(g.home.ID, annsPassword))
		}},
	}
}

func toFactors() map[string]happening {
	removeApp := func(g *guard) error {
		return g.k.Authority.DeleteUserMFAOTP(kit.Context(g.t), g.account.Call("DeleteUserMFAOTP"), g.home.ID)
	}
	removePasskey := func(g *guard) error {
		g.lost = true
		return g.k.Authority.DeletePasskey(kit.Context(g.t), g.account.Call("DeleteWebAuthnAuthenticator"), g.passkey)
	}
	return map[string]happening{
		"app removed":     {takes: append(access(), theApp), none: not(""), do: removeApp},
		"passkey removed": {takes: append(access(), thePasskey), none: not(""), do: removePasskey},
		"app removed, another set up": {takes: append(access(), theApp), none: not(""), do: func(g *guard) error {
			done(g.t, removeApp(g))
			a, ctx, self, old := g.k.Authority, kit.Context(g.t), g.self(), g.totp
			g.totp = must[string](g.t)(a.CreateUserMFAOTP(ctx, self.Call("CreateUserMFAOTP"), g.home.ID))
			must[[]string](g.t)(a.ValidateUserMFAOTP(ctx, self.Call("ValidateUserMFAOTP"), g.home.ID, g.totpNow()))
			g.totp = old
			return nil
		}},
		"passkey removed, another registered": {takes: append(access(), thePasskey), none: not(""), do: func(g *guard) error {
			done(g.t, removePasskey(g))
			register(g.t, g.k.Authority, g.self())
			return nil
		}},
	}
}

func toKeys() map[string]happening {
	expire := func(g *guard, in time.Duration) {
		must[iam.APIKey](g.t)(g.manager.UpdateAPIKey(g.access, iam.APIKeyUpdate{ExpiresAt: new(g.clock.Now().Add(in))}))
	}
	return map[string]happening{
		"key deleted": {takes: []thing{theKey}, none: not(""), do: func(g *guard) error { return g.manager.DeleteAPIKey(g.access) }},
		"key deleted, another made": {takes: []thing{theKey}, none: not(""), do: func(g *guard) error {
			done(g.t, g.manager.DeleteAPIKey(g.access))
			g.k.NewUserKey(g.t, g.place)
			return nil
		}},
		"key expired": {takes: []thing{theKey}, none: not(""), do: func(g *guard) error {
			expire(g, time.Minute)
			g.clock.Advance(time.Minute)
			return nil
		}},
		"key expired later": {takes: []thing{theKey, theMinutes, theAnswer, theLink}, none: not(""), do: func(g *guard) error {
			expire(g, 30*time.Minute)
			g.byKey = must[authority.OpenedSession](g.t)(g.k.Authority.CreateSession(kit.Context(g.t), g.k.AsHolder(g.t, g.secret).Call("CreateJWT"), g.place.ID, ""))
			g.clock.Advance(30 * time.Minute)
			return nil
		}},
	}
}

func toSessions() map[string]happening {
	longest := func(g *guard, d time.Duration) {
		must[iam.SecuritySettings](g.t)(g.manager.UpdateOrganizationSecuritySettings(g.manager.Organization(), iam.SecuritySettingsUpdate{MaxLoginSessionDuration: &d}))
	}
	return map[string]happening{
		"session deleted": {takes: []thing{theSession}, none: not(""), do: func(g *guard) error {
			return g.k.Authority.DeleteSession(kit.Context(g.t), g.manager.Call("DeleteJWT"), g.session.ID)
		}},
		"session signed out": {takes: []thing{theSession}, none: not(""), do: func(g *guard) error {
			return g.k.Authority.DeleteSession(kit.Context(g.t), g.as(g.session.Session).Call("DeleteJWT"), g.session.ID)
		}},
		"renew token used": {none: not(""), do: func(g *guard) (err error) {
			g.renewed, err = g.k.Authority.RenewSession(kit.Context(g.t), g.visit(), g.renewed.RenewToken)
			return err
		}},
		"renew token used twice": {takes: []thing{theOther}, none: not(""), do: func(g *guard) error {
			stolen := g.renewed.RenewToken
			g.renewed = must[authority.OpenedSession](g.t)(g.k.Authority.RenewSession(kit.Context(g.t), g.visit(), stolen))
			if _, err := g.k.Authority.RenewSession(kit.Context(g.t), g.visit(), stolen); iam.KindOf(err) != iam.KindDeniedAuthentication {
				return err
			}
			return nil
		}},
		"sessions made shorter": {takes: []thing{theLength, theToken, theMinutes, theAnswer, theLink}, none: not(""), do: func(g *guard) error {
			longest(g, time.Hour)
			g.clock.Advance(time.Hour)
			return nil
		}},
	}
}

// toMethods turns each login method off, and off and on again. Owners are outside, and so are guests,
// who log in as the owners that they are at home.
func toMethods() map[string]happening {
	all := map[string]happening{}
	for name, method := range map[string]struct {
		takes  thing
		update func(on bool) iam.LoginMethodsUpdate
	}{
		"passwords":    {theMethod, func(on bool) iam.LoginMethodsUpdate { return iam.LoginMethodsUpdate{Password: &on} }},
		"mailed codes": {theMail, func(on bool) iam.LoginMethodsUpdate { return iam.LoginMethodsUpdate{MagicCode: &on} }},
		"providers":    {theProvider, func(on bool) iam.LoginMethodsUpdate { return iam.LoginMethodsUpdate{OAuth2: &on} }},
	} {
		set := func(g *guard, on bool) error {
			return last(g.manager.UpdateOrganizationLoginMethods(g.manager.Organization(), method.update(on)))
		}
		all[name+" off"] = happening{but: map[role][]thing{member: {method.takes}}, none: not(""), do: func(g *guard) error { return set(g, false) }}
		all[name+" off, on"] = happening{none: not(""), do: func(g *guard) error {
			done(g.t, set(g, false))
			return set(g, true)
		}}
	}
	return all
}

func toOrganizations() map[string]happening {
	hasNone := "it has no invitation"
	closed := func(g *guard, o iam.OrganizationID) error { return last(g.k.AsOperator(g.t).CloseOrganization(o)) }
	return map[string]happening{
		"organization closed": {takes: []thing{theUser}, none: not(""), do: func(g *guard) error { return closed(g, g.place.OrganizationID) }},
		"organization closed by its owner": {takes: []thing{theUser}, none: not(""), do: func(g *guard) error {
			return last(g.manager.CloseOrganization(g.place.OrganizationID))
		}},
		"home closed": {takes: []thing{theUser}, none: not("it is at home there", member, owner), do: func(g *guard) error { return closed(g, g.home.OrganizationID) }},
		"alias set": {none: not(""), do: func(g *guard) error {
			return last(g.manager.SetOrganizationAlias(g.manager.Organization(), strings.ReplaceAll(string(g.manager.Organization()), "-", "")))
		}},
		"second factor demanded": {none: not(""), do: func(g *guard) error {
			return last(g.k.Authority.UpdateLoginPolicy(kit.Context(g.t), g.manager.Call("UpdateOrganizationSecuritySettings"), iam.LoginPolicyUpdate{MFARequired: new(true)}))
		}},
		"invitation withdrawn": {takes: []thing{theLetter}, none: not(hasNone, member, guest), do: func(g *guard) error { return g.peer.DeleteUser(g.invited) }},
		"invitation repeated": {takes: []thing{theLetter}, none: not(hasNone, member, guest), do: func(g *guard) error {
			return last(g.peer.InviteGuest(iam.NewGuest{Email: g.address}))
		}},
		"inviting organization closed": {takes: []thing{theLetter, thePeer}, none: not(hasNone, member, guest), do: func(g *guard) error { return closed(g, g.peer.Organization()) }},
	}
}

func toTime() map[string]happening {
	pass := func(d time.Duration) func(*guard) error {
		return func(g *guard) error { g.clock.Advance(d); return nil }
	}
	hour := []thing{theMinutes, theAnswer, theLink, theToken}
	return map[string]happening{
		"ten minutes":         {takes: []thing{theMinutes, theAnswer}, do: pass(10 * time.Minute)},
		"an hour":             {takes: hour, do: pass(time.Hour)},
		"a day":               {takes: append(hour, theSignUp), do: pass(24 * time.Hour)},
		"a week":              {takes: append(hour, theSignUp, theWeek, theLetter), do: pass(7 * 24 * time.Hour)},
		"the longest session": {takes: append(hour, theSignUp, theWeek, theLetter, theLength), do: pass(iam.DefaultSecuritySettings().MaxLoginSessionDuration)},
	}
}

func toStrangers() map[string]happening {
	has := only("it has signed up", stranger)
	return map[string]happening{
		"signed up": {takes: []thing{theSignUp, theWeek}, none: has, do: func(g *guard) error {
			return g.confirms(g.k.Authority, g.letters[iam.LetterConfirmAddress])
		}},
		"signed up twice": {none: has, do: func(g *guard) error {
			g.signUp()
			return nil // the letter before stays good
		}},
		"address given to an owner": {takes: []thing{theSignUp, theWeek}, none: has, do: func(g *guard) error { g.found("taken"); return nil }},
	}
}
