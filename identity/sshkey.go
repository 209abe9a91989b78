package identity

import (
	"bytes"
	"crypto/dsa"
	"crypto/ecdsa"
	"crypto/md5"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"bailiwick/iam"

	"golang.org/x/crypto/ssh"
)

// minRSABits is the smallest RSA key that OpenSSH itself accepts. The largest, 16384, is
// refused by the parser.
const minRSABits = 1024

// SSHKey is a parsed SSH public key.
type SSHKey struct {
	Type        string // such as "ssh-ed25519"
	PublicKey   string // type and base64, without comment
	Fingerprint string // bits, MD5 and type: "256 MD5:6b:cd:... (ssh-ed25519)"
	Bits        int
}

// ParseSSHKey reads one public key in the form of an authorized_keys line: type, base64 and
// an optional comment, which is dropped. It accepts ssh-rsa, ssh-dss, ssh-ed25519 and
// ecdsa-sha2-nistp256, -384 and -521. The error is an *iam.Error on public_key.
//
// Products write the stored text into authorized_keys files. A text that carries options
// (command="..." before the type) or a second line would run commands or admit a second key
// on every machine of the project, and a certificate would admit whatever its authority
// signs; all are refused. What is stored is encoded anew from the parsed key, never the
// caller's bytes.
func ParseSSHKey(text string) (SSHKey, error) {
	if utf8.RuneCountInString(text) > iam.MaxPublicKey {
		return SSHKey{}, badKey(iam.ReasonConstraint, fmt.Sprintf("value length must be at most %d runes", iam.MaxPublicKey))
	}
	text = strings.Trim(text, " \t\r\n")
	if text == "" {
		return SSHKey{}, badKey(iam.ReasonRequired, "value is required")
	}
	if strings.ContainsFunc(text, func(r rune) bool { return (r < ' ' && r != '\t') || r == 0x7f }) {
		return SSHKey{}, badKey(iam.ReasonFormat, "value must be one line without control characters")
	}
	fields := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\t' })
	if !acceptedKeyType(fields[0]) {
		return SSHKey{}, badKey(iam.ReasonFormat,
			"value must begin with one of ssh-rsa, ssh-dss, ssh-ed25519, ecdsa-sha2-nistp256, ecdsa-sha2-nistp384, ecdsa-sha2-nistp521")
	}
	if len(fields) < 2 {
		return SSHKey{}, badKey(iam.ReasonFormat, "value must hold a key type and a base64 key")
	}
	return parseKeyBlob(fields[0], fields[1])
}

// acceptedKeyType compares the whole first field, so that options and certificates never
// reach the parser.
func acceptedKeyType(name string) bool {
	switch name {
	case ssh.KeyAlgoRSA, ssh.InsecureKeyAlgoDSA, ssh.KeyAlgoED25519,
		ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521:
		return true
	}
	return false
}

func parseKeyBlob(keyType, encoded string) (SSHKey, error) {
	blob, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return SSHKey{}, badKey(iam.ReasonFormat, "value must hold the key in base64")
	}
	key, err := ssh.ParsePublicKey(blob)
	if err != nil || key.Type() != keyType || !bytes.Equal(key.Marshal(), blob) {
		return SSHKey{}, badKey(iam.ReasonFormat, "value is not a valid "+keyType+" public key")
	}
	bits, ok := keyBits(key)
	if !ok {
		return SSHKey{}, badKey(iam.ReasonFormat, "value is not a valid "+keyType+" public key")
	}
	if keyType == ssh.KeyAlgoRSA && bits < minRSABits {
		return SSHKey{}, badKey(iam.ReasonConstraint, fmt.Sprintf("an RSA key must have at least %d bits", minRSABits))
	}
	return SSHKey{
		Type:        keyType,
		PublicKey:   keyType + " " + base64.StdEncoding.EncodeToString(blob),
		Fingerprint: fmt.Sprintf("%d MD5:%s (%s)", bits, colonHex(md5.Sum(blob)), keyType),
		Bits:        bits,
	}, nil
}

// keyBits returns the size by which ssh-keygen names a key.
func keyBits(key ssh.PublicKey) (int, bool) {
	if key.Type() == ssh.KeyAlgoED25519 {
		return 256, true
	}
	holder, ok := key.(ssh.CryptoPublicKey)
	if !ok {
		return 0, false
	}
	switch public := holder.CryptoPublicKey().(type) {
	case *rsa.PublicKey:
		return public.N.BitLen(), true
	case *dsa.PublicKey:
		return public.P.BitLen(), true
	case *ecdsa.PublicKey:
		return public.Params().BitSize, true
	}
	return 0, false
}

// colonHex prints an MD5 sum as Scaleway's API does. MD5 names the key here, it does not
// secure anything.
func colonHex(sum [md5.Size]byte) string {
	pairs := make([]string, len(sum))
	for i, b := range sum {
		pairs[i] = fmt.Sprintf("%02x", b)
	}
	return strings.Join(pairs, ":")
}

func badKey(reason, help string) error { return iam.Invalid("public_key", reason, help) }
