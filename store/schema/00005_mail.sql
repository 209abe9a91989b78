-- +goose Up
-- Letters wait here from the transaction that they tell of until they are delivered. secret is
-- sealed under the master key. A node that delivers one holds it until held_until.
CREATE TABLE outbox (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    kind            TEXT NOT NULL,
    name            TEXT NOT NULL,
    address         TEXT NOT NULL,
    locale          TEXT NOT NULL,
    secret          TEXT NOT NULL,
    source_ip       TEXT NOT NULL,
    user_agent      TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    held_until      BIGINT NOT NULL,
    tries           BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX outbox_due ON outbox (held_until);

-- The mailed code of a login under way, as a keyed hash.
ALTER TABLE logins ADD COLUMN code_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE logins ADD COLUMN code_expires_at BIGINT NOT NULL DEFAULT 0;

CREATE INDEX authentication_events_user ON authentication_events (organization_id, user_id, sequence);
