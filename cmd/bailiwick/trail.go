package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"bailiwick/audit"
	"bailiwick/authority"
	"bailiwick/iam"
)

// trailFlags are the settings of the audit trail.
type trailFlags struct {
	AuditRetention          string `default:"2160h" placeholder:"DURATION" help:"How long entries of the audit trail are kept; 0 for ever."`
	AuditCheckpoints        string `placeholder:"FILE" help:"File to which signed checkpoints of the audit trail are appended; keep it where who administers this server cannot change it."`
	AuditCheckpointInterval string `default:"10m" placeholder:"DURATION" help:"How often; and once at a stop."`
}

// trailSettings are the checked ones.
type trailSettings struct {
	retention time.Duration // 0: for ever
	path      string        // "": no checkpoints
	interval  time.Duration
}

const (
	leastRetention = time.Hour
	mostRetention  = 100 * 365 * 24 * time.Hour
	// retainInterval is how often old entries are looked for.
	retainInterval = 10 * time.Minute
)

func (c trailFlags) settings(f *faults) trailSettings {
	s := trailSettings{
		path:     c.AuditCheckpoints,
		interval: checkDuration("audit-checkpoint-interval", c.AuditCheckpointInterval, time.Second, 24*time.Hour, f),
	}
	// A mistyped retention would remove evidence for good: less than an hour is none that
	// anybody wants.
	if c.AuditRetention != "0" {
		s.retention = checkDuration("audit-retention", c.AuditRetention, leastRetention, mostRetention, f)
	}
	return s
}

// caretaker removes old entries of the audit trail and writes checkpoints.
type caretaker struct {
	authority *authority.Authority
	settings  trailSettings
	log       *slog.Logger
	written   map[written]int64 // the sequence of the last checkpoint of each chain
}

type written struct {
	organization iam.OrganizationID
	chain        iam.Chain
}

// careUntil works until the context ends, and writes the last checkpoints then.
func (c *caretaker) careUntil(ctx context.Context) {
	retain, checkpoint := time.NewTicker(retainInterval), time.NewTicker(c.settings.interval)
	defer retain.Stop()
	defer checkpoint.Stop()
	c.retain(ctx)
	for {
		select {
		case <-ctx.Done():
			c.checkpoint(context.WithoutCancel(ctx))
			return
		case <-retain.C:
			c.retain(ctx)
		case <-checkpoint.C:
			c.checkpoint(ctx)
		}
	}
}

func (c *caretaker) retain(ctx context.Context) {
	if err := c.authority.PruneChanges(ctx); err != nil && ctx.Err() == nil {
		c.log.Error("old changes are still in the change log", "error", err)
	}
	if c.settings.retention == 0 {
		return
	}
	n, err := c.authority.Retain(ctx, c.settings.retention)
	switch {
	case err != nil && ctx.Err() == nil:
		c.log.Error("old entries of the audit trail are still there", "removed", n, "error", err)
	case n > 0:
		c.log.Info("old entries of the audit trail are removed", "entries", n, "older_than", c.settings.retention)
	}
}

// checkpoint appends a line for each chain that has grown since the last one.
func (c *caretaker) checkpoint(ctx context.Context) {
	if c.settings.path == "" {
		return
	}
	statements, err := c.authority.Checkpoints(ctx)
	var lines []byte
	for _, s := range statements {
		if c.written[written{s.OrganizationID, s.Chain}] < s.Sequence {
			lines = audit.AppendCheckpoint(lines, s)
		}
	}
	if err == nil && len(lines) > 0 {
		err = appendSynced(c.settings.path, lines)
	}
	if err != nil {
		c.log.Error("checkpoints of the audit trail are not written", "path", c.settings.path, "error", err)
		return
	}
	for _, s := range statements {
		c.written[written{s.OrganizationID, s.Chain}] = s.Sequence
	}
}

// appendSynced appends to a file, which may have been moved away, and waits until it is on disk.
// A last line that was torn when the machine stopped is ended first, not taken away: the file
// may be one that only grows.
func appendSynced(path string, lines []byte) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	if info, statErr := file.Stat(); statErr == nil && info.Size() > 0 {
		last := make([]byte, 1)
		if _, err := file.ReadAt(last, info.Size()-1); err == nil && last[0] != '\n' {
			lines = append([]byte{'\n'}, lines...)
		}
	}
	_, err = file.Write(lines)
	return errors.Join(err, file.Sync(), file.Close())
}
