package client

import (
	"net/http"
	"net/netip"
	"strings"
)

// clientAddress returns the address of the client, invalid if it is not known. It is that of
// the connection, unless the connection comes from a trusted proxy: then X-Forwarded-For
// counts, read from the right, up to the first address that is not a trusted proxy. What
// stands left of that was written by the client itself: whoever could choose this address
// could pass a condition on request.ip from anywhere. Forwarded and X-Real-IP are never read.
func clientAddress(r *http.Request, trusted []netip.Prefix) netip.Addr {
	address := peer(r)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && within(trusted, address); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break // no proxy of ours wrote this
		}
		address = plain(hop)
	}
	return address
}

// peer returns the address of the other end of the connection, invalid if it has none.
func peer(r *http.Request) netip.Addr {
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return plain(remote.Addr())
}

// plain returns the one spelling of an address: IPv4 written as IPv6 is IPv4, and a zone,
// which has a meaning on one machine only, is dropped.
func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

func within(networks []netip.Prefix, a netip.Addr) bool {
	for _, n := range networks {
		if n.Contains(a) {
			return true
		}
	}
	return false
}
