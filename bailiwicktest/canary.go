package bailiwicktest

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"slices"
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

// Found returns the names of the secrets that a text holds. A code of six digits would be found in
// any list of numbers: it counts only between marks of a text.
func (c Canaries) Found(text []byte) (names []string) {
	for name, secret := range c {
		holds := false
		if len(secret) < 8 {
			holds = holdsMarked(text, secret)
		} else {
			holds = slices.ContainsFunc(spellings(secret), func(s string) bool { return bytes.Contains(text, []byte(s)) })
		}
		if holds {
			names = append(names, name)
		}
	}
	return names
}

// holdsMarked reports whether a text has a word between two marks.
func holdsMarked(text []byte, word string) bool {
	const marks = "\"'=& \n"
	for {
		i := bytes.Index(text, []byte(word))
		if i < 0 {
			return false
		}
		end := i + len(word)
		if i > 0 && end < len(text) && strings.IndexByte(marks, text[i-1]) >= 0 && strings.IndexByte(marks, text[end]) >= 0 {
			return true
		}
		text = text[i+1:]
	}
}
