-- +goose Up
-- Accounts of one person that know of each other. Each connection is two rows, one for each
-- account, so that either side is read within its own organization.
CREATE TABLE connections (
    organization_id       TEXT NOT NULL REFERENCES organizations (id),
    user_id               TEXT NOT NULL,
    other_user_id         TEXT NOT NULL,
    other_organization_id TEXT NOT NULL REFERENCES organizations (id),
    created_at            BIGINT NOT NULL,
    PRIMARY KEY (organization_id, user_id, other_user_id)
);

-- Offers to connect that wait to be taken, one for each user. hash is the keyed hash of the token.
CREATE TABLE connection_offers (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    user_id         TEXT NOT NULL,
    hash            TEXT NOT NULL,
    expires_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, user_id)
);
CREATE UNIQUE INDEX connection_offers_hash ON connection_offers (organization_id, hash);
