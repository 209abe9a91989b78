package server

// Names of the services in the audit trail.
const (
	serviceAuditTrail = "scaleway.audit_trail.v1alpha1.Api"
)

// tableAuditTrail is the published API audit-trail/v1alpha1.
func tableAuditTrail() []operation {
	return []operation{
		line("GET /audit-trail/v1alpha1/regions/{region}/events", "ListEvents", "audit_trail:event:list", tenantQuery, handle((*api).listEvents)),
		line("GET /audit-trail/v1alpha1/regions/{region}/authentication-events", "ListAuthenticationEvents", "audit_trail:event:list", tenantQuery, handle((*api).listAuthenticationEvents)),
		line("GET /audit-trail/v1alpha1/regions/{region}/system-events", "ListSystemEvents", "audit_trail:event:list", tenantQuery, handle((*api).listSystemEvents)),
		line("GET /audit-trail/v1alpha1/regions/{region}/combined-events", "ListCombinedEvents", "audit_trail:event:list", tenantQuery, handle((*api).listCombinedEvents)),
		line("GET /audit-trail/v1alpha1/regions/{region}/products", "ListProducts", "audit_trail:product:list", tenantQuery, handle((*api).listProducts)),
		line("GET /audit-trail/v1alpha1/regions/{region}/last-events-overview", "GetLastEventsOverview", "audit_trail:event:list", tenantQuery, handle((*api).getLastEventsOverview)),
		line("POST /audit-trail/v1alpha1/regions/{region}/export-jobs", "CreateExportJob", "audit_trail:export_job:create", tenantBody, handle((*api).createExportJob)).recorded(productAuditTrail, serviceAuditTrail, "CreateExportJob", "audit_trail_export_job"),
		line("DELETE /audit-trail/v1alpha1/regions/{region}/export-jobs/{export_job_id}", "DeleteExportJob", "audit_trail:export_job:delete", tenantObject, handleVoid((*api).deleteExportJob)).recorded(productAuditTrail, serviceAuditTrail, "DeleteExportJob", "audit_trail_export_job"),
		line("GET /audit-trail/v1alpha1/regions/{region}/export-jobs", "ListExportJobs", "audit_trail:export_job:list", tenantQuery, handle((*api).listExportJobs)),
		line("GET /audit-trail/v1alpha1/regions/{region}/alert-rules", "ListAlertRules", "audit_trail:alert_rule:list", tenantQuery, handle((*api).listAlertRules)),
		line("GET /audit-trail/v1alpha1/regions/{region}/custom-alert-rules", "ListCustomAlertRules", "audit_trail:custom_alert_rule:list", tenantQuery, handle((*api).listCustomAlertRules)),
		line("POST /audit-trail/v1alpha1/regions/{region}/enable-alert-rules", "EnableAlertRules", "audit_trail:alert_rule:write", tenantBody, handle((*api).enableAlertRules)).recorded(productAuditTrail, serviceAuditTrail, "EnableAlertRules", "audit_trail_alert_rule"),
		line("POST /audit-trail/v1alpha1/regions/{region}/enable-custom-alert-rules", "EnableCustomAlertRules", "audit_trail:custom_alert_rule:write", tenantBody, handle((*api).enableCustomAlertRules)).recorded(productAuditTrail, serviceAuditTrail, "EnableCustomAlertRules", "audit_trail_custom_alert_rule"),
		line("POST /audit-trail/v1alpha1/regions/{region}/disable-alert-rules", "DisableAlertRules", "audit_trail:alert_rule:write", tenantBody, handle((*api).disableAlertRules)).recorded(productAuditTrail, serviceAuditTrail, "DisableAlertRules", "audit_trail_alert_rule"),
		line("POST /audit-trail/v1alpha1/regions/{region}/disable-custom-alert-rules", "DisableCustomAlertRules", "audit_trail:custom_alert_rule:write", tenantBody, handle((*api).disableCustomAlertRules)).recorded(productAuditTrail, serviceAuditTrail, "DisableCustomAlertRules", "audit_trail_custom_alert_rule"),
		line("PATCH /audit-trail/v1alpha1/regions/{region}/alert-rules", "SetEnabledAlertRules", "audit_trail:alert_rule:write", tenantBody, handle((*api).setEnabledAlertRules)).recorded(productAuditTrail, serviceAuditTrail, "SetEnabledAlertRules", "audit_trail_alert_rule"),
		line("PUT /audit-trail/v1alpha1/regions/{region}/custom-alert-rules", "SetEnabledCustomAlertRules", "audit_trail:custom_alert_rule:write", tenantBody, handle((*api).setEnabledCustomAlertRules)).recorded(productAuditTrail, serviceAuditTrail, "SetEnabledCustomAlertRules", "audit_trail_custom_alert_rule"),
		line("POST /audit-trail/v1alpha1/regions/{region}/custom-alert-rules", "CreateCustomAlertRule", "audit_trail:custom_alert_rule:create", tenantBody, handle((*api).createCustomAlertRule)).recorded(productAuditTrail, serviceAuditTrail, "CreateCustomAlertRule", "audit_trail_custom_alert_rule"),
		line("PATCH /audit-trail/v1alpha1/regions/{region}/custom-alert-rules/{custom_alert_rule_id}", "UpdateCustomAlertRule", "audit_trail:custom_alert_rule:write", tenantObject, handle((*api).updateCustomAlertRule)).recorded(productAuditTrail, serviceAuditTrail, "UpdateCustomAlertRule", "audit_trail_custom_alert_rule"),
		line("DELETE /audit-trail/v1alpha1/regions/{region}/custom-alert-rules/{custom_alert_rule_id}", "DeleteCustomAlertRule", "audit_trail:custom_alert_rule:delete", tenantObject, handleVoid((*api).deleteCustomAlertRule)).recorded(productAuditTrail, serviceAuditTrail, "DeleteCustomAlertRule", "audit_trail_custom_alert_rule"),
		line("POST /audit-trail/v1alpha1/regions/{region}/test-custom-alert-rule", "TestCustomAlertRule", "audit_trail:custom_alert_rule:test", tenantBody, handle((*api).testCustomAlertRule)),
		line("GET /audit-trail/v1alpha1/regions/{region}/custom-alert-rule-fields", "RetrieveAvailableFieldsForCustomAlertRules", "audit_trail:custom_alert_rule:read", tenantQuery, handle((*api).listAlertFields)),
	}
}
