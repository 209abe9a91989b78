-- +goose Up
-- System events are a hash chain, too, as the other two lists are since 00011.
-- The first statement fails on a second run (see 00003).
INSERT INTO steps (version) VALUES (18);

-- The end of the chain has columns of other names than the end of the list had: a node of the version
-- before, which would append an event without a hash, appends none.
ALTER TABLE organizations RENAME COLUMN system_sequence TO system_event_sequence;
ALTER TABLE organizations RENAME COLUMN system_recorded_at TO system_event_recorded_at;
ALTER TABLE organizations ADD COLUMN system_event_hash TEXT NOT NULL DEFAULT '';

ALTER TABLE system_events ADD COLUMN content_salt TEXT NOT NULL DEFAULT '';
ALTER TABLE system_events ADD COLUMN content_commitment TEXT NOT NULL DEFAULT '';
ALTER TABLE system_events ADD COLUMN hash TEXT NOT NULL DEFAULT '';

INSERT INTO audit_anchors SELECT id, 'system_events', system_event_sequence, '', 0, '', ''
    FROM organizations WHERE system_event_sequence > 0;
