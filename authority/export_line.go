package authority

import (
	"cmp"
	"encoding/json"
	"time"

	"bailiwick/iam"
)

// The lines of an export have the members of the API's events.
type (
	exportedEvent struct {
		ID             string             `json:"id"`
		RecordedAt     time.Time          `json:"recorded_at"`
		Locality       string             `json:"locality"`
		Principal      exportedPrincipal  `json:"principal"`
		OrganizationID string             `json:"organization_id"`
		ProjectID      *string            `json:"project_id"`
		SourceIP       *string            `json:"source_ip"`
		UserAgent      *string            `json:"user_agent"`
		ProductName    string             `json:"product_name"`
		ServiceName    string             `json:"service_name"`
		MethodName     string             `json:"method_name"`
		Resources      []exportedResource `json:"resources"`
		RequestID      string             `json:"request_id"`
		RequestBody    json.RawMessage    `json:"request_body"`
		StatusCode     int                `json:"status_code"`
	}

	exportedPrincipal struct {
		ID string `json:"id"`
	}

	exportedLogin struct {
		ID             string             `json:"id"`
		RecordedAt     time.Time          `json:"recorded_at"`
		OrganizationID string             `json:"organization_id"`
		SourceIP       *string            `json:"source_ip"`
		UserAgent      *string            `json:"user_agent"`
		Resources      []exportedResource `json:"resources"`
		Result         string             `json:"result"`
		FailureReason  *string            `json:"failure_reason"`
		Method         string             `json:"method"`
		Origin         string             `json:"origin"`
		MFAType        *string            `json:"mfa_type"`
	}

	exportedSystemEvent struct {
		ID             string             `json:"id"`
		RecordedAt     time.Time          `json:"recorded_at"`
		Locality       string             `json:"locality"`
		OrganizationID string             `json:"organization_id"`
		ProjectID      *string            `json:"project_id"`
		ProductName    string             `json:"product_name"`
		Source         string             `json:"source"`
		SystemName     string             `json:"system_name"`
		Resources      []exportedResource `json:"resources"`
		Kind           string             `json:"kind"`
	}

	exportedResource struct {
		ID        string     `json:"id"`
		Type      string     `json:"type"`
		CreatedAt *time.Time `json:"created_at"`
		UpdatedAt *time.Time `json:"updated_at"`
		DeletedAt *time.Time `json:"deleted_at"`
		Name      *string    `json:"name"`
		Action    *string    `json:"action"`
	}
)

func exportLine(e iam.Event, region string) exportedEvent {
	body := json.RawMessage(e.Body)
	if len(body) == 0 {
		body = json.RawMessage("{}")
	}
	return exportedEvent{
		ID: e.ID, RecordedAt: e.RecordedAt, Locality: region, Principal: exportedPrincipal{e.Principal.ID}, OrganizationID: string(e.OrganizationID),
		ProjectID: orNull(string(e.ProjectID)), SourceIP: orNull(e.SourceIP), UserAgent: orNull(e.UserAgent), ProductName: e.Product,
		ServiceName: e.Service, MethodName: e.Method, Resources: exportResources(e.Resources), RequestID: e.RequestID, RequestBody: body, StatusCode: e.StatusCode,
	}
}

func exportResources(all []iam.EventResource) []exportedResource {
	out := []exportedResource{}
	for _, r := range all {
		out = append(out, exportedResource{
			r.ID, string(r.Type), timeOrNull(r.CreatedAt), timeOrNull(r.UpdatedAt), timeOrNull(r.DeletedAt), orNull(r.Name), orNull(string(r.Action)),
		})
	}
	return out
}

func exportLogin(e iam.AuthenticationEvent) exportedLogin {
	line := exportedLogin{
		ID: e.ID, RecordedAt: e.RecordedAt, OrganizationID: string(e.OrganizationID), SourceIP: orNull(e.SourceIP), UserAgent: orNull(e.UserAgent),
		Resources: exportResources([]iam.EventResource{{ID: string(e.UserID), Type: iam.ResourceUser, Name: e.Username}}),
		Result:    "success", Method: cmp.Or(string(e.Method), "unknown_method"), Origin: "public_api", MFAType: orNull(string(e.MFA)),
	}
	if !e.Succeeded() {
		line.Result, line.FailureReason = "failure", orNull(string(e.Failure))
	}
	return line
}

func exportSystemEvent(e iam.SystemEvent, region string) exportedSystemEvent {
	return exportedSystemEvent{
		ID: e.ID, RecordedAt: e.RecordedAt, Locality: region, OrganizationID: string(e.OrganizationID), ProjectID: orNull(string(e.ProjectID)),
		ProductName: e.Product, Source: e.Source, SystemName: e.Name, Resources: exportResources(e.Resources), Kind: string(e.Kind),
	}
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func timeOrNull(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}
