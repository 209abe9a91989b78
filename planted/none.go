//go:build !planted_wrong_scope && !planted_no_organization && !planted_group_left_behind && !planted_error_grants && !planted_deleted_project && !planted_orphan_policy && !planted_locked_user && !planted_stale_delete && !planted_closed_organization && !planted_expired_key && !planted_foreign_organization && !planted_absent_value && !planted_ack_before_commit && !planted_event_outside && !planted_no_event

package planted

const bug = "" // which defect is built in
