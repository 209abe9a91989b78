package mail

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/mail"
	"net/netip"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Sender delivers messages. It is safe for concurrent use.
type Sender interface {
	// Send delivers one message before it returns. [Temporary] tells which errors are worth
	// another try. No error holds the message's text.
	Send(ctx context.Context, m Message) error
	// String says where messages go, without credentials.
	String() string
}

// Config says where messages go.
type Config struct {
	// URL is one of
	//   smtp://user:password@host:587   SMTP; the server must offer STARTTLS
	//   smtps://user:password@host:465  SMTP over TLS from the first byte
	//   smtp://127.0.0.1:1025?tls=none  SMTP in clear, on this machine only
	//   file:///path/to/folder          one .eml file a message
	//   log:                            the whole message in the log, secrets and all
	// User and password may be missing, and so may the ports above.
	URL string
	// From is the sender of all messages: an address, or "Name <address>".
	From string
	// Timeout bounds one delivery; 0 means 30 seconds.
	Timeout time.Duration
	// Roots are the authorities of server certificates; nil means the system's.
	Roots *x509.CertPool
	// Logger gets the messages of "log:".
	Logger *slog.Logger
	// Clock dates the messages; nil means time.Now.
	Clock func() time.Time
}

// defaultTimeout is enough for a slow server and short enough for a person who waits for a
// code. (RFC 5321 4.5.3.2 has minutes, for queues.)
const defaultTimeout = 30 * time.Second

// New returns the sender of a configuration. Its errors name what is wrong and never quote
// the URL: it may hold a password.
func New(config Config) (Sender, error) {
	from, err := mail.ParseAddress(config.From)
	if err != nil || strings.ContainsFunc(from.Address+from.Name, notPlain) {
		return nil, errors.New("mail: the sender is not an address")
	}
	if config.Clock == nil {
		config.Clock = time.Now
	}
	if config.Timeout == 0 {
		config.Timeout = defaultTimeout
	}
	target, err := url.Parse(config.URL)
	if err != nil {
		return nil, errors.New("mail: the URL is malformed")
	}
	switch target.Scheme {
	case "smtp", "smtps":
		return newSMTP(config, *from, target)
	case "file":
		if target.Host != "" || !filepath.IsAbs(target.Path) || target.RawQuery != "" || target.Fragment != "" {
			return nil, errors.New("mail: a folder is given as file:///absolute/path")
		}
		return newOutbox(config, *from, filepath.Clean(target.Path))
	case "log":
		if config.URL != "log:" || config.Logger == nil {
			return nil, errors.New("mail: the log is given as log: and needs a logger")
		}
		return &logSender{config.Logger}, nil
	}
	return nil, errors.New("mail: the URL begins with smtp:, smtps:, file: or log:")
}

// The ports of message submission (RFC 8314 7).
const (
	portStartTLS = 587
	portTLS      = 465
)

// newSMTP reads the URL of a server.
//
// A code or a reset link in a mail is a credential. Between us and the first server it could
// be read by anybody on the way, and so could the server's password; so TLS with a valid
// certificate is not an option but the only way, and a server that does not offer STARTTLS
// (or whose offer somebody on the way has cut out) gets nothing. In clear only the machine
// itself can be reached.
func newSMTP(config Config, from mail.Address, target *url.URL) (Sender, error) {
	s := &smtpSender{
		host: target.Hostname(), security: startTLS, port: portStartTLS,
		from: from, timeout: config.Timeout, roots: config.Roots, clock: config.Clock, slots: make(chan struct{}, parallelDeliveries),
	}
	if target.Scheme == "smtps" {
		s.security, s.port = implicitTLS, portTLS
	}
	switch {
	case s.host == "" || target.Opaque != "" || strings.Trim(target.Path, "/") != "" || target.Fragment != "":
		return nil, errors.New("mail: a server is given as smtp://host:port or smtps://host:port")
	case target.RawQuery == "tls=none" && s.security == startTLS:
		s.security = inClear
		if !loopback(s.host) {
			return nil, errors.New("mail: tls=none is for a server on this machine only")
		}
	case target.RawQuery != "" || target.ForceQuery:
		return nil, errors.New("mail: the only option of a server's URL is smtp://...?tls=none")
	}
	if text := target.Port(); text != "" {
		port, err := strconv.ParseUint(text, 10, 16)
		if err != nil || port == 0 {
			return nil, errors.New("mail: the port is not a number from 1 to 65535")
		}
		s.port = int(port)
	}
	if target.User != nil {
		var given bool
		s.user = target.User.Username()
		s.password, given = target.User.Password()
		if s.user == "" || !given || s.password == "" {
			return nil, errors.New("mail: a server's URL has both a user and a password, or none")
		}
	}
	return s, nil
}

// loopback takes names only where no resolver can send them elsewhere.
func loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && address.IsLoopback())
}

// parallelDeliveries bounds the connections to a server at a time; other deliveries wait.
const parallelDeliveries = 8

// Temporary reports whether a later try to send the same message may succeed. It may not
// when the server refused for good (5xx) or the message is malformed.
func Temporary(err error) bool {
	if err == nil || errors.Is(err, ErrMessage) {
		return false
	}
	refusal, ok := errors.AsType[*Refusal](err)
	return !ok || refusal.Code < 500
}

// Refusal is a server's answer that it does not take a message (RFC 5321 4.2.1).
type Refusal struct {
	Code int // 400 to 499: perhaps later; 500 to 599: never
	Err  error
}

func (r *Refusal) Error() string { return fmt.Sprintf("mail: the server refuses: %v", r.Err) }

// Unwrap returns the cause.
func (r *Refusal) Unwrap() error { return r.Err }
