-- +goose Up
-- Accounts: signing up, and guests.
-- The first statement fails on a second run (see 00003).
INSERT INTO steps (version) VALUES (9);

-- Whether somebody has shown that an owner reads the mail of its address. The operator vouches for
-- the address that it gives; one that an owner has set itself since then is only claimed.
ALTER TABLE users ADD COLUMN email_verified BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE users SET email_verified = (type = 'owner' AND username = email);

-- Who asks for an account and has not shown yet that the address is theirs. It belongs to no
-- tenant: there is none before. id is the keyed hash of the mailed token.
CREATE TABLE sign_ups (
    id            TEXT NOT NULL PRIMARY KEY,
    email         TEXT NOT NULL,
    name          TEXT NOT NULL,
    first_name    TEXT NOT NULL,
    last_name     TEXT NOT NULL,
    locale        TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    expires_at    BIGINT NOT NULL
);
CREATE INDEX sign_ups_email ON sign_ups (lower(email));
CREATE INDEX sign_ups_expiry ON sign_ups (expires_at);

-- Addresses that the operator invites to sign up, in lower case.
CREATE TABLE sign_up_invitations (
    email      TEXT NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sign_up_invitations_expiry ON sign_up_invitations (expires_at);

-- How many letters strangers have had sent, to an address or from a network.
CREATE TABLE letter_budgets (
    place   TEXT NOT NULL PRIMARY KEY,
    letters BIGINT NOT NULL,
    last_at BIGINT NOT NULL
);
CREATE INDEX letter_budgets_last ON letter_budgets (last_at);

-- The places of accounts in organizations other than their own: invited, with a token that expires,
-- or taken, with the owner behind. token_hash is keyed, and empty once the place is taken.
CREATE TABLE guests (
    organization_id      TEXT NOT NULL REFERENCES organizations (id),
    user_id              TEXT NOT NULL,
    email                TEXT NOT NULL,
    invited_by_type      TEXT NOT NULL,
    invited_by_id        TEXT NOT NULL,
    home_organization_id TEXT NOT NULL,
    home_user_id         TEXT NOT NULL,
    token_hash           TEXT NOT NULL,
    created_at           BIGINT NOT NULL,
    expires_at           BIGINT NOT NULL,
    PRIMARY KEY (organization_id, user_id)
);
CREATE INDEX guests_email ON guests (lower(email)) WHERE home_user_id = '';
CREATE INDEX guests_expiry ON guests (expires_at) WHERE home_user_id = '';
CREATE UNIQUE INDEX guests_home ON guests (home_organization_id, home_user_id, organization_id) WHERE home_user_id <> '';
CREATE UNIQUE INDEX guests_token ON guests (organization_id, token_hash) WHERE token_hash <> '';

-- code_address is where the code or the link of a login under way was mailed: it proves that address
-- and no other. guest_of is the organization in which the account is a guest and wants its session.
ALTER TABLE logins ADD COLUMN code_address TEXT NOT NULL DEFAULT '';
ALTER TABLE logins ADD COLUMN guest_of TEXT NOT NULL DEFAULT '';

-- Letters may go to people of no tenant (organization_id is empty), so the reference goes. A letter
-- may name an organization, and a person: who invites, or how the reader is called there.
CREATE TABLE outbox_free (
    organization_id   TEXT NOT NULL,
    id                TEXT NOT NULL,
    kind              TEXT NOT NULL,
    name              TEXT NOT NULL,
    address           TEXT NOT NULL,
    locale            TEXT NOT NULL,
    secret            TEXT NOT NULL,
    source_ip         TEXT NOT NULL,
    user_agent        TEXT NOT NULL,
    created_at        BIGINT NOT NULL,
    expires_at        BIGINT NOT NULL,
    held_until        BIGINT NOT NULL,
    tries             BIGINT NOT NULL,
    organization_name TEXT NOT NULL,
    person            TEXT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
INSERT INTO outbox_free SELECT organization_id, id, kind, name, address, locale, secret, source_ip, user_agent,
    created_at, expires_at, held_until, tries, '', '' FROM outbox;
DROP TABLE outbox;
ALTER TABLE outbox_free RENAME TO outbox;
CREATE INDEX outbox_due ON outbox (held_until);
