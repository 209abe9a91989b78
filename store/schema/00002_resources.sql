-- +goose Up
-- Resources that the operator's own services register, so that a search can list them and
-- conditions can read their stored properties. The names of our own objects are not here.
CREATE TABLE resources (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    type            TEXT NOT NULL,
    id              TEXT NOT NULL,
    project_id      TEXT NOT NULL,
    name            TEXT NOT NULL,
    locality        TEXT NOT NULL,
    properties      TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, type, id)
);
