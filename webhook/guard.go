package webhook

import (
	"fmt"
	"net/netip"
	"slices"
	"syscall"
)

// reserved are networks that no message may go to beside those that netip can name: they reach
// this machine or its neighbours in disguise, or nobody at all (IANA special-purpose registries).
func reserved() []netip.Prefix {
	var all []netip.Prefix
	for _, text := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10",
	} {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// guard decides which addresses may be connected to.
//
// The attack is server-side request forgery: a tenant gives a URL that leads to what only this
// server can reach, such as the cloud's metadata service (169.254.169.254), a database on the
// loopback interface, or a neighbour on the private network, and reads the answer in a delivery
// report or has its effect. Looking at the URL is not enough. A public name can have a private
// address, and can have another one a moment later (DNS rebinding), so that a name that was
// looked up and found harmless leads elsewhere when it is connected to. So the guard runs where
// there is nothing left to be resolved: on the address of each connection, after the look-up
// and before the first packet. Redirects are not followed, and no proxy is used, since it would
// connect in our place.
type guard struct {
	allowed  []netip.Prefix // by the operator
	reserved []netip.Prefix
	// onlyAllowed is for messages in clear, which are for the operator's own networks.
	onlyAllowed bool
}

// control is the hook of a net.Dialer between look-up and connection.
func (g guard) control(_, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("webhook: the address %q cannot be judged", address)
	}
	if !g.admits(target.Addr()) {
		return errForbidden
	}
	return nil
}

// admits judges an address in its one form: an IPv4 address must not pass in the clothes of
// IPv6 (::ffff:127.0.0.1).
func (g guard) admits(address netip.Addr) bool {
	address = address.Unmap().WithZone("")
	in := func(p netip.Prefix) bool { return p.Contains(address) }
	if slices.ContainsFunc(g.allowed, in) {
		return true
	}
	return !g.onlyAllowed && address.IsGlobalUnicast() && !address.IsPrivate() && !address.IsLoopback() && !address.IsLinkLocalUnicast() &&
		!slices.ContainsFunc(g.reserved, in)
}
