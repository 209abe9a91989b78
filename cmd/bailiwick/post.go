package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"bailiwick/authority"
	"bailiwick/iam"
	"bailiwick/mail"
)

// deliverInterval is how often the outbox is looked at.
const deliverInterval = time.Second

// mailFlags say where letters go.
type mailFlags struct {
	SMTP     string `name:"smtp" placeholder:"URL" help:"Where mail goes: smtp://USER:PASSWORD@HOST (STARTTLS), smtps://..., file:///FOLDER, or log:. Without this flag the folder DIR/outbox."`
	MailFrom string `default:"bailiwick@localhost" placeholder:"ADDRESS" help:"Sender of all mail."`
}

// sender returns where letters go. It must not quote the URL, which may hold a password.
func (m mailFlags) sender(data string, f *faults) mail.Config {
	c := mail.Config{URL: m.SMTP, From: m.MailFrom}
	if c.URL == "" {
		folder, err := filepath.Abs(filepath.Join(data, "outbox"))
		if err != nil {
			f.add("data", "%v", err)
		}
		c.URL = (&url.URL{Scheme: "file", Path: folder}).String()
	}
	if !strings.HasPrefix(c.URL, "file:") { // which makes its folder; a check must not
		if _, err := mail.New(c); err != nil {
			f.add("smtp", "%v", err)
		}
	}
	return c
}

// postman delivers the letters of the outbox.
type postman struct {
	authority *authority.Authority
	sender    mail.Sender
	renderer  *mail.Renderer
	publicURL string
	log       *slog.Logger
}

func newPostman(a *authority.Authority, c mail.Config, publicURL string, log *slog.Logger) (*postman, error) {
	c.Logger = log
	sender, err := mail.New(c)
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	renderer, err := mail.NewRenderer("Bailiwick")
	if err != nil {
		return nil, err
	}
	return &postman{a, sender, renderer, publicURL, log}, nil
}

// deliverUntil delivers letters until the context ends.
func (p *postman) deliverUntil(ctx context.Context) {
	ticker := time.NewTicker(deliverInterval)
	defer ticker.Stop()
	for {
		if err := p.authority.Deliver(ctx, p.send); err != nil && ctx.Err() == nil {
			p.log.Error("cannot read the outbox", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (p *postman) send(ctx context.Context, l iam.Letter) error {
	letter, err := p.letter(l)
	if err != nil {
		return err
	}
	message, err := p.renderer.Render(mail.Recipient{Name: l.Name, Address: l.Address, Locale: l.Locale}, letter)
	if err == nil {
		err = p.sender.Send(ctx, message)
	}
	if err != nil && ctx.Err() == nil && !mail.Temporary(err) {
		err = errors.Join(authority.ErrUndeliverable, err)
	}
	return err
}

// letter puts a letter into the terms of package mail. Links begin with the configured address,
// never with what a request said of the host: an attacker chooses that.
func (p *postman) letter(l iam.Letter) (mail.Letter, error) {
	changed := func(c mail.Change) mail.Letter {
		return mail.AccountChanged{Change: c, At: l.CreatedAt, Address: l.SourceIP}
	}
	switch l.Kind {
	case iam.LetterMagicCode:
		return mail.MagicCode{Code: l.Secret, Lifetime: l.ExpiresAt.Sub(l.CreatedAt), Address: l.SourceIP, Device: l.UserAgent}, nil
	case iam.LetterPasswordReset:
		// Behind the #, so that no server on the way and no log sees the token.
		return mail.PasswordReset{Link: p.publicURL + "/login/reset#token=" + url.QueryEscape(l.Secret), ExpiresAt: l.ExpiresAt, Address: l.SourceIP}, nil
	case iam.LetterConfirmAddress:
		return mail.ConfirmAddress{Link: p.publicURL + "/sign-up/confirm#token=" + url.QueryEscape(l.Secret), ExpiresAt: l.ExpiresAt}, nil
	case iam.LetterAccountExists:
		return mail.AccountExists{Link: p.publicURL + "/login", Address: l.SourceIP}, nil
	case iam.LetterSignUpInvited:
		return mail.SignUpInvited{Link: p.publicURL + "/sign-up", ExpiresAt: l.ExpiresAt}, nil
	case iam.LetterInvitation:
		return mail.Invitation{Organization: l.Organization, InvitedBy: l.Person, Link: p.publicURL + "/invitations#token=" + url.QueryEscape(l.Secret), ExpiresAt: l.ExpiresAt}, nil
	case iam.LetterWelcome:
		return mail.Welcome{Organization: l.Organization, Username: l.Person, Password: l.Secret, Link: p.publicURL + "/login?organization=" + url.QueryEscape(string(l.OrganizationID))}, nil
	case iam.LetterKeyExpiring:
		access, description, _ := strings.Cut(l.Secret, " ")
		return mail.KeyExpiring{Organization: l.Organization, AccessKey: access, Description: description, Application: l.Person, ExpiresAt: l.ExpiresAt}, nil
	case iam.LetterPasswordChanged:
		return changed(mail.PasswordChanged), nil
	case iam.LetterTOTPAdded:
		return changed(mail.TOTPAdded), nil
	case iam.LetterTOTPRemoved:
		return changed(mail.TOTPRemoved), nil
	case iam.LetterPasskeyAdded:
		return changed(mail.PasskeyAdded), nil
	case iam.LetterAlert:
		if l.Alert == nil {
			break
		}
		return mail.Alert{
			Organization: l.Organization, Rule: l.Alert.RuleName, Description: l.Alert.Description, Severity: string(l.Alert.Severity),
			At: l.Alert.FiredAt, EventID: l.Alert.EventID,
		}, nil
	case iam.LetterPasskeyRemoved:
		return changed(mail.PasskeyRemoved), nil
	}
	return nil, errors.Join(authority.ErrUndeliverable, fmt.Errorf("a letter of the unknown kind %q", l.Kind))
}
