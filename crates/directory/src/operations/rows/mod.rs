//! People and other records as rows of members: the one reader of what imports, ensures and actions say of
//! them, whether it came as JSON or as the cells of a table. References are looked up in the transaction.

pub(crate) mod columns;
pub(crate) mod ensure;
pub(crate) mod lookup;
pub(crate) mod records;
pub(crate) mod related;

use serde_json::{Map, Value};

use crate::access::work::Work;
use crate::model::{
    Fault, GroupId, ItemOutcome, Names, NewUser, OrganisationId, ProfileChange, RoleId, Status,
    Time, UserChange, UserKind,
};
use crate::outcome::Outcome;
use crate::rules::limits;

use lookup::Lookup;

/// What became of a row.
pub(crate) struct Brought {
    pub outcome: ItemOutcome,
    /// The number of what it tells of, if that has one.
    pub number: Option<i64>,
}

/// A role to grant, and where; at the home when nothing is said.
pub(crate) type WantedRole = (RoleId, Option<OrganisationId>);

/// What a row says of a person.
#[derive(Default)]
pub(crate) struct Read {
    /// What replaces what is there.
    pub change: UserChange,
    /// What is added to what is there.
    pub organisations: Option<Vec<OrganisationId>>,
    pub groups: Option<Vec<GroupId>>,
    pub roles: Option<Vec<WantedRole>>,
}

impl Read {
    /// The person that the row makes, without the roles that are granted elsewhere than at the home.
    pub fn to_new(&self) -> NewUser {
        let change = &self.change;
        let roles = self.roles.iter().flatten();
        NewUser {
            login: change.login.clone(),
            email: change.email.clone().flatten(),
            names: Names {
                display: change.display.clone().flatten(),
                given: change.given.clone().flatten(),
                family: change.family.clone().flatten(),
            },
            kind: change.kind,
            status: change.status,
            locked: change.locked.unwrap_or(false),
            lock_after: change.lock_after.flatten(),
            home: change.home,
            primary_group: change.primary_group.flatten(),
            organisations: self.organisations.clone().unwrap_or_default(),
            groups: self.groups.clone().unwrap_or_default(),
            roles: roles
                .filter(|(_, place)| place.is_none())
                .map(|(role, _)| *role)
                .collect(),
            profile: change.profile.to_new(),
            second_factor_required: change.second_factor_required.flatten(),
            ..NewUser::default()
        }
    }
}

/// Reads a row whose members are known ones.
pub(crate) async fn read_row(
    work: &mut Work<'_>,
    lookup: &mut Lookup,
    row: &Map<String, Value>,
) -> Outcome<Read> {
    let mut read = Read {
        change: UserChange {
            login: needed(row, "login", "login")?,
            email: text(row, "email", "email")?,
            display: text(row, "display_name", "display")?,
            given: text(row, "given_name", "given")?,
            family: text(row, "family_name", "family")?,
            kind: word(row, "kind", KINDS)?,
            status: word(row, "status", STATUSES)?,
            lock_after: time(row, "lock_after")?,
            profile: ProfileChange::read_each(|attribute| {
                text(row, attribute.name(), attribute.name())
            })?,
            second_factor_required: flag(row, "second_factor_required")?,
            ..UserChange::default()
        },
        ..Read::default()
    };
    read.change.locked = flag(row, "locked")?.flatten();
    read.change.primary_group = match row.get("primary_group") {
        None => None,
        Some(Value::Null) => Some(None),
        Some(value) => Some(Some(lookup.group(work, "primary_group", value).await?)),
    };
    read.change.home = match row.get("home") {
        None => None,
        Some(value) => Some(lookup.organisation(work, "home", value).await?),
    };
    if let Some(listed) = listed(row, "organisations")? {
        let mut found = Vec::with_capacity(listed.len());
        for value in &listed {
            found.push(lookup.organisation(work, "organisations", value).await?);
        }
        read.organisations = Some(found);
    }
    if let Some(listed) = listed(row, "groups")? {
        let mut found = Vec::with_capacity(listed.len());
        for value in &listed {
            found.push(lookup.group(work, "groups", value).await?);
        }
        read.groups = Some(found);
    }
    if let Some(listed) = listed(row, "roles")? {
        let mut found = Vec::with_capacity(listed.len());
        for value in &listed {
            found.push(lookup.role(work, "roles", value).await?);
        }
        read.roles = Some(found);
    }
    Ok(read)
}

const KINDS: &[(&str, UserKind)] = &[("person", UserKind::Person), ("service", UserKind::Service)];
const STATUSES: &[(&str, Status)] = &[
    ("active", Status::Active),
    ("inactive", Status::Inactive),
    ("suspended", Status::Suspended),
    ("expired", Status::Expired),
];

/// A text that may be cleared. `field` is its name in the directory's words.
fn text(
    row: &Map<String, Value>,
    member: &str,
    field: &'static str,
) -> Result<Option<Option<String>>, Fault> {
    match row.get(member) {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(None)),
        Some(Value::String(text)) if !text.contains('\0') => Ok(Some(Some(text.clone()))),
        Some(_) => Err(Fault::invalid(field, "must be a text")),
    }
}

/// A text that may not be cleared.
fn needed(
    row: &Map<String, Value>,
    member: &str,
    field: &'static str,
) -> Result<Option<String>, Fault> {
    match text(row, member, field)? {
        None => Ok(None),
        Some(Some(text)) => Ok(Some(text)),
        Some(None) => Err(Fault::invalid(field, "cannot be cleared")),
    }
}

fn word<T: Copy>(
    row: &Map<String, Value>,
    field: &'static str,
    words: &[(&str, T)],
) -> Result<Option<T>, Fault> {
    let Some(given) = needed(row, field, field)? else {
        return Ok(None);
    };
    let found = words.iter().find(|(word, _)| *word == given);
    match found {
        Some((_, value)) => Ok(Some(*value)),
        None => {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            Err(Fault::invalid(
                field,
                format!("must be one of {}", words.join(", ")),
            ))
        }
    }
}

fn time(row: &Map<String, Value>, field: &'static str) -> Result<Option<Option<Time>>, Fault> {
    let given = text(row, field, field)?;
    let read = |text: String| {
        let wrong = "must be a time such as 2030-01-31T12:00:00Z";
        Time::parse(&text).ok_or_else(|| Fault::invalid(field, wrong))
    };
    given.map(|text| text.map(read).transpose()).transpose()
}

fn flag(row: &Map<String, Value>, field: &'static str) -> Result<Option<Option<bool>>, Fault> {
    match row.get(field) {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(None)),
        Some(Value::Bool(flag)) => Ok(Some(Some(*flag))),
        Some(Value::String(text)) if text == "true" => Ok(Some(Some(true))),
        Some(Value::String(text)) if text == "false" => Ok(Some(Some(false))),
        Some(_) => Err(Fault::invalid(field, "must be true or false")),
    }
}

/// Several references: a list, or a text in which `;` parts them.
fn listed(row: &Map<String, Value>, field: &'static str) -> Result<Option<Vec<Value>>, Fault> {
    let values = match row.get(field) {
        None => return Ok(None),
        Some(Value::Null) => Vec::new(),
        Some(Value::Array(values)) => values.clone(),
        Some(Value::String(text)) => text
            .split(';')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(Value::from)
            .collect(),
        Some(_) => return Err(Fault::invalid(field, "must be a list")),
    };
    limits::check_references(field, values.len())?;
    Ok(Some(values))
}
