-- +goose Up
-- Passkeys (WebAuthn). key_id is the id that the authenticator chose, in hexadecimal. It is
-- unique on the server: a login without a username names its user by it. record is what proves
-- the passkey, and who can change it can log in.
CREATE TABLE passkeys (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    user_id         TEXT NOT NULL,
    name            TEXT NOT NULL,
    key_id          TEXT NOT NULL,
    record          TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    last_login_at   BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX passkeys_key ON passkeys (key_id);
CREATE INDEX passkeys_user ON passkeys (organization_id, user_id, created_at, id);

-- Challenges of ceremonies that came to their end, until they would have expired: none is
-- answered twice, on no node. They belong to nobody: a login without a username has no tenant.
CREATE TABLE spent_challenges (
    challenge  TEXT NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX spent_challenges_expiry ON spent_challenges (expires_at);
