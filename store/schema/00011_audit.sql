-- +goose Up
-- The audit trail as evidence: each entry is bound to the one before it by a hash (see
-- docs/audit.md). The first statement fails on a second run (see 00003).
INSERT INTO steps (version) VALUES (11);

-- Where the chains of an organization end. event_facets is how many of its events are in
-- event_facets.
ALTER TABLE organizations ADD COLUMN event_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE organizations ADD COLUMN authentication_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE organizations ADD COLUMN event_facets BIGINT NOT NULL DEFAULT 0;

-- A salt stands beside personal data, a commitment in the place of erased ones.
ALTER TABLE events ADD COLUMN actor_salt TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN actor_commitment TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN content_salt TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN content_commitment TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN hash TEXT NOT NULL DEFAULT '';
ALTER TABLE authentication_events ADD COLUMN actor_salt TEXT NOT NULL DEFAULT '';
ALTER TABLE authentication_events ADD COLUMN actor_commitment TEXT NOT NULL DEFAULT '';
ALTER TABLE authentication_events ADD COLUMN content_salt TEXT NOT NULL DEFAULT '';
ALTER TABLE authentication_events ADD COLUMN content_commitment TEXT NOT NULL DEFAULT '';
ALTER TABLE authentication_events ADD COLUMN hash TEXT NOT NULL DEFAULT '';

-- Behind which entry the chain that can be verified begins: what is older was removed by
-- retention, or written before there was a chain. Such an
-- anchor has no hash, no time and no signature: the first entry behind it binds itself to nothing.
CREATE TABLE audit_anchors (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    chain           TEXT NOT NULL,
    sequence        BIGINT NOT NULL,
    hash            TEXT NOT NULL,
    recorded_at     BIGINT NOT NULL,
    key             TEXT NOT NULL,
    signature       TEXT NOT NULL,
    PRIMARY KEY (organization_id, chain)
);
INSERT INTO audit_anchors SELECT id, 'events', event_sequence, '', 0, '', '' FROM organizations WHERE event_sequence > 0;
INSERT INTO audit_anchors SELECT id, 'authentication_events', authentication_sequence, '', 0, '', ''
    FROM organizations WHERE authentication_sequence > 0;

-- Which of a block of 2048 events have a value of a facet, such as method "CreateUser": two
-- filters that each pass a million events, and together three, are answered by looking where
-- their members meet. A row is written once for a whole block, so a mutation pays nothing.
CREATE TABLE event_facets (
    organization_id TEXT NOT NULL,
    facet           TEXT NOT NULL,
    value           TEXT NOT NULL,
    block           BIGINT NOT NULL,
    members         BYTEA NOT NULL,
    PRIMARY KEY (organization_id, facet, value, block)
) WITHOUT ROWID;
