package compat

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	iam "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
)

// authenticator is one passkey of a browser at the server's own page, written from WebAuthn
// Level 3 without the server's library.
type authenticator struct {
	t      *testing.T
	origin string
	id     []byte
	key    *ecdsa.PrivateKey
	user   string
}

func newAuthenticator(t *testing.T, s *server, user string) *authenticator {
	_, port, _ := strings.Cut(strings.TrimPrefix(s.url, "http://"), ":")
	return &authenticator{t, "http://localhost:" + port, []byte("compat-" + user), must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t), user}
}

func (a *authenticator) clientData(kind string, challenge []byte) []byte {
	return fmt.Appendf(nil, `{"type":%q,"challenge":%q,"origin":%q,"crossOrigin":false}`, kind, base64.RawURLEncoding.EncodeToString(challenge), a.origin)
}

// data is the authenticator data (6.1): present and verified, no counter.
func (a *authenticator) data(more byte) []byte {
	domain := sha256.Sum256([]byte("localhost"))
	return append(domain[:], 0x05|more, 0, 0, 0, 0)
}

// attestation is the answer to a registration: {"fmt":"none","attStmt":{},"authData":...} in CBOR.
func (a *authenticator) attestation() []byte {
	point := must(a.key.PublicKey.Bytes())(a.t) // 4, x, y
	data := append(a.data(0x40), make([]byte, 16)...)
	data = append(data, byte(len(a.id)>>8), byte(len(a.id)))
	data = append(data, a.id...)
	data = append(data, "\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20"...) // COSE: EC2, ES256, P-256
	data = append(append(data, point[1:33]...), "\x22\x58\x20"...)
	data = append(data, point[33:]...)
	object := append([]byte("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59"), byte(len(data)>>8), byte(len(data)))
	return append(object, data...)
}

// assertion is the answer to a login, as PublicKeyCredential.toJSON writes it.
func (a *authenticator) assertion(challenge []byte) json.RawMessage {
	clientData, data := a.clientData("webauthn.get", challenge), a.data(0)
	hash := sha256.Sum256(clientData)
	digest := sha256.Sum256(append(data, hash[:]...))
	text := base64.RawURLEncoding.EncodeToString
	return must(json.Marshal(map[string]any{
		"id": text(a.id), "rawId": text(a.id), "type": "public-key", "clientExtensionResults": map[string]any{},
		"response": map[string]string{
			"clientDataJSON": text(clientData), "authenticatorData": text(data), "userHandle": text([]byte(a.user)),
			"signature": text(must(ecdsa.SignASN1(rand.Reader, a.key, digest[:]))(a.t)),
		},
	}))(a.t)
}

// A user registers a passkey with the SDK, logs in with it, names it and removes it.
func TestPasskeys(t *testing.T) {
	me := newOwner(t)
	device := newAuthenticator(t, me.server, me.id)
	begun := must(me.iam.StartUserWebAuthnRegistration(&iam.StartUserWebAuthnRegistrationRequest{UserID: me.id, Origin: device.origin}))(t)
	equal(t, "algorithms", begun.PublicKeyAlgorithms, []int32{-8, -7, -257})
	made := must(me.iam.FinishUserWebAuthnRegistration(&iam.FinishUserWebAuthnRegistrationRequest{
		UserID: me.id, CeremonyID: begun.CeremonyID, AuthenticatorName: "compat", Origin: device.origin, RawID: device.id,
		ClientDataJSON: device.clientData("webauthn.create", begun.Challenge), AttestationObject: device.attestation(), PublicKeyAlgorithm: -7,
	}))(t)
	equal(t, "MFA", must(me.iam.GetUser(&iam.GetUserRequest{UserID: me.id}))(t).Mfa, true)

	anybody := caller{t, me.server.url, http.Header{}}
	var question struct {
		CeremonyID string `json:"ceremony_id"`
		Options    struct {
			Challenge        string
			UserVerification string
			AllowCredentials []any
		}
	}
	started := anybody.call(http.MethodPost, "/bailiwick/v1/login/passkey/start", map[string]any{})
	started.wantStatus(http.StatusOK)
	started.decode(&question)
	equal(t, "question", []any{question.Options.UserVerification, len(question.Options.AllowCredentials)}, []any{"required", 0})
	challenge := must(base64.RawURLEncoding.DecodeString(question.Options.Challenge))(t)
	answer := map[string]any{"ceremony_id": question.CeremonyID, "credential": device.assertion(challenge)}
	entered := anybody.call(http.MethodPost, "/bailiwick/v1/login/passkey", answer)
	entered.wantStatus(http.StatusOK)
	caller{t, me.server.url, http.Header{"X-Session-Token": {entered.object().text(t, "token")}}}.get("/iam/v1alpha1/users/" + me.id)
	anybody.call(http.MethodPost, "/bailiwick/v1/login/passkey", answer).wantStatus(http.StatusUnauthorized)

	renamed := must(me.iam.UpdateWebAuthnAuthenticator(&iam.UpdateWebAuthnAuthenticatorRequest{AuthenticatorID: made.AuthenticatorID, AuthenticatorName: new("blue")}))(t)
	listed := must(me.iam.ListUserWebAuthnAuthenticators(&iam.ListUserWebAuthnAuthenticatorsRequest{UserID: me.id}))(t)
	equal(t, "listed", listed.Authenticators, []*iam.WebAuthnAuthenticator{renamed})
	if listed.TotalCount != 1 || renamed.Name != "blue" || renamed.LastLoginAt == nil {
		t.Errorf("listed %d, renamed %+v", listed.TotalCount, renamed)
	}
	check(t, me.iam.DeleteWebAuthnAuthenticator(&iam.DeleteWebAuthnAuthenticatorRequest{AuthenticatorID: made.AuthenticatorID}))
	equal(t, "MFA", must(me.iam.GetUser(&iam.GetUserRequest{UserID: me.id}))(t).Mfa, false)
}
