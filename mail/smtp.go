package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// security is how the connection to a server is protected.
type security string

const (
	startTLS    security = "STARTTLS" // RFC 3207
	implicitTLS security = "TLS"      // RFC 8314 3
	inClear     security = "in clear"
)

// maxReplies bounds what a server may say during one delivery, in bytes.
const maxReplies = 1 << 20

type smtpSender struct {
	host           string
	port           int
	security       security
	user, password string
	from           mail.Address
	timeout        time.Duration
	roots          *x509.CertPool
	clock          func() time.Time
	slots          chan struct{}
}

func (s *smtpSender) String() string {
	return fmt.Sprintf("smtp server %s (%s)", net.JoinHostPort(s.host, strconv.Itoa(s.port)), s.security)
}

// Format prints the same whatever the verb: the password is not for logs.
func (s *smtpSender) Format(state fmt.State, _ rune) { fmt.Fprint(state, s.String()) }

// Send delivers over a connection of its own: mails are rare, and a kept connection is one
// that the server has closed when it is needed.
func (s *smtpSender) Send(ctx context.Context, m Message) error {
	msg, err := envelope(m, s.from, s.clock())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return fmt.Errorf("mail: wait for a delivery to end: %w", ctx.Err())
	}
	client, err := s.client(ctx)
	if err != nil {
		return err
	}
	err = client.DialAndSendWithContext(ctx, msg)
	if msg.IsDelivered() {
		// The server has taken it. What went wrong at the farewell is no reason to send the
		// same mail again.
		return nil
	}
	return refusal(ctx, err)
}

// refusal finds the server's answer in an error of the library.
func refusal(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("mail: %w: %w", context.Cause(ctx), err)
	}
	code := 0
	if sending, ok := errors.AsType[*gomail.SendError](err); ok {
		code = sending.ErrorCode()
	} else if reply, ok := errors.AsType[*textproto.Error](err); ok {
		code = reply.Code
	}
	if code >= 400 && code <= 599 {
		return &Refusal{code, err}
	}
	return fmt.Errorf("mail: %w", err)
}

func (s *smtpSender) client(ctx context.Context) (*gomail.Client, error) {
	_, domain, _ := strings.Cut(s.from.Address, "@")
	options := []gomail.Option{
		// The context ends a delivery, not the library's clock, which starts anew in each phase.
		gomail.WithPort(s.port), gomail.WithTimeout(2 * s.timeout), gomail.WithHELO(domain),
		gomail.WithTLSConfig(s.tls()), gomail.WithTLSPolicy(gomail.NoTLS), gomail.WithDialContextFunc(s.dial(ctx)),
	}
	if s.security == startTLS {
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if s.user != "" {
		// PLAIN and LOGIN only ever go over TLS or to this machine.
		options = append(options, gomail.WithUsername(s.user), gomail.WithPassword(s.password),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin))
	}
	client, err := gomail.NewClient(s.host, options...)
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	return client, nil
}

func (s *smtpSender) tls() *tls.Config {
	return &tls.Config{ServerName: s.host, RootCAs: s.roots, MinVersion: tls.VersionTLS12}
}

// dial connects. The library looks at the context only until then, and gives each phase the
// whole timeout anew; here the connection is closed when the context ends, whatever the
// server is doing, and in any case when the delivery is over.
func (s *smtpSender) dial(delivery context.Context) gomail.DialContextFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		var dialer net.Dialer
		plain, err := dialer.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		conn := net.Conn(&boundedConn{Conn: plain, left: maxReplies})
		context.AfterFunc(delivery, func() { plain.Close() })
		if s.security == implicitTLS {
			secure := tls.Client(conn, s.tls())
			if err := secure.HandshakeContext(ctx); err != nil {
				return nil, err
			}
			conn = secure
		}
		return conn, nil
	}
}

// boundedConn ends a server that never stops talking.
type boundedConn struct {
	net.Conn
	left int
}

func (c *boundedConn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errors.New("the server says too much")
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}
