package authority

import (
	"sync"
	"time"

	"bailiwick/condition"
	"bailiwick/iam"
)

// preconfiguredRules are the rules that every organization has, by name. Their ids are the same
// everywhere, so that a script that enables some works for every organization.
func preconfiguredRules() []iam.AlertRule {
	return []iam.AlertRule{
		{
			ID: "3ceaaf30-8142-48ea-91d9-3080f9b439fc", Name: "ApiKeyCreated", Severity: iam.SeverityInfo,
			Description: "An API key was created.",
			AlertCondition: iam.AlertCondition{Window: time.Minute, Occurrences: 1,
				Query: `methodName == "CreateAPIKey" && status == 200`},
		},
		{
			ID: "9dfb369b-ab13-4fae-a276-55daa05f1119", Name: "ApiKeyCreationUnauthorized", Severity: iam.SeverityWarning,
			Description: "Somebody tried to create an API key without the right to.",
			AlertCondition: iam.AlertCondition{Window: time.Minute, Occurrences: 1,
				Query: `methodName == "CreateAPIKey" && status == 403`},
		},
		{
			ID: "6301bbfc-a0c5-454e-8ff9-bb510944fe0c", Name: "ApiKeyDeleted", Severity: iam.SeverityInfo,
			Description: "An API key was deleted.",
			AlertCondition: iam.AlertCondition{Window: time.Minute, Occurrences: 1,
				Query: `methodName == "DeleteAPIKey" && status == 200`},
		},
		{
			ID: "6fced11d-2bd8-41e6-847a-8387cdde8d51", Name: "ApiKeyDeletionUnauthorized", Severity: iam.SeverityWarning,
			Description: "Somebody tried to delete an API key without the right to.",
			AlertCondition: iam.AlertCondition{Window: time.Minute, Occurrences: 1,
				Query: `methodName == "DeleteAPIKey" && status == 403`},
		},
		{
			ID: "3a124c64-7e02-4f05-b7c1-dce27f7695f5", Name: "AuditTrailWeakened", Severity: iam.SeverityCritical,
			Description: "An alert rule was disabled or deleted, an export job was deleted, or the delivery of alerts was changed.",
			AlertCondition: iam.AlertCondition{Window: time.Minute, Occurrences: 1,
				Query: `methodName in ["DisableAlertRules", "SetEnabledAlertRules", "DisableCustomAlertRules", "SetEnabledCustomAlertRules", "DeleteCustomAlertRule", "DeleteExportJob", "SetAlertDelivery"] && status == 200`},
		},
		{
			ID: "66080f17-4c96-48e2-9cbd-0ba3a1a6bcde", Name: "HttpForbiddenErrorRateHigh", Severity: iam.SeverityError,
			Description: "More than 20 requests were refused (403) within 5 minutes.",
			AlertCondition: iam.AlertCondition{Window: 5 * time.Minute, Occurrences: 21,
				Query: `status == 403`},
		},
		{
			ID: "5d9a2c1e-64d7-4d0b-8f0c-2f1f6a7c9b33", Name: "LoginFailureRateHigh", Severity: iam.SeverityError,
			Description: "More than 20 attempts to log in failed within 5 minutes.",
			AlertCondition: iam.AlertCondition{Window: 5 * time.Minute, Occurrences: 21,
				Query: `methodName == "Login" && status == 401`},
		},
		{
			ID: "b120a366-f0bb-49cf-82f2-dc05873f9bd0", Name: "MfaRemoved", Severity: iam.SeverityWarning,
			Description: "A second factor was removed from a user.",
			AlertCondition: iam.AlertCondition{Window: time.Minute, Occurrences: 1,
				Query: `methodName in ["DeleteMFAOTP", "DeleteWebAuthnAuthenticator"] && status == 200`},
		},
		{
			ID: "78b7d0ac-8477-4ce0-8e4c-da11b43c589b", Name: "PolicyChangeUnauthorized", Severity: iam.SeverityWarning,
			Description: "Somebody tried to change a policy without the right to.",
			AlertCondition: iam.AlertCondition{Window: time.Minute, Occurrences: 1,
				Query: `productName == "iam" && (methodName.endsWith("Policy") || methodName == "SetRules") && status == 403`},
		},
		{
			ID: "2330fcf1-562a-44b8-8866-8d77e827062c", Name: "PolicyChanged", Severity: iam.SeverityInfo,
			Description: "A policy or its rules were changed.",
			AlertCondition: iam.AlertCondition{Window: time.Minute, Occurrences: 1,
				Query: `productName == "iam" && (methodName.endsWith("Policy") || methodName == "SetRules") && status == 200`},
		},
		{
			ID: "c1acc990-6424-450a-a36b-f9b3ddcb369d", Name: "SecuritySettingsChanged", Severity: iam.SeverityWarning,
			Description: "Security settings, login methods or the login policy of the organization were changed.",
			AlertCondition: iam.AlertCondition{Window: time.Minute, Occurrences: 1,
				Query: `methodName in ["UpdateOrganizationSecuritySettings", "UpdateOrganizationLoginMethods", "UpdateLoginPolicy"] && status == 200`},
		},
		{
			ID: "9ad9b9a2-5e78-454d-b065-a1c284cc4549", Name: "UserPasswordSet", Severity: iam.SeverityWarning,
			Description: "The password of a user was set.",
			AlertCondition: iam.AlertCondition{Window: time.Minute, Occurrences: 1,
				Query: `methodName == "UpdateUserPassword" && status == 200`},
		},
	}
}

// maxQueries bounds the compiled queries that are kept.
const maxQueries = 2000

// queries keeps the compiled queries of alert rules: each is evaluated on every event, and to
// compile one takes as long as thousands of evaluations.
type queries struct {
	compiler *condition.EventCompiler
	mu       sync.Mutex
	kept     map[string]*condition.EventQuery
}

// compile returns a compiled query; the error is a *condition.Error.
func (q *queries) compile(source string) (*condition.EventQuery, error) {
	q.mu.Lock()
	kept, ok := q.kept[source]
	q.mu.Unlock()
	if ok {
		return kept, nil
	}
	compiled, err := q.compiler.Compile(source)
	if err != nil {
		return nil, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.kept == nil || len(q.kept) >= maxQueries {
		q.kept = map[string]*condition.EventQuery{}
	}
	q.kept[source] = compiled
	return compiled, nil
}
