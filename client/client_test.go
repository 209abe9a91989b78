package client_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"bailiwick/client"
)

func TestNew(t *testing.T) {
	for name, c := range map[string]struct {
		config client.Config
		want   string // part of the error; empty: none
	}{
		"https":              {client.Config{URL: "https://iam.example.com", SecretKey: key}, ""},
		"path":               {client.Config{URL: "https://example.com/iam/", OperatorToken: key}, ""},
		"loopback":           {client.Config{URL: "http://127.0.0.1:8080", SecretKey: key}, ""},
		"loopback 6":         {client.Config{URL: "http://[::1]:8080", SecretKey: key}, ""},
		"localhost":          {client.Config{URL: "http://localhost:8080", SecretKey: key}, ""},
		"plain, allowed":     {client.Config{URL: "http://bailiwick:8080", SecretKey: key, AllowPlainHTTP: true}, ""},
		"plain":              {client.Config{URL: "http://bailiwick:8080", SecretKey: key}, "AllowPlainHTTP"},
		"like loopback":      {client.Config{URL: "http://127.0.0.1.example.com", SecretKey: key}, "AllowPlainHTTP"},
		"like localhost":     {client.Config{URL: "http://localhost.example.com", SecretKey: key}, "AllowPlainHTTP"},
		"no URL":             {client.Config{SecretKey: key}, "name a host"},
		"no scheme":          {client.Config{URL: "iam.example.com", SecretKey: key}, "http or https"},
		"other scheme":       {client.Config{URL: "ftp://iam.example.com", SecretKey: key}, "http or https"},
		"query":              {client.Config{URL: "https://iam.example.com?x=1", SecretKey: key}, "query"},
		"fragment":           {client.Config{URL: "https://iam.example.com#x", SecretKey: key}, "fragment"},
		"password":           {client.Config{URL: "https://u:canary@iam.example.com", SecretKey: key}, "password"},
		"unreadable":         {client.Config{URL: "https://u:canary@iam.example.com:x", SecretKey: key}, "cannot be read"},
		"no credential":      {client.Config{URL: "https://iam.example.com"}, "either"},
		"two credentials":    {client.Config{URL: "https://iam.example.com", SecretKey: key, OperatorToken: "canary"}, "either"},
		"line in credential": {client.Config{URL: "https://iam.example.com", SecretKey: "canary\r\nX: y"}, "visible ASCII"},
		"time-out":           {client.Config{URL: "https://iam.example.com", SecretKey: key, Timeout: -time.Second}, "negative"},
		"all at once":        {client.Config{URL: "ftp://x", Timeout: -1}, "either"},
	} {
		got, err := client.New(c.config)
		if (err == nil) != (c.want == "") || (got == nil) != (err != nil) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
			continue
		}
		if err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if text := fmt.Sprint(err); strings.Contains(text, "canary") || strings.Contains(text, key) {
			t.Errorf("%s: the error holds a secret: %s", name, text)
		}
	}
	_, err := client.New(client.Config{URL: "ftp://x", Timeout: -1})
	for _, want := range []string{"http or https", "either", "negative"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
}

// A Client that gets into a log does not show its key.
func TestPrintingHidesTheKey(t *testing.T) {
	c := connect(t, "https://iam.example.com")
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, value := range []any{c, *c} {
			if text := fmt.Sprintf(format, value); strings.Contains(text, key) {
				t.Errorf("%s shows the key: %s", format, text)
			}
		}
	}
}
