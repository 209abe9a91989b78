package identity

import (
	"bytes"
	"crypto/subtle"
	"errors"
	"fmt"
	"image/png"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
)

// The form of one-time passwords (RFC 6238): what every authenticator app knows, and
// nothing else, since many ignore other values and then show wrong codes.
const (
	totpPeriod = 30 // seconds
	totpSecret = 20 // bytes, the length of an HMAC-SHA1 key (RFC 4226 4, R6)
	totpDigits = otp.DigitsSix
	totpWindow = 1 // steps to each side, for clocks that differ (RFC 6238 5.2)
)

// NewTOTP returns the secret of a new authenticator app, 160 random bits in base32, and the
// otpauth:// URI that a QR code shows. The issuer and the account are what the app displays;
// both are required and hold no colon, which separates them. Store the secret sealed
// ([Keyring.Seal]): unlike a password, it must be readable to check a code.
func NewTOTP(issuer, account string) (secret, uri string, err error) {
	if strings.Contains(issuer+account, ":") {
		return "", "", errors.New("identity: the issuer and the account of a one-time password hold no colon")
	}
	key, err := totp.Generate(totp.GenerateOpts{
		Issuer: issuer, AccountName: account,
		Period: totpPeriod, SecretSize: totpSecret, Digits: totpDigits, Algorithm: otp.AlgorithmSHA1,
	})
	if err != nil {
		return "", "", fmt.Errorf("identity: one-time password: %w", err)
	}
	return key.Secret(), key.URL(), nil
}

// ValidateTOTP reports whether the code, exactly six ASCII digits, is that of the secret at
// a time, one step of 30 seconds early or late at most, and returns its step. The caller
// gives the step of the last accepted code (0: none yet) and stores the returned one in the
// same transaction that accepts the login, only if it is still greater than the stored one.
//
// A code is valid for about 90 seconds, so who watched it being typed could use it again, at
// another node at the same instant, too. The step makes each code good for one login (RFC
// 6238 5.2): neither it nor an older one is accepted again.
func ValidateTOTP(secret, code string, at time.Time, lastStep int64) (step int64, ok bool) {
	if len(code) != totpDigits.Length() || strings.ContainsFunc(code, func(r rune) bool { return r < '0' || r > '9' }) {
		return 0, false
	}
	if at.Unix() < 0 { // division rounds towards zero: step 0 would last twice as long
		return 0, false
	}
	now := at.Unix() / totpPeriod
	// No early exit: the time does not tell which step a wrong code was near to.
	for candidate := now - totpWindow; candidate <= now+totpWindow; candidate++ {
		if candidate <= 0 {
			continue
		}
		want, err := hotp.GenerateCodeCustom(secret, uint64(candidate), hotp.ValidateOpts{Digits: totpDigits, Algorithm: otp.AlgorithmSHA1})
		same := subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1
		if err == nil && same && candidate > lastStep && !ok {
			step, ok = candidate, true
		}
	}
	return step, ok
}

// TOTPImage returns the QR code, a PNG, that adds a secret of [NewTOTP] to an authenticator app.
func TOTPImage(issuer, account, secret string) ([]byte, error) {
	key, err := otp.NewKeyFromURL((&url.URL{
		Scheme: "otpauth", Host: "totp", Path: "/" + issuer + ":" + account,
		RawQuery: url.Values{"secret": {secret}, "issuer": {issuer}}.Encode(),
	}).String())
	if err != nil {
		return nil, fmt.Errorf("identity: one-time password: %w", err)
	}
	image, err := key.Image(256, 256)
	if err != nil {
		return nil, fmt.Errorf("identity: QR code: %w", err)
	}
	var out bytes.Buffer
	err = png.Encode(&out, image)
	return out.Bytes(), err
}
