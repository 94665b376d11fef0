//! The directory's things as the vendor shows them: pure functions.

use directory::{OrganisationId, Standing, Time, User, UserId};
use serde_json::{Map, Value, json};

use super::catalogue::{self, FLAGS, Flag, Level};
use super::extension::{RoleNotes, UserExtension};
use super::wire::{
    OrganisationBody, OrganisationBrief, RoleBrief, UserBody, UserDetail, UserListed, UserRow,
};

/// The first user's SID; the others' follow from their numbers unless they were given one.
const FIRST_SID: i64 = 4_000_000;

/// The mask of a password or of a second factor's secret.
pub const MASK: &str = "*****";

/// The mask of a password after adding and editing.
const LONGER_MASK: &str = "******";

/// Whether a text is one of the masks that clients write back.
pub fn is_mask(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c == '*')
}

/// A role as this dialect shows it, or its absence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleView {
    /// The number on the platform; 0 when somebody has no role here.
    pub number: i64,
    /// The name.
    pub name: String,
    /// The flags.
    pub flags: Vec<Flag>,
    /// Whether it makes administrators.
    pub administers: bool,
    restricted: bool,
    created: Option<Time>,
    modified: Option<Time>,
    notes: RoleNotes,
    builtin: bool,
}

impl RoleView {
    /// A role of the directory.
    pub fn of(role: &directory::Role, notes: RoleNotes) -> RoleView {
        RoleView {
            number: role.number,
            name: role.name.clone(),
            flags: catalogue::flags_of(&role.lines),
            administers: catalogue::administers(&role.lines),
            restricted: catalogue::restricted(&role.lines),
            created: Some(role.created_at),
            modified: Some(role.updated_at),
            notes,
            builtin: role.builtin,
        }
    }

    /// What somebody without a role here is shown with.
    pub fn none() -> RoleView {
        RoleView {
            number: 0,
            name: "No role".to_owned(),
            flags: Vec::new(),
            administers: false,
            restricted: false,
            created: None,
            modified: None,
            notes: RoleNotes::default(),
            builtin: true,
        }
    }

    /// Its document.
    pub fn notes(&self) -> &RoleNotes {
        &self.notes
    }

    /// Whether it carries a flag.
    pub fn has(&self, flag: Flag) -> bool {
        self.flags.contains(&flag)
    }

    /// Its row in lists of users.
    pub fn brief(&self) -> RoleBrief {
        RoleBrief {
            id: self.number.to_string(),
            name: self.name.clone(),
            perm_auth: self.has(catalogue::AUTH),
            perm_site_admin: self.has(catalogue::SITE_ADMIN),
            perm_admin: self.has(catalogue::ADMIN),
        }
    }

    /// The role with all its columns. `default` is the role that newcomers get.
    ///
    /// `default_role` follows it; the vendor leaves that column on role 3 for ever, and its own
    /// client is misled by it (misp.md §5.2, §10).
    pub fn body(&self, default: Option<i64>) -> Map<String, Value> {
        let time = |time: Option<Time>| time.map(Time::plain);
        // Quirk: built-in roles have no limits at all, others at least an empty text (misp.md §5.2).
        let text = |text: &Option<String>| match text {
            None if self.builtin => Value::Null,
            None => json!(""),
            Some(text) => json!(text),
        };
        let level = Level::of(&self.flags);
        let mut body = Map::new();
        let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
        put("id", json!(self.number.to_string()));
        put("name", json!(self.name));
        put("created", json!(time(self.created)));
        put("modified", json!(time(self.modified)));
        for flag in FLAGS {
            put(flag.column, json!(self.has(*flag)));
        }
        put("default_role", json!(default == Some(self.number)));
        put("memory_limit", text(&self.notes.memory_limit));
        put("max_execution_time", text(&self.notes.max_execution_time));
        put("restricted_to_site_admin", json!(self.restricted));
        put("enforce_rate_limit", json!(self.notes.enforce_rate_limit));
        put(
            "rate_limit_count",
            json!(self.notes.rate_limit_count.to_string()),
        );
        put("permission", json!(level.number()));
        put("permission_description", json!(level.name()));
        body
    }
}

/// The address shown for a user.
pub fn shown_email(user: &User) -> String {
    user.shown_email()
}

/// Whether an account is shown as disabled: whatever is not active, but not a lock-out that ends by
/// itself.
pub fn disabled(user: &User, now: Time) -> bool {
    match user.standing(now) {
        Standing::Active | Standing::LockedOut => false,
        Standing::Inactive | Standing::Suspended | Standing::Expired | Standing::Locked => true,
    }
}

/// Whether a password change is shown as due: for people without a password it is what was last
/// asked for them.
pub fn change_pw(user: &User, notes: &UserExtension) -> bool {
    if user.has_password {
        user.must_change_password
    } else {
        notes.change_pw.unwrap_or(true)
    }
}

fn seconds(time: Option<Time>) -> String {
    time.map_or_else(|| "0".to_owned(), |time| time.seconds().to_string())
}

fn number(user: Option<UserId>) -> String {
    user.map_or_else(|| "0".to_owned(), |user| user.to_string())
}

/// When the password was last set or voided; with the account, where there never was one.
fn password_changed_at(user: &User, notes: &UserExtension) -> Time {
    let set = user.password_changed_at.unwrap_or(user.created_at);
    notes
        .password_reset_at
        .map_or(set, |voided| voided.max(set))
}

/// The part of a user that every answer shows.
fn row(user: &User, notes: &UserExtension, role: &RoleView, now: Time) -> UserRow {
    UserRow {
        id: user.id.to_string(),
        org_id: user.home.to_string(),
        email: shown_email(user),
        autoalert: notes.autoalert,
        invited_by: number(user.created_by),
        gpgkey: notes.gpgkey.clone(),
        certif_public: notes.certif_public.clone(),
        nids_sid: sid(user, notes).to_string(),
        termsaccepted: notes.termsaccepted,
        newsread: notes.newsread.to_string(),
        role_id: role.number.to_string(),
        change_pw: change_pw(user, notes),
        contactalert: notes.contactalert,
        disabled: disabled(user, now),
        expiration: notes.expiration.map(Time::plain),
        current_login: seconds(user.signed_in_at),
        last_login: seconds(user.previous_sign_in_at),
        last_api_access: seconds(user.last_seen_at),
        force_logout: false,
        date_created: user.created_at.seconds().to_string(),
        date_modified: user.updated_at.seconds().to_string(),
        last_pw_change: seconds(Some(password_changed_at(user, notes))),
    }
}

/// The SID of a user.
pub fn sid(user: &User, notes: &UserExtension) -> i64 {
    notes
        .nids_sid
        .unwrap_or(FIRST_SID.saturating_add(user.id.0).saturating_sub(1))
}

fn detail(user: &User, notes: &UserExtension, password: &'static str, totp: bool) -> UserDetail {
    UserDetail {
        password,
        sub: None,
        external_auth_required: false,
        external_auth_key: "",
        notification_daily: notes.notification_daily,
        notification_weekly: notes.notification_weekly,
        notification_monthly: notes.notification_monthly,
        totp: totp.then_some(MASK),
        hotp_counter: None,
        totp_is_set: if user.second_factor { "1" } else { "0" },
    }
}

/// A row of the list of users.
pub fn listed(
    user: &User,
    notes: &UserExtension,
    role: &RoleView,
    organisation: String,
    now: Time,
) -> UserListed {
    UserListed {
        organisation: OrganisationBrief {
            id: user.home.to_string(),
            name: organisation,
        },
        role: role.brief(),
        user: UserBody {
            row: row(user, notes, role, now),
            detail: None,
            server_id: Some("0"),
            monitored: Some(notes.monitored),
            authkey: None,
            org_admins: None,
        },
    }
}

/// A user as viewing shows them: the second factor always masked.
pub fn viewed(user: &User, notes: &UserExtension, role: &RoleView, now: Time) -> UserBody {
    UserBody {
        row: row(user, notes, role, now),
        detail: Some(detail(user, notes, MASK, true)),
        server_id: None,
        monitored: None,
        authkey: None,
        org_admins: None,
    }
}

/// A user as adding and editing show them: the second factor masked if there is one. The vendor
/// shows its secret there (misp.md §4.3, §10).
pub fn saved(user: &User, notes: &UserExtension, role: &RoleView, now: Time) -> UserBody {
    UserBody {
        row: row(user, notes, role, now),
        detail: Some(detail(user, notes, LONGER_MASK, user.second_factor)),
        server_id: Some("0"),
        monitored: None,
        authkey: None,
        org_admins: None,
    }
}

/// What an answer adds to an organisation.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    /// Show who made it.
    pub created_by: bool,
    /// Show a landing page, which nobody has.
    pub landingpage: bool,
    /// How many people are homed there.
    pub user_count: Option<i64>,
    /// The maker's address; `Some(None)` when they are gone.
    pub created_by_email: Option<Option<String>>,
}

/// An organisation.
pub fn organisation(organisation: &directory::Organisation, extras: Extras) -> OrganisationBody {
    OrganisationBody {
        id: organisation.id.to_string(),
        name: organisation.name.clone(),
        date_created: organisation.created_at.plain(),
        date_modified: organisation.updated_at.plain(),
        description: organisation.description.clone(),
        kind: shown_kind(organisation).to_owned(),
        nationality: organisation.nationality.clone().unwrap_or_default(),
        sector: organisation.sector.clone().unwrap_or_default(),
        created_by: extras.created_by.then(|| number(organisation.created_by)),
        uuid: organisation.uuid.to_string(),
        contacts: organisation.contacts.clone(),
        local: organisation.local,
        restricted_to_domain: (!organisation.domains.is_empty())
            .then(|| organisation.domains.clone()),
        landingpage: extras.landingpage.then_some(Value::Null),
        user_count: extras.user_count.map(|count| count.to_string()),
        created_by_email: extras
            .created_by_email
            .map(|email| email.unwrap_or_else(|| "Unknown".to_owned())),
    }
}

/// The root shows the type of the vendor's first organisation, whatever else it is.
pub fn shown_kind(organisation: &directory::Organisation) -> &str {
    if organisation.id == ROOT {
        "ADMIN"
    } else {
        organisation.kind.as_deref().unwrap_or_default()
    }
}

const ROOT: OrganisationId = directory::ROOT;
