package store

import (
	"time"

	"bailiwick/iam"
)

// AlertDelivery returns where an organization's alerts go, and the sealed secret of its
// webhook; nothing if it has not said.
func (t *Tx) AlertDelivery(organization iam.OrganizationID) (d iam.AlertDelivery, sealed string, err error) {
	d.OrganizationID = organization
	err = t.row("SELECT emails, webhook_url, webhook_secret, updated_at FROM alert_deliveries WHERE organization_id = $1", string(organization)).
		Scan(listOf[string]{&d.Emails}, &d.WebhookURL, &sealed, instant{&d.UpdatedAt})
	if err = absent(err); err == ErrNotFound {
		err = nil
	}
	return d, sealed, err
}

// SetAlertDelivery stores where an organization's alerts go.
func (t *Tx) SetAlertDelivery(d iam.AlertDelivery, sealed string) error {
	_, err := t.exec(`INSERT INTO alert_deliveries (organization_id, emails, webhook_url, webhook_secret, updated_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (organization_id) DO UPDATE SET emails = excluded.emails, webhook_url = excluded.webhook_url,
		webhook_secret = excluded.webhook_secret, updated_at = excluded.updated_at`,
		string(d.OrganizationID), encodeList(d.Emails), d.WebhookURL, sealed, micros(d.UpdatedAt))
	return err
}

// InsertWebhook puts a call into the queue. Its URL and secret are those of the delivery when
// it is made, not of the moment.
func (t *Tx) InsertWebhook(w iam.Webhook) error {
	_, err := t.exec("INSERT INTO webhooks (organization_id, id, payload, created_at, expires_at, held_until, tries) VALUES ($1, $2, $3, $4, $5, 0, 0)",
		string(w.OrganizationID), w.ID, string(w.Payload), micros(w.CreatedAt), micros(w.ExpiresAt))
	return err
}

// HoldWebhook takes the next call that is due out of all tenants', as HoldLetter does.
func (t *Tx) HoldWebhook(hold time.Duration) (w iam.Webhook, tries int, err error) {
	var payload string
	// The condition stands twice: who waited for the row of another node must look at it again.
	err = t.row(`UPDATE webhooks SET held_until = $2, tries = tries + 1 WHERE held_until <= $1 AND (organization_id, id) IN
		(SELECT organization_id, id FROM webhooks WHERE held_until <= $1 ORDER BY held_until, created_at LIMIT 1)
		RETURNING organization_id, id, payload, created_at, expires_at, tries`, micros(t.Now), micros(t.Now.Add(hold))).
		Scan(&w.OrganizationID, &w.ID, &payload, instant{&w.CreatedAt}, instant{&w.ExpiresAt}, &tries)
	w.Payload = []byte(payload)
	return w, tries, absent(err)
}

// DeferWebhook gives a call that failed its next time.
func (t *Tx) DeferWebhook(w iam.Webhook, until time.Time) error {
	_, err := t.exec("UPDATE webhooks SET held_until = $3 WHERE organization_id = $1 AND id = $2", string(w.OrganizationID), w.ID, micros(until))
	return err
}

// DeleteWebhook takes a call out of the queue.
func (t *Tx) DeleteWebhook(w iam.Webhook) error {
	_, err := t.exec("DELETE FROM webhooks WHERE organization_id = $1 AND id = $2", string(w.OrganizationID), w.ID)
	return err
}
