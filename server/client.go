package server

import (
	"net/http"
	"net/netip"
	"strings"

	"bailiwick/iam"
)

// maxUserAgent bounds the user agent that is kept, in bytes.
const maxUserAgent = 255

// client returns where a request comes from.
func (s *Server) client(r *http.Request, requestID string) iam.Client {
	return iam.Client{
		IP:        clientIP(r, s.trustedProxies),
		UserAgent: clip(r.UserAgent(), maxUserAgent),
		RequestID: requestID,
	}
}

// clientIP returns the address of the client. It is that of the connection, unless the
// connection comes from a trusted proxy: then X-Forwarded-For counts, read from the right,
// up to the first address that is not a trusted proxy. What stands left of that was
// written by the client itself. Conditions on request.ip and the audit trail rest on this
// address: whoever could choose it could pass an address rule from anywhere. Forwarded and
// X-Real-IP are never read.
func clientIP(r *http.Request, trusted []netip.Prefix) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	address := plain(peer.Addr())
	if !contains(trusted, address) {
		return address
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && contains(trusted, address); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break // no proxy of ours wrote this
		}
		address = plain(hop)
	}
	return address
}

// plain returns the one spelling of an address: IPv4 written as IPv6 is IPv4, and a zone,
// which has a meaning on one machine only, is dropped. An address rule must not miss a
// second spelling.
func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

func contains(prefixes []netip.Prefix, a netip.Addr) bool {
	for _, p := range prefixes {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
