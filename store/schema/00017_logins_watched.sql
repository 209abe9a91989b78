-- +goose Up
-- Alert rules look at attempts to log in, too: up to which one, from the newest of today on.
-- The first statement fails on a second run (see 00003).
INSERT INTO steps (version) VALUES (17);
ALTER TABLE alert_cursors ADD COLUMN authentication_sequence BIGINT NOT NULL DEFAULT 0;
UPDATE alert_cursors SET authentication_sequence =
    (SELECT authentication_sequence FROM organizations WHERE id = alert_cursors.organization_id);
