//! The directory's things as the vendor shows them: pure functions.

use directory::{ConstraintKind, Job, Standing, Time, User, UserKind};
use serde_json::{Map, Value};

use crate::profile::Profile;
use crate::wire;

/// The domain of the addresses made up for people who have none. They are shown, never stored.
const NOWHERE: &str = "@usher.invalid";
/// The time zone of people who have none, and whose group names none.
///
/// Quirk: the vendor's default (civis.md §4).
const TIME_ZONE: &str = "America/Chicago";
/// What every key is for.
///
/// Quirk: always this one word (civis.md §4).
const SCOPES: [&str; 1] = ["public"];
/// Which features are on for everybody; the others are off.
const FEATURES: [(&str, bool); 2] = [("themes_api", true), ("run_arguments", false)];

/// A time as the vendor writes it.
#[must_use]
pub fn time(time: Time) -> String {
    time.rfc3339()
}

/// The address shown for a user.
#[must_use]
pub fn email(user: &User) -> String {
    match &user.email {
        Some(email) => email.clone(),
        None => format!("{}{NOWHERE}", user.uuid.simple()),
    }
}

/// Whether an address is one of those that are only shown.
#[must_use]
pub fn is_made_up(email: &str) -> bool {
    email.to_ascii_lowercase().ends_with(NOWHERE)
}

/// Whether the vendor calls an account active: suspended ones are (civis.md §6).
#[must_use]
pub fn is_active(standing: Standing) -> bool {
    match standing {
        Standing::Active | Standing::LockedOut | Standing::Suspended | Standing::Locked => true,
        Standing::Inactive | Standing::Expired => false,
    }
}

/// The directory's words for the standings that the vendor calls active, or the others.
#[must_use]
pub fn standings(active: bool) -> &'static [&'static str] {
    if active {
        &["active", "locked_out", "suspended", "locked"]
    } else {
        &["inactive", "expired"]
    }
}

/// Whether the vendor calls an account suspended.
#[must_use]
pub fn is_suspended(standing: Standing) -> bool {
    matches!(standing, Standing::Suspended | Standing::Locked)
}

/// The vendor's word for the state of an account. After a suspension it is `Unsuspended` until the next
/// visit.
#[must_use]
pub fn account_status(user: &User, profile: Profile<'_>, now: Time) -> &'static str {
    let standing = user.standing(now);
    if is_suspended(standing) {
        return "Suspended";
    }
    if !is_active(standing) {
        return "Deactivated";
    }
    let lifted = profile.unsuspended_at();
    match lifted {
        Some(lifted) if user.last_seen_at.is_none_or(|seen| seen < lifted) => "Unsuspended",
        _ => "Active",
    }
}

/// The initials: those set, else the first letters of the first two words of the name.
#[must_use]
pub fn initials(user: &User, profile: Profile<'_>) -> String {
    if let Some(initials) = profile.text("initials") {
        return initials;
    }
    let words = user.shown.name.split_whitespace().take(2);
    words
        .filter_map(|word| word.chars().next())
        .flat_map(char::to_uppercase)
        .collect()
}

/// The features, as everybody has them.
#[must_use]
pub fn feature_flags() -> Map<String, Value> {
    FEATURES
        .iter()
        .map(|(name, on)| ((*name).to_owned(), (*on).into()))
        .collect()
}

/// Whether a feature is on.
#[must_use]
pub fn is_on(feature: &str) -> bool {
    FEATURES.contains(&(feature, true))
}

/// What a user is shown with beside the row.
#[derive(Clone, Debug)]
pub struct Shown<'a> {
    /// The row.
    pub user: &'a User,
    /// The dialect's own document.
    pub profile: Profile<'a>,
    /// The groups, the primary one among them.
    pub groups: Vec<wire::UserGroup>,
    /// The primary group: the user's own, else the base group of the home.
    pub primary_group: i64,
    /// The home organisation's name and slug.
    pub home: (&'a str, &'a str),
    /// The time.
    pub now: Time,
}

impl Shown<'_> {
    /// A row of the list of users.
    #[must_use]
    pub fn summary(self) -> wire::UserSummary {
        let user = self.user;
        let standing = user.standing(self.now);
        wire::UserSummary {
            id: user.id.number(),
            user: user.login.clone(),
            name: user.shown.name.clone(),
            email: email(user),
            active: is_active(standing),
            primary_group_id: self.primary_group,
            groups: self.groups,
            created_at: time(user.created_at),
            current_sign_in_at: user.signed_in_at.map(time),
            updated_at: time(user.updated_at),
            last_seen_at: user.last_seen_at.map(time),
            suspended: is_suspended(standing),
            created_by_id: user.created_by.map(|id| id.number()),
            last_updated_by_id: user.updated_by.map(|id| id.number()),
        }
    }

    /// One user, as somebody with that permission sees them. `time_zone` is their group's.
    #[must_use]
    pub fn detail(self, permission: &'static str, time_zone: Option<String>) -> wire::UserDetail {
        let (user, profile) = (self.user, self.profile);
        let standing = user.standing(self.now);
        wire::UserDetail {
            id: user.id.number(),
            user: user.login.clone(),
            name: user.shown.name.clone(),
            email: email(user),
            active: is_active(standing),
            primary_group_id: self.primary_group,
            groups: self.groups,
            city: profile.text("city"),
            state: profile.text("state"),
            time_zone: user
                .profile
                .time_zone
                .clone()
                .or(time_zone)
                .unwrap_or_else(|| TIME_ZONE.to_owned()),
            initials: initials(user, profile),
            department: user.profile.department.clone(),
            title: user.profile.title.clone(),
            github_username: None,
            prefers_sms_otp: profile.flag("prefers_sms_otp").unwrap_or(true),
            vpn_enabled: profile.flag("vpn_enabled"),
            sso_disabled: profile.flag("sso_disabled"),
            otp_required_for_login: user.second_factor_required,
            exempt_from_org_sms_otp_disabled: profile.flag("exempt_from_org_sms_otp_disabled"),
            sms_otp_allowed: true,
            robot: user.kind == UserKind::Service,
            phone: profile.text("phone"),
            organization_slug: self.home.1.to_owned(),
            organization_sso_disable_capable: false,
            organization_login_type: "password",
            organization_sms_otp_disabled: false,
            my_permission_level: permission,
            created_at: time(user.created_at),
            updated_at: time(user.updated_at),
            last_seen_at: user.last_seen_at.map(time),
            suspended: is_suspended(standing),
            created_by_id: user.created_by.map(|id| id.number()),
            last_updated_by_id: user.updated_by.map(|id| id.number()),
            unconfirmed_email: user.pending_email.clone(),
            account_status: account_status(user, profile, self.now),
        }
    }

    /// The caller, with the words of their roles.
    #[must_use]
    pub fn me(self, roles: Vec<String>) -> wire::Me {
        let (user, profile) = (self.user, self.profile);
        wire::Me {
            id: user.id.number(),
            name: user.shown.name.clone(),
            email: email(user),
            username: user.login.clone(),
            initials: initials(user, profile),
            last_checked_announcements: profile.last_checked_announcements(),
            feature_flags: feature_flags(),
            roles,
            preferences: profile.preferences(),
            custom_branding: None,
            primary_group_id: self.primary_group,
            groups: self.groups,
            organization_name: self.home.0.to_owned(),
            organization_slug: self.home.1.to_owned(),
            organization_default_theme_id: None,
            created_at: time(user.created_at),
            sign_in_count: user.sign_in_count,
            assuming_role: false,
            assuming_admin: false,
            assuming_admin_expiration: None,
            superadmin_mode_expiration: None,
            disable_non_compliant_fedramp_features: false,
            persona_role: None,
            created_by_id: user.created_by.map(|id| id.number()),
            last_updated_by_id: user.updated_by.map(|id| id.number()),
        }
    }
}

/// A user as others are shown.
#[must_use]
pub fn simple_user(user: &User, profile: Profile<'_>) -> wire::SimpleUser {
    wire::SimpleUser {
        id: user.id.number(),
        name: user.shown.name.clone(),
        username: user.login.clone(),
        initials: initials(user, profile),
        online: None,
    }
}

/// What every answer tells of a key.
#[must_use]
pub fn key_state(key: &directory::Key, now: Time) -> wire::KeyState {
    wire::KeyState {
        id: key.id.number(),
        name: key.name.clone(),
        expires_at: key.expires_at.map(time),
        created_at: time(key.created_at),
        revoked_at: key.revoked_at.map(time),
        last_used_at: key.last_used_at.map(time),
        scopes: SCOPES.map(str::to_owned).to_vec(),
        use_count: key.use_count,
        expired: key.expired(now),
        active: key.active(now),
    }
}

/// One key; with its text when it was just made.
#[must_use]
pub fn key(key: &directory::Key, token: Option<String>, now: Time) -> wire::Key {
    wire::Key {
        state: key_state(key, now),
        constraints: key.constraints.iter().map(constraint).collect(),
        token,
    }
}

/// The vendor's word for a kind of constraint.
#[must_use]
pub fn constraint_word(kind: ConstraintKind) -> &'static str {
    match kind {
        ConstraintKind::Exact => "exact",
        ConstraintKind::Prefix => "prefix",
        ConstraintKind::Regex => "regex",
        ConstraintKind::Verb => "verb",
    }
}

fn constraint(constraint: &directory::Constraint) -> wire::Constraint {
    let allows = |method: &str| constraint.methods.iter().any(|one| one == method);
    wire::Constraint {
        constraint: Some(constraint.pattern.clone())
            .filter(|_| constraint.kind != ConstraintKind::Verb),
        constraint_type: constraint_word(constraint.kind),
        get_allowed: allows("GET"),
        head_allowed: allows("HEAD"),
        post_allowed: allows("POST"),
        put_allowed: allows("PUT"),
        patch_allowed: allows("PATCH"),
        delete_allowed: allows("DELETE"),
    }
}

/// A job as something its owner did.
#[must_use]
pub fn activity(job: &Job, login: &str) -> wire::Activity {
    let state = activity_state(job);
    let named = job.detail.get("name").and_then(Value::as_str);
    let name = named.map_or_else(|| format!("{} {}", title(&job.kind), job.id), str::to_owned);
    let started = job.started_at.is_some();
    wire::Activity {
        id: job.id.to_string(),
        name,
        kind: title(&job.kind),
        user: login.to_owned(),
        category: Some(job.kind.clone()),
        state,
        updated_at: time(updated_at(job)),
        next_run_at: None,
        last_run_id: started.then(|| job.id.to_string()),
        last_run_state: started.then_some(state),
    }
}

/// The vendor's word for the state of a job; what is queued is on its way.
#[must_use]
pub fn activity_state(job: &Job) -> &'static str {
    match job.state.as_str() {
        "succeeded" => "succeeded",
        "failed" | "cancelled" => "failed",
        _ => "running",
    }
}

/// When a job last changed.
#[must_use]
pub fn updated_at(job: &Job) -> Time {
    job.ended_at.or(job.started_at).unwrap_or(job.created_at)
}

fn title(word: &str) -> String {
    let mut letters = word.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}
