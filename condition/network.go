package condition

import (
	"errors"
	"net/netip"
)

var (
	errAddress = errors.New("inIpRange: not an IP address")
	errRange   = errors.New(`inIpRange: not an address range such as "10.0.0.0/8"`)
)

// parseAddress reads an address in text form. IPv4-mapped addresses count as IPv4, so that
// one host has one address. A zone names an interface of one machine: refused.
func parseAddress(text string) (netip.Addr, error) {
	address, err := netip.ParseAddr(text)
	if err != nil || address.Zone() != "" {
		return netip.Addr{}, errAddress
	}
	return address.Unmap(), nil
}

// parseRange reads a range in CIDR form; bits after the prefix are ignored. A range of
// IPv4-mapped addresses counts as the IPv4 range that it holds. A mapped address with a
// prefix that reaches beyond the mapped block would mean two things at once: refused.
func parseRange(text string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, errRange
	}
	if address := prefix.Addr(); address.Is4In6() {
		if prefix.Bits() < 96 {
			return netip.Prefix{}, errRange
		}
		prefix = netip.PrefixFrom(address.Unmap(), prefix.Bits()-96)
	}
	return prefix.Masked(), nil
}

func inIPRange(ip, cidr string) (bool, error) {
	prefix, err := parseRange(cidr)
	if err != nil {
		return false, err
	}
	address, err := parseAddress(ip)
	if err != nil {
		return false, err
	}
	return prefix.Contains(address), nil
}
