//! API keys and sessions.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::ids::{KeyId, OrganisationId, SessionId, UserId};
use super::key_owner::KeyOwner;
use super::time::Time;

/// A limit of a key on paths and verbs. Several are OR-ed; none means no limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Constraint {
    /// How `pattern` is compared with the path below the dialect's mount, without leading slash.
    pub kind: ConstraintKind,
    /// The text compared; empty for [`ConstraintKind::Verb`].
    pub pattern: String,
    /// The methods it allows, in capitals.
    pub methods: Vec<String>,
}

/// How a constraint compares paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum ConstraintKind {
    /// The whole path.
    Exact,
    /// The path begins with it.
    Prefix,
    /// The whole path matches the regular expression.
    Regex,
    /// Any path: only the method counts.
    Verb,
}

/// An API key as stored: the key itself is shown once and kept only as a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The number.
    pub id: KeyId,
    /// The UUID; without dashes it is Falcon's client id.
    pub uuid: Uuid,
    /// Whose it is.
    pub user: UserId,
    /// Its name or comment.
    pub name: String,
    /// The first four characters.
    pub hint_start: String,
    /// The last four characters.
    pub hint_end: String,
    /// The platform of the dialect it was made through.
    pub origin: String,
    /// The only dialect it opens, when limited by paths or scopes.
    pub platform: Option<String>,
    /// Whether it may only read.
    pub read_only: bool,
    /// The addresses it may come from; empty allows all.
    pub addresses: Vec<IpNet>,
    /// Its path and verb limits.
    pub constraints: Vec<Constraint>,
    /// The dialect's own scope words; empty means all.
    pub scopes: Vec<String>,
    /// The organisation an API client belongs to (Falcon's CID), if limited so.
    pub organisation: Option<OrganisationId>,
    /// When it stops; `None` never.
    pub expires_at: Option<Time>,
    /// When it was revoked.
    pub revoked_at: Option<Time>,
    /// By whom; `None` for the server itself, and for keys revoked before this was kept.
    pub revoked_by: Option<UserId>,
    /// Whether it was revoked since another key took its place.
    pub replaced: bool,
    /// When it was made.
    pub created_at: Time,
    /// By whom.
    pub created_by: Option<UserId>,
    /// How often it was used, uses of the last second included.
    pub use_count: i64,
    /// When it was last used.
    pub last_used_at: Option<Time>,
    /// From where.
    pub last_address: Option<String>,
    /// All addresses it came from, oldest first, the newest 50.
    pub seen_addresses: Vec<String>,
    /// How often it was changed.
    pub version: i64,
    /// What its owner's account amounts to.
    pub owner: KeyOwner,
}

impl Key {
    /// Whether its time is over.
    #[must_use]
    pub fn expired(&self, now: Time) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }

    /// Whether it is neither expired nor revoked.
    #[must_use]
    pub fn active(&self, now: Time) -> bool {
        !self.expired(now) && self.revoked_at.is_none()
    }
}

/// The limits that a key lays on its owner's rights. Whatever is made with a key has to be
/// [`KeyLimits::narrower_or_equal`]; a new kind of limit is a field here, and the two functions below
/// do not compile until they have decided on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyLimits {
    /// It may only read.
    pub read_only: bool,
    /// The addresses it may come from; empty allows all.
    pub addresses: Vec<IpNet>,
    /// Paths and verbs it may use; empty allows all.
    pub constraints: Vec<Constraint>,
    /// The dialect's own scope words; empty means all. The dialect checks them.
    pub scopes: Vec<String>,
    /// The organisation it is limited to.
    pub organisation: Option<OrganisationId>,
    /// When it stops.
    pub expires_at: Option<Time>,
    /// The only dialect it opens.
    pub platform: Option<String>,
}

impl KeyLimits {
    /// Whether there is any limit.
    #[must_use]
    pub fn limited(&self) -> bool {
        *self != Self::default()
    }

    /// Whether there is any limit but an end.
    #[must_use]
    pub fn limited_beyond_time(&self) -> bool {
        let timeless = Self {
            expires_at: None,
            ..self.clone()
        };
        timeless.limited()
    }

    /// Whether these let through nothing that `outer` forbids.
    #[must_use]
    pub fn narrower_or_equal(&self, outer: &KeyLimits) -> bool {
        crate::rules::narrower_or_equal(self, outer)
    }

    /// Whether a right that is handed to another account would leave the limits behind. What an
    /// organisation limits is handed out within that organisation only, what is limited to a dialect within
    /// its roles only, and scopes are a vendor's own word for which of its requests, granting among them,
    /// a client may make.
    #[must_use]
    pub fn binds_grants(&self) -> bool {
        let KeyLimits {
            read_only,
            addresses,
            constraints,
            scopes: _,
            organisation: _,
            expires_at,
            platform: _,
        } = self;
        *read_only || !addresses.is_empty() || !constraints.is_empty() || expires_at.is_some()
    }

    /// Whether people and organisations are not moved: who comes under other administrators is reached by
    /// them without these limits. A time limit ends the key and asks no more of it while it lasts, and what
    /// an organisation, a dialect or scopes limit, the place itself bounds.
    #[must_use]
    pub fn binds_moves(&self) -> bool {
        let KeyLimits {
            read_only,
            addresses,
            constraints,
            scopes: _,
            organisation: _,
            expires_at: _,
            platform: _,
        } = self;
        *read_only || !addresses.is_empty() || !constraints.is_empty()
    }
}

impl Key {
    /// Its limits.
    #[must_use]
    pub fn limits(&self) -> KeyLimits {
        let Key {
            // What it is, and what became of it.
            id: _,
            uuid: _,
            user: _,
            name: _,
            hint_start: _,
            hint_end: _,
            origin: _,
            revoked_at: _,
            revoked_by: _,
            replaced: _,
            created_at: _,
            created_by: _,
            use_count: _,
            last_used_at: _,
            last_address: _,
            seen_addresses: _,
            version: _,
            owner: _,
            // Its limits.
            read_only,
            addresses,
            constraints,
            scopes,
            organisation,
            expires_at,
            platform,
        } = self;
        KeyLimits {
            read_only: *read_only,
            addresses: addresses.clone(),
            constraints: constraints.clone(),
            scopes: scopes.clone(),
            organisation: *organisation,
            expires_at: *expires_at,
            platform: platform.clone(),
        }
    }
}

/// The shape of a key's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyShape {
    /// 40 letters and digits: opens every dialect.
    #[default]
    Plain,
    /// A prefix followed by base64url of 48 random bytes (OpenCTI's tokens).
    Prefixed(&'static str),
}

/// A key to make.
#[derive(Clone, Debug, Default)]
pub struct NewKey {
    /// A UUID chosen by the client.
    pub uuid: Option<Uuid>,
    /// The name or comment.
    pub name: String,
    /// The shape of its text.
    pub shape: KeyShape,
    /// When it stops.
    pub expires_at: Option<Time>,
    /// Whether it may only read.
    pub read_only: bool,
    /// The addresses it may come from.
    pub addresses: Vec<IpNet>,
    /// Path and verb limits (then it opens only the caller's dialect).
    pub constraints: Vec<Constraint>,
    /// Scope words (then it opens only the caller's dialect).
    pub scopes: Vec<String>,
    /// The organisation it is limited to.
    pub organisation: Option<OrganisationId>,
}

impl NewKey {
    /// The same with all of these limits in place of its own. (Which dialects it opens follows from where
    /// it is made.)
    #[must_use]
    pub fn limited_by(self, limits: KeyLimits) -> Self {
        let KeyLimits {
            read_only,
            addresses,
            constraints,
            scopes,
            organisation,
            expires_at,
            platform: _,
        } = limits;
        Self {
            read_only,
            addresses,
            constraints,
            scopes,
            organisation,
            expires_at,
            ..self
        }
    }
}

/// Changes to a key.
#[derive(Clone, Debug, Default)]
pub struct KeyChange {
    /// The name or comment.
    pub name: Option<String>,
    /// When it stops.
    pub expires_at: Option<Option<Time>>,
    /// Whether it may only read.
    pub read_only: Option<bool>,
    /// The addresses it may come from.
    pub addresses: Option<Vec<IpNet>>,
    /// Path and verb limits.
    pub constraints: Option<Vec<Constraint>>,
    /// Scope words.
    pub scopes: Option<Vec<String>>,
}

/// A key just made, with the one showing of its text.
#[derive(Clone)]
pub struct FreshKey {
    /// The stored key.
    pub key: Key,
    /// Its text; kept nowhere.
    pub secret: String,
}

impl std::fmt::Debug for FreshKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FreshKey")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// What kind of client a session belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum SessionKind {
    /// A browser with a cookie.
    Browser,
    /// A bearer token got by signing in.
    Bearer,
    /// A short-lived token bound to a key (Falcon).
    Token,
}

/// A session as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The number.
    pub id: SessionId,
    /// The UUID.
    pub uuid: Uuid,
    /// Whose it is.
    pub user: UserId,
    /// The platform whose door it came through.
    pub platform: String,
    /// Its kind.
    pub kind: SessionKind,
    /// The key it is bound to.
    pub key: Option<KeyId>,
    /// The organisation it is limited to (a Falcon token's CID).
    pub organisation: Option<OrganisationId>,
    /// Whether a second factor was given.
    pub second_factor: bool,
    /// Whether it was begun only to enrol a second factor, which the account needs and lacks.
    pub enrolment: bool,
    /// Where it came from.
    pub address: Option<String>,
    /// The client's own name.
    pub agent: Option<String>,
    /// When it began.
    pub created_at: Time,
    /// When it was last used.
    pub last_seen_at: Time,
    /// It ends after this many milliseconds without use.
    pub idle: i64,
    /// It ends then at the latest.
    pub expires_at: Time,
}

/// A session just begun, with the one showing of its token.
#[derive(Clone)]
pub struct FreshSession {
    /// The stored session.
    pub session: Session,
    /// Its token; kept nowhere.
    pub secret: String,
    /// Whether the password must be changed before anything else.
    pub must_change_password: bool,
}

impl std::fmt::Debug for FreshSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FreshSession")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

/// Which session a sign-in asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionRequest {
    /// Its kind.
    pub kind: SessionKind,
    /// The organisation it is to be limited to.
    pub organisation: Option<OrganisationId>,
    /// How many milliseconds it lives; the `Lifetimes` setting says when absent.
    pub lifetime: Option<i64>,
    /// How many milliseconds it lives without use; the `Lifetimes` setting says when absent.
    pub idle: Option<i64>,
    /// Whether the door lets somebody who must enrol a second factor begin a session for that.
    pub may_enrol: bool,
}

impl SessionRequest {
    /// A session of that kind with nothing special.
    #[must_use]
    pub const fn of(kind: SessionKind) -> Self {
        Self {
            kind,
            organisation: None,
            lifetime: None,
            idle: None,
            may_enrol: false,
        }
    }
}

/// How somebody in a session proves once more that it is them.
#[derive(Clone, PartialEq, Eq)]
pub enum Proof {
    /// The present password.
    Password(String),
    /// A code of the second factor, or a recovery code.
    Code(String),
}

impl Proof {
    /// The proof, if it is one: an empty text is none, and so no guess either.
    #[must_use]
    pub fn given(self) -> Option<Proof> {
        let (Proof::Password(text) | Proof::Code(text)) = &self;
        (!text.is_empty()).then_some(self)
    }
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Proof::Password(_) => "Password(…)",
            Proof::Code(_) => "Code(…)",
        })
    }
}

/// The one showing of a second factor's secret, before it is confirmed by a code.
#[derive(Clone, PartialEq, Eq)]
pub struct SecondFactorSecret {
    /// The secret in base 32.
    pub secret: String,
    /// The `otpauth://` address that authenticators read.
    pub uri: String,
}

impl std::fmt::Debug for SecondFactorSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecondFactorSecret(…)")
    }
}
