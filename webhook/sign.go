package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
)

// secretPrefix begins a secret in its text form.
const secretPrefix = "whsec_"

// sign returns the value of the header webhook-signature: version 1, HMAC-SHA256 over id, time
// and body (Standard Webhooks, section "Signature scheme"). The time is signed, so that a
// message that was recorded on its way is too old when it is played again.
func sign(secret, id string, at time.Time, body []byte) (string, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, secretPrefix))
	if err != nil || len(key) < 24 {
		return "", errors.New("webhook: the secret is malformed") // never quoted
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%d.", id, at.Unix())
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}
