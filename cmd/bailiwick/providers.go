package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"bailiwick/authority"
	"bailiwick/identity"
)

// providersFile is the file of --oidc.
type providersFile struct {
	Providers []providerEntry `json:"providers"`
}

type providerEntry struct {
	Name             string   `json:"name"`
	Title            string   `json:"title"` // empty: the name
	Issuer           string   `json:"issuer"`
	ClientID         string   `json:"client_id"`
	ClientSecret     string   `json:"client_secret"`
	ClientSecretFile string   `json:"client_secret_file"`
	Scopes           []string `json:"scopes"`
	AllowedDomains   []string `json:"allowed_domains"`
}

var (
	providerName   = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)
	providerDomain = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)
)

// checkProviders reads the OpenID providers. Each has an address of its own to which it sends
// browsers back, so that none can answer for another.
func checkProviders(path, publicURL string, f *faults) (providers []authority.Provider) {
	if path == "" {
		return nil
	}
	if publicURL == "" {
		f.add("oidc", "it needs --public-url, the address that the providers send browsers back to")
		publicURL = "https://bailiwick.invalid" // the other faults are worth to be told, too
	}
	file, err := readProviders(path)
	if err != nil {
		f.add("oidc", "%v", err)
		return nil
	}
	seen := map[string]bool{}
	for i, entry := range file.Providers {
		add := func(format string, args ...any) {
			f.add("oidc", "provider %d (%q): "+format, append([]any{i + 1, entry.Name}, args...)...)
		}
		if seen[entry.Name] {
			add("another provider has this name")
		}
		seen[entry.Name] = true
		if p, ok := entry.provider(publicURL, add); ok {
			providers = append(providers, p)
		}
	}
	return providers
}

// readProviders reads the file. Its errors never quote what is in it, which holds secrets.
func readProviders(path string) (file providersFile, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return file, pathCause(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&file); err != nil {
		return file, fmt.Errorf("%s: %w", path, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return file, fmt.Errorf("%s: there is something behind the end", path)
	}
	return file, nil
}

func (e providerEntry) provider(publicURL string, add func(string, ...any)) (p authority.Provider, ok bool) {
	ok = true
	fault := func(format string, args ...any) {
		add(format, args...)
		ok = false
	}
	if !providerName.MatchString(e.Name) {
		fault("name: want lower-case letters, digits and hyphens, at most 32")
	}
	p = authority.Provider{Name: e.Name, Title: e.Title}
	if p.Title == "" {
		p.Title = e.Name
	}
	for _, domain := range e.AllowedDomains {
		domain = strings.ToLower(domain)
		if !providerDomain.MatchString(domain) {
			fault("allowed_domains: %q is not a domain", domain)
		}
		p.Domains = append(p.Domains, domain)
	}
	secret := e.ClientSecret
	switch {
	case secret != "" && e.ClientSecretFile != "":
		fault("give client_secret or client_secret_file, not both")
	case e.ClientSecretFile != "":
		text, err := os.ReadFile(e.ClientSecretFile)
		if err != nil {
			fault("client_secret_file: %v", pathCause(err))
		}
		secret = strings.TrimSpace(string(text))
	}
	var err error
	if p.OIDC, err = identity.NewOIDC(identity.OIDCConfig{
		Issuer: e.Issuer, ClientID: e.ClientID, ClientSecret: secret, Scopes: e.Scopes,
		RedirectURL: publicURL + "/bailiwick/v1/login/oidc/" + e.Name + "/callback",
	}); err != nil {
		fault("%v", err)
	}
	return p, ok
}
