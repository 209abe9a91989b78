-- +goose Up
-- When API keys and principals were last used: called_at with a call of the API, decided_at in a
-- decision that allowed. The times are facts and no state: they make no revision.
-- The first statement fails on a second run (see 00003).
INSERT INTO steps (version) VALUES (12);
ALTER TABLE api_keys ADD COLUMN called_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE api_keys ADD COLUMN decided_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN called_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN decided_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE applications ADD COLUMN called_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE applications ADD COLUMN decided_at BIGINT NOT NULL DEFAULT 0;

-- The same for the permission sets of a user or an application: when one last granted something.
CREATE TABLE permission_set_uses (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    principal_type  TEXT NOT NULL,
    principal_id    TEXT NOT NULL,
    permission_set  TEXT NOT NULL,
    called_at       BIGINT NOT NULL,
    decided_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, principal_type, principal_id, permission_set)
) WITHOUT ROWID;

-- The letter before an API key expires that was written last: the expiry that it told of, and how
-- long before that it was due. A changed expiry makes all letters due again.
ALTER TABLE api_keys ADD COLUMN told_expires_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE api_keys ADD COLUMN told_before_us BIGINT NOT NULL DEFAULT 0;
CREATE INDEX api_keys_expiry ON api_keys (expires_at);
