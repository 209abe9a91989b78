package server_test

import (
	"net/netip"
	"strings"
	"testing"
)

// An address rule rests on the client's address: it is the connection's unless a trusted
// proxy says otherwise.
func TestClientAddress(t *testing.T) {
	local := netip.MustParsePrefix("127.0.0.0/8")
	inner := netip.MustParsePrefix("10.0.0.0/8")
	for name, c := range map[string]struct {
		trusted []netip.Prefix
		headers []string
		want    string
	}{
		"no proxy":            {nil, []string{"X-Forwarded-For", "203.0.113.9"}, "127.0.0.1"},
		"other headers":       {[]netip.Prefix{local}, []string{"X-Real-IP", "203.0.113.9", "Forwarded", "for=203.0.113.9"}, "127.0.0.1"},
		"proxy":               {[]netip.Prefix{local}, []string{"X-Forwarded-For", "203.0.113.9"}, "203.0.113.9"},
		"spoofed left":        {[]netip.Prefix{local}, []string{"X-Forwarded-For", "192.0.2.1, 203.0.113.9"}, "203.0.113.9"},
		"two proxies":         {[]netip.Prefix{local, inner}, []string{"X-Forwarded-For", "192.0.2.1, 203.0.113.9, 10.0.0.7"}, "203.0.113.9"},
		"two headers":         {[]netip.Prefix{local, inner}, []string{"X-Forwarded-For", "203.0.113.9", "X-Forwarded-For", "10.0.0.7"}, "203.0.113.9"},
		"only proxies":        {[]netip.Prefix{local, inner}, []string{"X-Forwarded-For", "10.0.0.8, 10.0.0.7"}, "10.0.0.8"},
		"not an address":      {[]netip.Prefix{local, inner}, []string{"X-Forwarded-For", "203.0.113.9, unknown, 10.0.0.7"}, "10.0.0.7"},
		"mapped, with zone":   {[]netip.Prefix{local}, []string{"X-Forwarded-For", "::ffff:203.0.113.9"}, "203.0.113.9"},
		"zone":                {[]netip.Prefix{local}, []string{"X-Forwarded-For", "fe80::1%eth0"}, "fe80::1"},
		"empty":               {[]netip.Prefix{local}, []string{"X-Forwarded-For", ""}, "127.0.0.1"},
		"mapped trusted peer": {[]netip.Prefix{local, inner}, []string{"X-Forwarded-For", "203.0.113.9, ::ffff:10.0.0.7"}, "203.0.113.9"},
	} {
		t.Run(name, func(t *testing.T) {
			e := start(t, c.trusted...)
			got := e.send(t, "POST", "/iam/v1alpha1/api-keys", `{"user_id":"`+string(e.First.Owner.ID)+`"}`, append(e.owner(), c.headers...)...)
			if !strings.Contains(got.body, `"creation_ip":"`+c.want+`"`) {
				t.Errorf("%s: %d %s, want %s", c.headers, got.status, got.body, c.want)
			}
		})
	}
}
