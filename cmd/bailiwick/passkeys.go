package main

import (
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"bailiwick/identity"
)

// openPasskeys returns the ceremonies of passkeys at the server's public address, or nil where
// browsers run none: they need a domain, and https unless it is localhost. Whoever tries a
// server on its own machine needs no address: what listens on loopback is localhost.
func openPasskeys(s settings, listening net.Addr, log *slog.Logger) *identity.Passkeys {
	origin, domain := passkeyOrigin(s, listening)
	if origin == "" {
		log.Info("passkeys are off: they need --public-url")
		return nil
	}
	passkeys, err := identity.NewPasskeys(identity.PasskeyConfig{ID: domain, Name: "Bailiwick", Origins: []string{origin}})
	if err != nil {
		log.Warn("passkeys are off", "error", err)
		return nil
	}
	return passkeys
}

// passkeyOrigin returns the origin of the pages that may use passkeys, and its domain; empty:
// it is not known.
func passkeyOrigin(s settings, listening net.Addr) (origin, domain string) {
	if s.publicURL != "" {
		u, err := url.Parse(s.publicURL)
		if err != nil {
			return "", ""
		}
		return originOf(u.Scheme, strings.ToLower(u.Host)), strings.ToLower(u.Hostname())
	}
	address, err := netip.ParseAddrPort(listening.String())
	if err != nil || !address.Addr().IsLoopback() {
		return "", ""
	}
	scheme := "http"
	if s.certificate != nil {
		scheme = "https"
	}
	_, port, _ := net.SplitHostPort(listening.String())
	return originOf(scheme, "localhost:"+port), "localhost"
}

// originOf writes an origin as browsers do, without the port that its scheme stands for.
func originOf(scheme, host string) string {
	return scheme + "://" + strings.TrimSuffix(host, map[string]string{"http": ":80", "https": ":443"}[scheme])
}
