//! What lists are narrowed and ordered by. Each dialect parses its vendor's filter language
//! into a [`Predicate`]; one place in the store turns it into SQL with every value bound.

use super::ids::Platform;
use super::time::Time;

/// A condition over the fields `F` of one kind of entity.
#[derive(Clone, Debug, PartialEq)]
pub enum Predicate<F> {
    /// Everything.
    All,
    /// Nothing.
    Nothing,
    /// Not so.
    Not(Box<Predicate<F>>),
    /// All of these.
    And(Vec<Predicate<F>>),
    /// Any of these.
    Or(Vec<Predicate<F>>),
    /// A field's value passes a test.
    Is(F, Test),
}

/// What the dialects build conditions with. What is always so, or never, disappears on the way.
impl<F> Predicate<F> {
    /// A field's value passes a test.
    #[must_use]
    pub fn is(field: F, test: Test) -> Predicate<F> {
        Predicate::Is(field, test)
    }

    /// A field has this value.
    #[must_use]
    pub fn equals(field: F, value: impl Into<Value>) -> Predicate<F> {
        Predicate::Is(field, Test::Equals(value.into()))
    }

    /// A field has one of these values; nothing does when there are none.
    #[must_use]
    pub fn one_of<V: Into<Value>>(field: F, values: impl IntoIterator<Item = V>) -> Predicate<F> {
        let values: Vec<Value> = values.into_iter().map(Into::into).collect();
        if values.is_empty() {
            Predicate::Nothing
        } else {
            Predicate::Is(field, Test::OneOf(values))
        }
    }

    /// The opposite.
    #[must_use]
    #[expect(
        clippy::should_implement_trait,
        reason = "it is no operator, and stands beside `all` and `any`"
    )]
    pub fn not(predicate: Predicate<F>) -> Predicate<F> {
        match predicate {
            Predicate::All => Predicate::Nothing,
            Predicate::Nothing => Predicate::All,
            Predicate::Not(inner) => *inner,
            other => Predicate::Not(Box::new(other)),
        }
    }

    /// Any of these; nothing when there are none.
    #[must_use]
    pub fn any(parts: impl IntoIterator<Item = Predicate<F>>) -> Predicate<F> {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                Predicate::All => return Predicate::All,
                Predicate::Nothing => {}
                part => kept.push(part),
            }
        }
        match kept.len() {
            0 => Predicate::Nothing,
            1 => kept.remove(0),
            _ => Predicate::Or(kept),
        }
    }

    /// All of these; everything when there are none.
    #[must_use]
    pub fn all(parts: impl IntoIterator<Item = Predicate<F>>) -> Predicate<F> {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                Predicate::Nothing => return Predicate::Nothing,
                Predicate::All => {}
                part => kept.push(part),
            }
        }
        match kept.len() {
            0 => Predicate::All,
            1 => kept.remove(0),
            _ => Predicate::And(kept),
        }
    }

    /// Both; `All` disappears.
    #[must_use]
    pub fn and(self, other: Predicate<F>) -> Predicate<F> {
        match (self, other) {
            (Predicate::All, one) | (one, Predicate::All) => one,
            (Predicate::And(mut all), one) => {
                all.push(one);
                Predicate::And(all)
            }
            (one, other) => Predicate::And(vec![one, other]),
        }
    }
}

/// A test of one value. Text compares without case and accents unless the field is exact (ids,
/// UUIDs, words, terms). A field that is absent fails every test but `Absent`.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// The same value.
    Equals(Value),
    /// Any of these values.
    OneOf(Vec<Value>),
    /// Before or less than.
    Less(Value),
    /// At most.
    AtMost(Value),
    /// After or greater than.
    Greater(Value),
    /// At least.
    AtLeast(Value),
    /// Contains the text.
    Contains(String),
    /// Begins with the text.
    StartsWith(String),
    /// Ends with the text.
    EndsWith(String),
    /// Matches the whole text, `*` standing for any run of characters.
    Glob(String),
    /// Has no value (or an empty text).
    Absent,
}

/// A value to compare with.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number or an id.
    Int(i64),
    /// A text, UUID or word.
    Text(String),
    /// A flag.
    Flag(bool),
    /// A time.
    Time(Time),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Value::Int(value)
    }
}
impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Value::Text(value.to_owned())
    }
}
impl From<String> for Value {
    fn from(value: String) -> Self {
        Value::Text(value)
    }
}
impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Flag(value)
    }
}
impl From<Time> for Value {
    fn from(value: Time) -> Self {
        Value::Time(value)
    }
}

/// What organisations are filtered and sorted by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OrganisationField {
    /// The number (exact).
    Id,
    /// The UUID (exact).
    Uuid,
    /// The name.
    Name,
    /// The slug (exact).
    Slug,
    /// Description.
    Description,
    /// Type.
    Kind,
    /// Sector.
    Sector,
    /// Nationality.
    Nationality,
    /// Contacts.
    Contacts,
    /// The allowed domains, in one text with other characters between them.
    Domains,
    /// Whether it is local.
    Local,
    /// The parent's number (exact).
    Parent,
    /// An ancestor's number, itself included (exact).
    Ancestor,
    /// When it was made.
    CreatedAt,
    /// When it was last changed.
    UpdatedAt,
    /// A filter term (exact).
    Term(Platform, String),
}

/// What groups are filtered and sorted by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum GroupField {
    /// The number (exact).
    Id,
    /// The UUID (exact).
    Uuid,
    /// The name.
    Name,
    /// The slug (exact).
    Slug,
    /// Description.
    Description,
    /// The organisation's number (exact).
    Organisation,
    /// The number of a user who belongs to it (exact).
    Member,
    /// Whether newcomers at the caller's door join it.
    Newcomers,
    /// When it was made.
    CreatedAt,
    /// When it was last changed.
    UpdatedAt,
    /// A filter term (exact).
    Term(Platform, String),
}

/// What roles are filtered and sorted by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RoleField {
    /// The number inside the directory (exact).
    Id,
    /// The UUID (exact).
    Uuid,
    /// The platform's word (exact).
    Platform,
    /// The number on its platform (exact).
    Number,
    /// The word id (exact).
    Word,
    /// The name.
    Name,
    /// The organisation of a custom role (exact).
    Organisation,
    /// Whether it is built in.
    Builtin,
    /// When it was made.
    CreatedAt,
    /// When it was last changed.
    UpdatedAt,
}

/// What API keys are filtered and sorted by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KeyField {
    /// The number (exact).
    Id,
    /// The UUID (exact).
    Uuid,
    /// The owner's number (exact).
    User,
    /// The name or comment.
    Name,
    /// The first characters (exact).
    HintStart,
    /// The last characters (exact).
    HintEnd,
    /// The platform it was made through (exact).
    Origin,
    /// The only platform it opens, when limited by paths or scopes (exact).
    Platform,
    /// The number of the organisation it is limited to (exact).
    Organisation,
    /// Whether it was revoked.
    Revoked,
    /// Whether it opens anything now: it has neither ended nor been revoked, and its owner is not switched off.
    Active,
    /// Whether it may only read.
    ReadOnly,
    /// When it was revoked.
    RevokedAt,
    /// Who made it (exact number).
    CreatedBy,
    /// The owner's e-mail.
    UserEmail,
    /// The address made up for an owner who has none; absent for all others.
    UserMadeUpEmail,
    /// Whether it was revoked since another took its place.
    Replaced,
    /// When it stops.
    ExpiresAt,
    /// When it was made.
    CreatedAt,
    /// When it was last used.
    LastUsedAt,
}

/// What the roles of one user in one organisation are filtered and sorted by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum HeldRoleField {
    /// The role's UUID (exact).
    Uuid,
    /// The role's word on its platform (exact).
    Word,
    /// Whether the role is built in.
    Builtin,
    /// The role's name.
    Name,
    /// Whether it is granted directly.
    Direct,
    /// When the grant ends.
    ExpiresAt,
}

/// What audit events are filtered and sorted by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum EventField {
    /// The number (exact).
    Id,
    /// When.
    At,
    /// The verb (exact).
    Verb,
    /// Who (exact number).
    Actor,
    /// Who, by the login they had.
    ActorName,
    /// The platform (exact).
    Platform,
    /// The kind of entity (exact).
    Entity,
    /// The entity's number (exact).
    EntityId,
    /// The name the entity had.
    EntityName,
    /// The organisation (exact).
    Organisation,
    /// The address (exact).
    Address,
    /// The number of the person concerned, also by their keys, sessions, grants and memberships (exact).
    Subject,
    /// The key that was used (exact number).
    Key,
    /// The session that was used (exact number).
    Session,
    /// The request's id (exact).
    RequestId,
}

/// What a dialect's records are filtered and sorted by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RecordField {
    /// The number among its kind (exact).
    Number,
    /// The UUID (exact).
    Uuid,
    /// The owner's number (exact).
    Owner,
    /// The organisation's number (exact).
    Organisation,
    /// The place in its owner's list.
    Position,
    /// When it was made.
    CreatedAt,
    /// When it was last changed.
    UpdatedAt,
    /// A filter term (exact).
    Term(Platform, String),
}
