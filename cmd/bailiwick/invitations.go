package main

import (
	"context"
	"log/slog"
	"time"

	"bailiwick/authority"
)

// expireInterval is how often guests whose invitation has expired are taken away. No answer to
// them is taken meanwhile.
const expireInterval = time.Minute

// expireUntil takes expired guests away until the context ends.
func expireUntil(ctx context.Context, a *authority.Authority, log *slog.Logger) {
	ticker := time.NewTicker(expireInterval)
	defer ticker.Stop()
	for {
		if _, err := a.ExpireInvitations(ctx); err != nil && ctx.Err() == nil {
			log.Error("cannot take expired invitations away", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
