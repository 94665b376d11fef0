//! Which tables decide who may do what, and how a change of them is made known.
//!
//! A caller that was worked out once stays valid while its person's `users.version` and the installation's `epoch` stand
//! still. Raising them is the store's own act, derived from the table a statement writes, so that no use-case can forget it.

use super::error::{Res, StoreError};

/// Tables whose rows concern one person's access: a write must say whose, by `exec_for`.
pub(crate) const PERSONAL: &[&str] = &["grants", "memberships", "group_members"];

/// Tables whose rows concern the access of many: any write raises the epoch.
pub(crate) const SHARED: &[&str] = &[
    "roles",
    "role_lines",
    "group_roles",
    "group_managers",
    "organisation_tree",
    "collections",
    "collection_organisations",
    "platform_settings",
];

/// Tables whose deletion takes rows of the tables above along: deleting from them raises the epoch.
pub(crate) const SHARED_ON_DELETE: &[&str] = &["groups", "organisations"];

/// Whose access a write changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whom {
    /// One person, by number.
    User(i64),
    /// Any number of people.
    Everyone,
}

/// What a statement does to the tables above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// It changes nothing.
    Read,
    /// It changes nobody's access.
    Plain,
    /// It changes one person's access.
    Personal,
    /// It changes the access of many.
    Shared,
}

/// What must be raised after a statement that changed rows.
pub(super) fn bump_for(sql: &str, whom: Option<Whom>) -> Res<(Effect, Option<Whom>)> {
    let effect = effect(sql);
    let bump = match (effect, whom) {
        (Effect::Personal, None) => {
            return Err(StoreError::Bug(
                "a write to a personal access table does not say whose".to_owned(),
            ));
        }
        (Effect::Read, Some(_)) => {
            return Err(StoreError::Bug(
                "a read was passed off as a change of access".to_owned(),
            ));
        }
        (Effect::Shared, _) => Some(Whom::Everyone),
        (_, whom) => whom,
    };
    Ok((effect, bump))
}

/// Reads the leading words of a statement. A statement that begins with `WITH` is searched for the writes behind it.
fn effect(sql: &str) -> Effect {
    let mut words = words(sql);
    match words.next() {
        Some(first) if is(first, "WITH") => {
            let mut found = Effect::Read;
            while let Some(word) = words.next() {
                found = found.max(write(word, &mut words).unwrap_or(Effect::Read));
            }
            found
        }
        Some(first) => write(first, &mut words).unwrap_or(Effect::Read),
        None => Effect::Read,
    }
}

fn write<'s>(verb: &str, rest: &mut impl Iterator<Item = &'s str>) -> Option<Effect> {
    let deletes = is(verb, "DELETE");
    let table = if deletes || is(verb, "INSERT") || is(verb, "REPLACE") {
        let after = rest.next()?;
        // `INSERT OR IGNORE INTO` is SQLite's alone; whatever stands before the table's name is stepped over.
        if is(after, "INTO") || is(after, "FROM") {
            rest.next()?
        } else {
            rest.find(|word| is(word, "INTO"))
                .and_then(|_| rest.next())?
        }
    } else if is(verb, "UPDATE") {
        rest.next()?
    } else {
        return None;
    };
    Some(if PERSONAL.contains(&table) {
        Effect::Personal
    } else if SHARED.contains(&table) || (deletes && SHARED_ON_DELETE.contains(&table)) {
        Effect::Shared
    } else {
        Effect::Plain
    })
}

fn words(sql: &str) -> impl Iterator<Item = &str> {
    sql.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'))
        .filter(|word| !word.is_empty())
}

fn is(word: &str, keyword: &str) -> bool {
    word.eq_ignore_ascii_case(keyword)
}

impl Effect {
    fn max(self, other: Self) -> Self {
        let rank = |effect| match effect {
            Self::Read => 0,
            Self::Plain => 1,
            Self::Personal => 2,
            Self::Shared => 3,
        };
        if rank(other) > rank(self) {
            other
        } else {
            self
        }
    }
}
