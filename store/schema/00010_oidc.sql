-- +goose Up
-- Who a user is at an OpenID provider: noted at the first login there. The subject names a person
-- at its issuer for ever, an e-mail address need not.
CREATE TABLE oidc_subjects (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    user_id         TEXT NOT NULL,
    issuer          TEXT NOT NULL,
    subject         TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, user_id, issuer)
);
CREATE UNIQUE INDEX oidc_subjects_subject ON oidc_subjects (organization_id, issuer, subject);

-- Members log in at a provider by their address within their organization.
CREATE INDEX users_organization_email ON users (organization_id, lower(email));
