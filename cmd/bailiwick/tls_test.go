package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// selfSigned writes a certificate for 127.0.0.1 and its key into dir, and returns a pool
// that trusts it.
func selfSigned(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: keyDER},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(certificate)
	return pool
}

func TestServeTLS(t *testing.T) {
	dir := t.TempDir()
	pool := selfSigned(t, dir)
	p := start(t, dir, "--tls-cert", "cert.pem", "--tls-key", "key.pem")
	if url := credentials(t, filepath.Join(dir, "data"))["SCW_API_URL"]; url != p.url || !strings.HasPrefix(url, "https://127.0.0.1:") {
		t.Errorf("SCW_API_URL is %s, the server listens on %s", url, p.url)
	}
	get := func(url string, config *tls.Config) (int, string, error) {
		client := http.Client{Transport: &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}}
		defer client.CloseIdleConnections()
		response, err := client.Get(url)
		if err != nil {
			return 0, "", err
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		return response.StatusCode, string(body), err
	}
	if status, body, err := get(p.url+"/readyz", &tls.Config{RootCAs: pool}); status != 200 || err != nil {
		t.Errorf("HTTPS: %d %s %v", status, body, err)
	}
	if status, _, err := get(p.url+"/readyz", &tls.Config{RootCAs: pool, MaxVersion: tls.VersionTLS11}); err == nil {
		t.Errorf("TLS 1.1 is accepted: %d", status)
	}
	if status, body, err := get(strings.Replace(p.url, "https", "http", 1)+"/readyz", nil); err == nil && status != 400 {
		t.Errorf("plain HTTP is answered: %d %s", status, body)
	}
}
