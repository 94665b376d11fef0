//! The directory's things as the vendor shows them and back: pure functions.

use directory::{
    Fault, Line, Names, NamesShown, NewExtension, Predicate, Query, Reach, Standing, Status, Test,
    Time, UserField,
};
use serde_json::{Map, Value, json};

use super::catalogue::{self, Action, ENTITIES, EVERYTHING};
use super::wire;

/// The address shown for a user.
pub fn shown_email(user: &directory::User) -> String {
    user.shown_email()
}

/// Whether an address is one of those that are only shown.
pub fn made_up(email: &str) -> bool {
    let domain = email.rsplit_once('@').map_or("", |(_, domain)| domain);
    domain.eq_ignore_ascii_case(directory::MADE_UP_DOMAIN)
}

/// The vendor's two flags, `active` and `lockedOut`: a lock of any kind leaves an account active.
pub fn flags(user: &directory::User, now: Time) -> (bool, bool) {
    match user.standing(now) {
        Standing::Active => (true, false),
        Standing::Locked | Standing::LockedOut => (true, true),
        Standing::Inactive | Standing::Suspended | Standing::Expired => (false, false),
    }
}

/// The people whom [`flags`] calls active.
pub fn shown_active() -> Query<UserField> {
    let standings = ["active", "locked", "locked_out"].map(Into::into).to_vec();
    Query {
        predicate: Predicate::Is(UserField::Standing, Test::OneOf(standings)),
        ..Query::default()
    }
}

/// The machine that an address names, without scheme, port and path.
pub fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    // An address of version 6 has colons of its own, within brackets.
    match authority
        .strip_prefix('[')
        .and_then(|open| open.split_once(']'))
    {
        Some((address, _)) => address,
        None => authority.split(':').next().unwrap_or_default(),
    }
}

/// What only this dialect knows of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Free text.
    pub biography: Option<String>,
    /// Opaque numbers.
    pub picture: Option<Vec<i64>>,
    /// The language of the vendor's pages.
    pub language: Option<String>,
    /// The profile shown first.
    pub preferred_profile: Option<i64>,
}

impl Profile {
    /// Reads the stored document; what it does not understand counts as absent.
    pub fn read(document: Option<&Value>) -> Self {
        let get = |key: &str| document.and_then(|document| document.get(key));
        let text = |key: &str| get(key).and_then(Value::as_str).map(str::to_owned);
        Self {
            biography: text("biography"),
            picture: get("picture")
                .and_then(Value::as_array)
                .map(|numbers| numbers.iter().filter_map(Value::as_i64).collect()),
            language: text("language"),
            preferred_profile: get("preferred_profile").and_then(Value::as_i64),
        }
    }

    /// The document to store.
    pub fn document(&self) -> Value {
        let mut document = Map::new();
        let mut put = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                document.insert(key.to_owned(), value);
            }
        };
        put("biography", self.biography.as_ref().map(|text| json!(text)));
        put(
            "picture",
            self.picture.as_ref().map(|numbers| json!(numbers)),
        );
        put("language", self.language.as_ref().map(|text| json!(text)));
        put(
            "preferred_profile",
            self.preferred_profile.map(|id| json!(id)),
        );
        Value::Object(document)
    }

    /// The same, as the directory takes it.
    pub fn extension(&self) -> NewExtension {
        NewExtension {
            document: self.document(),
            ..NewExtension::default()
        }
    }
}

/// The version of the licence terms somebody accepted.
///
/// Quirk: the first administrator shows −1, everybody else 0 (tenable.md §4).
fn eula_version(user: &directory::User) -> i64 {
    if user.id == directory::FIRST_OWNER {
        -1
    } else {
        0
    }
}

/// A user with the numbers of their roles.
pub fn user(user: &directory::User, roles: Vec<i64>, profile: Profile, now: Time) -> wire::User {
    let (active, locked_out) = flags(user, now);
    let email = shown_email(user);
    wire::User {
        id: user.id.number(),
        surname: user.shown.family.clone(),
        name: user.shown.given.clone(),
        identifier: email.clone(),
        email,
        locked_out,
        department: user.profile.department.clone(),
        biography: profile.biography,
        active,
        picture: profile.picture,
        roles,
        provider: "tenable",
        eula_version: eula_version(user),
    }
}

/// The caller with their roles.
pub fn me(user: &directory::User, roles: Vec<wire::Role>, profile: Profile, now: Time) -> wire::Me {
    let shown = self::user(user, Vec::new(), profile, now);
    wire::Me {
        id: shown.id,
        surname: shown.surname,
        name: shown.name,
        email: shown.email,
        provider: shown.provider,
        locked_out: shown.locked_out,
        department: shown.department,
        roles,
        biography: shown.biography,
        active: shown.active,
        picture: shown.picture,
        identifier: shown.identifier,
        eula_version: shown.eula_version,
        internal: false,
    }
}

/// A role.
pub fn role(role: &directory::Role) -> wire::Role {
    wire::Role {
        id: role.number,
        name: role.name.clone(),
        description: role.description.clone(),
        permissions: permissions(&role.lines),
    }
}

/// The permissions that a role's lines stand for. The directory's own words are what the vendor's
/// mean, and are not shown.
pub fn permissions(lines: &[Line]) -> Vec<wire::Permission> {
    if lines.iter().any(|line| line.word == EVERYTHING) {
        return ENTITIES
            .iter()
            .flat_map(|entity| Action::ALL.map(|action| shown(entity, action, None, None)))
            .collect();
    }
    let mut permissions: Vec<wire::Permission> = Vec::new();
    for line in lines {
        let Some((entity, action)) = catalogue::of_word(&line.word) else {
            continue;
        };
        match &line.reach {
            Reach::Listed(ids) => permissions.push(shown(entity, action, Some(ids.clone()), None)),
            Reach::Own => {
                // A list followed by oneself was one permission.
                let list = permissions.last_mut().filter(|last| {
                    last.entity_name == entity
                        && last.action == action.word()
                        && last.entity_ids.is_some()
                        && last.dynamic_id.is_none()
                });
                match list {
                    Some(list) => list.dynamic_id = Some(wire::SELF),
                    None => permissions.push(shown(entity, action, None, Some(wire::SELF))),
                }
            }
            Reach::ManagedGroups | Reach::Organisation | Reach::Subtree | Reach::All => {
                permissions.push(shown(entity, action, None, None));
            }
        }
    }
    permissions
}

fn shown(
    entity: &str,
    action: Action,
    entity_ids: Option<Vec<i64>>,
    dynamic_id: Option<&'static str>,
) -> wire::Permission {
    wire::Permission {
        entity_name: entity.to_owned(),
        action: action.word(),
        entity_ids,
        dynamic_id,
    }
}

/// The lines that a role's permissions stand for.
pub fn lines(permissions: &[wire::Permitted]) -> Vec<Line> {
    let mut lines = Vec::new();
    for permitted in permissions {
        for reach in &permitted.reaches {
            lines.extend(catalogue::lines(&permitted.entity, permitted.action, reach));
        }
    }
    lines
}

fn blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// A blank part of a name is none.
fn part(name: Option<String>) -> Option<String> {
    name.filter(|name| !blank(name))
}

/// A user to make.
pub fn new_user(new: wire::NewUser) -> directory::NewUser {
    let profile = Profile {
        biography: new.biography,
        picture: new.picture,
        ..Profile::default()
    };
    directory::NewUser {
        email: Some(new.email),
        names: Names {
            display: None,
            given: part(Some(new.name)),
            family: part(new.surname),
        },
        status: Some(status(new.active)),
        password: directory::NewPassword::Chosen(new.password),
        profile: directory::Profile {
            department: new.department,
            ..directory::Profile::default()
        },
        extension: (profile != Profile::default()).then(|| profile.extension()),
        ..directory::NewUser::default()
    }
}

fn status(active: bool) -> Status {
    if active {
        Status::Active
    } else {
        Status::Inactive
    }
}

/// Whether changes can only be read beside what is shown now: flags that are coarser than the
/// directory's states, and values that are shown but not stored.
pub fn needs_present(change: &wire::UserChange) -> bool {
    change.active.is_some()
        || change.name.as_deref().is_some_and(blank)
        || change.email.as_deref().is_some_and(made_up)
}

/// Takes out of the changes what is shown already: writing it back changes nothing.
pub fn without_echo(
    mut change: wire::UserChange,
    present: &directory::User,
    now: Time,
) -> Result<wire::UserChange, Fault> {
    if change.name.as_deref().is_some_and(blank) {
        if !present.shown.given.is_empty() {
            return Err(Fault::invalid("name", "must not be empty"));
        }
        change.name = None;
    }
    if change.active == Some(flags(present, now).0) {
        change.active = None;
    }
    if present.email.is_none() && change.email.as_deref() == Some(&shown_email(present)) {
        change.email = None;
    }
    Ok(change)
}

/// Changes to a user.
pub fn user_change(change: wire::UserChange) -> directory::UserChange {
    let mut members = Map::new();
    if let Some(biography) = change.biography {
        members.insert("biography".to_owned(), json!(biography));
    }
    if let Some(picture) = change.picture {
        members.insert("picture".to_owned(), json!(picture));
    }
    directory::UserChange {
        email: change.email.map(Some),
        given: change.name.map(|name| part(Some(name))),
        family: change.surname.map(part),
        names_shown: NamesShown::Parts,
        status: change.active.map(status),
        locked: change.unlock.then_some(false),
        password: change.password.map(directory::NewPassword::Chosen),
        profile: directory::ProfileChange {
            department: change.department,
            ..directory::ProfileChange::default()
        },
        extension_members: (!members.is_empty()).then_some(members),
        ..directory::UserChange::default()
    }
}

/// Reads the directory's numbers of roles off the vendor's, in the order given and without doubles.
pub fn role_ids(
    wanted: &[i64],
    known: &[directory::Role],
) -> Result<Vec<directory::RoleId>, Fault> {
    let mut ids = Vec::new();
    for number in wanted {
        let role = known
            .iter()
            .find(|role| role.number == *number)
            .ok_or(Fault::UnknownReference(directory::Kind::Role))?;
        if !ids.contains(&role.id) {
            ids.push(role.id);
        }
    }
    Ok(ids)
}
