-- +goose Up
-- What logging in needs: sessions, what a user has to prove itself with beside the password,
-- attempts, logins that are under way, and the keys that sign sessions.

-- renew_hash is the keyed hash of the renew token in force; former_hash is that of the one
-- before, by which a stolen token that is used a second time is seen.
CREATE TABLE sessions (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    user_id         TEXT NOT NULL,
    issuer_id       TEXT NOT NULL,
    referrer        TEXT NOT NULL,
    ip              TEXT NOT NULL,
    user_agent      TEXT NOT NULL,
    access_key      TEXT NOT NULL,
    renew_hash      TEXT NOT NULL,
    former_hash     TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX sessions_user ON sessions (organization_id, user_id, created_at, id);
CREATE INDEX sessions_created ON sessions (organization_id, created_at, id);
CREATE INDEX sessions_access_key ON sessions (organization_id, access_key);

-- totp_sealed is the secret of one-time passwords under the master key; totp_step the last
-- time step that was accepted, so that no code is good twice on any node.
CREATE TABLE credentials (
    organization_id     TEXT NOT NULL REFERENCES organizations (id),
    user_id             TEXT NOT NULL,
    totp_sealed         TEXT NOT NULL,
    totp_pending        TEXT NOT NULL,
    totp_step           BIGINT NOT NULL,
    password_changed_at BIGINT NOT NULL,
    password_renewal    BOOLEAN NOT NULL,
    grace_started_at    BIGINT NOT NULL,
    PRIMARY KEY (organization_id, user_id)
);

CREATE TABLE recovery_codes (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    user_id         TEXT NOT NULL,
    hash            TEXT NOT NULL,
    PRIMARY KEY (organization_id, user_id, hash)
);

-- Failed attempts of a user, counted before the proof is looked at. network is empty for a
-- member; an owner has one row for each network that it is tried from.
CREATE TABLE login_attempts (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    user_id         TEXT NOT NULL,
    network         TEXT NOT NULL,
    failures        BIGINT NOT NULL,
    last_at         BIGINT NOT NULL,
    PRIMARY KEY (organization_id, user_id, network)
);

-- Logins under way: who has proven a part and owes the rest. id is a keyed hash.
CREATE TABLE logins (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    user_id         TEXT NOT NULL,
    method          TEXT NOT NULL,
    mfa             TEXT NOT NULL,
    steps           TEXT NOT NULL,
    expires_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX logins_user ON logins (organization_id, user_id);

CREATE TABLE authentication_events (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    sequence        BIGINT NOT NULL,
    id              TEXT NOT NULL,
    recorded_at     BIGINT NOT NULL,
    user_id         TEXT NOT NULL,
    username        TEXT NOT NULL,
    source_ip       TEXT NOT NULL,
    user_agent      TEXT NOT NULL,
    request_id      TEXT NOT NULL,
    failure         TEXT NOT NULL,
    method          TEXT NOT NULL,
    mfa             TEXT NOT NULL,
    PRIMARY KEY (organization_id, sequence)
);
CREATE INDEX authentication_events_time ON authentication_events (organization_id, recorded_at, sequence);
ALTER TABLE organizations ADD COLUMN authentication_sequence BIGINT NOT NULL DEFAULT 0;
ALTER TABLE organizations ADD COLUMN authentication_recorded_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX users_email ON users (lower(email)) WHERE type = 'owner';

-- The private keys that sign sessions, under the master key.
CREATE TABLE signing_keys (
    id         TEXT NOT NULL PRIMARY KEY,
    sealed     TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
