-- The directory as of its first version. Times are milliseconds since 1970 (UTC), flags 0 or 1,
-- documents JSON text. {SERIAL}, {TEXT} and {BYTES} are spelled per database by the migrator;
-- {TEXT} compares bytewise on both. Statements end with a semicolon at the end of a line.

CREATE TABLE installation (
    id BIGINT PRIMARY KEY,
    uuid {TEXT} NOT NULL,
    epoch BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

-- Numbers that are never reused, for kinds whose rows are numbered per platform.
CREATE TABLE counters (
    name {TEXT} PRIMARY KEY,
    value BIGINT NOT NULL
);

-- What administrators change while the server runs; one document per name.
CREATE TABLE settings (
    name {TEXT} PRIMARY KEY,
    document {TEXT} NOT NULL,
    version BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    updated_by BIGINT
);

CREATE TABLE organisations (
    id {SERIAL},
    uuid {TEXT} NOT NULL UNIQUE,
    parent_id BIGINT REFERENCES organisations (id),
    name {TEXT} NOT NULL,
    name_key {TEXT} NOT NULL UNIQUE,
    slug {TEXT} NOT NULL UNIQUE,
    description {TEXT},
    kind {TEXT},
    sector {TEXT},
    nationality {TEXT},
    contacts {TEXT},
    local BIGINT NOT NULL,
    domains {TEXT} NOT NULL,
    search {TEXT} NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by BIGINT,
    updated_at BIGINT NOT NULL,
    updated_by BIGINT
);
CREATE INDEX organisations_parent ON organisations (parent_id);

-- The tree's closure: every organisation is its own descendant at depth 0.
CREATE TABLE organisation_tree (
    ancestor_id BIGINT NOT NULL REFERENCES organisations (id),
    descendant_id BIGINT NOT NULL REFERENCES organisations (id),
    depth BIGINT NOT NULL,
    PRIMARY KEY (ancestor_id, descendant_id)
);
CREATE INDEX organisation_tree_up ON organisation_tree (descendant_id, ancestor_id);

CREATE TABLE users (
    id {SERIAL},
    uuid {TEXT} NOT NULL UNIQUE,
    login {TEXT} NOT NULL,
    email {TEXT},
    pending_email {TEXT},
    display {TEXT},
    given {TEXT},
    family {TEXT},
    shown_name {TEXT} NOT NULL,
    shown_given {TEXT} NOT NULL,
    shown_family {TEXT},
    login_key {TEXT} NOT NULL,
    email_key {TEXT} NOT NULL,
    name_key {TEXT} NOT NULL,
    given_key {TEXT} NOT NULL,
    family_key {TEXT} NOT NULL,
    search {TEXT} NOT NULL,
    alias {TEXT},
    kind {TEXT} NOT NULL,
    status {TEXT} NOT NULL,
    lock_after BIGINT,
    locked_until BIGINT,
    lockout_until BIGINT,
    home_id BIGINT NOT NULL REFERENCES organisations (id),
    primary_group_id BIGINT,
    department {TEXT},
    title {TEXT},
    time_zone {TEXT},
    second_factor_required BIGINT,
    version BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by BIGINT,
    updated_at BIGINT NOT NULL,
    updated_by BIGINT,
    last_seen_at BIGINT,
    signed_in_at BIGINT,
    previous_sign_in_at BIGINT,
    sign_in_count BIGINT NOT NULL
);
CREATE INDEX users_by_name ON users (name_key, id);
CREATE INDEX users_by_login ON users (login_key, id);
CREATE INDEX users_by_email ON users (email_key, id);
CREATE INDEX users_by_created ON users (created_at, id);
-- One ordered range per organisation: lists of some organisations merge these.
CREATE INDEX users_by_home ON users (home_id, name_key, id);
-- An id that a platform computes from the row; see PlatformSpec.
CREATE INDEX users_by_alias ON users (alias, id) WHERE alias IS NOT NULL;
CREATE INDEX users_by_primary_group ON users (primary_group_id, id) WHERE primary_group_id IS NOT NULL;

-- Which users may hold a text, by its pieces of three letters; see store/search.rs.
-- {SQLITE}
CREATE VIRTUAL TABLE user_search USING fts5 (search, content = '', contentless_delete = 1, detail = none,
    tokenize = 'trigram case_sensitive 1');
CREATE TABLE user_search_pending (user_id INTEGER PRIMARY KEY);
-- {END}
-- {POSTGRES}
CREATE TABLE user_search (
    user_id BIGINT PRIMARY KEY,
    pieces INTEGER[] NOT NULL
);
CREATE INDEX user_search_pieces ON user_search USING gin (pieces);
-- {END}

-- Logins and e-mail addresses share one name space, compared without case.
CREATE TABLE sign_in_names (
    folded {TEXT} PRIMARY KEY,
    user_id BIGINT NOT NULL REFERENCES users (id)
);
CREATE INDEX sign_in_names_user ON sign_in_names (user_id);

-- The home counts as a membership too (home = 1), so that visibility is one look-up.
CREATE TABLE memberships (
    user_id BIGINT NOT NULL REFERENCES users (id),
    organisation_id BIGINT NOT NULL REFERENCES organisations (id),
    home BIGINT NOT NULL,
    administrator BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, organisation_id)
);
CREATE INDEX memberships_organisation ON memberships (organisation_id, home, user_id);

-- People per organisation as append-only steps, so that exact totals are a small sum and creates
-- never meet on a shared row; folded in the background.
CREATE TABLE population (
    id {SERIAL},
    organisation_id BIGINT NOT NULL,
    step BIGINT NOT NULL
);
CREATE INDEX population_organisation ON population (organisation_id, step);

CREATE TABLE passwords (
    user_id BIGINT PRIMARY KEY REFERENCES users (id),
    hash {TEXT} NOT NULL,
    must_change BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    changed_by BIGINT
);

CREATE TABLE second_factors (
    user_id BIGINT PRIMARY KEY REFERENCES users (id),
    sealed_seed {BYTES} NOT NULL,
    confirmed_at BIGINT,
    last_step BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE recovery_codes (
    user_id BIGINT NOT NULL REFERENCES users (id),
    digest {BYTES} NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (user_id, digest)
);

-- An empty platform tag means shared; word names a vendor's built-in.
CREATE TABLE groups (
    id {SERIAL},
    uuid {TEXT} NOT NULL UNIQUE,
    organisation_id BIGINT NOT NULL REFERENCES organisations (id),
    platform {TEXT} NOT NULL,
    word {TEXT},
    name {TEXT} NOT NULL,
    name_key {TEXT} NOT NULL,
    slug {TEXT} NOT NULL,
    description {TEXT},
    newcomers_of {TEXT},
    search {TEXT} NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by BIGINT,
    updated_at BIGINT NOT NULL,
    updated_by BIGINT,
    UNIQUE (organisation_id, platform, name_key)
);
CREATE INDEX groups_by_name ON groups (name_key, id);
CREATE INDEX groups_newcomers ON groups (newcomers_of);

CREATE TABLE group_members (
    group_id BIGINT NOT NULL REFERENCES groups (id),
    user_id BIGINT NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (group_id, user_id)
);
CREATE INDEX group_members_user ON group_members (user_id, group_id);

-- manager_kind: user or group; level: read, write or manage.
CREATE TABLE group_managers (
    group_id BIGINT NOT NULL REFERENCES groups (id),
    manager_kind {TEXT} NOT NULL,
    manager_id BIGINT NOT NULL,
    level {TEXT} NOT NULL,
    PRIMARY KEY (group_id, manager_kind, manager_id)
);
CREATE INDEX group_managers_manager ON group_managers (manager_kind, manager_id);

-- Groups that an organisation lets its own administrators hand out.
CREATE TABLE grantable_groups (
    organisation_id BIGINT NOT NULL REFERENCES organisations (id),
    group_id BIGINT NOT NULL REFERENCES groups (id),
    PRIMARY KEY (organisation_id, group_id)
);

-- lines: JSON array of {"word", "reach", "ids"?}; number counts per platform.
CREATE TABLE roles (
    id {SERIAL},
    uuid {TEXT} NOT NULL UNIQUE,
    platform {TEXT} NOT NULL,
    number BIGINT NOT NULL,
    word {TEXT} NOT NULL,
    organisation_id BIGINT REFERENCES organisations (id),
    builtin BIGINT NOT NULL,
    name {TEXT} NOT NULL,
    name_key {TEXT} NOT NULL,
    description {TEXT} NOT NULL,
    lines {TEXT} NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by BIGINT,
    updated_at BIGINT NOT NULL,
    updated_by BIGINT,
    UNIQUE (platform, number),
    UNIQUE (platform, word)
);
CREATE INDEX roles_organisation ON roles (organisation_id);

CREATE TABLE grants (
    id {SERIAL},
    user_id BIGINT NOT NULL REFERENCES users (id),
    role_id BIGINT NOT NULL REFERENCES roles (id),
    organisation_id BIGINT NOT NULL REFERENCES organisations (id),
    expires_at BIGINT,
    created_at BIGINT NOT NULL,
    created_by BIGINT,
    UNIQUE (user_id, role_id, organisation_id)
);
CREATE INDEX grants_role ON grants (role_id, user_id);
CREATE INDEX grants_organisation ON grants (organisation_id);
CREATE INDEX grants_expiry ON grants (expires_at);

-- A named set of organisations that group roles may reach into.
CREATE TABLE collections (
    id {SERIAL},
    uuid {TEXT} NOT NULL UNIQUE,
    organisation_id BIGINT NOT NULL REFERENCES organisations (id),
    name {TEXT} NOT NULL,
    name_key {TEXT} NOT NULL,
    description {TEXT},
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by BIGINT,
    updated_at BIGINT NOT NULL,
    updated_by BIGINT,
    UNIQUE (organisation_id, name_key)
);

CREATE TABLE collection_organisations (
    collection_id BIGINT NOT NULL REFERENCES collections (id),
    organisation_id BIGINT NOT NULL REFERENCES organisations (id),
    PRIMARY KEY (collection_id, organisation_id)
);
CREATE INDEX collection_organisations_back ON collection_organisations (organisation_id);

-- scope: organisation or collection; scope_id names it.
CREATE TABLE group_roles (
    id {SERIAL},
    group_id BIGINT NOT NULL REFERENCES groups (id),
    role_id BIGINT NOT NULL REFERENCES roles (id),
    scope {TEXT} NOT NULL,
    scope_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by BIGINT,
    UNIQUE (group_id, role_id, scope, scope_id)
);
CREATE INDEX group_roles_role ON group_roles (role_id);

-- platform is set on keys that open only the dialect that limited them.
CREATE TABLE api_keys (
    id {SERIAL},
    uuid {TEXT} NOT NULL UNIQUE,
    user_id BIGINT NOT NULL REFERENCES users (id),
    digest {BYTES} NOT NULL UNIQUE,
    name {TEXT} NOT NULL,
    hint_start {TEXT} NOT NULL,
    hint_end {TEXT} NOT NULL,
    origin {TEXT} NOT NULL,
    platform {TEXT},
    read_only BIGINT NOT NULL,
    addresses {TEXT} NOT NULL,
    constraints {TEXT} NOT NULL,
    scopes {TEXT} NOT NULL,
    organisation_id BIGINT,
    expires_at BIGINT,
    revoked_at BIGINT,
    created_at BIGINT NOT NULL,
    created_by BIGINT,
    use_count BIGINT NOT NULL,
    last_used_at BIGINT,
    last_address {TEXT},
    seen_addresses {TEXT} NOT NULL
);
CREATE INDEX api_keys_user ON api_keys (user_id, id);

CREATE TABLE sessions (
    id {SERIAL},
    uuid {TEXT} NOT NULL UNIQUE,
    user_id BIGINT NOT NULL REFERENCES users (id),
    digest {BYTES} NOT NULL UNIQUE,
    platform {TEXT} NOT NULL,
    kind {TEXT} NOT NULL,
    key_id BIGINT REFERENCES api_keys (id),
    organisation_id BIGINT,
    second_factor BIGINT NOT NULL,
    enrolment BIGINT NOT NULL,
    address {TEXT},
    agent {TEXT},
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    idle_ms BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id, id);
CREATE INDEX sessions_key ON sessions (key_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- Single-use secrets sent by mail. purpose: reset, activate, confirm_email.
CREATE TABLE one_time_tokens (
    digest {BYTES} PRIMARY KEY,
    user_id BIGINT NOT NULL REFERENCES users (id),
    purpose {TEXT} NOT NULL,
    detail {TEXT},
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX one_time_tokens_user ON one_time_tokens (user_id);
CREATE INDEX one_time_tokens_expiry ON one_time_tokens (expires_at);

CREATE TABLE sign_in_failures (
    id {SERIAL},
    user_id BIGINT NOT NULL REFERENCES users (id),
    address {TEXT} NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX sign_in_failures_user ON sign_in_failures (user_id, at);

-- What only one vendor knows of an entity; the dialect owns the document's meaning.
CREATE TABLE extensions (
    entity {TEXT} NOT NULL,
    entity_id BIGINT NOT NULL,
    platform {TEXT} NOT NULL,
    document {TEXT} NOT NULL,
    version BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (entity, entity_id, platform)
);

-- What an extension or record is filtered by.
CREATE TABLE terms (
    entity {TEXT} NOT NULL,
    entity_id BIGINT NOT NULL,
    platform {TEXT} NOT NULL,
    name {TEXT} NOT NULL,
    value {TEXT} NOT NULL,
    PRIMARY KEY (entity, entity_id, platform, name, value)
);
CREATE INDEX terms_value ON terms (platform, name, value, entity, entity_id);

-- A dialect's own thing; number counts per (platform, kind).
CREATE TABLE records (
    id {SERIAL},
    uuid {TEXT} NOT NULL UNIQUE,
    platform {TEXT} NOT NULL,
    kind {TEXT} NOT NULL,
    number BIGINT NOT NULL,
    owner_id BIGINT REFERENCES users (id),
    organisation_id BIGINT REFERENCES organisations (id),
    position BIGINT NOT NULL,
    document {TEXT} NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by BIGINT,
    updated_at BIGINT NOT NULL,
    updated_by BIGINT,
    UNIQUE (platform, kind, number)
);
CREATE INDEX records_owner ON records (owner_id, platform, kind);
CREATE INDEX records_organisation ON records (organisation_id, platform, kind);

CREATE TABLE jobs (
    id {SERIAL},
    uuid {TEXT} NOT NULL UNIQUE,
    kind {TEXT} NOT NULL,
    owner_id BIGINT,
    organisation_id BIGINT,
    state {TEXT} NOT NULL,
    done BIGINT NOT NULL,
    total BIGINT,
    detail {TEXT} NOT NULL,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    ended_at BIGINT
);
CREATE INDEX jobs_owner ON jobs (owner_id, id);

-- The audit trail. Ids outlive the rows they name.
CREATE TABLE events (
    id {SERIAL},
    at BIGINT NOT NULL,
    verb {TEXT} NOT NULL,
    actor_id BIGINT,
    actor_name {TEXT},
    platform {TEXT} NOT NULL,
    key_id BIGINT,
    session_id BIGINT,
    entity {TEXT} NOT NULL,
    entity_id BIGINT,
    entity_name {TEXT},
    organisation_id BIGINT,
    detail {TEXT},
    address {TEXT},
    request_id {TEXT}
);
CREATE INDEX events_at ON events (at, id);
CREATE INDEX events_entity ON events (entity, entity_id, id);
CREATE INDEX events_organisation ON events (organisation_id, id);
CREATE INDEX events_actor ON events (actor_id, id);

-- Mail waits here sealed; a worker sends it.
CREATE TABLE outbox (
    id {SERIAL},
    uuid {TEXT} NOT NULL UNIQUE,
    template {TEXT} NOT NULL,
    user_id BIGINT,
    sealed {BYTES} NOT NULL,
    state {TEXT} NOT NULL,
    attempts BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    last_error {TEXT},
    created_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX outbox_due ON outbox (state, next_at);
