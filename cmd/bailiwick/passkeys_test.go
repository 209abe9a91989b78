package main

import (
	"bytes"
	"crypto/tls"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
)

// Passkeys are bound to the public address, or to localhost where nobody else can reach the
// server, and are off where browsers would refuse them.
func TestPasskeys(t *testing.T) {
	for _, c := range []struct {
		publicURL, listening string
		certificate          *tls.Certificate
		origin, domain       string
		on                   bool
	}{
		{"https://iam.example.com", "0.0.0.0:443", nil, "https://iam.example.com", "iam.example.com", true},
		{"https://IAM.example.com:8443/base", "127.0.0.1:80", nil, "https://iam.example.com:8443", "iam.example.com", true},
		{"https://iam.example.com:443", "127.0.0.1:80", nil, "https://iam.example.com", "iam.example.com", true},
		{"", "127.0.0.1:80", nil, "http://localhost", "localhost", true},
		{"", "127.0.0.1:8080", nil, "http://localhost:8080", "localhost", true},
		{"", "[::1]:8080", &tls.Certificate{}, "https://localhost:8080", "localhost", true},
		{"http://localhost:8080", "0.0.0.0:8080", nil, "http://localhost:8080", "localhost", true},
		{"http://iam.example.com", "127.0.0.1:80", nil, "http://iam.example.com", "iam.example.com", false},
		{"https://192.0.2.1", "127.0.0.1:80", nil, "https://192.0.2.1", "192.0.2.1", false},
		{"", "0.0.0.0:8080", nil, "", "", false},
		{"", "192.0.2.1:8080", nil, "", "", false},
	} {
		s := settings{publicURL: c.publicURL, certificate: c.certificate}
		address := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(c.listening))
		origin, domain := passkeyOrigin(s, address)
		var out bytes.Buffer
		on := openPasskeys(s, address, slog.New(slog.NewTextHandler(&out, nil))) != nil
		if origin != c.origin || domain != c.domain || on != c.on || strings.Contains(out.String(), "passkeys are off") == on {
			t.Errorf("%q on %s: %q of %q, on %v; log %q", c.publicURL, c.listening, origin, domain, on, out.String())
		}
	}
}
