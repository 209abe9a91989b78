-- +goose Up
-- What logging in demands beyond Scaleway's security settings.
-- The first statement fails on a second run (see 00003).
INSERT INTO steps (version) VALUES (7);
ALTER TABLE organizations ADD COLUMN mfa_required BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE organizations ADD COLUMN password_inactivity_us BIGINT NOT NULL DEFAULT 0;
ALTER TABLE credentials ADD COLUMN mfa_grace_started_at BIGINT NOT NULL DEFAULT 0;
