//! The row of a user: what is read of it, and what is written.

use std::sync::LazyLock;

use uuid::Uuid;

use crate::model::{
    Names, OrganisationId, Profile, ShownNames, Status, Time, User, UserId, UserKind,
    profile_attributes,
};

use super::columns::{columns, written};
use super::{Res, StoreError};

/// Where [`COLUMNS`] stand.
pub(super) const TABLES: &str = "users u LEFT JOIN passwords p ON p.user_id = u.id \
     LEFT JOIN second_factors f ON f.user_id = u.id";

macro_rules! user_row {
    ($($attribute:ident $variant:ident $kind:ident $facts:tt;)*) => {
        columns! {
            /// Reads a user's columns.
            pub(crate) fn read_user(COLUMNS, AFTER) -> User {
                id: u.id int,
                number: u.uuid text,
                login: u.login string,
                email: u.email opt_string,
                pending_email: u.pending_email opt_string,
                display: u.display opt_string,
                given: u.given opt_string,
                family: u.family opt_string,
                shown_name: u.shown_name string,
                shown_given: u.shown_given string,
                shown_family: u.shown_family opt_string,
                kind_text: u.kind text,
                status_text: u.status text,
                lock_after: u.lock_after opt_int,
                locked_until: u.locked_until opt_int,
                lockout_until: u.lockout_until opt_int,
                home: u.home_id int,
                primary_group: u.primary_group_id opt_int,
                $($attribute: u.$attribute opt_string,)*
                second_factor_required: u.second_factor_required opt_flag,
                confirmed_at: f.confirmed_at opt_int,
                password_changed_at: p.changed_at opt_int,
                must_change: p.must_change opt_flag,
                revision: u.revision int,
                created_at: u.created_at int,
                created_by: u.created_by opt_int,
                updated_at: u.updated_at int,
                updated_by: u.updated_by opt_int,
                last_seen_at: u.last_seen_at opt_int,
                signed_in_at: u.signed_in_at opt_int,
                previous_sign_in_at: u.previous_sign_in_at opt_int,
                sign_in_count: u.sign_in_count int,
            }
            User {
                id: UserId(id),
                uuid: uuid(number)?,
                login,
                email,
                pending_email,
                names: Names {
                    display,
                    given,
                    family,
                },
                shown: ShownNames {
                    name: shown_name,
                    given: shown_given,
                    family: shown_family,
                },
                kind: kind(kind_text)?,
                status: status(status_text)?,
                lock_after: lock_after.map(Time),
                locked_until: locked_until.map(Time),
                lockout_until: lockout_until.map(Time),
                home: OrganisationId(home),
                primary_group: primary_group.map(Into::into),
                profile: Profile { $($attribute,)* },
                second_factor_required,
                second_factor: confirmed_at.is_some(),
                has_password: password_changed_at.is_some(),
                password_changed_at: password_changed_at.map(Time),
                must_change_password: must_change.unwrap_or(false),
                revision,
                created_at: Time(created_at),
                created_by: created_by.map(UserId),
                updated_at: Time(updated_at),
                updated_by: updated_by.map(UserId),
                last_seen_at: last_seen_at.map(Time),
                signed_in_at: signed_in_at.map(Time),
                previous_sign_in_at: previous_sign_in_at.map(Time),
                sign_in_count,
            }
        }

        written! {
            /// What is written of a user, whether new or changed.
            pub(super) fn written_values<'v>(
                WRITTEN; user: &'v User, derived: &'v Derived, alias: Option<&'v str>,
            ) {
                login = &user.login,
                email = &user.email,
                pending_email = &user.pending_email,
                display = &user.names.display,
                given = &user.names.given,
                family = &user.names.family,
                shown_name = &derived.shown.name,
                shown_given = &derived.shown.given,
                shown_family = &derived.shown.family,
                login_key = &derived.login_key,
                email_key = &derived.email_key,
                name_key = &derived.name_key,
                given_key = &derived.given_key,
                family_key = &derived.family_key,
                search = &derived.search,
                kind = kind_word(user.kind),
                status = status_word(user.status),
                lock_after = user.lock_after.map(|time| time.0),
                locked_until = user.locked_until.map(|time| time.0),
                lockout_until = user.lockout_until.map(|time| time.0),
                home_id = user.home.0,
                primary_group_id = user.primary_group.map(|group| group.0),
                $($attribute = &user.profile.$attribute,)*
                second_factor_required = user.second_factor_required,
                updated_at = user.updated_at.0,
                updated_by = user.updated_by.map(|user| user.0),
                alias = alias,
            }
        }
    };
}
profile_attributes!(user_row);

/// Inserts a user: UUID, when and by whom it was made, then what is [`WRITTEN`].
pub(super) static INSERT: LazyLock<String> = LazyLock::new(|| {
    let places: Vec<_> = (4..4 + WRITTEN.len())
        .map(|place| format!("${place}"))
        .collect();
    format!(
        "INSERT INTO users (uuid, created_at, created_by, version, revision, sign_in_count, {}) \
         VALUES ($1, $2, $3, 1, 1, 0, {}) ON CONFLICT DO NOTHING RETURNING id",
        WRITTEN.join(", "),
        places.join(", "),
    )
});

/// Updates a user: the number, then what is [`WRITTEN`]. Gives the new revision.
pub(super) static UPDATE: LazyLock<String> = LazyLock::new(|| {
    let assigned: Vec<_> = (2..)
        .zip(WRITTEN)
        .map(|(place, column)| format!("{column} = ${place}"))
        .collect();
    // The keys of an account show since when it is closed.
    let place = |column: &str| {
        let before = WRITTEN.iter().take_while(|one| **one != column).count();
        format!("${}", before + 2)
    };
    format!(
        "UPDATE users SET {}, revision = revision + 1, state_changed_at = CASE WHEN status <> {} \
         OR locked_until IS DISTINCT FROM {} THEN {} ELSE state_changed_at END WHERE id = $1 \
         RETURNING revision",
        assigned.join(", "),
        place("status"),
        place("locked_until"),
        place("updated_at"),
    )
});

/// Reads a stored UUID.
pub(crate) fn uuid(text: &str) -> Res<Uuid> {
    Uuid::parse_str(text).map_err(|error| StoreError::Bug(format!("stored UUID: {error}")))
}

/// Reads a stored kind.
pub(crate) fn kind(text: &str) -> Res<UserKind> {
    match text {
        "person" => Ok(UserKind::Person),
        "service" => Ok(UserKind::Service),
        other => Err(StoreError::Bug(format!("stored kind of user {other}"))),
    }
}

/// The word of a kind.
pub(crate) const fn kind_word(kind: UserKind) -> &'static str {
    match kind {
        UserKind::Person => "person",
        UserKind::Service => "service",
    }
}

/// Reads a stored status.
pub(crate) fn status(text: &str) -> Res<Status> {
    match text {
        "active" => Ok(Status::Active),
        "inactive" => Ok(Status::Inactive),
        "suspended" => Ok(Status::Suspended),
        "expired" => Ok(Status::Expired),
        other => Err(StoreError::Bug(format!("stored status {other}"))),
    }
}

/// The word of a status.
pub(crate) const fn status_word(status: Status) -> &'static str {
    match status {
        Status::Active => "active",
        Status::Inactive => "inactive",
        Status::Suspended => "suspended",
        Status::Expired => "expired",
    }
}

/// The derived columns: what is shown, sorted and searched by.
pub(crate) struct Derived {
    pub shown: ShownNames,
    pub login_key: String,
    pub email_key: String,
    pub name_key: String,
    pub given_key: String,
    pub family_key: String,
    pub search: String,
}

impl Derived {
    /// Derives them.
    pub fn of(login: &str, email: Option<&str>, names: &Names) -> Derived {
        let shown = crate::rules::shown_names(names, login);
        let fold = crate::rules::fold_search;
        let mut search = fold(&shown.name);
        for text in [
            Some(login),
            email,
            names.given.as_deref(),
            names.family.as_deref(),
        ]
        .into_iter()
        .flatten()
        {
            let folded = fold(text);
            if !search.contains(&folded) {
                search.push('\n');
                search.push_str(&folded);
            }
        }
        Derived {
            login_key: crate::rules::fold(login),
            email_key: email.map(crate::rules::fold).unwrap_or_default(),
            name_key: fold(&shown.name),
            given_key: fold(&shown.given),
            family_key: shown.family.as_deref().map(fold).unwrap_or_default(),
            search,
            shown,
        }
    }
}
