-- +goose Up
-- What the server does by itself, and alerts on what others do.
-- The first statement fails on a second run (see 00003).
INSERT INTO steps (version) VALUES (13);

CREATE TABLE system_events (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    sequence        BIGINT NOT NULL,
    id              TEXT NOT NULL,
    recorded_at     BIGINT NOT NULL,
    project_id      TEXT NOT NULL,
    kind            TEXT NOT NULL,
    source          TEXT NOT NULL,
    name            TEXT NOT NULL,
    product         TEXT NOT NULL,
    resources       TEXT NOT NULL,
    PRIMARY KEY (organization_id, sequence)
);
CREATE INDEX system_events_time ON system_events (organization_id, recorded_at, sequence);
ALTER TABLE organizations ADD COLUMN system_sequence BIGINT NOT NULL DEFAULT 0;
ALTER TABLE organizations ADD COLUMN system_recorded_at BIGINT NOT NULL DEFAULT 0;

-- The preconfigured rules that are enabled. A rule looks at the events behind since, a sequence.
CREATE TABLE alert_rules (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    region          TEXT NOT NULL,
    id              TEXT NOT NULL,
    since           BIGINT NOT NULL,
    PRIMARY KEY (organization_id, region, id)
);

CREATE TABLE custom_alert_rules (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    region          TEXT NOT NULL,
    name            TEXT NOT NULL,
    description     TEXT NOT NULL,
    enabled         BOOLEAN NOT NULL,
    since           BIGINT NOT NULL,
    query           TEXT NOT NULL,
    window_us       BIGINT NOT NULL,
    occurrences     BIGINT NOT NULL,
    severity        TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX custom_alert_rules_created ON custom_alert_rules (organization_id, region, created_at, id);

-- Up to which event an organization's rules have looked. Who reads on holds this row.
CREATE TABLE alert_cursors (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    sequence        BIGINT NOT NULL,
    PRIMARY KEY (organization_id)
);

-- What an enabled rule remembers: the times of its last matches, and of its last alert.
CREATE TABLE alert_states (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    rule_id         TEXT NOT NULL,
    matches         TEXT NOT NULL,
    fired_at        BIGINT NOT NULL,
    PRIMARY KEY (organization_id, rule_id)
);

-- Where an organization's alerts go beside its owner. webhook_secret is sealed.
CREATE TABLE alert_deliveries (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    emails          TEXT NOT NULL,
    webhook_url     TEXT NOT NULL,
    webhook_secret  TEXT NOT NULL,
    updated_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id)
);

-- Calls of webhooks that wait to be made, as the outbox of letters.
CREATE TABLE webhooks (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    payload         TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    held_until      BIGINT NOT NULL,
    tries           BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX webhooks_due ON webhooks (held_until);

-- What a letter tells beside its reader, as JSON; empty if nothing.
ALTER TABLE outbox ADD COLUMN details TEXT NOT NULL DEFAULT '';
