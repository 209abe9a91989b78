package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"

	"bailiwick/authority"
	"bailiwick/iam"
	"bailiwick/identity"
)

// tokenCount is more than the authority remembers, so that round and round each token is new to it.
const tokenCount = 21_000

// tokens measures what a session token costs, seen for the first time and again.
func (in *installation) tokens(ctx context.Context, o options, s *section) (err error) {
	side, err := in.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, side.store.Close()) }()
	call := side.call("CreateJWT", "iam:jwt:create", iam.ResourceUser)
	opened, err := side.authority.CreateSession(ctx, call, iam.UserID(side.caller.Principal.ID), "http://localhost")
	if err != nil {
		return err
	}
	tokens, err := in.sign(ctx, side, opened)
	if err != nil {
		return err
	}
	jwks, err := side.authority.JWKS(ctx)
	if err != nil {
		return err
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(jwks, &set); err != nil {
		return err
	}
	var fault error
	authenticate := func(token string) {
		got, err := side.authority.Authenticate(ctx, authority.Credential{Kind: authority.SessionToken, Value: token})
		if err == nil && got.Session != opened.Session.ID {
			err = fmt.Errorf("the token is of session %s", got.Session)
		}
		fault = errors.Join(fault, err)
	}
	over := func(do func(token string)) action {
		return func(from, n int) {
			for i := from; i < from+n; i++ {
				do(tokens[i%len(tokens)])
			}
		}
	}
	costs := contest(o.turn, o.rounds, over(authenticate), over(func(token string) { fault = errors.Join(fault, bareVerify(set, token)) }),
		func(_, n int) {
			for range n {
				authenticate(opened.Token)
			}
		})
	if fault != nil {
		return fault
	}
	first, bare, again := costs[0], costs[1], costs[2]
	s.table = append(s.table,
		[]string{"a token, verified for the first time, and its session", duration(first.wall), "go-jose alone", duration(bare.wall), percent(bare.wall/first.wall) + " of its rate"},
		[]string{"its processor time", duration(first.cpu), "go-jose alone", duration(bare.cpu), percent(bare.cpu/first.cpu) + " of its rate"},
		[]string{"a token again, and its session", duration(again.wall), "go-jose alone", duration(bare.wall), percent(bare.wall/again.wall) + " of its rate"})
	s.goals = append(s.goals,
		goal{"a session token seen for the first time: at least 80% of the library's bare rate", percent(bare.wall / first.wall), first.wall*0.8 <= bare.wall},
		goal{"a session token seen again: at least 80% of the library's bare rate", percent(bare.wall / again.wall), again.wall*0.8 <= bare.wall})
	return nil
}

// sign makes many tokens of one session. ECDSA signs the same claims differently each time.
func (in *installation) sign(ctx context.Context, side *inside, opened authority.OpenedSession) ([]string, error) {
	stored, err := side.store.Read(ctx).SigningKeys()
	if err != nil {
		return nil, err
	}
	keyring, err := in.keyring()
	if err != nil {
		return nil, err
	}
	key, err := identity.OpenSigningKey(keyring, stored[0].ID, stored[0].Sealed)
	if err != nil {
		return nil, err
	}
	set, err := identity.NewKeySet("bailiwick", "bailiwick", key)
	if err != nil {
		return nil, err
	}
	list := make([]string, tokenCount)
	for i := range list {
		if list[i], err = set.Sign(identity.SessionClaims{
			ID: string(opened.Session.ID), UserID: opened.Session.UserID, OrganizationID: opened.Session.OrganizationID,
			IssuedAt: opened.Session.UpdatedAt.Truncate(time.Second), ExpiresAt: opened.Session.ExpiresAt.Truncate(time.Second),
		}); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// bareVerify is what a service does with go-jose: the signature, and the claims as a struct.
func bareVerify(set jose.JSONWebKeySet, token string) error {
	object, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return err
	}
	payload, err := object.Verify(set)
	if err != nil {
		return err
	}
	var claims struct {
		Issuer    string `json:"iss"`
		Audience  string `json:"aud"`
		Subject   string `json:"sub"`
		ID        string `json:"jti"`
		ExpiresAt int64  `json:"exp"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return err
	}
	if claims.Issuer != "bailiwick" || claims.Audience != "bailiwick" || time.Now().Unix() >= claims.ExpiresAt {
		return errors.New("the claims are not those of a session")
	}
	return nil
}
