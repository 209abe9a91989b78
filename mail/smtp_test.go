package mail

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"
)

// authority is a certificate authority of a test.
type authority struct {
	key         *ecdsa.PrivateKey
	certificate *x509.Certificate
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{key: newKey(t)}
	a.certificate = a.issue(t, &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign, NotAfter: time.Now().Add(time.Hour)}, nil)
	return a
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (a *authority) issue(t *testing.T, template *x509.Certificate, public *ecdsa.PublicKey) *x509.Certificate {
	t.Helper()
	template.SerialNumber, template.NotBefore = big.NewInt(time.Now().UnixNano()), time.Now().Add(-2*time.Hour)
	parent := a.certificate
	if parent == nil {
		parent, public = template, &a.key.PublicKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, a.key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

func (a *authority) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

// server returns the TLS configuration of a server with the given names and expiry.
func (a *authority) server(t *testing.T, expires time.Duration, names ...string) *tls.Config {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{NotAfter: time.Now().Add(expires)}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{a.issue(t, template, &key.PublicKey).Raw}, PrivateKey: key}}}
}

// received is what the server has seen of one session.
type received struct {
	User, From string
	To         []string
	Text       string
	TLS        bool
}

// mailbox is a real SMTP server's memory, and its answers.
type mailbox struct {
	mutex  sync.Mutex
	mails  []received
	refuse map[string]error // by command: "AUTH", "MAIL", "RCPT", "DATA"
}

func (b *mailbox) all() []received {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.mails
}

type session struct {
	box  *mailbox
	conn *smtp.Conn
	mail received
}

func (b *mailbox) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &session{box: b, conn: c}, nil
}
func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if err := s.box.refuse["AUTH"]; err != nil {
			return err
		}
		if user != "mailer" || password != "s3cr3t & long" {
			return smtp.ErrAuthFailed
		}
		s.mail.User = user
		return nil
	}), nil
}
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.mail.From = from
	return s.box.refuse["MAIL"]
}
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.To = append(s.mail.To, to)
	return s.box.refuse["RCPT"]
}
func (s *session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.box.refuse["DATA"]; err != nil {
		return err
	}
	s.mail.Text = string(text)
	_, s.mail.TLS = s.conn.TLSConnectionState()
	s.box.mutex.Lock()
	defer s.box.mutex.Unlock()
	s.box.mails = append(s.box.mails, s.mail)
	return nil
}
func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

// serve runs a server on this machine and returns its port.
func serve(t *testing.T, box *mailbox, config *tls.Config, implicit bool) string {
	t.Helper()
	server := smtp.NewServer(box)
	server.Domain, server.AllowInsecureAuth, server.EnableSMTPUTF8 = "localhost", config == nil, true
	server.ErrorLog = log.New(io.Discard, "", 0)
	var listener net.Listener
	var err error
	if implicit {
		listener, err = tls.Listen("tcp", "127.0.0.1:0", config)
	} else {
		server.TLSConfig = config
		listener, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Close()
		if err := <-done; err != nil && !errors.Is(err, smtp.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	})
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func newSender(t *testing.T, config Config) Sender {
	t.Helper()
	config.From = testFrom.String()
	config.Clock = func() time.Time { return letterTime }
	sender, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return sender
}

const credentials = "mailer:s3cr3t%20&%20long@"

func TestDelivery(t *testing.T) {
	ca := newAuthority(t)
	for _, c := range []struct {
		name, url string
		config    *tls.Config
		implicit  bool
		user      string
		secure    bool
		says      string
	}{
		{"STARTTLS", "smtp://" + credentials + "127.0.0.1:PORT", ca.server(t, time.Hour, "127.0.0.1"), false, "mailer", true, "smtp server 127.0.0.1:PORT (STARTTLS)"},
		{"STARTTLS without a user", "smtp://localhost:PORT/", ca.server(t, time.Hour, "localhost"), false, "", true, "smtp server localhost:PORT (STARTTLS)"},
		{"TLS", "smtps://" + credentials + "127.0.0.1:PORT", ca.server(t, time.Hour, "127.0.0.1"), true, "mailer", true, "smtp server 127.0.0.1:PORT (TLS)"},
		{"in clear", "smtp://127.0.0.1:PORT?tls=none", nil, false, "", false, "smtp server 127.0.0.1:PORT (in clear)"},
		{"in clear with a user", "smtp://" + credentials + "localhost:PORT?tls=none", nil, false, "mailer", false, "smtp server localhost:PORT (in clear)"},
	} {
		box := &mailbox{}
		port := serve(t, box, c.config, c.implicit)
		sender := newSender(t, Config{URL: strings.Replace(c.url, "PORT", port, 1), Roots: ca.roots()})
		if want := strings.Replace(c.says, "PORT", port, 1); sender.String() != want || fmt.Sprintf("%v %+v %#v %s %x", sender, sender, sender, sender, sender) != strings.Repeat(want+" ", 4)+want {
			t.Errorf("%s: %q prints as %#v", c.name, sender.String(), sender)
		}
		if err := sender.Send(t.Context(), testMessage()); err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		mails := box.all()
		if len(mails) != 1 {
			t.Errorf("%s: %d mails", c.name, len(mails))
			continue
		}
		readMail(t, mails[0].Text, testMessage())
		mails[0].Text = ""
		if diff := cmp.Diff(received{c.user, testFrom.Address, []string{"zoe@example.com"}, "", c.secure}, mails[0]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// Without a server that proves who it is, nothing is sent: no mail, and no password.
func TestDeliveryNeedsTheRightServer(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	for name, c := range map[string]struct {
		config   *tls.Config
		implicit bool
	}{
		"no STARTTLS":                 {nil, false},
		"another name":                {ca.server(t, time.Hour, "mail.example.com"), false},
		"another name, TLS":           {ca.server(t, time.Hour, "mail.example.com"), true},
		"another authority":           {other.server(t, time.Hour, "127.0.0.1"), false},
		"another authority, TLS":      {other.server(t, time.Hour, "127.0.0.1"), true},
		"expired certificate":         {ca.server(t, -time.Hour, "127.0.0.1"), false},
		"old TLS":                     {&tls.Config{Certificates: ca.server(t, time.Hour, "127.0.0.1").Certificates, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, false},
		"speaks TLS, asked for clear": {ca.server(t, time.Hour, "127.0.0.1"), true},
	} {
		box := &mailbox{}
		port := serve(t, box, c.config, c.implicit)
		scheme, timeout := "smtp", time.Minute
		switch {
		case name == "speaks TLS, asked for clear": // both wait for the other
			timeout = 100 * time.Millisecond
		case c.implicit:
			scheme = "smtps"
		}
		sender := newSender(t, Config{URL: scheme + "://" + credentials + "127.0.0.1:" + port, Roots: ca.roots(), Timeout: timeout})
		err := sender.Send(t.Context(), testMessage())
		if err == nil || !Temporary(err) || len(box.all()) != 0 {
			t.Errorf("%s: %v, %d mails; want an error that the operator can mend", name, err, len(box.all()))
		}
		if err != nil && (strings.Contains(err.Error(), "s3cr3t") || strings.Contains(err.Error(), "042137")) {
			t.Errorf("%s: the error holds a secret: %v", name, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	ca := newAuthority(t)
	for name, c := range map[string]struct {
		refuse    map[string]error
		user      string
		code      int
		temporary bool
	}{
		"sender, for good":   {map[string]error{"MAIL": &smtp.SMTPError{Code: 550, Message: "no"}}, credentials, 550, false},
		"sender, for now":    {map[string]error{"MAIL": &smtp.SMTPError{Code: 451, Message: "later"}}, credentials, 451, true},
		"reader, for good":   {map[string]error{"RCPT": &smtp.SMTPError{Code: 553, Message: "nobody"}}, credentials, 553, false},
		"reader, for now":    {map[string]error{"RCPT": &smtp.SMTPError{Code: 450, Message: "greylisted"}}, credentials, 450, true},
		"message, for good":  {map[string]error{"DATA": &smtp.SMTPError{Code: 554, Message: "spam"}}, credentials, 554, false},
		"message, for now":   {map[string]error{"DATA": &smtp.SMTPError{Code: 452, Message: "full"}}, credentials, 452, true},
		"password":           {nil, "mailer:wrong-s3cr3t@", 535, false},
		"login, for now":     {map[string]error{"AUTH": &smtp.SMTPError{Code: 454, Message: "later"}}, credentials, 454, true},
		"server wants login": {map[string]error{"MAIL": smtp.ErrAuthRequired}, "", 502, false},
	} {
		box := &mailbox{refuse: c.refuse}
		port := serve(t, box, ca.server(t, time.Hour, "127.0.0.1"), false)
		err := newSender(t, Config{URL: "smtp://" + c.user + "127.0.0.1:" + port, Roots: ca.roots()}).Send(t.Context(), testMessage())
		refused, ok := errors.AsType[*Refusal](err)
		if !ok || refused.Code != c.code || Temporary(err) != c.temporary || len(box.all()) != 0 {
			t.Errorf("%s: %v, %d mails; want code %d, temporary %v", name, err, len(box.all()), c.code, c.temporary)
		}
		if err != nil && (strings.Contains(err.Error(), "s3cr3t") || strings.Contains(err.Error(), "042137")) {
			t.Errorf("%s: the error holds a secret: %v", name, err)
		}
	}
	if Temporary(nil) {
		t.Error("no error is temporary")
	}
}

// script is a server that plays lines and hangs, talks or goes away.
func script(t *testing.T, play func(net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	t.Cleanup(func() { listener.Close(); running.Wait() })
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { defer conn.Close(); play(conn) })
		}
	})
	return "smtp://" + listener.Addr().String() + "?tls=none"
}

// wait blocks until the client closes the connection.
func wait(conn net.Conn) { io.Copy(io.Discard, conn) }

// play answers each line of the client with the next text.
func play(conn net.Conn, answers ...string) {
	buffer := make([]byte, 4096)
	for i, answer := range answers {
		if i > 0 {
			if _, err := conn.Read(buffer); err != nil {
				return
			}
		}
		if _, err := io.WriteString(conn, answer+"\r\n"); err != nil {
			return
		}
	}
}

func TestServersThatMisbehave(t *testing.T) {
	greeting, hello, ok := "220 hello", "250 localhost", "250 ok"
	hanging := map[string]func(net.Conn){
		"says nothing":            wait,
		"stops after the hello":   func(c net.Conn) { play(c, greeting, hello); wait(c) },
		"stops in the envelope":   func(c net.Conn) { play(c, greeting, hello, ok, ok); wait(c) },
		"stops before the data":   func(c net.Conn) { play(c, greeting, hello, ok, ok, ok); wait(c) },
		"never takes the message": func(c net.Conn) { play(c, greeting, hello, ok, ok, ok, "354 go"); wait(c) },
	}
	for name, server := range hanging {
		t.Run(name, func(t *testing.T) {
			sender := newSender(t, Config{URL: script(t, server), Timeout: 100 * time.Millisecond})
			if err := sender.Send(t.Context(), testMessage()); !errors.Is(err, context.DeadlineExceeded) || !Temporary(err) {
				t.Errorf("error %v, want that of the timeout", err)
			}
		})
	}
	for name, server := range map[string]func(net.Conn){
		"goes away at once":    func(net.Conn) {},
		"goes away in between": func(c net.Conn) { play(c, greeting, hello, ok) },
		"speaks HTTP":          func(c net.Conn) { play(c, "HTTP/1.1 200 OK", "", "<html>"); wait(c) },
		"speaks nonsense":      func(c net.Conn) { play(c, "\x00\xff\xfe", "999", "abc"); wait(c) },
		"refuses everybody":    func(c net.Conn) { play(c, "554 go away"); wait(c) },
		"talks without end": func(c net.Conn) {
			io.WriteString(c, greeting+"\r\n")
			for line := []byte(strings.Repeat("250-x"+strings.Repeat("y", 900)+"\r\n", 64)); ; {
				if _, err := c.Write(line); err != nil {
					return
				}
			}
		},
		"talks on one line": func(c net.Conn) {
			for {
				if _, err := io.WriteString(c, strings.Repeat("220", 1000)); err != nil {
					return
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			sender := newSender(t, Config{URL: script(t, server), Timeout: time.Minute})
			if err := sender.Send(t.Context(), testMessage()); err == nil || errors.Is(err, context.DeadlineExceeded) || Temporary(err) == (name == "refuses everybody") {
				t.Errorf("error %v", err)
			}
		})
	}
}

// A server may take the mail and then fail to say goodbye. Then the mail is not sent twice.
func TestDeliveredIsDelivered(t *testing.T) {
	for name, end := range map[string]func(net.Conn, func()){
		"goes away": func(net.Conn, func()) {},
		"hangs":     func(c net.Conn, giveUp func()) { giveUp(); wait(c) },
		"complains": func(c net.Conn, _ func()) { play(c, "451 no reset", "421 bye") },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			server := func(c net.Conn) {
				play(c, "220 hello", "250 localhost", "250 ok", "250 ok", "250 ok", "354 go")
				var text strings.Builder
				buffer := make([]byte, 4096)
				for !strings.HasSuffix(text.String(), "\r\n.\r\n") {
					n, err := c.Read(buffer)
					if err != nil {
						return
					}
					text.Write(buffer[:n])
				}
				io.WriteString(c, "250 taken\r\n")
				// The client answers the acceptance with a command: it has read it.
				if _, err := c.Read(buffer); err == nil {
					end(c, cancel)
				}
			}
			sender := newSender(t, Config{URL: script(t, server), Timeout: time.Minute})
			if err := sender.Send(ctx, testMessage()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestDeliveryEndsWithItsContext(t *testing.T) {
	reached := make(chan struct{})
	url := script(t, func(c net.Conn) { play(c, "220 hello", "250 localhost", "250 ok"); close(reached); wait(c) })
	ctx, cancel := context.WithCancel(t.Context())
	errs := make(chan error, 1)
	sender := newSender(t, Config{URL: url, Timeout: time.Hour})
	go func() { errs <- sender.Send(ctx, testMessage()) }()
	<-reached
	cancel()
	if err := <-errs; !errors.Is(err, context.Canceled) || !Temporary(err) {
		t.Errorf("error %v, want context canceled", err)
	}
	if err := sender.Send(ctx, testMessage()); !errors.Is(err, context.Canceled) {
		t.Errorf("after the context: %v", err)
	}
}

// Only so many deliveries run at a time, and all arrive.
func TestParallelDeliveries(t *testing.T) {
	ca, box := newAuthority(t), &mailbox{}
	port := serve(t, box, ca.server(t, time.Hour, "127.0.0.1"), false)
	sender := newSender(t, Config{URL: "smtp://127.0.0.1:" + port, Roots: ca.roots()})
	var all sync.WaitGroup
	for i := range 3 * parallelDeliveries {
		all.Go(func() {
			m := testMessage()
			m.Address = fmt.Sprintf("reader%d@example.com", i)
			if err := sender.Send(t.Context(), m); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	readers := map[string]bool{}
	for _, mail := range box.all() {
		readers[mail.To[0]] = true
	}
	if len(readers) != 3*parallelDeliveries || len(box.all()) != len(readers) {
		t.Errorf("%d mails to %d readers", len(box.all()), len(readers))
	}
}

func TestConfig(t *testing.T) {
	for url, want := range map[string]string{
		"smtp://mail.example.com":              "smtp server mail.example.com:587 (STARTTLS)",
		"smtps://user:p%40ss@mail.example.com": "smtp server mail.example.com:465 (TLS)",
		"smtp://mail.example.com:25":           "smtp server mail.example.com:25 (STARTTLS)",
		"smtp://[::1]:1025?tls=none":           "smtp server [::1]:1025 (in clear)",
		"SMTP://mail.example.com":              "smtp server mail.example.com:587 (STARTTLS)",
	} {
		sender, err := New(Config{URL: url, From: "a@example.com"})
		if err != nil || sender.String() != want {
			t.Errorf("%s: %v, %v; want %s", url, sender, err, want)
		}
	}
	for _, url := range []string{
		"", "mail.example.com", "mail.example.com:587", "http://mail.example.com", "smtp://", "smtp:mail.example.com", "smtp://:587", "smtp:///x",
		"smtp://mail.example.com/path", "smtp://mail.example.com#x", "smtp://mail.example.com?", "smtp://mail.example.com?tls=none",
		"smtp://10.0.0.1?tls=none", "smtp://localhost.example.com?tls=none", "smtps://127.0.0.1?tls=none", "smtp://127.0.0.1?tls=off", "smtp://127.0.0.1?tls=none&x=1",
		"smtp://mail.example.com:0", "smtp://mail.example.com:65536", "smtp://mail.example.com:smtp", "smtp://user@mail.example.com", "smtp://user:@mail.example.com",
		"smtp://:s3cr3t@mail.example.com", "smtp://user:s3cr3t@mail.example.com:x", "smtp://user:s3cr3t%zz@mail.example.com", "smtp://user:s3cr3t@mail.example.com/\x00",
		"file:", "file://", "file:relative", "file://host/path", "file:///path?x", "file:///path#x", "log", "log://", "log:x", "log:?x",
	} {
		sender, err := New(Config{URL: url, From: "a@example.com"})
		if err == nil || sender != nil {
			t.Errorf("%s: accepted as %v", url, sender)
		} else if strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: the error holds the password: %v", url, err)
		}
	}
	if _, err := New(Config{URL: "log:", From: "a@example.com"}); err == nil {
		t.Error("a log without a logger is accepted")
	}
	for _, from := range []string{"", "x", "a@example.com, b@example.com", "a@example.com\r\nBcc: x@example.com", "\"a\u202e\" <a@example.com>"} {
		if _, err := New(Config{URL: "smtp://mail.example.com", From: from}); err == nil {
			t.Errorf("from %q: accepted", from)
		}
	}
}

func FuzzConfig(f *testing.F) {
	f.Add("smtp://user:pass@host:587")
	f.Add("smtp://127.0.0.1?tls=none")
	f.Fuzz(func(t *testing.T, url string) {
		if strings.HasPrefix(strings.ToLower(url), "file") {
			return // makes folders
		}
		sender, err := New(Config{URL: url, From: "a@example.com"})
		if err != nil {
			return
		}
		s, ok := sender.(*smtpSender)
		if !ok || s.host == "" || s.port < 1 || s.port > 65535 || (s.security == inClear && !loopback(s.host)) || (s.user == "") != (s.password == "") {
			t.Fatalf("%q gives %+v", url, s)
		}
	})
}
