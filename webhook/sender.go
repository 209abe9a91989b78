package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"time"
)

// Errors of a delivery.
var (
	// ErrGone says that the receiver wants no more messages (410).
	ErrGone      = errors.New("webhook: the receiver is gone")
	errForbidden = errors.New("webhook: the address is not one that messages may go to")
)

const (
	defaultTimeout = 10 * time.Second
	maxAnswer      = 16 << 10 // bytes that are read of an answer, all for nothing
)

// Message is one message for one receiver.
type Message struct {
	ID      string // the same at each try, so that the receiver can drop repeats
	URL     string
	Secret  string
	Payload []byte // JSON
}

// Config says how messages are delivered.
type Config struct {
	// Allow are networks beside the public ones that messages may go to, also in clear.
	Allow []netip.Prefix
	// Timeout bounds one delivery; 0 means ten seconds.
	Timeout time.Duration
	// Roots are the authorities of receivers' certificates; nil means the system's.
	Roots *x509.CertPool
	// Clock dates the messages; nil means time.Now.
	Clock func() time.Time
}

// Sender delivers messages. It is safe for concurrent use.
type Sender struct {
	secure, clear *http.Client
	clock         func() time.Time
}

// New returns a sender.
func New(config Config) *Sender {
	if config.Timeout == 0 {
		config.Timeout = defaultTimeout
	}
	if config.Clock == nil {
		config.Clock = time.Now
	}
	g := guard{allowed: config.Allow, reserved: reserved()}
	own := g
	own.onlyAllowed = true
	return &Sender{secure: client(config, g), clear: client(config, own), clock: config.Clock}
}

func client(config Config, g guard) *http.Client {
	dialer := &net.Dialer{Timeout: config.Timeout, Control: g.control}
	return &http.Client{
		Timeout: config.Timeout,
		// The answer to a redirect is a failed delivery: it would lead where nobody has looked.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:                  nil, // also not that of the environment
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: config.Roots},
			TLSHandshakeTimeout:    config.Timeout,
			MaxResponseHeaderBytes: maxAnswer,
			DisableKeepAlives:      true, // each delivery is judged by an address of its own
			DisableCompression:     true,
		},
	}
}

// Send delivers a message before it returns. An error means that it may not have arrived; its
// text names neither URL nor secret.
func (s *Sender) Send(ctx context.Context, m Message) error {
	target, err := url.Parse(m.URL)
	if err != nil {
		return errors.New("webhook: the URL is malformed")
	}
	chosen := s.secure
	if target.Scheme != "https" {
		chosen = s.clear
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, m.URL, bytes.NewReader(m.Payload))
	if err != nil {
		return errors.New("webhook: the URL is malformed")
	}
	now := s.clock()
	signature, err := sign(m.Secret, m.ID, now, m.Payload)
	if err != nil {
		return err
	}
	request.Header = http.Header{
		"Content-Type":      {"application/json"},
		"User-Agent":        {"bailiwick-webhook/1"},
		"Webhook-Id":        {m.ID},
		"Webhook-Timestamp": {strconv.FormatInt(now.Unix(), 10)},
		"Webhook-Signature": {signature},
	}
	answer, err := chosen.Do(request)
	if err != nil {
		return fmt.Errorf("webhook: %w", cause(err))
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, maxAnswer))
	switch {
	case answer.StatusCode/100 == 2:
		return nil
	case answer.StatusCode == http.StatusGone:
		return ErrGone
	}
	return fmt.Errorf("webhook: the receiver answers %d", answer.StatusCode)
}

// cause drops the URL, which *url.Error quotes.
func cause(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}
