//go:build !planted_absent_value && !planted_ack_before_commit && !planted_closed_organization && !planted_deleted_project && !planted_error_grants && !planted_event_outside && !planted_expired_key && !planted_foreign_organization && !planted_group_left_behind && !planted_hidden_staleness && !planted_lagging_proof && !planted_late_revision && !planted_local_commit && !planted_locked_user && !planted_loose_revision && !planted_no_event && !planted_no_organization && !planted_notifications_only && !planted_old_revision && !planted_orphan_policy && !planted_paused_answers && !planted_poison_stops && !planted_repeated_commit && !planted_stale_answers && !planted_stale_delete && !planted_wall_clock && !planted_wrong_scope

package planted

const bug = "" // which defect is built in
