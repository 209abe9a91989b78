package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"bailiwick/iam"
)

// DefaultTimeout bounds one request when Config names no other time.
const DefaultTimeout = time.Second

// Config says which server to ask, and as whom.
type Config struct {
	// URL is the server's base URL, such as "https://iam.example.com"; a path is a prefix.
	URL string
	// SecretKey is the secret half of an API key that may ask. Give it or OperatorToken.
	SecretKey string
	// OperatorToken is the token of the installation, for a service of many organizations.
	OperatorToken string
	// Timeout bounds each request, from the connection to the last byte of the answer;
	// zero means DefaultTimeout.
	Timeout time.Duration
	// HTTPClient brings a transport of your own (a private certificate authority, a client
	// certificate); nil means one that is made for this. Its redirect policy and its
	// cookies are not used.
	HTTPClient *http.Client
	// AllowPlainHTTP takes an http URL of another machine. Without it only this machine
	// may be asked without TLS: who sits on the way could read the key, and could turn
	// every "no" into a "yes".
	AllowPlainHTTP bool
}

// Client asks one server. It is safe for concurrent use.
type Client struct {
	base    string
	timeout time.Duration
	http    *http.Client
	// sign adds the credential. It is a function so that a Client printed with %+v, to a log
	// for one, shows an address and not a key.
	sign func(http.Header)
}

// New returns a Client. It does not connect: the server may start later. The error joins
// all faults of the configuration and holds no secret.
func New(config Config) (*Client, error) {
	base, err := baseURL(config.URL, config.AllowPlainHTTP)
	faults := []error{err}
	if (config.SecretKey == "") == (config.OperatorToken == "") {
		faults = append(faults, errors.New("give either SecretKey or OperatorToken"))
	}
	if !visible(config.SecretKey) || !visible(config.OperatorToken) {
		faults = append(faults, errors.New("the credential must be visible ASCII without spaces"))
	}
	if config.Timeout < 0 {
		faults = append(faults, errors.New("Timeout must not be negative"))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	c := &Client{base: base, timeout: config.Timeout, http: hardened(config.HTTPClient), sign: signer(config)}
	if c.timeout == 0 {
		c.timeout = DefaultTimeout
	}
	return c, nil
}

func signer(config Config) func(http.Header) {
	name, value := "X-Auth-Token", config.SecretKey
	if config.OperatorToken != "" {
		name, value = "Authorization", "Bearer "+config.OperatorToken
	}
	return func(h http.Header) { h.Set(name, value) }
}

func baseURL(text string, plain bool) (string, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "", errors.New("URL cannot be read") // the cause would repeat it, with a password in it
	case u.User != nil:
		return "", errors.New("URL must not hold a user or a password")
	case u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
		return "", errors.New("URL must be http or https and name a host")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "", errors.New("URL must not have a query or a fragment")
	case u.Scheme == "http" && !plain && !loopback(u.Hostname()):
		return "", errors.New("URL must be https, or AllowPlainHTTP be set")
	}
	return strings.TrimRight(u.String(), "/"), nil
}

func loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.Unmap().IsLoopback()
}

func visible(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

// hardened returns an http.Client that follows no redirect. The standard library drops
// Authorization when a redirect leads to another host, but X-Auth-Token goes along: one
// answer of a hijacked name or proxy would hand over the key, and the next host could then
// answer "yes".
func hardened(given *http.Client) *http.Client {
	h := http.Client{Transport: &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    64,               // every request of the service asks the same host
		IdleConnTimeout:        60 * time.Second, // below the server's own two minutes
		TLSHandshakeTimeout:    5 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}}
	if given != nil {
		h = *given
	}
	h.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	h.Jar = nil
	return &h
}

// post sends a JSON body and returns the body of an answer with status 200, at most limit
// bytes long. Every error is an *iam.Error.
func (c *Client) post(ctx context.Context, path string, body []byte, limit int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, &iam.Error{Kind: iam.KindInternal, Err: err}
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	// A question changes nothing, so asking twice is harmless. This entry, which is not sent,
	// lets the transport ask again when the server had just closed the idle connection that
	// it chose; without it each restart of a server would refuse some good requests.
	request.Header["Idempotency-Key"] = []string{}
	if revision := minRevision(ctx); revision > 0 {
		request.Header.Set("X-Bailiwick-Min-Revision", strconv.FormatInt(revision, 10))
	}
	c.sign(request.Header)
	response, err := c.http.Do(request)
	if err != nil {
		return nil, unavailable("the decision point cannot be reached", err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	switch {
	case err != nil:
		return nil, unavailable("the answer broke off", err)
	case int64(len(data)) > limit:
		return nil, malformed(fmt.Errorf("it is longer than %d bytes", limit))
	case response.StatusCode != http.StatusOK:
		return nil, readFailure(response.StatusCode, data)
	}
	if media, _, err := mime.ParseMediaType(response.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return nil, malformed(errors.New("it is not application/json"))
	}
	return data, nil
}

func unavailable(detail string, cause error) *iam.Error {
	return &iam.Error{Kind: iam.KindUnavailable, Detail: detail, Err: cause}
}

func malformed(cause error) *iam.Error {
	return &iam.Error{Kind: iam.KindInternal, Detail: "the answer is not that of a decision point", Err: cause}
}
