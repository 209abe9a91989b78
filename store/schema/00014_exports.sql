-- +goose Up
-- Jobs that write events into buckets. day, part and sequence are what is written next; a node
-- that runs a job holds it until held_until.
CREATE TABLE export_jobs (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    region          TEXT NOT NULL,
    name            TEXT NOT NULL,
    bucket          TEXT NOT NULL,
    bucket_region   TEXT NOT NULL,
    prefix          TEXT NOT NULL,
    project_id      TEXT NOT NULL,
    tags            TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    last_run_at     BIGINT NOT NULL,
    failed          BOOLEAN NOT NULL,
    message         TEXT NOT NULL,
    day             BIGINT NOT NULL,
    part            BIGINT NOT NULL,
    sequence        BIGINT NOT NULL,
    held_until      BIGINT NOT NULL,
    tries           BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX export_jobs_region ON export_jobs (organization_id, region);
CREATE INDEX export_jobs_due ON export_jobs (held_until);
