package authority

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"bailiwick/iam"
	"bailiwick/store"
)

// The delivery of webhooks: how long a node has for one, the first and the longest pause
// between two tries, and how many there are.
const (
	webhookHold  = 2 * time.Minute
	webhookPause = 5 * time.Second
	webhookRest  = time.Hour
	webhookTries = 12
)

// webhookSecretPrefix marks a secret as one of the Standard Webhooks specification.
const webhookSecretPrefix = "whsec_"

func webhookContext(organization iam.OrganizationID) string { return "webhook/" + string(organization) }

// GetAlertDelivery returns where the organization's alerts go beside its owner's address. It
// asks for the right to change that: the path of a URL can be a secret.
func (a *Authority) GetAlertDelivery(ctx context.Context, call iam.Call, named iam.OrganizationID) (iam.AlertDelivery, error) {
	org, err := a.mayList(call, named)
	if err != nil {
		return iam.AlertDelivery{}, err
	}
	d, _, err := a.store.Read(ctx).AlertDelivery(org)
	return d, err
}

// SetAlertDelivery says where the organization's alerts go. It returns the secret of the
// webhook's signatures if it made one, and never again: for a new URL, and when it is asked to.
func (a *Authority) SetAlertDelivery(ctx context.Context, call iam.Call, n iam.NewAlertDelivery) (d iam.AlertDelivery, secret string, err error) {
	err = a.mutate(ctx, call, object{}, func() error { return a.checkDelivery(n) }, func(m *mutation) error {
		secret = ""
		org, err := m.within(n.OrganizationID)
		if err != nil {
			return err
		}
		if err := m.authorize(object{}); err != nil {
			return err
		}
		old, sealed, err := m.AlertDelivery(org)
		if err != nil {
			return err
		}
		switch {
		case n.WebhookURL == "":
			sealed = ""
		case n.WebhookURL != old.WebhookURL || n.RotateSecret:
			// Another receiver must not be able to forge messages to this one, nor the other
			// way round.
			raw := make([]byte, 32)
			_, _ = rand.Read(raw) // never fails
			secret = webhookSecretPrefix + base64.StdEncoding.EncodeToString(raw)
			sealed = base64.StdEncoding.EncodeToString(a.keyring.Seal([]byte(secret), webhookContext(org)))
		}
		d = iam.AlertDelivery{OrganizationID: org, Emails: withoutRepeats(n.Emails), WebhookURL: n.WebhookURL, UpdatedAt: m.Now}
		m.did(iam.ActionUpdated, iam.EventResource{ID: string(org), Type: iam.ResourceAlertRule, UpdatedAt: m.Now})
		return m.Tx.SetAlertDelivery(d, sealed)
	})
	if err != nil {
		return iam.AlertDelivery{}, "", err
	}
	return d, secret, nil
}

// checkDelivery also refuses URLs in clear where no network is allowed that they could lead to.
func (a *Authority) checkDelivery(n iam.NewAlertDelivery) error {
	if err := n.Validate(); err != nil {
		return err
	}
	if !a.clearWebhooks && n.WebhookURL != "" && !strings.HasPrefix(n.WebhookURL, "https://") {
		return iam.Invalid("webhook_url", iam.ReasonFormat, "value must be an https URL")
	}
	return nil
}

// DeliverWebhooks gives calls of webhooks that are due to send, one by one, as Deliver does with
// letters. A call is tried a bounded number of times and for a bounded time; that it was given
// up is a system event.
func (a *Authority) DeliverWebhooks(ctx context.Context, send func(context.Context, iam.Webhook) error) error {
	for ctx.Err() == nil {
		var w iam.Webhook
		tries := 0
		err := a.store.Record(ctx, func(tx *store.Tx) (err error) {
			w, tries, err = tx.HoldWebhook(webhookHold)
			return err
		})
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		outcome := a.callWebhook(ctx, w, send)
		if outcome != nil {
			a.log.Warn("a webhook is not delivered", "organization_id", w.OrganizationID, "webhook_id", w.ID, "tries", tries, "error", outcome)
		}
		err = a.store.Record(context.WithoutCancel(ctx), func(tx *store.Tx) error {
			next := tx.Now.Add(pause(tries))
			switch {
			case outcome == nil:
				return tx.DeleteWebhook(w)
			case errors.Is(outcome, ErrUndeliverable) || tries >= webhookTries || !next.Before(w.ExpiresAt):
				return errors.Join(tx.DeleteWebhook(w), recordSystem(tx, iam.SystemEvent{
					OrganizationID: w.OrganizationID, Kind: iam.SystemEventNotification, Source: "webhooks", Name: "undeliverable", Product: "audit-trail",
				}))
			}
			return tx.DeferWebhook(w, next)
		})
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// pause is how long a call waits after so many tries: three times longer each time.
func pause(tries int) time.Duration {
	wait := webhookPause
	for range min(tries, webhookTries) - 1 {
		wait = min(3*wait, webhookRest)
	}
	return wait
}

// callWebhook completes a call with what the organization says now, and sends it.
func (a *Authority) callWebhook(ctx context.Context, w iam.Webhook, send func(context.Context, iam.Webhook) error) error {
	d, sealed, err := a.store.Read(ctx).AlertDelivery(w.OrganizationID)
	if err != nil {
		return err
	}
	if d.WebhookURL == "" {
		return errors.Join(ErrUndeliverable, errors.New("the organization has no webhook any more"))
	}
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return errors.Join(ErrUndeliverable, err)
	}
	secret, err := a.keyring.Open(raw, webhookContext(w.OrganizationID))
	if err != nil {
		return errors.Join(ErrUndeliverable, err)
	}
	w.URL, w.Secret = d.WebhookURL, string(secret)
	return send(ctx, w)
}
