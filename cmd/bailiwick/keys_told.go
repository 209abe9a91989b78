package main

import (
	"context"
	"log/slog"
	"time"

	"bailiwick/authority"
)

// tellInterval is how often API keys that expire soon are looked for.
const tellInterval = time.Minute

// tellExpiringUntil writes letters before API keys expire until the context ends.
func tellExpiringUntil(ctx context.Context, a *authority.Authority, log *slog.Logger) {
	ticker := time.NewTicker(tellInterval)
	defer ticker.Stop()
	for {
		if _, err := a.TellExpiringKeys(ctx); err != nil && ctx.Err() == nil {
			log.Error("cannot tell of API keys that expire", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
