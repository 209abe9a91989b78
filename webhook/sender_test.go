package webhook

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const testSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// The example of the Standard Webhooks specification's own test vectors.
func TestSignature(t *testing.T) {
	got, err := sign(testSecret, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if err != nil || got != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := sign("whsec_c2hvcnQ=", "a", time.Unix(0, 0), nil); err == nil {
		t.Error("a short secret signs")
	}
}

func TestGuard(t *testing.T) {
	open := guard{reserved: reserved()}
	for _, text := range []string{
		"127.0.0.1", "127.255.0.3", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255",
		"192.0.2.1", "198.18.0.1", "240.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1",
		"::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001::1", "2001:db8::1", "fec0::1",
	} {
		if open.admits(netip.MustParseAddr(text)) {
			t.Errorf("%s may be reached", text)
		}
	}
	for _, text := range []string{"1.1.1.1", "212.47.224.1", "2606:4700::1111", "::ffff:1.1.1.1"} {
		if !open.admits(netip.MustParseAddr(text)) {
			t.Errorf("%s may not be reached", text)
		}
	}
	own := guard{allowed: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, reserved: reserved(), onlyAllowed: true}
	for text, want := range map[string]bool{"10.1.2.3": true, "::ffff:10.1.2.3": true, "1.1.1.1": false, "127.0.0.1": false} {
		if own.admits(netip.MustParseAddr(text)) != want {
			t.Errorf("in clear to %s: want %v", text, want)
		}
	}
	for _, address := range []string{"", "localhost:80", "127.0.0.1:80", "nonsense"} {
		if open.control("tcp", address, nil) == nil {
			t.Errorf("a connection to %q is not refused", address)
		}
	}
}

func loopback() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} }

// receiver counts requests and checks their signatures with the specification's words only.
func receiver(t *testing.T, status int, header http.Header) (http.Handler, *atomic.Int64) {
	var calls atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		body, _ := io.ReadAll(r.Body)
		key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(testSecret, "whsec_"))
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(r.Header.Get("webhook-id") + "." + r.Header.Get("webhook-timestamp") + "."))
		mac.Write(body)
		if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); r.Header.Get("webhook-signature") != want {
			t.Errorf("signature %q, want %q", r.Header.Get("webhook-signature"), want)
		}
		for name, values := range header {
			w.Header()[name] = values
		}
		w.WriteHeader(status)
		_, _ = w.Write(bytes.Repeat([]byte("x"), 100_000))
	}), &calls
}

func TestSend(t *testing.T) {
	for what, c := range map[string]struct {
		status int
		header http.Header
		want   string
	}{
		"taken":    {200, nil, ""},
		"accepted": {202, nil, ""},
		"failed":   {500, nil, "webhook: the receiver answers 500"},
		"gone":     {410, nil, "webhook: the receiver is gone"},
		"redirect": {302, http.Header{"Location": {"http://127.0.0.1:1/"}}, "webhook: the receiver answers 302"},
	} {
		handler, calls := receiver(t, c.status, c.header)
		ts := httptest.NewServer(handler)
		err := New(Config{Allow: loopback()}).Send(t.Context(), Message{ID: "m", URL: ts.URL + "/token-in-path", Secret: testSecret, Payload: []byte(`{}`)})
		ts.Close()
		if got := fmt.Sprint(err); got != c.want && (c.want != "" || err != nil) || calls.Load() != 1 {
			t.Errorf("%s: %v after %d calls, want %q", what, err, calls.Load(), c.want)
		}
	}
}

// Nothing reaches a server on this machine unless its network is allowed: by address, by name,
// and over TLS.
func TestSendRefuses(t *testing.T) {
	handler, calls := receiver(t, 200, nil)
	ts, secure := httptest.NewServer(handler), httptest.NewTLSServer(handler)
	defer ts.Close()
	defer secure.Close()
	roots := x509.NewCertPool()
	roots.AddCert(secure.Certificate())
	for _, url := range []string{ts.URL, secure.URL, strings.Replace(ts.URL, "127.0.0.1", "localhost", 1), strings.Replace(secure.URL, "127.0.0.1", "localhost", 1)} {
		err := New(Config{Roots: roots}).Send(t.Context(), Message{ID: "m", URL: url, Secret: testSecret, Payload: []byte(`{}`)})
		if !errors.Is(err, errForbidden) || strings.Contains(err.Error(), url) {
			t.Errorf("%s: %v", url, err)
		}
	}
	if calls.Load() != 0 {
		t.Errorf("%d messages arrived", calls.Load())
	}
	if err := New(Config{Roots: roots, Allow: loopback()}).Send(t.Context(), Message{ID: "m", URL: secure.URL, Secret: testSecret, Payload: []byte(`{}`)}); err != nil {
		t.Errorf("to an allowed network over TLS: %v", err)
	}
	if err := New(Config{Allow: loopback()}).Send(t.Context(), Message{ID: "m", URL: secure.URL, Secret: testSecret, Payload: []byte(`{}`)}); err == nil {
		t.Error("a certificate of nobody is taken")
	}
}
