package identity

import (
	"crypto/hmac"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// Purpose is what an opaque token is for. A token hashed for one purpose is not found under
// another: who receives an invitation cannot present its token as a session's renew token.
// The texts are part of the stored format.
type Purpose string

// The purposes.
const (
	PurposeLogin      Purpose = "login/v1"      // a login that waits for its next step
	PurposeRenew      Purpose = "renew/v1"      // renews a session
	PurposeReset      Purpose = "reset/v1"      // a link that sets a forgotten password
	PurposeInvitation Purpose = "invitation/v1" // a link that accepts or rejects an invitation
	PurposeSignup     Purpose = "signup/v1"     // a link that proves a new account's address
	PurposeConnection Purpose = "connection/v1" // joins two accounts of one person
	PurposeOIDC       Purpose = "oidc/v1"       // the state of a login at an OpenID provider
)

// How long mailed secrets hold, and how many recovery codes a user gets.
const (
	MagicCodeLifetime = 10 * time.Minute
	RecoveryCodes     = 10
)

const (
	purposeMagicCode    = "magic-code/v1"
	purposeRecoveryCode = "recovery-code/v1"
)

// HashToken returns the 32-byte look-up hash of an opaque token ([NewToken]) for a purpose.
// It is keyed like [Keyring.HashSecret] and as safe to look up by equality.
func (k *Keyring) HashToken(purpose Purpose, token string) []byte {
	return k.Sign("token/"+string(purpose), []byte(token))
}

// NewMagicCode returns a code for a mail: six random digits.
func NewMagicCode() string {
	n, _ := rand.Int(rand.Reader, big.NewInt(1_000_000)) // never fails (crypto/rand)
	return fmt.Sprintf("%06d", n)
}

// HashMagicCode returns the 32-byte hash of a mailed code for one login. Spaces and hyphens
// in the code do not count.
//
// There are only a million codes, so any hash that can be computed is undone in a moment.
// This one needs the master key: a stolen database does not give the codes away. The login's
// id keeps a code from being tried in another login; that it is tried few times is the
// caller's part.
func (k *Keyring) HashMagicCode(loginID, code string) []byte {
	return k.hashCode(purposeMagicCode, loginID, typedDigits.Replace(code))
}

// VerifyMagicCode reports, in constant time, whether the code is the one that was mailed for
// this login.
func (k *Keyring) VerifyMagicCode(loginID, code string, hash []byte) bool {
	return hmac.Equal(k.HashMagicCode(loginID, code), hash)
}

// NewRecoveryCodes returns the codes that a user writes down for the day when the second
// factor is lost: [RecoveryCodes] of them, each four groups of four symbols of Crockford's
// base32 in lower case, 80 random bits. They are shown once and stored by their hash.
func NewRecoveryCodes() []string {
	codes := make([]string, RecoveryCodes)
	for i := range codes {
		random := make([]byte, 16)
		rand.Read(random) // never fails (crypto/rand)
		for j, b := range random {
			random[j] = accessKeySymbols[b&31]
		}
		text := strings.ToLower(string(random))
		codes[i] = text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:]
	}
	return codes
}

// HashRecoveryCode returns the 32-byte hash of a recovery code for one user. Letter case,
// spaces and hyphens do not count, and O, I and L are read as the digits that they resemble.
func (k *Keyring) HashRecoveryCode(userID, code string) []byte {
	return k.hashCode(purposeRecoveryCode, userID, typedSymbols.Replace(strings.ToUpper(code)))
}

// MatchRecoveryCode returns the index of the hash that is the code's, or -1. It compares
// with all of them, each in constant time. The caller deletes the hash in the transaction
// that accepts the login: a code works once.
func (k *Keyring) MatchRecoveryCode(userID, code string, hashes [][]byte) int {
	want, found := k.HashRecoveryCode(userID, code), -1
	for i, hash := range hashes {
		if hmac.Equal(want, hash) {
			found = i
		}
	}
	return found
}

// hashCode binds a short code to its owner. The length before the owner keeps ("ab", "c")
// and ("a", "bc") apart.
func (k *Keyring) hashCode(purpose, owner, code string) []byte {
	message := binary.AppendUvarint(nil, uint64(len(owner)))
	message = append(message, owner...)
	return k.Sign(purpose, append(message, code...))
}

// What people put between groups of symbols, and what they misread.
var (
	typedDigits  = strings.NewReplacer(" ", "", "-", "", "\t", "", "\u00a0", "")
	typedSymbols = strings.NewReplacer(" ", "", "-", "", "\t", "", "\u00a0", "", "O", "0", "I", "1", "L", "1")
)
