package identity

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"sync"

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
	random := make([]byte, 16*n)
	rand.Read(random) // never fails (crypto/rand)
	var all strings.Builder
	all.Grow(idLength * n)
	for i := range n {
		text := idText(random[16*i : 16*(i+1)])
		all.Write(text[:])
	}
	ids := make([]string, n)
	for i := range ids {
		ids[i] = all.String()[idLength*i : idLength*(i+1)]
	}
	return ids
}

// idLength is the length of an id as a text.
const idLength = 36

// idText makes an id of sixteen random bytes.
func idText(random []byte) [idLength]byte {
	random[6], random[8] = random[6]&0x0f|0x40, random[8]&0x3f|0x80 // version and variant (RFC 9562 section 5.4)
	text := [idLength]byte{8: '-', 13: '-', 18: '-', 23: '-'}
	hex.Encode(text[:8], random[:4])
	hex.Encode(text[9:13], random[4:6])
	hex.Encode(text[14:18], random[6:8])
	hex.Encode(text[19:23], random[8:10])
	hex.Encode(text[24:], random[10:])
	return text
}

// IDs makes ids like those of [NewID], each as random, for what comes by the thousand a second: it
// asks for the randomness of many at once. The zero value is ready, and safe for concurrent use.
//
// The randomness of ids to come waits in memory meanwhile. Who could read it could read every key
// there, too; but no secret is made so.
type IDs struct{ stocks sync.Pool }

// idStock is the randomness of ids to come.
type idStock struct {
	random [16 * 64]byte
	left   []byte
}

// New returns an id.
func (s *IDs) New() string {
	stock, ok := s.stocks.Get().(*idStock)
	if !ok {
		stock = &idStock{}
	}
	if len(stock.left) == 0 {
		rand.Read(stock.random[:]) // never fails (crypto/rand)
		stock.left = stock.random[:]
	}
	text := idText(stock.left[:16])
	stock.left = stock.left[16:]
	s.stocks.Put(stock)
	return string(text[:])
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
