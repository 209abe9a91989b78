package bailiwicktest

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strings"
)

// Canaries are secrets by what they are, which a test sends through every flow and which must be
// found nowhere afterwards.
type Canaries map[string]string

// spellings are the texts in which a secret would be found again: in clear, in hex, and in base64 at each
// of the three places at which its first byte can stand.
func spellings(secret string) []string {
	all := []string{secret, hex.EncodeToString([]byte(secret)), strings.ToUpper(hex.EncodeToString([]byte(secret)))}
	for shift := range 3 {
		text := base64.RawStdEncoding.EncodeToString(append(make([]byte, shift), secret...))
		text = text[(shift*8+5)/6 : len(text)-1] // without what depends on the bytes beside it
		all = append(all, text, strings.NewReplacer("+", "-", "/", "_").Replace(text))
	}
	return all
}

// Found returns the names of the secrets that a text holds. A code of six digits would be found in any list of numbers:
// it counts only between marks of a text.
func (c Canaries) Found(text []byte) (names []string) {
	for name, secret := range c {
		if len(secret) < 8 {
			if regexp.MustCompile(`["'= ]` + regexp.QuoteMeta(secret) + `["'& ]`).Match(text) {
				names = append(names, name)
			}
			continue
		}
		for _, spelling := range spellings(secret) {
			if bytes.Contains(text, []byte(spelling)) {
				names = append(names, name)
				break
			}
		}
	}
	return names
}
