package mail

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/mail"
	"os"
	"path/filepath"
	"time"
)

// outbox puts each message into a file of its own.
type outbox struct {
	folder string
	from   mail.Address
	clock  func() time.Time
}

// newOutbox makes the folder, for its owner only, if there is none.
func newOutbox(config Config, from mail.Address, folder string) (Sender, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	return &outbox{folder, from, config.Clock}, nil
}

func (o *outbox) String() string { return "folder " + o.folder }

// Send writes a file that only its owner may read: it holds codes and links that are
// credentials. The names sort by time; a file appears complete or not at all.
func (o *outbox) Send(ctx context.Context, m Message) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	now := o.clock().UTC()
	temp, err := os.CreateTemp(o.folder, ".mail-*") // O_EXCL, mode 0600
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	defer os.Remove(temp.Name())
	if err := errors.Join(write(temp, m, o.from, now), temp.Close()); err != nil {
		return err
	}
	name := now.Format("20060102T150405.000000Z-") + rand.Text() + ".eml"
	if err := os.Rename(temp.Name(), filepath.Join(o.folder, name)); err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	return nil
}

// logSender writes whole messages into the log, with the codes and links in them. It is for
// trying things out and exists only where the operator has asked for it by name.
type logSender struct {
	log *slog.Logger
}

func (l *logSender) String() string { return "log (codes and links of all users in clear)" }

func (l *logSender) Send(ctx context.Context, m Message) error {
	if err := m.check(); err != nil {
		return err
	}
	l.log.InfoContext(ctx, "mail", "to", m.Address, "subject", m.Subject, "text", m.Text)
	return nil
}
