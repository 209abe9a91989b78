package authority

import (
	"encoding/base64"
	"errors"
	"strings"
)

// decodeKept decodes what a client kept for us, in base64url without padding, and takes only
// the one text that encoding gives. Go's decoder overlooks line breaks and the spare bits of the last
// character, so that one signed text would have many spellings, and a list or a log that knows one of
// them would not know the others.
func decodeKept(text string) ([]byte, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err == nil && strings.ContainsAny(text, "\r\n") {
		err = errors.New("authority: base64 with line breaks")
	}
	return raw, err
}
