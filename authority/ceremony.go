package authority

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"strings"

	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/store"
)

// A ceremony is what the server must remember between the two halves of a registration or a
// login with a passkey. The client keeps it for us, signed and bound to what it is for; the
// database keeps only which challenges have been answered.
//
// The attack is a flood: anybody may begin to log in with a passkey, and if each beginning
// were a row, strangers could fill the disk and hold up every writer, or push the ceremonies
// of others out of a bounded table. So nothing is written before a passkey has signed. The
// signature with the master key makes a ceremony good on every node, and good for nothing but
// what it was begun for; its expiry is in it; and the transaction that accepts the answer
// spends the challenge, so that of two answers at once one is taken.

const (
	ceremonyPurpose = "passkey ceremony"
	// maxCeremony bounds the text of a ceremony: a user's passkeys with the longest ids fit.
	maxCeremony = 64 << 10
)

// What ceremonies are bound to.
const boundToNobody = "login"

func boundToUser(org iam.OrganizationID, user iam.UserID) string {
	return "registration/" + string(org) + "/" + string(user)
}

func boundToLogin(loginID string) string { return "step/" + loginID }

// keepCeremony returns a ceremony for the client to keep.
func (a *Authority) keepCeremony(c identity.Ceremony, bound string) (string, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(text) + "." + base64.RawURLEncoding.EncodeToString(a.keyring.Sign(ceremonyPurpose, ceremonyMessage(text, bound))), nil
}

// ceremony returns the ceremony that a client kept. It is not one for a text that this server
// did not give for just that.
func (a *Authority) ceremony(kept, bound string) (c identity.Ceremony, ok bool) {
	first, second, found := strings.Cut(kept, ".")
	if !found || len(kept) > maxCeremony {
		return c, false
	}
	text, err := decodeKept(first)
	if err != nil {
		return c, false
	}
	signature, err := decodeKept(second)
	if err != nil || !a.keyring.Verify(ceremonyPurpose, ceremonyMessage(text, bound), signature) {
		return c, false
	}
	return c, json.Unmarshal(text, &c) == nil
}

// ceremonyMessage is what the signature covers. The length keeps the two parts apart.
func ceremonyMessage(text []byte, bound string) []byte {
	message := binary.AppendUvarint(nil, uint64(len(bound)))
	return append(append(message, bound...), text...)
}

// spend uses a ceremony up, and reports whether this was the first time.
func spend(tx *store.Tx, c identity.Ceremony) (bool, error) {
	return tx.SpendChallenge(c.Challenge, c.ExpiresAt)
}
