package main

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"bailiwick/authority"
	"bailiwick/iam"
	"bailiwick/webhook"
)

const (
	// alertInterval is how often new events are looked at, and the queue of webhooks.
	alertInterval = time.Second
	// webhookWorkers is how many webhooks are called at a time: one receiver that does not
	// answer must not hold up those of other tenants.
	webhookWorkers = 8
)

// alertFlags say where alerts may go.
type alertFlags struct {
	WebhookAllow []string `placeholder:"CIDR" help:"Networks beside the public ones that webhooks of alerts may call, also by http. Without this flag none."`
}

// watchAlerts evaluates alert rules and calls webhooks until the context ends.
func watchAlerts(ctx context.Context, a *authority.Authority, allow []netip.Prefix, log *slog.Logger) {
	sender := webhook.New(webhook.Config{Allow: allow})
	send := func(ctx context.Context, w iam.Webhook) error {
		err := sender.Send(ctx, webhook.Message{ID: w.ID, URL: w.URL, Secret: w.Secret, Payload: w.Payload})
		if errors.Is(err, webhook.ErrGone) {
			err = errors.Join(authority.ErrUndeliverable, err)
		}
		return err
	}
	var workers sync.WaitGroup
	workers.Go(func() {
		repeat(ctx, alertInterval, func() { logFault(ctx, log, "cannot evaluate all alert rules", a.EvaluateAlerts(ctx)) })
	})
	for range webhookWorkers {
		workers.Go(func() {
			repeat(ctx, alertInterval, func() { logFault(ctx, log, "cannot read the queue of webhooks", a.DeliverWebhooks(ctx, send)) })
		})
	}
	workers.Wait()
}

// repeat calls do at once and then at each interval, until the context ends.
func repeat(ctx context.Context, interval time.Duration, do func()) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		do()
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// logFault logs an error, unless the program is stopping.
func logFault(ctx context.Context, log *slog.Logger, what string, err error) {
	if err != nil && ctx.Err() == nil {
		log.Error(what, "error", err)
	}
}
