package server

import (
	"context"
	"net/http"
	"strings"

	"bailiwick/authority"
	"bailiwick/iam"
)

// The headers that carry a credential, in the form in which net/http keeps them.
const (
	headerSecretKey = "X-Auth-Token"
	headerSession   = "X-Session-Token"
	headerOperator  = "Authorization"
)

// maxCredential bounds a credential, in bytes; the longest is a session token.
const maxCredential = 8 << 10

// methodAPIKey is how the API names a credential in an error, also when there is none.
const methodAPIKey = "api_key"

// credential reads the one credential of a request. Two kinds at once, and one header
// twice, are refused: a proxy in front, a log and this server could otherwise each take
// another one for the caller.
func credential(h http.Header) (authority.Credential, error) {
	var c authority.Credential
	found := 0
	for _, kind := range [...]struct {
		header string
		kind   authority.CredentialKind
	}{
		{headerSecretKey, authority.SecretKey},
		{headerSession, authority.SessionToken},
		{headerOperator, authority.OperatorToken},
	} {
		for _, value := range h[kind.header] {
			c = authority.Credential{Kind: kind.kind, Value: value}
			found++
		}
	}
	ok := found == 1
	if c.Kind == authority.OperatorToken {
		var isBearer bool
		c.Value, isBearer = bearer(c.Value)
		ok = ok && isBearer
	}
	if !ok || c.Value == "" || len(c.Value) > maxCredential {
		return authority.Credential{}, iam.AuthenticationDenied(methodAPIKey, iam.AuthInvalidArgument)
	}
	return c, nil
}

// bearer returns the token of an Authorization header (RFC 6750 section 2.1; the scheme is
// written in either case).
func bearer(header string) (string, bool) {
	scheme, token, found := strings.Cut(header, " ")
	return token, found && strings.EqualFold(scheme, "Bearer")
}

// authenticate returns the caller of a request. A caller whose credential is good but of a
// class that the operation does not take is refused like one without the permission, and
// returned with the error, so that the refusal can be recorded.
func (s *Server) authenticate(ctx context.Context, access access, h http.Header) (iam.Caller, error) {
	if access == accessAnonymous {
		return iam.Caller{}, nil
	}
	c, err := credential(h)
	if err != nil {
		return iam.Caller{}, err
	}
	caller, err := s.authority.Authenticate(ctx, c)
	if err != nil {
		return iam.Caller{}, err
	}
	if !access.admits(caller) {
		return caller, iam.Denied()
	}
	return caller, nil
}
