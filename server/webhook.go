package server

import (
	"context"
	"time"

	"bailiwick/iam"
)

// Where an organization's alerts go.
type (
	getAlertDeliveryRequest struct {
		OrganizationID string `json:"-"`
	}

	setAlertDeliveryRequest struct {
		OrganizationID string   `json:"organization_id"`
		Emails         []string `json:"emails"`
		WebhookURL     string   `json:"webhook_url"`
		// RotateSecret asks for a new secret for the same URL.
		RotateSecret bool `json:"rotate_secret"`
	}

	alertDelivery struct {
		OrganizationID string     `json:"organization_id"`
		Emails         []string   `json:"emails"`
		WebhookURL     string     `json:"webhook_url"`
		UpdatedAt      *time.Time `json:"updated_at"`
		// WebhookSecret signs the calls (Standard Webhooks); it is in the answer that made it
		// and never again.
		WebhookSecret *string `json:"webhook_secret"`
	}
)

func toAlertDelivery(d iam.AlertDelivery) *alertDelivery {
	return &alertDelivery{OrganizationID: string(d.OrganizationID), Emails: d.Emails, WebhookURL: d.WebhookURL, UpdatedAt: given(d.UpdatedAt)}
}

func (a *api) getAlertDelivery(ctx context.Context, call iam.Call, in *getAlertDeliveryRequest) (*alertDelivery, error) {
	d, err := a.authority.GetAlertDelivery(ctx, call, iam.OrganizationID(in.OrganizationID))
	return answer(d, err, toAlertDelivery)
}

func (a *api) setAlertDelivery(ctx context.Context, call iam.Call, in *setAlertDeliveryRequest) (*alertDelivery, error) {
	d, secret, err := a.authority.SetAlertDelivery(ctx, call, iam.NewAlertDelivery{
		OrganizationID: iam.OrganizationID(in.OrganizationID), Emails: in.Emails, WebhookURL: in.WebhookURL, RotateSecret: in.RotateSecret,
	})
	if err != nil {
		return nil, err
	}
	out := toAlertDelivery(d)
	out.WebhookSecret = nonEmptyText(secret)
	return out, nil
}
