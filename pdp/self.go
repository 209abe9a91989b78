package pdp

import (
	"fmt"

	"bailiwick/catalog"
	"bailiwick/iam"
)

// What a user may do without any policy. Applications have none of it: theirs is exactly what
// policies grant.

// selfEverywhere are rights in the user's organization, in all of its projects.
var selfEverywhere = [...]string{
	"account:organization:read",
	"account:project:list",
	"account:project:read",
	"iam:organization:read",
}

// selfOwn are rights on objects of which the user is the owner (Resource.Owner): its own
// record, its keys, its sessions, its second factors. Lists are of the user's own objects.
// A user's key goes by two names: clients ask for api_key, sets tell user_api_key apart.
var selfOwn = [...]string{
	"iam:api_key:create", "iam:api_key:delete", "iam:api_key:get", "iam:api_key:list", "iam:api_key:read", "iam:api_key:write",
	"iam:connection:initiate", "iam:connection:join", "iam:connection:list", "iam:connection:remove",
	"iam:grace_period:list",
	"iam:jwt:create", "iam:jwt:delete", "iam:jwt:list", "iam:jwt:read",
	"iam:mfa_otp:create", "iam:mfa_otp:delete", "iam:mfa_otp:validate",
	"iam:user:delete", "iam:user:get", "iam:user:list", "iam:user:read", "iam:user:update_password",
	"iam:user_api_key:create", "iam:user_api_key:delete", "iam:user_api_key:get",
	"iam:user_api_key:list", "iam:user_api_key:read", "iam:user_api_key:write",
	"iam:webauthn_authenticator:create", "iam:webauthn_authenticator:delete",
	"iam:webauthn_authenticator:list", "iam:webauthn_authenticator:write",
}

// selfLayer is the same as numbers of one catalogue.
type selfLayer struct{ everywhere, own catalog.Bits }

func newSelfLayer(c *catalog.Catalog) selfLayer {
	var s selfLayer
	add := func(to *catalog.Bits, permissions []string) {
		for _, name := range permissions {
			n, ok := c.Number(name)
			if !ok {
				panic(fmt.Sprintf("pdp: the catalogue lacks %s, a right of every user", name))
			}
			to.Add(n)
		}
	}
	add(&s.everywhere, selfEverywhere[:])
	add(&s.own, selfOwn[:])
	return s
}

// grants reports whether the subject has the right by being a user. An object without an
// owner is nobody's own.
func (s *selfLayer) grants(permission catalog.Number, subject, owner iam.Principal) bool {
	return subject.Type == iam.TypeUser &&
		(s.everywhere.Has(permission) || s.own.Has(permission) && owner == subject)
}
