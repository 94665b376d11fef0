//! What a row of each kind may hold.

use serde_json::{Map, Value};

use crate::model::{Fault, TaskWhat, profile_attributes};

/// The members of a kind's rows.
pub(crate) struct Columns {
    /// Those that are read, in the order in which tables show them.
    pub read: &'static [&'static str],
    /// Those that tables show and that say nothing when they are read.
    pub shown: &'static [&'static str],
    /// Those beside these that JSON shows.
    pub shown_in_json: &'static [&'static str],
    /// Of each of these lists a table needs at least one.
    pub needed: &'static [&'static [&'static str]],
}

macro_rules! user_columns {
    ($($name:ident $variant:ident $kind:ident $facts:tt;)*) => {
        &[
            "login",
            "email",
            "display_name",
            "given_name",
            "family_name",
            "kind",
            "status",
            "home",
            "organisations",
            "groups",
            "roles",
            $(stringify!($name),)*
            "lock_after",
            "second_factor_required",
        ]
    };
}

/// Members of a person that may be written, in the order in which tables show them.
pub const USER_COLUMNS: &[&str] = profile_attributes!(user_columns);

/// Members that tables show of a person and that say nothing when they are read.
const SHOWN_COLUMNS: &[&str] = &[
    "id",
    "number",
    "name",
    "standing",
    "locked",
    "second_factor",
    "created_at",
    "updated_at",
    "last_seen_at",
    "signed_in_at",
];

const USERS: Columns = Columns {
    read: USER_COLUMNS,
    shown: SHOWN_COLUMNS,
    shown_in_json: &[
        "pending_email",
        "locked_out_until",
        "primary_group",
        "has_password",
        "must_change_password",
        "password_changed_at",
        "revision",
        "created_by",
        "updated_by",
        "previous_sign_in_at",
        "sign_in_count",
        "included",
    ],
    needed: &[&["email", "login"]],
};

const RECORDED: &[&str] = &["id", "number", "created_at", "updated_at"];
const RECORDED_IN_JSON: &[&str] = &["revision", "created_by", "updated_by"];

const ORGANISATIONS: Columns = Columns {
    read: &[
        "name",
        "slug",
        "parent",
        "description",
        "kind",
        "sector",
        "nationality",
        "contacts",
        "local",
        "domains",
        "second_factor_required",
    ],
    shown: RECORDED,
    shown_in_json: RECORDED_IN_JSON,
    needed: &[&["name"]],
};

const GROUPS: Columns = Columns {
    read: &[
        "name",
        "slug",
        "organisation",
        "platform",
        "description",
        "newcomers",
    ],
    shown: RECORDED,
    shown_in_json: &[
        "revision",
        "created_by",
        "updated_by",
        "word",
        "newcomers_of",
    ],
    needed: &[&["name"]],
};

const MEMBERSHIPS: Columns = Columns {
    read: &["user", "organisation", "administrator"],
    shown: &["home"],
    shown_in_json: &[],
    needed: &[&["user"], &["organisation"]],
};

const GRANTS: Columns = Columns {
    read: &["user", "role", "organisation", "expires_at", "path"],
    shown: &["number", "group"],
    shown_in_json: &[],
    needed: &[&["user"], &["role"]],
};

/// The members of a kind's rows; of what is never imported there are none.
pub(crate) const fn columns_of(what: TaskWhat) -> Option<&'static Columns> {
    match what {
        TaskWhat::Users => Some(&USERS),
        TaskWhat::Organisations => Some(&ORGANISATIONS),
        TaskWhat::Groups => Some(&GROUPS),
        TaskWhat::Memberships => Some(&MEMBERSHIPS),
        TaskWhat::Grants => Some(&GRANTS),
        TaskWhat::Keys | TaskWhat::Events => None,
    }
}

impl Columns {
    /// Whether a table may have the column.
    pub fn has(&self, column: &str) -> bool {
        self.read.contains(&column) || self.shown.contains(&column)
    }

    /// Whether a member says nothing.
    pub fn is_shown(&self, member: &str) -> bool {
        self.shown.contains(&member) || self.shown_in_json.contains(&member)
    }

    /// Refuses members that are not known.
    pub fn check(&self, row: &Map<String, Value>) -> Result<(), Fault> {
        let known = |name: &str| self.has(name) || self.shown_in_json.contains(&name);
        match row.keys().find(|name| !known(name)) {
            None => Ok(()),
            Some(name) if name == "password" => Err(Fault::invalid(
                "password",
                "is not taken here; mail people a link to set their own",
            )),
            Some(name) => {
                let shown: String = name.chars().take(60).collect();
                Err(Fault::invalid(
                    "line",
                    format!("holds `{shown}`, which is not known"),
                ))
            }
        }
    }
}
