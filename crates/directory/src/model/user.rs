//! People and service accounts.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::ids::{GroupId, OrganisationId, UserId};
use super::organisation::Membership;
use super::predicate::{Predicate, Test};
use super::profile::{Profile, ProfileChange};
use super::time::Time;
use super::user_field::UserField;

/// A person or a service account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum UserKind {
    /// A human being, who signs in with a password or a key.
    Person,
    /// A program: keys only, no password, no second factor, no sessions of its own.
    Service,
}

/// The stored status. Locks and the lock-after date stand beside it; [`Standing`] combines them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Status {
    /// May sign in.
    Active,
    /// Switched off.
    Inactive,
    /// Switched off for inactivity or by an administrator, expected back.
    Suspended,
    /// Past its time.
    Expired,
}

/// What somebody's account amounts to at a moment: the status, the lock-after date and the locks
/// together. Only `Active` opens anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Standing {
    /// May act.
    Active,
    /// [`Status::Inactive`].
    Inactive,
    /// [`Status::Suspended`].
    Suspended,
    /// [`Status::Expired`], or the lock-after date has passed.
    Expired,
    /// Locked by an administrator.
    Locked,
    /// Locked out for a while after wrong passwords: keys and sessions still work, except from the
    /// addresses that caused it.
    LockedOut,
}

/// The three names as they were given; what is shown is derived from them ([`ShownNames`]).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Names {
    /// The whole name as one text.
    pub display: Option<String>,
    /// The given name.
    pub given: Option<String>,
    /// The family name.
    pub family: Option<String>,
}

/// The names shown, derived on every write.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ShownNames {
    /// The display name, else "given family", else the login before `@`.
    pub name: String,
    /// The given name; derived from the shown name when neither part is stored.
    pub given: String,
    /// The family name; `None` when there is none.
    pub family: Option<String>,
}

/// A user as stored. Secrets are never part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The number; user 1 is the first owner.
    pub id: UserId,
    /// The UUID.
    pub uuid: Uuid,
    /// The login, as sent.
    pub login: String,
    /// The e-mail address, as sent; service accounts may have none.
    pub email: Option<String>,
    /// An address waiting for confirmation.
    pub pending_email: Option<String>,
    /// The names as given.
    pub names: Names,
    /// The names to show.
    pub shown: ShownNames,
    /// Person or service account.
    pub kind: UserKind,
    /// The stored status; see [`User::standing`].
    pub status: Status,
    /// From then on the account counts as expired.
    pub lock_after: Option<Time>,
    /// Locked by an administrator until then; [`Time::NEVER`] for an endless lock.
    pub locked_until: Option<Time>,
    /// Locked out after wrong passwords until then.
    pub lockout_until: Option<Time>,
    /// The home organisation.
    pub home: OrganisationId,
    /// The primary group, if one was named.
    pub primary_group: Option<GroupId>,
    /// The plain attributes.
    pub profile: Profile,
    /// Whether a second factor must be enrolled; `None` inherits.
    pub second_factor_required: Option<bool>,
    /// Whether a second factor is enrolled and confirmed.
    pub second_factor: bool,
    /// Whether a password is set.
    pub has_password: bool,
    /// Whether the password must be changed at the next sign-in.
    pub must_change_password: bool,
    /// When the password was last set.
    pub password_changed_at: Option<Time>,
    /// Counts changes of the row, for ETags and optimistic writes.
    pub revision: i64,
    /// When the account was made.
    pub created_at: Time,
    /// By whom; kept after that account is deleted.
    pub created_by: Option<UserId>,
    /// When the account was last changed.
    pub updated_at: Time,
    /// By whom.
    pub updated_by: Option<UserId>,
    /// When the account was last used (sign-in, session or key).
    pub last_seen_at: Option<Time>,
    /// When the account last signed in with a password.
    pub signed_in_at: Option<Time>,
    /// The sign-in before that.
    pub previous_sign_in_at: Option<Time>,
    /// How often it signed in.
    pub sign_in_count: i64,
}

/// The domain of the addresses that are made up for people who have none. They are shown, never stored.
pub const MADE_UP_DOMAIN: &str = "usher.invalid";

/// The people whose address, as dialects show it that make one up for who has none, contains a text.
#[must_use]
pub fn shown_email_contains(text: &str) -> Predicate<UserField> {
    let stored = Predicate::is(UserField::Email, Test::Contains(text.to_owned()));
    if !in_made_up_email(&text.to_lowercase()) {
        return stored;
    }
    let made_up = Predicate::is(UserField::MadeUpEmail, Test::Contains(text.to_owned()));
    Predicate::any([stored, made_up])
}

/// Whether a made-up address may contain a text, so that the others need not be looked at.
fn in_made_up_email(text: &str) -> bool {
    let digits = |text: &str| {
        text.len() <= 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    match text.split_once('@') {
        Some((local, domain)) => digits(local) && MADE_UP_DOMAIN.starts_with(domain),
        None => digits(text) || MADE_UP_DOMAIN.contains(text),
    }
}

impl User {
    /// The address, or the one that is made up for who has none.
    #[must_use]
    pub fn shown_email(&self) -> String {
        match &self.email {
            Some(email) => email.clone(),
            None => format!("{}@{MADE_UP_DOMAIN}", self.uuid.simple()),
        }
    }

    /// What the account amounts to at `now`.
    #[must_use]
    pub fn standing(&self, now: Time) -> Standing {
        crate::rules::standing(
            self.status,
            self.lock_after,
            self.locked_until,
            self.lockout_until,
            now,
        )
    }
}

/// The password of a new account.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum NewPassword {
    /// None: the account opens with keys, or after its activation mail.
    #[default]
    None,
    /// This one, checked against the policy.
    Chosen(String),
    /// Chosen by somebody else, to be changed at the first sign-in.
    MustChange(String),
}

impl std::fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            NewPassword::None => "None",
            NewPassword::Chosen(_) => "Chosen(…)",
            NewPassword::MustChange(_) => "MustChange(…)",
        })
    }
}

/// What the door does for a person made through it beside what the caller asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProvisioningDefaults {
    /// Do not apply the platform's default roles and newcomers' groups.
    pub without_defaults: bool,
    /// The mail to send: a template's name (`welcome`, `activation`) with its language.
    pub mail: Option<String>,
}

/// A user to make. Whatever is `None` takes the directory's default.
#[derive(Clone, Debug, Default)]
pub struct NewUser {
    /// A UUID chosen by the client; made otherwise.
    pub uuid: Option<Uuid>,
    /// The login; the e-mail address when absent.
    pub login: Option<String>,
    /// The e-mail address; may be absent for service accounts and where a login is given.
    pub email: Option<String>,
    /// The names.
    pub names: Names,
    /// Person unless said otherwise.
    pub kind: Option<UserKind>,
    /// Active unless said otherwise.
    pub status: Option<Status>,
    /// Locked by an administrator from the start.
    pub locked: bool,
    /// The lock-after date.
    pub lock_after: Option<Time>,
    /// The home; else the key's organisation, else the caller's home.
    pub home: Option<OrganisationId>,
    /// Further organisations to be a member of.
    pub organisations: Vec<OrganisationId>,
    /// The primary group (becomes a membership too).
    pub primary_group: Option<GroupId>,
    /// Groups to join.
    pub groups: Vec<GroupId>,
    /// Roles to grant at the home, checked against what the caller may grant. When empty the door's
    /// default role applies.
    pub roles: Vec<super::ids::RoleId>,
    /// The password.
    pub password: NewPassword,
    /// The plain attributes.
    pub profile: Profile,
    /// Second factor required; `None` inherits.
    pub second_factor_required: Option<bool>,
    /// The dialect's own document with its filter terms.
    pub extension: Option<super::extension::NewExtension>,
    /// What the door does.
    pub door: ProvisioningDefaults,
    /// Check everything and store nothing.
    pub validate_only: bool,
}

/// Changes to a user: `None` leaves a field as it is, `Some(None)` clears it. Writing back a shown
/// value changes nothing (the echo rule).
#[derive(Clone, Debug, Default)]
pub struct UserChange {
    /// The login.
    pub login: Option<String>,
    /// The e-mail address, taking effect at once.
    pub email: Option<Option<String>>,
    /// A new address that takes effect when confirmed by mail; `Some` of the present one clears a
    /// pending change.
    pub request_email: Option<String>,
    /// Names, in the way of a dialect that shows all three: just what was sent.
    pub display: Option<Option<String>>,
    /// See `display`.
    pub given: Option<Option<String>>,
    /// See `display`.
    pub family: Option<Option<String>>,
    /// Which names the dialect shows, so that the others follow.
    pub names_shown: NamesShown,
    /// Person or service account.
    pub kind: Option<UserKind>,
    /// The status.
    pub status: Option<Status>,
    /// Lock (true, endless) or lift every lock, the lock-out included (false).
    pub locked: Option<bool>,
    /// The lock-after date.
    pub lock_after: Option<Option<Time>>,
    /// The home organisation.
    pub home: Option<OrganisationId>,
    /// The primary group (becomes a membership too).
    pub primary_group: Option<Option<GroupId>>,
    /// The whole set of groups among `groups_managed`'s scope; see `Handle::update_user`.
    pub groups: Option<Vec<GroupId>>,
    /// The one role of the dialect's platform at the home (platforms with exactly one).
    pub role: Option<super::ids::RoleId>,
    /// A new password set by somebody else.
    pub password: Option<NewPassword>,
    /// Whether the password must be changed at the next sign-in.
    pub must_change_password: Option<bool>,
    /// The plain attributes.
    pub profile: ProfileChange,
    /// Second factor required.
    pub second_factor_required: Option<Option<bool>>,
    /// The dialect's own document, whole, with its filter terms.
    pub extension: Option<super::extension::NewExtension>,
    /// Members of that document to change one by one, the others and its terms staying; null takes a
    /// member out. Not together with `extension`.
    pub extension_members: Option<serde_json::Map<String, serde_json::Value>>,
    /// Refuse with `Stale` unless the row has this revision.
    pub if_revision: Option<i64>,
}

/// Which names a dialect shows; decides what follows a partial write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NamesShown {
    /// All three (OpenCTI, SCIM, native): exactly what was sent is written.
    #[default]
    All,
    /// Given and family only (Tenable, Falcon).
    Parts,
    /// The whole name only (Civis).
    Whole,
}

/// A user together with what lists usually show of them, loaded in batches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRelations {
    /// Memberships, the home included.
    pub memberships: Vec<Membership>,
    /// Groups.
    pub groups: Vec<GroupId>,
}

/// What making sure of a person came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EnsureOutcome {
    /// They were made.
    Created,
    /// Something differed and was changed.
    Updated,
    /// Everything was so already.
    Unchanged,
}

/// A person who is there as was asked for.
#[derive(Clone, Debug)]
pub struct Ensured {
    /// What was done.
    pub outcome: EnsureOutcome,
    /// The fields that changed, in the directory's words.
    pub changed: Vec<String>,
    /// The person.
    pub user: User,
}

/// An organisation or a group that is there as was asked for.
#[derive(Clone, Debug)]
pub struct EnsuredRecord<T> {
    /// What was done.
    pub outcome: EnsureOutcome,
    /// The members that changed.
    pub changed: Vec<&'static str>,
    /// The record.
    pub record: T,
}

impl<T> EnsuredRecord<T> {
    pub(crate) fn created(record: T) -> Self {
        Self {
            outcome: EnsureOutcome::Created,
            changed: Vec::new(),
            record,
        }
    }
}

/// The way to a first or a new password, handed out instead of being mailed.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessLink {
    /// The single-use token.
    pub token: String,
    /// What for.
    pub purpose: super::token_purpose::TokenPurpose,
    /// When it ends.
    pub expires_at: Time,
}

impl std::fmt::Debug for AccessLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessLink")
            .field("purpose", &self.purpose)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
