-- +goose Up
-- Of two nodes that run a file at the same time the second must fail, and then find it done. A
-- file that could be run a second time begins with its number in this table.
CREATE TABLE steps (
    version BIGINT NOT NULL PRIMARY KEY
);
INSERT INTO steps (version) VALUES (3);

-- Tables of short rows are kept in the order of their key, without a number for each row and
-- an index beside it: a mutation then writes fewer pages, and its commit is mostly the writing
-- of pages. (The words WITHOUT ROWID are left out on PostgreSQL.)

CREATE TABLE counts_clustered (
    organization_id TEXT NOT NULL,
    name            TEXT NOT NULL,
    value           BIGINT NOT NULL,
    PRIMARY KEY (organization_id, name)
) WITHOUT ROWID;
INSERT INTO counts_clustered SELECT organization_id, name, value FROM counts;
DROP TABLE counts;
ALTER TABLE counts_clustered RENAME TO counts;

CREATE TABLE applications_clustered (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    name            TEXT NOT NULL,
    description     TEXT NOT NULL,
    tags            TEXT NOT NULL,
    managed         BOOLEAN NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
) WITHOUT ROWID;
INSERT INTO applications_clustered SELECT organization_id, id, name, description, tags, managed, created_at, updated_at FROM applications;
DROP TABLE applications;
ALTER TABLE applications_clustered RENAME TO applications;
CREATE UNIQUE INDEX applications_id ON applications (id);
CREATE INDEX applications_created ON applications (organization_id, created_at, id);
CREATE INDEX applications_name ON applications (organization_id, lower(name), name, id);

-- In the order in which an event is looked for: by what it touched.
CREATE TABLE event_resources_clustered (
    organization_id TEXT NOT NULL,
    resource_id     TEXT NOT NULL,
    sequence        BIGINT NOT NULL,
    resource_type   TEXT NOT NULL,
    PRIMARY KEY (organization_id, resource_id, sequence, resource_type)
) WITHOUT ROWID;
INSERT INTO event_resources_clustered SELECT organization_id, resource_id, sequence, resource_type FROM event_resources;
DROP TABLE event_resources;
ALTER TABLE event_resources_clustered RENAME TO event_resources;

-- The change log is read by revision, over all organizations: its key begins with that.
CREATE TABLE changes_clustered (
    revision        BIGINT NOT NULL,
    organization_id TEXT NOT NULL,
    kind            TEXT NOT NULL,
    id              TEXT NOT NULL,
    PRIMARY KEY (revision, organization_id, kind, id)
) WITHOUT ROWID;
INSERT INTO changes_clustered SELECT revision, organization_id, kind, id FROM changes;
DROP TABLE changes;
ALTER TABLE changes_clustered RENAME TO changes;
