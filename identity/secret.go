package identity

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"strings"

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

// NewIDs returns n ids like those of [NewID], each as random, which are made together: for the
// many that one request needs it takes a tenth of the time.
func NewIDs(n int) []string {
	const length = 36
	random := make([]byte, 16*n)
	rand.Read(random) // never fails (crypto/rand)
	var all strings.Builder
	all.Grow(length * n)
	for i := range n {
		id := random[16*i : 16*(i+1)]
		id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80 // version and variant (RFC 9562 section 5.4)
		text := [length]byte{8: '-', 13: '-', 18: '-', 23: '-'}
		hex.Encode(text[:8], id[:4])
		hex.Encode(text[9:13], id[4:6])
		hex.Encode(text[14:18], id[6:8])
		hex.Encode(text[19:23], id[8:10])
		hex.Encode(text[24:], id[10:])
		all.Write(text[:])
	}
	ids := make([]string, n)
	for i := range ids {
		ids[i] = all.String()[length*i : length*(i+1)]
	}
	return ids
}

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
