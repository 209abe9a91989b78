package mail

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"
)

// ErrMessage says that a message can never be sent as it is: an address or a text is
// malformed.
var ErrMessage = errors.New("mail: malformed message")

// Message is a letter in its final words, for one reader.
type Message struct {
	Name    string // of the reader; may be empty
	Address string // addr-spec (RFC 5322 3.4.1), without a name
	Subject string
	Text    string
	HTML    string
}

// The bounds of a message; letters are far below.
const (
	maxAddress = 254 // RFC 5321 4.5.3.1.3
	maxHeader  = 250 // characters of a subject or a name
	maxBody    = 256 << 10
)

// check refuses what a letter never holds.
//
// Addresses and names come from people. A line break in one would end the header and begin
// another, such as a Bcc, or end all headers and begin a body of the attacker's own; a comma
// or an angle bracket would add a reader. The library encodes such text, too; this check
// does not depend on it.
func (m Message) check() error {
	address, err := mail.ParseAddress(m.Address)
	switch {
	case err != nil, address.Address != m.Address, len(m.Address) > maxAddress, strings.ContainsFunc(m.Address, notPlain):
		return fmt.Errorf("%w: the address", ErrMessage)
	case utf8.RuneCountInString(m.Name) > maxHeader, strings.ContainsFunc(m.Name, notPlain):
		return fmt.Errorf("%w: the name", ErrMessage)
	case m.Subject == "", utf8.RuneCountInString(m.Subject) > maxHeader, strings.ContainsFunc(m.Subject, notPlain):
		return fmt.Errorf("%w: the subject", ErrMessage)
	case m.Text == "" || m.HTML == "" || len(m.Text)+len(m.HTML) > maxBody:
		return fmt.Errorf("%w: the body", ErrMessage)
	case !utf8.ValidString(m.Address + m.Name + m.Subject + m.Text + m.HTML):
		return fmt.Errorf("%w: not UTF-8", ErrMessage)
	}
	return nil
}

// notPlain finds what has no place in one line of text: control characters, line separators,
// and the invisible ones that turn the direction of what follows.
func notPlain(r rune) bool {
	return r == utf8.RuneError || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

// envelope turns a message into MIME (RFC 2045): text and HTML as alternatives.
func envelope(m Message, from mail.Address, at time.Time) (*gomail.Msg, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	_, domain, _ := strings.Cut(from.Address, "@")
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithCharset(gomail.CharsetUTF8))
	msg.FromMailAddress(&from)
	msg.ToMailAddress(&mail.Address{Name: m.Name, Address: m.Address})
	msg.Subject(m.Subject)
	msg.SetDateWithValue(at)
	// The library's own id would name this machine.
	msg.SetMessageIDWithValue(rand.Text() + "@" + domain)
	// No answer by a machine, such as an absence note (RFC 3834 5).
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	return msg, nil
}

// write writes the message as a file or a server gets it.
func write(w io.Writer, m Message, from mail.Address, at time.Time) error {
	msg, err := envelope(m, from, at)
	if err != nil {
		return err
	}
	if _, err := msg.WriteTo(w); err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	return nil
}
