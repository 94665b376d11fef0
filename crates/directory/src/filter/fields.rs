//! What each list is filtered by: the members its rows show, and the relations that are not shown. The
//! native API's parameters, its description, exports and actions are made from these tables.

use crate::model::{
    CollectionField, EventField, GrantField, GroupField, JobField, KeyField, MailField,
    OrganisationField, ProfileAttribute, RoleField, SessionField, UserField, profile_attributes,
};

use super::{FieldKind as Kind, FilterField};

const fn field<F>(name: &'static str, field: F, kind: Kind) -> FilterField<F> {
    FilterField { name, field, kind }
}

const STANDINGS: &[&str] = &[
    "active",
    "inactive",
    "suspended",
    "expired",
    "locked",
    "locked_out",
];

macro_rules! user_fields {
    ($($name:ident $variant:ident $kind:ident $facts:tt;)*) => {
        &[
            field("number", UserField::Id, Kind::Number),
            field("id", UserField::Uuid, Kind::Uuid),
            field("login", UserField::Login, Kind::Text),
            field("email", UserField::Email, Kind::Text),
            field("name", UserField::Name, Kind::Text),
            field("given_name", UserField::OwnGiven, Kind::Text),
            field("family_name", UserField::OwnFamily, Kind::Text),
            field("kind", UserField::Kind, Kind::Word(&["person", "service"])),
            field(
                "status",
                UserField::Status,
                Kind::Word(&["active", "inactive", "suspended", "expired"]),
            ),
            field("standing", UserField::Standing, Kind::Word(STANDINGS)),
            field("locked", UserField::Locked, Kind::Flag),
            field("home", UserField::Home, Kind::Organisation),
            field("home_below", UserField::HomeSubtree, Kind::Organisation),
            field("organisation", UserField::Organisation, Kind::Organisation),
            field("group", UserField::Group, Kind::Group),
            field("primary_group", UserField::PrimaryGroup, Kind::Group),
            field("role", UserField::Role, Kind::Role),
            field("direct_role", UserField::DirectRole, Kind::Role),
            $(field(stringify!($name), UserField::Profile(ProfileAttribute::$variant), Kind::$kind),)*
            field("second_factor", UserField::SecondFactor, Kind::Flag),
            field(
                "second_factor_required",
                UserField::SecondFactorRequired,
                Kind::Flag,
            ),
            field("has_password", UserField::HasPassword, Kind::Flag),
            field(
                "must_change_password",
                UserField::MustChangePassword,
                Kind::Flag,
            ),
            field("sign_in_count", UserField::SignInCount, Kind::Number),
            field("created_by", UserField::CreatedBy, Kind::User),
            field("updated_by", UserField::UpdatedBy, Kind::User),
            field("lock_after", UserField::LockAfter, Kind::Time),
            field("locked_out_until", UserField::LockedOutUntil, Kind::Time),
            field(
                "password_changed_at",
                UserField::PasswordChangedAt,
                Kind::Time,
            ),
            field("created_at", UserField::CreatedAt, Kind::Time),
            field("updated_at", UserField::UpdatedAt, Kind::Time),
            field("last_seen_at", UserField::LastSeenAt, Kind::Time),
            field("signed_in_at", UserField::SignedInAt, Kind::Time),
            field(
                "previous_sign_in_at",
                UserField::PreviousSignInAt,
                Kind::Time,
            ),
        ]
    };
}

/// The fields of users.
pub const USER_FIELDS: &[FilterField<UserField>] = profile_attributes!(user_fields);

/// The fields of organisations.
pub const ORGANISATION_FIELDS: &[FilterField<OrganisationField>] = &[
    field("number", OrganisationField::Id, Kind::Number),
    field("id", OrganisationField::Uuid, Kind::Uuid),
    field("name", OrganisationField::Name, Kind::Text),
    field("slug", OrganisationField::Slug, Kind::Lower),
    field("description", OrganisationField::Description, Kind::Text),
    field("kind", OrganisationField::Kind, Kind::Text),
    field("sector", OrganisationField::Sector, Kind::Text),
    field("nationality", OrganisationField::Nationality, Kind::Text),
    field("local", OrganisationField::Local, Kind::Flag),
    field("parent", OrganisationField::Parent, Kind::Organisation),
    field("below", OrganisationField::Ancestor, Kind::Organisation),
    field("created_at", OrganisationField::CreatedAt, Kind::Time),
    field("updated_at", OrganisationField::UpdatedAt, Kind::Time),
];

/// The fields of groups.
pub const GROUP_FIELDS: &[FilterField<GroupField>] = &[
    field("number", GroupField::Id, Kind::Number),
    field("id", GroupField::Uuid, Kind::Uuid),
    field("name", GroupField::Name, Kind::Text),
    field("slug", GroupField::Slug, Kind::Lower),
    field("description", GroupField::Description, Kind::Text),
    field("organisation", GroupField::Organisation, Kind::Organisation),
    field("member", GroupField::Member, Kind::User),
    field("newcomers", GroupField::Newcomers, Kind::Flag),
    field("created_at", GroupField::CreatedAt, Kind::Time),
    field("updated_at", GroupField::UpdatedAt, Kind::Time),
];

/// The fields of roles.
pub const ROLE_FIELDS: &[FilterField<RoleField>] = &[
    field("number", RoleField::Id, Kind::Number),
    field("id", RoleField::Uuid, Kind::Uuid),
    field("platform", RoleField::Platform, Kind::Lower),
    field("platform_number", RoleField::Number, Kind::Number),
    field("word", RoleField::Word, Kind::Exact),
    field("name", RoleField::Name, Kind::Text),
    field("organisation", RoleField::Organisation, Kind::Organisation),
    field("builtin", RoleField::Builtin, Kind::Flag),
    field("created_at", RoleField::CreatedAt, Kind::Time),
    field("updated_at", RoleField::UpdatedAt, Kind::Time),
];

/// The fields of API keys.
pub const KEY_FIELDS: &[FilterField<KeyField>] = &[
    field("number", KeyField::Id, Kind::Number),
    field("id", KeyField::Uuid, Kind::Uuid),
    field("user", KeyField::User, Kind::User),
    field("name", KeyField::Name, Kind::Text),
    field("origin", KeyField::Origin, Kind::Lower),
    field("platform", KeyField::Platform, Kind::Lower),
    field("revoked", KeyField::Revoked, Kind::Flag),
    field("active", KeyField::Active, Kind::Flag),
    field("read_only", KeyField::ReadOnly, Kind::Flag),
    field("organisation", KeyField::Organisation, Kind::Organisation),
    field("created_by", KeyField::CreatedBy, Kind::User),
    field("expires_at", KeyField::ExpiresAt, Kind::Time),
    field("revoked_at", KeyField::RevokedAt, Kind::Time),
    field("created_at", KeyField::CreatedAt, Kind::Time),
    field("last_used_at", KeyField::LastUsedAt, Kind::Time),
];

/// The fields of sessions.
pub const SESSION_FIELDS: &[FilterField<SessionField>] = &[
    field("number", SessionField::Id, Kind::Number),
    field("id", SessionField::Uuid, Kind::Uuid),
    field("user", SessionField::User, Kind::User),
    field("platform", SessionField::Platform, Kind::Lower),
    field(
        "kind",
        SessionField::Kind,
        Kind::Word(&["browser", "bearer", "token"]),
    ),
    field("key", SessionField::Key, Kind::Key),
    field(
        "organisation",
        SessionField::Organisation,
        Kind::Organisation,
    ),
    field("second_factor", SessionField::SecondFactor, Kind::Flag),
    field("address", SessionField::Address, Kind::Lower),
    field("created_at", SessionField::CreatedAt, Kind::Time),
    field("last_seen_at", SessionField::LastSeenAt, Kind::Time),
    field("ends_at", SessionField::EndsAt, Kind::Time),
];

/// The fields of the audit trail.
pub const EVENT_FIELDS: &[FilterField<EventField>] = &[
    field("number", EventField::Id, Kind::Number),
    field("verb", EventField::Verb, Kind::Lower),
    field("actor", EventField::Actor, Kind::User),
    field("actor_name", EventField::ActorName, Kind::Text),
    field("platform", EventField::Platform, Kind::Lower),
    field("key", EventField::Key, Kind::Key),
    field("session", EventField::Session, Kind::Number),
    field("entity", EventField::Entity, Kind::Lower),
    field("entity_number", EventField::EntityId, Kind::Number),
    field("entity_name", EventField::EntityName, Kind::Text),
    field("organisation", EventField::Organisation, Kind::Organisation),
    field("address", EventField::Address, Kind::Lower),
    field("request_id", EventField::RequestId, Kind::Exact),
    field("subject", EventField::Subject, Kind::User),
    field("at", EventField::At, Kind::Time),
];

/// The fields of the list of all people's grants.
pub const GRANT_FIELDS: &[FilterField<GrantField>] = &[
    field("user", GrantField::User, Kind::User),
    field("role", GrantField::Role, Kind::Role),
    field("platform", GrantField::Platform, Kind::Lower),
    field("organisation", GrantField::Organisation, Kind::Organisation),
    field("direct", GrantField::Direct, Kind::Flag),
    field("expires_at", GrantField::ExpiresAt, Kind::Time),
];

/// The fields of queued and ended mails.
pub const MAIL_FIELDS: &[FilterField<MailField>] = &[
    field("number", MailField::Id, Kind::Number),
    field("id", MailField::Uuid, Kind::Uuid),
    field("template", MailField::Template, Kind::Lower),
    field("user", MailField::User, Kind::User),
    field(
        "state",
        MailField::State,
        Kind::Word(&["waiting", "sent", "filed", "failed"]),
    ),
    field("attempts", MailField::Attempts, Kind::Number),
    field("created_at", MailField::CreatedAt, Kind::Time),
    field("next_at", MailField::NextAt, Kind::Time),
    field("ended_at", MailField::EndedAt, Kind::Time),
];

/// The fields of collections of organisations.
pub const COLLECTION_FIELDS: &[FilterField<CollectionField>] = &[
    field("number", CollectionField::Id, Kind::Number),
    field("id", CollectionField::Uuid, Kind::Uuid),
    field("name", CollectionField::Name, Kind::Text),
    field(
        "organisation",
        CollectionField::Organisation,
        Kind::Organisation,
    ),
    field("created_at", CollectionField::CreatedAt, Kind::Time),
    field("updated_at", CollectionField::UpdatedAt, Kind::Time),
];

/// The fields of jobs.
pub const JOB_FIELDS: &[FilterField<JobField>] = &[
    field("number", JobField::Id, Kind::Number),
    field("id", JobField::Uuid, Kind::Uuid),
    field("kind", JobField::Kind, Kind::Lower),
    field("what", JobField::What, Kind::Lower),
    field("action", JobField::Action, Kind::Lower),
    field("state", JobField::State, Kind::Word(JOB_STATES)),
    field("dry_run", JobField::DryRun, Kind::Flag),
    field("mode", JobField::Mode, Kind::Word(&["each", "all"])),
    field("owner", JobField::Owner, Kind::User),
    field("total", JobField::Total, Kind::Number),
    field("done", JobField::Done, Kind::Number),
    field("created", JobField::Created, Kind::Number),
    field("updated", JobField::Updated, Kind::Number),
    field("unchanged", JobField::Unchanged, Kind::Number),
    field("skipped", JobField::Skipped, Kind::Number),
    field("failed", JobField::Failed, Kind::Number),
    field("undoes", JobField::Undoes, Kind::Number),
    field("result_bytes", JobField::ResultBytes, Kind::Number),
    field("created_at", JobField::CreatedAt, Kind::Time),
    field("started_at", JobField::StartedAt, Kind::Time),
    field("ended_at", JobField::EndedAt, Kind::Time),
    field("expires_at", JobField::ExpiresAt, Kind::Time),
];

/// The states of jobs as lists show them.
const JOB_STATES: &[&str] = &["waiting", "running", "done", "failed", "cancelled"];

/// Takes one row of the attributes after another: lists are sorted by texts, and not by codes.
macro_rules! user_sorts {
    (@ [$($sorts:tt)*] $name:ident $variant:ident Text $facts:tt; $($rest:tt)*) => {
        user_sorts!(@ [
            $($sorts)*
            (stringify!($name), UserField::Profile(ProfileAttribute::$variant)),
        ] $($rest)*)
    };
    (@ [$($sorts:tt)*] $name:ident $variant:ident Exact $facts:tt; $($rest:tt)*) => {
        user_sorts!(@ [$($sorts)*] $($rest)*)
    };
    (@ [$($sorts:tt)*]) => {
        &[
            ("name", UserField::Name),
            ("login", UserField::Login),
            ("email", UserField::Email),
            ("given_name", UserField::OwnGiven),
            ("family_name", UserField::OwnFamily),
            ("kind", UserField::Kind),
            ("status", UserField::Status),
            ("home", UserField::HomeName),
            $($sorts)*
            ("created_at", UserField::CreatedAt),
            ("updated_at", UserField::UpdatedAt),
            ("last_seen_at", UserField::LastSeenAt),
            ("signed_in_at", UserField::SignedInAt),
        ]
    };
    ($($attributes:tt)*) => {
        user_sorts!(@ [] $($attributes)*)
    };
}

/// What users are sorted by beside their numbers.
pub const USER_SORTS: &[(&str, UserField)] = profile_attributes!(user_sorts);

/// What organisations are sorted by beside their numbers.
pub const ORGANISATION_SORTS: &[(&str, OrganisationField)] = &[
    ("name", OrganisationField::Name),
    ("slug", OrganisationField::Slug),
    ("created_at", OrganisationField::CreatedAt),
    ("updated_at", OrganisationField::UpdatedAt),
];

/// What groups are sorted by beside their numbers.
pub const GROUP_SORTS: &[(&str, GroupField)] = &[
    ("name", GroupField::Name),
    ("slug", GroupField::Slug),
    ("created_at", GroupField::CreatedAt),
    ("updated_at", GroupField::UpdatedAt),
];

/// What keys are sorted by beside their numbers.
pub const KEY_SORTS: &[(&str, KeyField)] = &[
    ("name", KeyField::Name),
    ("expires_at", KeyField::ExpiresAt),
    ("created_at", KeyField::CreatedAt),
    ("last_used_at", KeyField::LastUsedAt),
];

/// What events are sorted by beside their numbers.
pub const EVENT_SORTS: &[(&str, EventField)] = &[("at", EventField::At)];

/// The parameters that bound a time from below and from above: `created_after` and `created_before` for
/// `created_at`, `after` and `before` for `at`.
#[must_use]
pub fn range_parameters(name: &str) -> (String, String) {
    let base = ["_at", "_after", "_until"]
        .iter()
        .find_map(|ending| name.strip_suffix(ending))
        .unwrap_or(if name == "at" { "" } else { name });
    let with = |ending: &str| {
        if base.is_empty() {
            ending.to_owned()
        } else {
            format!("{base}_{ending}")
        }
    };
    (with("after"), with("before"))
}
