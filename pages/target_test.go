package pages

import (
	"net/url"
	"testing"
)

func TestTargets(t *testing.T) {
	for _, good := range []string{
		"http://localhost:1/callback", "http://localhost:65535/callback", "http://127.0.0.1:8080/callback", "http://[::1]:8080/callback",
		"http://localhost:8080/a/b-c_d.e~f/callback", "http://localhost:8080/oauthcallback",
	} {
		if got, ok := parseTarget(good); !ok || got.URL != good || got.with("a+/=") != good+"?token=a%2B%2F%3D" {
			t.Errorf("%q: %+v, %v", good, got, ok)
		}
	}
	for _, bad := range []string{
		"", "localhost:8080/callback", "//localhost:8080/callback", "https://localhost:8080/callback", "HTTP://localhost:8080/callback", "javascript:alert(1)//callback",
		"http://localhost/callback", "http://localhost:/callback", "http://localhost:0/callback", "http://localhost:080/callback", "http://localhost:65536/callback", "http://localhost:99999/callback",
		"http://localhost:8080", "http://localhost:8080/", "http://localhost:8080/callback/", "http://localhost:8080/callback?x=1", "http://localhost:8080/callback#x", "http://localhost:8080/?callback", "http://localhost:8080callback",
		"http://LOCALHOST:8080/callback", "http://Localhost:8080/callback", "http://localhost.:8080/callback", "http://127.0.0.1.:8080/callback", "http://127.1:8080/callback", "http://127.0.0.2:8080/callback",
		"http://2130706433:8080/callback", "http://0x7f.0.0.1:8080/callback", "http://0177.0.0.1:8080/callback", "http://0.0.0.0:8080/callback", "http://[::]:8080/callback", "http://[::ffff:127.0.0.1]:8080/callback", "http://[0:0:0:0:0:0:0:1]:8080/callback", "http://[::1%25lo]:8080/callback", "http://::1:8080/callback",
		"http://evil.example:8080/callback", "http://localhost.evil.example:8080/callback", "http://evil.example/localhost:8080/callback", "http://localhost:8080@evil.example/callback", "http://localhost@evil.example:8080/callback", "http://user:pass@localhost:8080/callback", "http://evil.example#localhost:8080/callback", "http://evil.example?http://localhost:8080/callback",
		`http://localhost:8080\@evil.example/callback`, `http://evil.example\@localhost:8080/callback`, `http:\\localhost:8080\callback`, `http://localhost:8080/\callback`, "http:/localhost:8080/callback", "http:localhost:8080/callback",
		"http://localhost:8080/%2e%2e/callback", "http://localhost%2eevil.example:8080/callback", "http://localhost%00.evil.example:8080/callback", "http://%6c%6f%63alhost:8080/callback", "http://ⓛocalhost:8080/callback", "http://localhost:８080/callback", "http://localhost。evil.example:8080/callback",
		" http://localhost:8080/callback", "http://localhost:8080/callback ", "http://localhost:8080/callback\n", "http://local\thost:8080/callback", "http://localhost:8080/call\nback", "http://localhost:8080/x\r\nSet-Cookie: a=b/callback", "http://localhost:8080/'\"><script>callback",
	} {
		if got, ok := parseTarget(bad); ok {
			t.Errorf("%q is taken: %+v", bad, got)
		}
	}
}

// What is taken means the same to a parser of URLs.
func FuzzTarget(f *testing.F) {
	f.Add("http://localhost:8080/callback")
	f.Add("http://[::1]:8080/a/callback")
	f.Add(`http://localhost:8080\@evil.example/callback`)
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := parseTarget(text)
		if !ok {
			return
		}
		u, err := url.Parse(got.with("x"))
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		switch u.Hostname() {
		case "localhost", "127.0.0.1", "::1":
		default:
			t.Errorf("%q leads to %q", text, u.Hostname())
		}
		if u.Scheme != "http" || u.User != nil || u.Port() == "" || u.Fragment != "" || u.RawQuery != "token=x" {
			t.Errorf("%q: %+v", text, u)
		}
	})
}

func TestOwnPaths(t *testing.T) {
	for _, good := range []string{"/", "/login", "/login?as=owner", "/security", "/console/a/b", "/authenticate?redirectToUrl=http%3A%2F%2Flocalhost%3A8080%2Fcallback"} {
		if got := ownPath(good); got != good {
			t.Errorf("%q: %q", good, got)
		}
	}
	for _, bad := range []string{"", "login", "//evil.example", "///evil.example", `/\evil.example`, `\\evil.example`, "/%2fevil.example", "/%5cevil.example", "https://evil.example", "javascript:alert(1)", "/.evil.example", "/a\\b", "/a b", "/a\nb", "/a#b", " /a", "/a?b#c", "/\t/evil.example", "/@evil.example"} {
		if got := ownPath(bad); got != "" {
			t.Errorf("%q is taken", bad)
		}
	}
}
