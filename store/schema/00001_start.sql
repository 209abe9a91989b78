-- +goose Up
-- Every key begins with the organization, so that no query can name an object without its
-- tenant and so that tenants can be sharded. Times are UTC microseconds, 0 for none. The
-- word TEXT becomes TEXT COLLATE "C" on PostgreSQL: text is compared bytewise on both
-- engines, because two identities that differ only by collation must stay two.

CREATE TABLE installation (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- One row, updated first by every mutation: it serialises the writers, so that revisions
-- become visible in order also where the engine commits out of order.
CREATE TABLE revision (
    id    BIGINT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO revision (id, value) VALUES (1, 0);

CREATE TABLE organizations (
    id                          TEXT NOT NULL PRIMARY KEY,
    name                        TEXT NOT NULL,
    alias                       TEXT NOT NULL,
    owner_id                    TEXT NOT NULL,
    created_at                  BIGINT NOT NULL,
    updated_at                  BIGINT NOT NULL,
    closed_at                   BIGINT NOT NULL,
    login_password_enabled      BOOLEAN NOT NULL,
    login_magic_code_enabled    BOOLEAN NOT NULL,
    login_oauth2_enabled        BOOLEAN NOT NULL,
    login_saml_enabled          BOOLEAN NOT NULL,
    enforce_password_renewal    BOOLEAN NOT NULL,
    grace_period_us             BIGINT NOT NULL,
    login_attempts_before_lock  BIGINT NOT NULL,
    max_login_session_us        BIGINT NOT NULL,
    max_api_key_us              BIGINT NOT NULL,
    event_sequence              BIGINT NOT NULL,
    event_recorded_at           BIGINT NOT NULL
);
CREATE UNIQUE INDEX organizations_alias ON organizations (alias) WHERE alias <> '';
CREATE INDEX organizations_created ON organizations (created_at, id);

-- How many rows an organization has in a table, so that no list and no quota counts them.
CREATE TABLE counts (
    organization_id TEXT NOT NULL,
    name            TEXT NOT NULL,
    value           BIGINT NOT NULL,
    PRIMARY KEY (organization_id, name)
);

CREATE TABLE projects (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    name            TEXT NOT NULL,
    description     TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX projects_created ON projects (organization_id, created_at, id);
CREATE INDEX projects_name ON projects (organization_id, lower(name), name, id);

CREATE TABLE users (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    type            TEXT NOT NULL,
    status          TEXT NOT NULL,
    email           TEXT NOT NULL,
    username        TEXT NOT NULL,
    first_name      TEXT NOT NULL,
    last_name       TEXT NOT NULL,
    phone_number    TEXT NOT NULL,
    locale          TEXT NOT NULL,
    tags            TEXT NOT NULL,
    mfa             BOOLEAN NOT NULL,
    locked          BOOLEAN NOT NULL,
    account_root_id TEXT NOT NULL,
    password_hash   TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    last_login_at   BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX users_username ON users (organization_id, username);
CREATE UNIQUE INDEX users_id ON users (id);
CREATE INDEX users_order ON users (organization_id, lower(username), username, id);
CREATE INDEX users_created ON users (organization_id, created_at, id);

CREATE TABLE applications (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    name            TEXT NOT NULL,
    description     TEXT NOT NULL,
    tags            TEXT NOT NULL,
    managed         BOOLEAN NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX applications_id ON applications (id);
CREATE INDEX applications_created ON applications (organization_id, created_at, id);
CREATE INDEX applications_name ON applications (organization_id, lower(name), name, id);

CREATE TABLE groups (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    name            TEXT NOT NULL,
    description     TEXT NOT NULL,
    tags            TEXT NOT NULL,
    managed         BOOLEAN NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX groups_name ON groups (organization_id, name);
CREATE INDEX groups_order ON groups (organization_id, lower(name), name, id);
CREATE INDEX groups_created ON groups (organization_id, created_at, id);

CREATE TABLE group_members (
    organization_id TEXT NOT NULL,
    group_id        TEXT NOT NULL,
    member_type     TEXT NOT NULL,
    member_id       TEXT NOT NULL,
    position        BIGINT NOT NULL,
    PRIMARY KEY (organization_id, group_id, member_type, member_id),
    FOREIGN KEY (organization_id, group_id) REFERENCES groups (organization_id, id)
);
CREATE INDEX group_members_member ON group_members (organization_id, member_type, member_id);

CREATE TABLE policies (
    organization_id    TEXT NOT NULL REFERENCES organizations (id),
    id                 TEXT NOT NULL,
    name               TEXT NOT NULL,
    description        TEXT NOT NULL,
    tags               TEXT NOT NULL,
    principal_type     TEXT NOT NULL,
    principal_id       TEXT NOT NULL,
    managed            BOOLEAN NOT NULL,
    nb_rules           BIGINT NOT NULL,
    nb_scopes          BIGINT NOT NULL,
    nb_permission_sets BIGINT NOT NULL,
    created_at         BIGINT NOT NULL,
    updated_at         BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX policies_principal ON policies (organization_id, principal_type, principal_id, created_at, id);
CREATE INDEX policies_name ON policies (organization_id, lower(name), name, id);
CREATE INDEX policies_created ON policies (organization_id, created_at, id);

CREATE TABLE rules (
    organization_id       TEXT NOT NULL,
    policy_id             TEXT NOT NULL,
    position              BIGINT NOT NULL,
    id                    TEXT NOT NULL,
    permission_set_names  TEXT NOT NULL,
    scope_type            TEXT NOT NULL,
    condition             TEXT NOT NULL,
    scope_organization_id TEXT NOT NULL,
    project_ids           TEXT NOT NULL,
    PRIMARY KEY (organization_id, policy_id, position),
    FOREIGN KEY (organization_id, policy_id) REFERENCES policies (organization_id, id)
);

-- secret_hash finds a key by its secret (keyed hash); secret_sealed is the secret itself,
-- encrypted, because a SigV4 signature can only be verified with it.
CREATE TABLE api_keys (
    organization_id    TEXT NOT NULL REFERENCES organizations (id),
    access_key         TEXT NOT NULL,
    secret_hash        TEXT NOT NULL,
    secret_sealed      TEXT NOT NULL,
    bearer_type        TEXT NOT NULL,
    bearer_id          TEXT NOT NULL,
    description        TEXT NOT NULL,
    default_project_id TEXT NOT NULL,
    managed            BOOLEAN NOT NULL,
    creation_ip        TEXT NOT NULL,
    created_at         BIGINT NOT NULL,
    updated_at         BIGINT NOT NULL,
    expires_at         BIGINT NOT NULL,
    PRIMARY KEY (organization_id, access_key)
);
CREATE UNIQUE INDEX api_keys_access_key ON api_keys (access_key);
CREATE UNIQUE INDEX api_keys_secret_hash ON api_keys (secret_hash);
CREATE INDEX api_keys_bearer ON api_keys (organization_id, bearer_type, bearer_id, created_at, access_key);
CREATE INDEX api_keys_created ON api_keys (organization_id, created_at, access_key);

CREATE TABLE ssh_keys (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    project_id      TEXT NOT NULL,
    name            TEXT NOT NULL,
    public_key      TEXT NOT NULL,
    fingerprint     TEXT NOT NULL,
    disabled        BOOLEAN NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX ssh_keys_created ON ssh_keys (organization_id, created_at, id);
CREATE INDEX ssh_keys_project ON ssh_keys (organization_id, project_id, created_at, id);

CREATE TABLE events (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    sequence        BIGINT NOT NULL,
    id              TEXT NOT NULL,
    recorded_at     BIGINT NOT NULL,
    principal_type  TEXT NOT NULL,
    principal_id    TEXT NOT NULL,
    project_id      TEXT NOT NULL,
    source_ip       TEXT NOT NULL,
    user_agent      TEXT NOT NULL,
    product         TEXT NOT NULL,
    service         TEXT NOT NULL,
    method          TEXT NOT NULL,
    resource_type   TEXT NOT NULL,
    resource_id     TEXT NOT NULL,
    action          TEXT NOT NULL,
    resources       TEXT NOT NULL,
    request_id      TEXT NOT NULL,
    body            TEXT NOT NULL,
    status_code     BIGINT NOT NULL,
    PRIMARY KEY (organization_id, sequence)
);
CREATE INDEX events_id ON events (organization_id, id);
CREATE INDEX events_time ON events (organization_id, recorded_at, sequence);
CREATE INDEX events_principal ON events (organization_id, principal_id, sequence);

CREATE TABLE event_resources (
    organization_id TEXT NOT NULL,
    sequence        BIGINT NOT NULL,
    resource_type   TEXT NOT NULL,
    resource_id     TEXT NOT NULL,
    PRIMARY KEY (organization_id, sequence, resource_type, resource_id)
);
CREATE INDEX event_resources_id ON event_resources (organization_id, resource_id, sequence);

CREATE TABLE changes (
    organization_id TEXT NOT NULL,
    revision        BIGINT NOT NULL,
    kind            TEXT NOT NULL,
    id              TEXT NOT NULL,
    PRIMARY KEY (organization_id, revision, kind, id)
);
CREATE INDEX changes_revision ON changes (revision);
