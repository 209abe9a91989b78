package identity

import (
	"crypto/rand"
	"encoding/base64"

	"bailiwick/iam"

	"github.com/google/uuid"
)

// accessKeySymbols are the 32 symbols of Crockford's base32: no I, L, O and U, which are
// misread. 32 is a power of two, so five bits of a random byte choose one without bias.
const accessKeySymbols = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// NewAccessKey returns a new access key: "SCW" and 17 random symbols (85 bits). It is not
// a secret.
func NewAccessKey() iam.AccessKey {
	random := make([]byte, 17)
	rand.Read(random) // never fails (crypto/rand)
	for i, b := range random {
		random[i] = accessKeySymbols[b&31]
	}
	return iam.AccessKey("SCW" + string(random))
}

// NewSecretKey returns the secret half of an API key: a random UUID (version 4), 122
// random bits. Clients accept no other form.
func NewSecretKey() string { return uuid.NewString() }

// NewID returns the id of a new object: a random UUID (version 4).
func NewID() string { return uuid.NewString() }

// NewEventID returns the id of a new audit event: a UUID of version 7, which begins with
// the time, so that ids in order of creation sort in that order.
func NewEventID() string { return uuid.Must(uuid.NewV7()).String() }

// NewToken returns a new bearer token, such as the operator's: 256 random bits in
// base64url without padding (43 characters).
func NewToken() string {
	random := make([]byte, 32)
	rand.Read(random) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(random)
}
