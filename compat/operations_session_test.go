package compat

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/http"
	"testing"
	"time"

	trail "github.com/scaleway/scaleway-sdk-go/api/audit_trail/v1alpha1"
	iam "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
	"github.com/scaleway/scaleway-sdk-go/scw"
)

// oneTimePassword computes a one-time password (RFC 6238) without the server's library.
func oneTimePassword(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	key := must(base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret))(t)
	mac := hmac.New(sha1.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(at.Unix()/30)))
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[offset:])&0x7fffffff%1_000_000)
}

// The owner makes a session of its key, acts with it, and ends it.
func TestSessions(t *testing.T) {
	me := newOwnerAt(t, "sessions@example.com")
	opened := must(me.iam.CreateJWT(&iam.CreateJWTRequest{UserID: me.id, Referrer: "compat"}))(t)
	with := newActor(t, me.server, me.organization, me.id, me.accessKey, me.secretKey, scw.WithJWT(opened.Token)).iam
	listed := must(with.ListJWTs(&iam.ListJWTsRequest{AudienceID: me.id, Expired: scw.BoolPtr(false)}))(t)
	equal(t, "sessions", listed.TotalCount, uint64(1))
	got := must(with.GetJWT(&iam.GetJWTRequest{Jti: opened.Jwt.Jti}))(t)
	equal(t, "session", []any{got.Jti, got.AudienceID, got.IssuerID}, []any{opened.Jwt.Jti, me.id, me.id})

	secret := must(with.CreateUserMFAOTP(&iam.CreateUserMFAOTPRequest{UserID: me.id}))(t).Secret
	codes := must(with.ValidateUserMFAOTP(&iam.ValidateUserMFAOTPRequest{UserID: me.id, OneTimePassword: oneTimePassword(t, secret, time.Now())}))(t)
	if len(codes.RecoveryCodes) == 0 {
		t.Error("no recovery codes")
	}
	equal(t, "MFA", must(with.GetUser(&iam.GetUserRequest{UserID: me.id}))(t).Mfa, true)
	check(t, with.DeleteUserMFAOTP(&iam.DeleteUserMFAOTPRequest{UserID: me.id}))
	equal(t, "grace periods", len(must(with.ListGracePeriods(&iam.ListGracePeriodsRequest{UserID: &me.id}))(t).GracePeriods), 0)

	check(t, with.DeleteJWT(&iam.DeleteJWTRequest{Jti: opened.Jwt.Jti}))
	denied := refusal[*scw.DeniedAuthenticationError](t, func() error { _, err := with.ListJWTs(&iam.ListJWTsRequest{}); return err }())
	equal(t, "method", denied.Method, "jwt")

	me.raw().call(http.MethodPost, "/bailiwick/v1/login/password", map[string]any{"organization": me.organization, "email": "sessions@example.com", "password": "wrong"}).wantStatus(http.StatusUnauthorized)
	attempts := must(me.trail.ListAuthenticationEvents(&trail.ListAuthenticationEventsRequest{}))(t)
	equal(t, "attempts", len(attempts.Events), 1)
	equal(t, "attempt", []any{attempts.Events[0].Result, attempts.Events[0].Resources[0].ID}, []any{trail.AuthenticationEventResultFailure, me.id})
}
