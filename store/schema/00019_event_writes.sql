-- +goose Up
-- What an event costs its writer, who holds the lock that orders all changes.
-- The first statement fails on a second run (see 00003).
INSERT INTO steps (version) VALUES (19);

-- How many of the events that were written since the IAM log lists: it is written with the end of their
-- chain. counts has those of before.
ALTER TABLE organizations ADD COLUMN event_logs BIGINT NOT NULL DEFAULT 0;

-- Without a reference to organizations: an event is written only where the end of the chain, which is in
-- the row of its organization, has been moved on; no organization is ever removed.
CREATE TABLE events_free (
    organization_id    TEXT NOT NULL,
    sequence           BIGINT NOT NULL,
    id                 TEXT NOT NULL,
    recorded_at        BIGINT NOT NULL,
    principal_type     TEXT NOT NULL,
    principal_id       TEXT NOT NULL,
    project_id         TEXT NOT NULL,
    source_ip          TEXT NOT NULL,
    user_agent         TEXT NOT NULL,
    product            TEXT NOT NULL,
    service            TEXT NOT NULL,
    method             TEXT NOT NULL,
    resource_type      TEXT NOT NULL,
    resource_id        TEXT NOT NULL,
    action             TEXT NOT NULL,
    resources          TEXT NOT NULL,
    request_id         TEXT NOT NULL,
    body               TEXT NOT NULL,
    status_code        BIGINT NOT NULL,
    actor_salt         TEXT NOT NULL DEFAULT '',
    actor_commitment   TEXT NOT NULL DEFAULT '',
    content_salt       TEXT NOT NULL DEFAULT '',
    content_commitment TEXT NOT NULL DEFAULT '',
    hash               TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (organization_id, sequence)
);
INSERT INTO events_free SELECT organization_id, sequence, id, recorded_at, principal_type, principal_id, project_id, source_ip,
    user_agent, product, service, method, resource_type, resource_id, action, resources, request_id, body, status_code,
    actor_salt, actor_commitment, content_salt, content_commitment, hash FROM events;
DROP TABLE events;
ALTER TABLE events_free RENAME TO events;
CREATE INDEX events_untimed_id ON events (organization_id, id) WHERE substr(id, 15, 1) <> '7';
