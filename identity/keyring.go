package identity

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"sync"
)

// MasterKeySize is the length of the master key in bytes.
const MasterKeySize = 32

// The purposes of the derived keys. Each is the HKDF info of one key, so that what one
// key protects says nothing about another. They are part of the stored format: a changed
// text makes every stored secret unreadable.
const (
	purposeFingerprint = "bailiwick/v1/fingerprint"
	purposeLookup      = "bailiwick/v1/lookup"
	purposeSeal        = "bailiwick/v1/seal"
	purposeSign        = "bailiwick/v1/sign"
	purposeAudit       = "bailiwick/v1/audit"
)

// sealVersion is the first byte of a sealed value: AES-256-GCM with a random nonce.
const sealVersion = 1

// ErrSealed says that a sealed value was not made by this keyring for this context, or was
// changed since. It does not say which: the caller could learn nothing useful from it and
// an attacker could.
var ErrSealed = errors.New("identity: sealed value does not open")

// Keyring holds the keys of one installation, each derived from the master key by
// HKDF-SHA256 for one purpose. It is safe for concurrent use.
type Keyring struct {
	master      []byte // to be wrapped; see Wrap
	fingerprint string
	lookup      []byte
	lookups     sync.Pool // of hash.Hash under that key
	sign        []byte
	audit       ed25519.PrivateKey
	auditKey    string
	aead        cipher.AEAD
}

// NewKeyring derives the keys from a master key of exactly [MasterKeySize] random bytes.
func NewKeyring(master []byte) (*Keyring, error) {
	if len(master) != MasterKeySize {
		return nil, fmt.Errorf("a master key has %d bytes, this one has %d", MasterKeySize, len(master))
	}
	fingerprint, err := derive(master, purposeFingerprint, 16)
	if err != nil {
		return nil, err
	}
	lookup, err := derive(master, purposeLookup, sha256.Size)
	if err != nil {
		return nil, err
	}
	sign, err := derive(master, purposeSign, sha256.Size)
	if err != nil {
		return nil, err
	}
	audit, err := derive(master, purposeAudit, ed25519.SeedSize)
	if err != nil {
		return nil, err
	}
	seal, err := derive(master, purposeSeal, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(seal)
	if err != nil {
		return nil, fmt.Errorf("identity: cipher: %w", err)
	}
	// Nonces are random: 2^32 sealed values under one key keep the chance of a repeated
	// nonce below 2^-32 (NIST SP 800-38D 8.3), far more API keys than one store holds.
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("identity: cipher: %w", err)
	}
	private := ed25519.NewKeyFromSeed(audit)
	return &Keyring{
		master:      bytes.Clone(master),
		fingerprint: hex.EncodeToString(fingerprint),
		lookup:      lookup,
		lookups:     sync.Pool{New: func() any { return hmac.New(sha256.New, lookup) }},
		sign:        sign,
		audit:       private,
		auditKey:    base64.RawURLEncoding.EncodeToString(private.Public().(ed25519.PublicKey)),
		aead:        aead,
	}, nil
}

// derive makes the key of one purpose. HKDF needs no salt when its input is uniformly
// random (RFC 5869 3.1), which a master key is.
func derive(master []byte, purpose string, length int) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, master, nil, purpose, length)
	if err != nil {
		return nil, fmt.Errorf("identity: derive %s: %w", purpose, err)
	}
	return key, nil
}

// Fingerprint identifies the master key, as 32 hexadecimal digits. The database keeps it,
// so that a node with another key refuses to start instead of writing secrets that the
// other nodes cannot read. It is one more derived key, so it reveals nothing of the others.
func (k *Keyring) Fingerprint() string { return k.fingerprint }

// HashSecret returns the 32-byte look-up hash of a secret key or token (HMAC-SHA256).
//
// It is fast on purpose. A secret of 122 random bits cannot be guessed at any speed, and a
// slow hash on each API call would let anybody exhaust the server with wrong keys. It is
// keyed so that a stolen database alone does not even confirm a secret found elsewhere.
// Looking the hash up by equality in the database does not leak by timing: without the key
// nobody can choose hashes that share a prefix with a stored one.
func (k *Keyring) HashSecret(secret string) []byte {
	mac := k.lookups.Get().(hash.Hash)
	defer k.lookups.Put(mac)
	mac.Reset() // forgets the secret of before, keeps the key
	mac.Write([]byte(secret))
	return mac.Sum(nil)
}

// Seal encrypts a secret for storage: version byte, nonce, AES-256-GCM ciphertext and tag.
//
// The context names the row that holds the value, such as "api_key/SCW...", and is
// authenticated with it. Without it, who can write to the database could copy the sealed
// secret of a key they know into the row of another principal's key and sign as that
// principal.
func (k *Keyring) Seal(plaintext []byte, context string) []byte {
	sealed := make([]byte, 1, 1+len(plaintext)+k.aead.Overhead())
	sealed[0] = sealVersion
	return k.aead.Seal(sealed, nil, plaintext, additionalData(context))
}

// Open decrypts a value that Seal returned for the same context. Every failure is
// [ErrSealed].
func (k *Keyring) Open(sealed []byte, context string) ([]byte, error) {
	if len(sealed) < 1+k.aead.Overhead() || sealed[0] != sealVersion {
		return nil, ErrSealed
	}
	plaintext, err := k.aead.Open(nil, nil, sealed[1:], additionalData(context))
	if err != nil {
		return nil, ErrSealed
	}
	return plaintext, nil
}

// additionalData covers the version byte, too: a later version cannot be passed off as
// this one.
func additionalData(context string) []byte {
	return append([]byte{sealVersion}, context...)
}

// Sign returns the 32-byte HMAC-SHA256 of a message for one purpose, such as a page
// cursor. A signature of one purpose is worth nothing for another.
func (k *Keyring) Sign(purpose string, message []byte) []byte {
	mac := hmac.New(sha256.New, k.sign)
	// The length before the purpose keeps ("ab", "c") and ("a", "bc") apart.
	mac.Write(binary.AppendUvarint(nil, uint64(len(purpose))))
	mac.Write([]byte(purpose))
	mac.Write(message)
	return mac.Sum(nil)
}

// Verify reports, in constant time, whether Sign made the signature for this purpose and
// message.
func (k *Keyring) Verify(purpose string, message, signature []byte) bool {
	return hmac.Equal(k.Sign(purpose, message), signature)
}

// AuditKey returns the public key (Ed25519, RFC 8032) of what SignAudit signs, in base64url
// without padding: an auditor who holds it can verify and cannot sign.
func (k *Keyring) AuditKey() string { return k.auditKey }

// SignAudit returns the Ed25519 signature of a message, in base64url without padding. The key
// is derived from the master key: who can write to the database, and does not hold that key,
// can make no checkpoint of a chain that they made anew.
func (k *Keyring) SignAudit(message []byte) string {
	return base64.RawURLEncoding.EncodeToString(ed25519.Sign(k.audit, message))
}

// Format prints the fingerprint whatever the verb, so that a keyring that slips into a log
// line or a panic does not print its keys.
func (k *Keyring) Format(state fmt.State, _ rune) {
	fingerprint := ""
	if k != nil {
		fingerprint = k.fingerprint
	}
	fmt.Fprintf(state, "keyring(%s)", fingerprint)
}
